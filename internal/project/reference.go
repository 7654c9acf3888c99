package project

import (
	"path"
	"regexp"
	"strings"

	"refit/internal/change"
	"refit/internal/edit"
	"refit/internal/source"
)

// RefKind is the kind of place that names a file.
type RefKind string

// The kinds of references, by who resolves them.
const (
	RefCompose    RefKind = "compose"      // a path field of a Compose file
	RefDockerfile RefKind = "dockerfile"   // a COPY or ADD source, a bind mount of RUN
	RefMake       RefKind = "make"         // a Makefile recipe, variable or prerequisite
	RefWorkflow   RefKind = "workflow"     // a CI step, path filter, working directory
	RefDevcont    RefKind = "devcontainer" // devcontainer.json
	RefScript     RefKind = "script"       // a shell script
	RefDocs       RefKind = "docs"         // a command, path or link in Markdown
	RefBot        RefKind = "bot"          // Dependabot, Renovate
	RefHook       RefKind = "hook"         // pre-commit
	RefEditor     RefKind = "editor"       // editor tasks and launch files
	RefPackage    RefKind = "package"      // package.json scripts, pyproject, Taskfile, justfile, mise
	RefEnv        RefKind = "env"          // a dotenv value such as COMPOSE_FILE
	RefIgnore     RefKind = "ignore"       // an ignore file's pattern, CODEOWNERS
	RefCode       RefKind = "code"         // a string in program code
)

// Reference is one place that names another file of the repository, as a byte span.
type Reference struct {
	From    string      // the file that names
	Span    source.Span // the bytes of the path as written, without quotes
	Raw     string      // those bytes
	To      string      // repo-relative path that is named: a file or a folder
	Kind    RefKind
	Base    string // repo-relative folder that Raw is relative to
	OwnBase bool   // Base is the folder of From and moves with it
	Missing bool   // nothing stands at To
	// Implicit says that the path is not written but a default, such as the Dockerfile of a build
	// that names none. Span is what implies it; Rewrite changes nothing.
	Implicit bool
	// Escape is the notation of Raw; "" when it is the path itself.
	Escape Escape
	// Folder says that Raw names the folder that holds To: Dependabot looks for Dockerfiles in one.
	Folder bool
	// Copied says that a command moves, copies or writes the file, which then belongs where it is.
	Copied bool
	// Unsure says why the reference can't be rewritten with certainty; "" when it can.
	Unsure string
}

// Escape is a notation in which a path is written.
type Escape string

// The notations.
const (
	EscapeNone        Escape = ""
	EscapeRegex       Escape = "regex"        // "docker-compose\.dev\.yml"
	EscapeQuotedRegex Escape = "quoted regex" // a regex in a string where a backslash is written twice
	// EscapePattern is the last element of a path of which a part is open: "docker-compose.*.yml", a
	// name with a variable in it. To is one of the files it may stand for; only the folder in front
	// of it can be written anew.
	EscapePattern   Escape = "pattern"
	EscapeBackslash Escape = "backslash" // "..\Dockerfile", as on Windows
	// EscapeMatch is a whole regular expression that matches To and can't be written anew.
	EscapeMatch Escape = "match"
)

// CallKind is what a command line runs.
type CallKind string

// The command lines that the graph understands.
const (
	CallCompose CallKind = "compose"
	CallBuild   CallKind = "build"
)

// Call is one command line, in whatever file, that runs docker compose or docker build.
type Call struct {
	Kind        CallKind
	From        string      // the file that holds it
	Span        source.Span // the whole command as written; zero when it is put together from several places
	Program     source.Span // "docker compose", "docker-compose" or "docker"
	After       int         // offset behind the last -f (or behind the program): where an option can be added
	V1          bool        // docker-compose with the hyphen
	Files       []string    // -f, or COMPOSE_FILE, or what Compose finds by default; repo-relative
	EnvFiles    []string    // --env-file
	ProjectName string      // -p or COMPOSE_PROJECT_NAME
	ProjectDir  string      // --project-directory, repo-relative; ""
	Subcommand  string      // "up", "build", "exec", ...
	Args        []string    // behind the subcommand
	Dir         string      // repo-relative folder in which it runs
	Target      string      // make target, job/step or "" : who runs it
	Context     string      // CallBuild
	Dockerfile  string      // CallBuild
	Stage       string      // CallBuild: --target
	Certain     bool        // false when a part could not be resolved
	// Argv says that the words are the items of a JSON list: an option is added as items. Insert knows.
	Argv bool
	// Quote says that Program stands in a shell assignment without quotes, so that two words need them.
	Quote bool
	// Implicit says that no Compose file is named: Files are those that Compose finds by itself, or none.
	Implicit bool

	ahead bool // with Argv: After is in front of the first item
}

