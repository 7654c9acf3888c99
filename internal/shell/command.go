package shell

import (
	"path"
	"strings"

	"refit/internal/source"
)

// Word is one word of a command line as its program would receive it: quotes removed, variables
// put in as far as they are known.
type Word struct {
	// Value is the text. When Constant is false it holds the byte Unknown in place of each part
	// that only a run knows; it may start with Root.
	Value string
	// Constant says that no part of Value is left to a run.
	Constant bool
	// Overridable says that part of Value is a default: ${VAR:-default}.
	Overridable bool
	// Glob says that the shell would look for file names: an unquoted *, ? or [.
	Glob bool
	// Open says that the word may become any number of words, or none: an unquoted unknown, "$@".
	Open bool
	// Span is where the word stands on the command line, quotes included.
	Span source.Span
	// Parts is Value with the place of each part.
	Parts Text
}

// Cut is the part [a, b) of the word's value as a word of its own, such as the file in --file=a.yml.
func (w Word) Cut(a, b int) Word {
	parts := w.Parts.Slice(a, b)
	cut := NewWord(parts, source.Span{})
	cut.Open, cut.Glob = w.Open && !cut.Constant, w.Glob && strings.ContainsAny(cut.Value, "*?[")
	if cut.Span = parts.Use(0, parts.Len()); cut.Span.Start < w.Span.Start || cut.Span.End > w.Span.End {
		cut.Span = w.Span
	}
	return cut
}

// Split cuts the word at a separator, each part with its place, as in the list COMPOSE_FILE=a:b.
func (w Word) Split(sep string) []Word {
	var out []Word
	at := 0
	for part := range strings.SplitSeq(w.Value, sep) {
		out = append(out, w.Cut(at, at+len(part)))
		at += len(part) + len(sep)
	}
	return out
}

// Is says whether the word is known to have this value.
func (w Word) Is(value string) bool { return w.Constant && w.Value == value }

// NewWord is a word whose value is parts and that stands at span.
func NewWord(parts Text, span source.Span) Word {
	return Word{Value: parts.String(), Constant: parts.Known(), Overridable: parts.Overridable(), Span: span, Parts: parts}
}

// Origin is where the bytes of Value stand in the file, which is in the assignment when the word came
// through a variable. It is the zero Span when they don't stand byte for byte in one place; Parts then
// says where each of them stands.
func (w Word) Origin() source.Span {
	at, _ := w.Parts.Origin()
	return at
}

// Assignment is one NAME=value: in front of a command, on its own, or by export, declare or local.
type Assignment struct {
	Name     string
	Value    Word
	Items    []Word // the elements when an array is assigned
	Append   bool   // +=
	Exported bool   // commands that follow see it
	Span     source.Span
}

// Redirect is one redirection.
type Redirect struct {
	Op     string // "<", ">", ">>", "<<", "<<<", "&>", ...
	Target Word   // the file, or the delimiter of a here-document
	Body   Text   // what a here-document says
	Span   source.Span
}

// Writes says whether the redirection writes to its target.
func (r Redirect) Writes() bool {
	switch r.Op {
	case ">", ">>", ">|", "&>", "&>>", "<>":
		return true
	}
	return false
}

// Reads says whether the redirection reads the file that is its target.
func (r Redirect) Reads() bool { return r.Op == "<" || r.Op == "<>" }

// Command is one command that a script may start. A command that can be reached with different
// words or in different folders (branches, calls of a function, turns of a loop) is listed once for
// each of them, with the same Span.
type Command struct {
	Words     []Word       // never empty; Words[0] is the program
	Env       []Assignment // NAME=value in front of it
	Exported  []Assignment // what the script exported before; sorted by name
	Redirects []Redirect
	// Dir is the folder in which it runs: repo-relative when Start.Dir is, absolute when the
	// script said so. It means nothing unless DirKnown.
	Dir      string
	DirKnown bool
	ErrExit  bool   // set -e holds
	Function string // the function whose body it stands in, "" for none
	Span     source.Span
}

// Name is the program's base name when it is known, otherwise "".
func (c Command) Name() string {
	if !c.Words[0].Constant {
		return ""
	}
	return path.Base(c.Words[0].Value)
}

// Getenv is what the command sees under a name, as far as the script set it.
func (c Command) Getenv(name string) (Word, bool) {
	for _, list := range [][]Assignment{c.Unwrapped().Env, c.Exported} {
		for i := len(list) - 1; i >= 0; i-- {
			if list[i].Name == name {
				return list[i].Value, true
			}
		}
	}
	return Word{}, false
}

// Resolve is the repo-relative path that a name means in a folder. ok is false when the name leaves
// the repository, is absolute elsewhere, or is not known before the script runs.
func Resolve(dir, name string) (p string, ok bool) {
	if rest, rooted := strings.CutPrefix(name, Root); rooted {
		if rest != "" && rest[0] != '/' {
			return "", false
		}
		dir, name = ".", strings.TrimLeft(rest, "/")
	}
	if strings.Contains(name, Unknown) || strings.Contains(name, Root) || strings.HasPrefix(name, "/") {
		return "", false
	}
	p = path.Join(dir, name)
	if p == "" {
		p = "."
	}
	return p, p != ".." && !strings.HasPrefix(p, "../") && !strings.HasPrefix(p, "/")
}

// Resolve is the repo-relative path that a word of this command means as a file name.
func (c Command) Resolve(w Word) (p string, ok bool) {
	if !w.Constant || w.Value == "" || !c.DirKnown && !strings.HasPrefix(w.Value, Root) {
		return "", false
	}
	return Resolve(c.Dir, w.Value)
}
