// Package cause tells from what a log, or a docker compose that failed, says what is likely to be the cause.
package cause

import (
	"regexp"
	"strings"
)

// Kind is the class of a cause, for who treats some of them in a way of their own.
type Kind string

// The kinds of causes.
const (
	DiskFull    Kind = "disk-full"
	Password    Kind = "password"
	DataVersion Kind = "data-version"
	Permission  Kind = "permission"
	Dependency  Kind = "dependency"
	Program     Kind = "program"
	Platform    Kind = "platform"
	Setting     Kind = "setting"
	Host        Kind = "host"
	Refused     Kind = "refused"
	Trust       Kind = "trust"
	Certificate Kind = "certificate"
	Port        Kind = "port"
	Lock        Kind = "lock"
	Source      Kind = "source"
	Manifest    Kind = "manifest"
	Registry    Kind = "registry"
	Network     Kind = "network"
	EnvFile     Kind = "env-file"
	Name        Kind = "name"
	Watches     Kind = "watches"
)

// Cause is what is likely behind a failure.
type Cause struct {
	Kind Kind
	Text string // with what to do
	Line string // the line that tells
	What string // the first thing that the line names: a file, a program, an account; may be empty
}

// sign is what a text looks like when a cause is at work. The first sign that fits counts.
type sign struct {
	kind Kind
	like *regexp.Regexp
	text string // $1 is what the expression caught
}

// logSigns are of what stops a service, the most telling ones first.
var logSigns = []sign{
	{DiskFull, regexp.MustCompile(`(?i)no space left on device`), "the engine's disk is full; docker system df says by what, docker system prune frees some"},
	{Password, regexp.MustCompile(`(?i)password authentication failed for user "?([^"\s]+)`), "the database was made with another password for $1 than the env file has: it keeps the one of its first start; set it back, or change it in the database (refit env rotate says how)"},
	{DataVersion, regexp.MustCompile(`(?i)database files are incompatible|initialized by PostgreSQL version`), "the data volume is of another major version of PostgreSQL than the image; dump with the old one and restore, or set the old image"},
	{Password, regexp.MustCompile(`(?i)superuser password is not specified`), "POSTGRES_PASSWORD does not reach the database; refit env check says why"},
	{Permission, regexp.MustCompile(`(?i)(?:PermissionError|EACCES|Permission denied)[^\n]*?['"]?(/[^'"\s:]+)`), "$1 is not the container user's: made by root before, in a volume or a folder of the host"},
	{Permission, regexp.MustCompile(`(?i)PermissionError|EACCES|permission denied`), "the container's user may not do it: files made by root before, in a volume or a folder of the host"},
	{Dependency, regexp.MustCompile(`(?:ModuleNotFoundError|ImportError): No module named '([^']+)'`), "the image lacks the Python package $1: add it to the dependencies and rebuild"},
	{Dependency, regexp.MustCompile(`Cannot find module '([^']+)'`), "the image lacks the Node module $1: add it to the dependencies and rebuild"},
	{Program, regexp.MustCompile(`(?i)exec:? "?([^"\s:]+)"?: (?:executable file not found|no such file)`), "the image has no program $1"},
	{Program, regexp.MustCompile(`(?im)([\w./-]+): (?:command )?not found\s*$`), "the image has no program $1"},
	{Platform, regexp.MustCompile(`(?i)exec format error`), "the image is for another processor, or a script lacks its #! line"},
	{Setting, regexp.MustCompile(`(?i)(?:validation error for|Field required|KeyError: '|environment variable)[^\n]*`), "a setting is missing in the service's environment; refit env check says which"},
	{Host, regexp.MustCompile(`(?i)(?:could not translate host name|Name or service not known|getaddrinfo|Temporary failure in name resolution)[^\n]*?"?([a-z][\w.-]*)?`), "it looks for a host that is no service of this environment; inside a container another one is called by its service name"},
	{Refused, regexp.MustCompile(`(?i)connection refused|ECONNREFUSED`), "what it connects to is not up, or not at that host and port: depends_on with condition: service_healthy waits for it"},
	{Trust, regexp.MustCompile(`(?i)certificate verify failed|unable to get local issuer|self.signed certificate`), "it does not trust the certificate of the other side; refit certs makes one authority for all"},
	{Certificate, regexp.MustCompile(`(?i)(?:No such file or directory|FileNotFoundError)[^\n]*?['"]([^'"\n]+\.(?:pem|crt|key))`), "the certificate $1 is missing; refit certs makes it"},
	{Port, regexp.MustCompile(`(?i)(?:address already in use|EADDRINUSE)`), "two programs in the container want one port"},
}