// Rewrite is the edit that keeps the reference naming the same file after moves (baseline path ->
// new path, files and folders), From's own move included. changed is false when nothing need be
// done. A leading "./" and a trailing "/" are kept.
func (r Reference) Rewrite(moves map[string]string) (e edit.Edit, changed bool) {
	base := r.Base
	if r.OwnBase {
		base = path.Dir(change.Relocated(r.From, moves))
	}
	to := change.Relocated(r.To, moves)
	if r.Implicit || to == r.To && base == r.Base {
		return edit.Edit{}, false
	}
	text, ok := r.written(base, to)
	if !ok || text == r.Raw {
		return edit.Edit{}, false
	}
	return edit.Replace(r.Span, text, ""), true
}

// written is how to is written in the place of Raw, seen from base. ok is false when that notation
// has no way to say it, or needs not say anything else.
func (r Reference) written(base, to string) (text string, ok bool) {
	if r.Folder {
		to = path.Dir(to)
	}
	text = RelativePath(base, to)
	switch r.Escape {
	case EscapeRegex:
		return regexp.QuoteMeta(text), true
	case EscapeQuotedRegex:
		return strings.ReplaceAll(regexp.QuoteMeta(text), `\`, `\\`), true
	case EscapeMatch:
		return "", false
	case EscapeBackslash:
		return strings.ReplaceAll(text, "/", `\`), true
	case EscapePattern:
		if dir := path.Dir(text); path.Base(to) != path.Base(r.To) || dir == "." {
			return "", false
		}
		return path.Join(path.Dir(text), r.Raw), true
	}
	switch {
	case strings.HasPrefix(r.Raw, "/") && text == ".":
		text = "/"
	case strings.HasPrefix(r.Raw, "/"):
		text = "/" + text
	case strings.HasPrefix(r.Raw, "./") && !strings.HasPrefix(text, "../") && text != ".":
		text = "./" + text
	}
	if strings.HasSuffix(r.Raw, "/") && !strings.HasSuffix(text, "/") && r.Raw != "/" {
		text += "/"
	}
	return text, true
}

// Broken says whether the reference would name another file, or none, after the moves although it
// was rewritten as far as Rewrite can.
func (r Reference) Broken(moves map[string]string) bool {
	to := change.Relocated(r.To, moves)
	base := r.Base
	if r.OwnBase {
		base = path.Dir(change.Relocated(r.From, moves))
	}
	if to == r.To && base == r.Base {
		return false
	}
	if r.Escape == EscapeMatch {
		re, err := regexp.Compile(r.Raw)
		return err != nil || !re.MatchString(to)
	}
	if r.Implicit || r.Unsure != "" {
		return true
	}
	return r.Escape == EscapePattern && path.Base(to) != path.Base(r.To)
}

// RelativePath is the slash-separated path of target seen from the folder base, both repo-relative.
func RelativePath(base, target string) string {
	base, target = path.Clean(base), path.Clean(target)
	if base == "." {
		return target
	}
	var from, to []string
	from = strings.Split(base, "/")
	if target != "." {
		to = strings.Split(target, "/")
	}
	n := 0
	for n < len(from) && n < len(to) && from[n] == to[n] {
		n++
	}
	parts := make([]string, 0, len(from)-n+len(to)-n)
	for range from[n:] {
		parts = append(parts, "..")
	}
	parts = append(parts, to[n:]...)
	if len(parts) == 0 {
		return "."
	}
	return strings.Join(parts, "/")
}

// ReferencesTo lists the references that name the path or, for a folder, something below it.
func (p *Project) ReferencesTo(target string) []Reference {
	var found []Reference
	for _, r := range p.References {
		if r.To == target || strings.HasPrefix(r.To, target+"/") {
			found = append(found, r)
		}
	}
	return found
}
