package source

import "fmt"

// Problem is an error at a place in a file, said in the form
// "file:line:col: what; why it matters; what to do".
type Problem struct {
	Path     string   // repo-relative
	At       Position // zero when the whole file is meant
	What     string   // what is wrong, one clause
	Why      string   // why it matters, one clause; may be empty
	Advice   string   // what to do, one clause; may be empty
	Original error    // the parser's own error, if any
}

// Error is the problem on one line.
func (p *Problem) Error() string {
	s := p.Path
	if p.At.Line > 0 {
		s = fmt.Sprintf("%s:%d:%d", p.Path, p.At.Line, max(p.At.Column, 1))
	}
	s += ": " + p.What
	if p.Why != "" {
		s += "; " + p.Why
	}
	if p.Advice != "" {
		s += "; " + p.Advice
	}
	return s
}

// Unwrap is the parser's own error.
func (p *Problem) Unwrap() error { return p.Original }

// MaxParsed bounds the files whose structure is worked out, in bytes: a tree takes hundreds of times the
// space of its text.
const MaxParsed = 1 << 20

// TooLong is the problem of a text of more than MaxParsed bytes, else nil.
func TooLong(path string, text []byte) error {
	if len(text) <= MaxParsed {
		return nil
	}
	return &Problem{Path: path, What: fmt.Sprintf("is too large: %d bytes", len(text)),
		Why: "files of more than 1 MiB are not parsed", Advice: "check that this is a configuration file"}
}