// composeSigns are of what docker compose, a build and the engine itself could not do.
var composeSigns = []sign{
	{DiskFull, regexp.MustCompile(`(?i)no space left on device`), "the engine's disk is full; docker system df says by what, docker system prune frees some"},
	{Port, regexp.MustCompile(`(?i)Bind for \S*?:(\d+) failed: port is already allocated|listen \w+ \S*?:(\d+): bind: address already in use`), "port $1$2 is taken: stop who has it, or publish another one"},
	{Network, regexp.MustCompile(`(?i)no such host|network is unreachable|Temporary failure in name resolution|i/o timeout|TLS handshake timeout`), "the network or its name resolution fails: does this machine reach it, and does the engine? A proxy of the engine is set in its own configuration"},
	{Registry, regexp.MustCompile(`(?i)pull access denied|manifest unknown|failed to resolve source metadata|repository does not exist`), "the image can't be fetched: its name, a login (docker login), or the network"},
	{Lock, regexp.MustCompile(`(?i)(?:unable to find lockfile at|lockfile at) .?([\w.-]+)[^\n]*(?:needs to be updated|not found|provided|missing)?`), "$1 is missing or does not fit its manifest: make it anew (uv lock) and commit it"},
	{Lock, regexp.MustCompile(`(?i)pyproject.toml changed significantly since (poetry.lock)|(package-lock.json)[^\n]* (?:are|is not|not) in sync|can only install with an existing (package-lock.json)`), "$1$2$3 is missing or does not fit its manifest: make it anew and commit it"},
	{Manifest, regexp.MustCompile("(?i)no `?(pyproject.toml|setup.py)`? found|Could not open requirements file[^\\n]*'([^']+)'|Could not read package.json|(package.json)[^\\n]*no such file"), "$1$2$3 is not where the build looks for it: it is missing, ignored by .dockerignore, or copied to another folder"},
	{Source, regexp.MustCompile(`(?i)"/?([^"\s]+)":? not found|failed to calculate checksum[^\n]*"/?([^"]+)"`), "$1$2 is not in the build context: it is missing, ignored by .dockerignore, or was moved"},
	{Setting, regexp.MustCompile(`(?i)required variable (\w+) is missing`), "$1 has no value; refit env check says where it belongs"},
	{EnvFile, regexp.MustCompile(`(?i)env file (\S+) not found`), "$1 is missing; refit env init makes it"},
	{Name, regexp.MustCompile(`(?i)container name "?/?([^"\s]+)"? is already in use`), "a container $1 of another project has the name: remove it, or give up container_name"},
	{Network, regexp.MustCompile(`(?i)Pool overlaps|could not find an available,? non-overlapping`), "there is no free network range: docker network prune removes unused ones"},
}

// OfLog is the likely cause of what a service's log ends with; ok is false when nothing is known.
func OfLog(text string) (c Cause, ok bool) { return match(text, logSigns) }

// OfCompose is the likely cause of a docker compose that failed before any container did. The line that says what
// went wrong comes before the others.
func OfCompose(what string, words []string) (c Cause, ok bool) {
	if c, ok := match(what, composeSigns); ok {
		return c, true
	}
	return match(strings.Join(words, "\n"), composeSigns)
}

func match(text string, table []sign) (Cause, bool) {
	for _, s := range table {
		at := s.like.FindStringSubmatchIndex(text)
		if at == nil {
			continue
		}
		c := Cause{Kind: s.kind, Text: string(s.like.ExpandString(nil, s.text, text, at)), Line: lineAt(text, at[0], at[1])}
		for i := 2; i+1 < len(at) && c.What == ""; i += 2 {
			if at[i] >= 0 {
				c.What = text[at[i]:at[i+1]]
			}
		}
		return c, true
	}
	return Cause{}, false
}

// lineAt is the line of a text that a match begins in.
func lineAt(text string, start, end int) string {
	for start < end && text[start] == '\n' {
		start++
	}
	begin := strings.LastIndexByte(text[:start], '\n') + 1
	rest, _, _ := strings.Cut(text[begin:], "\n")
	return strings.TrimSpace(rest)
}
