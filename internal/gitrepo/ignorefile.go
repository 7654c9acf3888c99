package gitrepo

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"refit/internal/edit"
	"refit/internal/source"
)

// ErrNothingToAdd is returned by AddPatterns when the file says all of it already.
var ErrNothingToAdd = errors.New("the file has these patterns already")

// IgnorePattern is one pattern of a .gitignore with its place.
type IgnorePattern struct {
	Text     string // trailing spaces dropped, "!" included
	Negated  bool
	DirOnly  bool // ends in a slash: matches folders only
	Anchored bool // has a slash before its end: relative to the file's folder; else it matches at any depth
	Line     int
	Span     source.Span // of Text
}

// IgnoreFile is one .gitignore as text to edit. It is never changed.
type IgnoreFile struct {
	Path     string
	Text     []byte
	Patterns []IgnorePattern
	table    *source.Lines
}

// ParseIgnore reads a .gitignore. Every text is one: git has no syntax errors here.
func ParseIgnore(path string, text []byte) *IgnoreFile {
	f := &IgnoreFile{Path: path, Text: text, table: source.NewLines(text)}
	for _, l := range ignoreLines(text) {
		c := compilePattern(l.text)
		f.Patterns = append(f.Patterns, IgnorePattern{Text: l.text, Negated: strings.HasPrefix(l.text, "!"), DirOnly: c.dirOnly,
			Anchored: c.anchored, Line: l.number, Span: source.Span{Start: l.offset, End: l.offset + len(l.text)}})
	}
	return f
}

// AddPatterns appends a block of patterns under a comment ("" for none), in the file's own line ends;
// the last pattern that matches decides. Patterns that the file has already, with none of the
// other sign behind them, in the file or in the block, are left out; ErrNothingToAdd is returned when
// none is left.
func (f *IgnoreFile) AddPatterns(header string, patterns []string) (edit.Edit, error) {
	var lines, fresh []string
	if header != "" {
		for _, h := range strings.Split(header, "\n") {
			lines = append(lines, strings.TrimRight("# "+h, " "))
		}
	}
	for _, p := range patterns {
		overruled := slices.ContainsFunc(fresh, func(q string) bool { return negated(q) != negated(p) })
		if overruled || !f.inForce(p) {
			fresh = append(fresh, p)
		}
	}
	if len(fresh) == 0 {
		return edit.Edit{}, fmt.Errorf("%s: %w", f.Path, ErrNothingToAdd)
	}
	eol := source.EOL(f.Text)
	text := strings.Join(append(lines, fresh...), eol)
	switch content := strings.TrimPrefix(string(f.Text), "\uFEFF"); {
	case content == "":
		text += eol
	case !strings.HasSuffix(content, "\n"): // no final line end, and none is added
		text = eol + eol + text
	case strings.HasSuffix(content, "\n\n"), strings.HasSuffix(content, "\n\r\n"):
		text += eol
	default:
		text = eol + text + eol
	}
	return edit.Insert(len(f.Text), text, "ignore:"+strings.Join(fresh, ",")), nil
}

func negated(pattern string) bool { return strings.HasPrefix(pattern, "!") }

func (f *IgnoreFile) inForce(pattern string) bool {
	for i := len(f.Patterns) - 1; i >= 0; i-- {
		if f.Patterns[i].Text == pattern {
			return true
		}
		if f.Patterns[i].Negated != negated(pattern) {
			return false
		}
	}
	return false
}

// RemovePattern takes the pattern's line away.
func (f *IgnoreFile) RemovePattern(p IgnorePattern) edit.Edit {
	return edit.Delete(f.lineOf(p), "ignore:"+p.Text)
}

// ReplacePattern puts other lines in the place of p's line.
func (f *IgnoreFile) ReplacePattern(p IgnorePattern, lines ...string) edit.Edit {
	return edit.Replace(p.Span, strings.Join(lines, source.EOL(f.Text)), "ignore:"+p.Text)
}

// lineOf is the pattern's line with its end, without a byte order mark.
func (f *IgnoreFile) lineOf(p IgnorePattern) source.Span {
	return source.Span{Start: p.Span.Start, End: f.table.SpanWithEnd(p.Line).End}
}
