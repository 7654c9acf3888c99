package operate

import (
	"regexp"
	"strings"
)

// sign is what a log looks like when a cause is at work. The first sign that fits counts.
type sign struct {
	like  *regexp.Regexp
	cause string // $1 is what the expression caught
}

// signs of what stops a service, the most telling ones first.
var signs = []sign{
	{regexp.MustCompile(`(?i)no space left on device`), "the engine's disk is full; docker system df says by what, docker system prune frees some"},
	{regexp.MustCompile(`(?i)password authentication failed for user "?([^"\s]+)`), "the database was made with another password for $1 than the env file has: it keeps the one of its first start; set it back, or change it in the database (refit env rotate says how)"},
	{regexp.MustCompile(`(?i)database files are incompatible|initialized by PostgreSQL version`), "the data volume is of another major version of PostgreSQL than the image; dump with the old one and restore, or set the old image"},
	{regexp.MustCompile(`(?i)superuser password is not specified`), "POSTGRES_PASSWORD does not reach the database; refit env check says why"},
	{regexp.MustCompile(`(?i)(?:PermissionError|EACCES|Permission denied)[^\n]*?['"]?(/[^'"\s:]+)`), "$1 is not the container user's: made by root before, in a volume or a folder of the host"},
	{regexp.MustCompile(`(?i)PermissionError|EACCES|permission denied`), "the container's user may not do it: files made by root before, in a volume or a folder of the host"},
	{regexp.MustCompile(`(?:ModuleNotFoundError|ImportError): No module named '([^']+)'`), "the image lacks the Python package $1: add it to the dependencies and rebuild"},
	{regexp.MustCompile(`Cannot find module '([^']+)'`), "the image lacks the Node module $1: add it to the dependencies and rebuild"},
	{regexp.MustCompile(`(?i)exec:? "?([^"\s:]+)"?: (?:executable file not found|no such file)`), "the image has no program $1"},
	{regexp.MustCompile(`(?im)([\w./-]+): (?:command )?not found\s*$`), "the image has no program $1"},
	{regexp.MustCompile(`(?i)exec format error`), "the image is for another processor, or a script lacks its #! line"},
	{regexp.MustCompile(`(?i)(?:validation error for|Field required|KeyError: '|environment variable)[^\n]*`), "a setting is missing in the service's environment; refit env check says which"},
	{regexp.MustCompile(`(?i)(?:could not translate host name|Name or service not known|getaddrinfo|Temporary failure in name resolution)[^\n]*?"?([a-z][\w.-]*)?`), "it looks for a host that is no service of this environment; inside a container another one is called by its service name"},
	{regexp.MustCompile(`(?i)connection refused|ECONNREFUSED`), "what it connects to is not up, or not at that host and port: depends_on with condition: service_healthy waits for it"},
	{regexp.MustCompile(`(?i)certificate verify failed|unable to get local issuer|self.signed certificate`), "it does not trust the certificate of the other side; refit certs makes one authority for all"},
	{regexp.MustCompile(`(?i)(?:No such file or directory|FileNotFoundError)[^\n]*?['"]([^'"\n]+\.(?:pem|crt|key))`), "the certificate $1 is missing; refit certs makes it"},
	{regexp.MustCompile(`(?i)(?:address already in use|EADDRINUSE)`), "two programs in the container want one port"},
}

// cause is the likely cause of what a service does, by its state and its log; "" when nothing is known.
func cause(s Service, logs []string) string {
	if s.State == Absent || s.State == Created {
		return "what it depends on did not come up"
	}
	if strings.Contains(s.Reason, "more memory") {
		return "raise deploy.resources.limits.memory, or find out what it needs so much for"
	}
	if found := match(s.Reason+"\n"+strings.Join(logs, "\n"), signs); found != "" {
		return found
	}
	switch {
	case s.State == Unhealthy && strings.Contains(s.Reason, "(no output)"):
		return "the check prints nothing: run it by hand in refit shell"
	case s.State == Starting:
		return "it was not healthy in time: raise --wait-timeout, or look at its start_period"
	case s.ExitCode == 127:
		return "the image has no such program as its command names"
	case s.ExitCode == 126:
		return "its command may not be executed: the x bit is missing, or it is a folder"
	}
	return ""
}

func match(text string, table []sign) string {
	for _, s := range table {
		if at := s.like.FindStringSubmatchIndex(text); at != nil {
			return string(s.like.ExpandString(nil, s.cause, text, at))
		}
	}
	return ""
}

// composeSigns are of what docker compose and the engine themselves could not do.
var composeSigns = []sign{
	{regexp.MustCompile(`(?i)no space left on device`), "the engine's disk is full; docker system df says by what, docker system prune frees some"},
	{regexp.MustCompile(`(?i)Bind for \S*?:(\d+) failed: port is already allocated|listen \w+ \S*?:(\d+): bind: address already in use`), "port $1$2 is taken: stop who has it, or publish another one"},
	{regexp.MustCompile(`(?i)lockfile[^\n]*needs to be updated|uv lock`), "uv.lock does not fit pyproject.toml: run uv lock"},
	{regexp.MustCompile(`(?i)"/?([^"\s]+)":? not found|failed to calculate checksum[^\n]*"/?([^"]+)"`), "$1$2 is not in the build context: it is missing, ignored by .dockerignore, or was moved"},
	{regexp.MustCompile(`(?i)pull access denied|manifest unknown|failed to resolve source metadata|repository does not exist`), "the image can't be fetched: its name, a login (docker login), or the network"},
	{regexp.MustCompile(`(?i)no such host|Temporary failure in name resolution|i/o timeout|TLS handshake timeout`), "the network or its name resolution fails"},
	{regexp.MustCompile(`(?i)required variable (\w+) is missing`), "$1 has no value; refit env check says where it belongs"},
	{regexp.MustCompile(`(?i)env file (\S+) not found`), "$1 is missing; refit env init makes it"},
	{regexp.MustCompile(`(?i)container name "?/?([^"\s]+)"? is already in use`), "a container $1 of another project has the name: remove it, or give up container_name"},
	{regexp.MustCompile(`(?i)Pool overlaps|could not find an available,? non-overlapping`), "there is no free network range: docker network prune removes unused ones"},
}

// causeOfCompose is the likely cause of a docker compose that failed before any container did.
func causeOfCompose(what string, words []string) string {
	if found := match(what, composeSigns); found != "" {
		return found
	}
	return match(strings.Join(words, "\n"), composeSigns)
}
