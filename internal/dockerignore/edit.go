package dockerignore

import (
	"errors"
	"fmt"
	"strings"

	"refit/internal/edit"
	"refit/internal/source"
)

// The errors of AddPatterns, to be matched with errors.Is.
var (
	ErrNothingToAdd = errors.New("the file has these patterns already")
	ErrCannotKeep   = errors.New("the patterns would ignore a file that must be sent")
)

// Block is a group of patterns to add.
type Block struct {
	Header   string   // comment lines above the patterns, without "#"; "" for none
	Patterns []string // in Docker's syntax, "!" allowed
	// Keep lists files, relative to the context, that must be sent as before: one that the block
	// would newly ignore gets a "!" line of its own behind the patterns.
	Keep []string
}

// AddPatterns appends a block to the file, in its own line ends; the last pattern that matches
// decides, so at the end the block prevails over every "!" above it. Patterns that the file has
// already, with no "!" behind them, are left out. It returns ErrNothingToAdd when none is left and
// ErrCannotKeep when a "!" can't bring a kept file back.
func (f *File) AddPatterns(b Block) (edit.Edit, error) {
	var fresh []string
	for _, p := range b.Patterns {
		if !f.inForce(p) {
			fresh = append(fresh, p)
		}
	}
	if len(fresh) == 0 {
		return edit.Edit{}, fmt.Errorf("%s: %w", f.Path, ErrNothingToAdd)
	}
	lost := f.lost(fresh, b.Keep)
	for _, p := range lost {
		fresh = append(fresh, "!"+quotePath(p))
	}
	if still := f.lost(fresh, lost); len(still) > 0 {
		return edit.Edit{}, fmt.Errorf("%s: %q: %w", f.Path, still[0], ErrCannotKeep)
	}
	return f.appendLines(b.Header, fresh), nil
}

// inForce says whether the file says this pattern already and takes nothing back behind it.
func (f *File) inForce(text string) bool {
	clean, err := readPattern(text)
	for i := len(f.Patterns) - 1; i >= 0 && err == nil; i-- {
		if f.Patterns[i].String() == clean {
			return true
		}
		if f.Patterns[i].Negated != strings.HasPrefix(clean, "!") {
			return false
		}
	}
	return false
}

// lost lists the paths that are sent now and would not be with the lines added.
func (f *File) lost(lines, paths []string) []string {
	after := Parse(f.Path, []byte(string(f.Text)+"\n"+strings.Join(lines, "\n"))).Matcher()
	now := f.Matcher()
	var lost []string
	for _, p := range paths {
		if !now.Ignored(p) && after.Ignored(p) {
			lost = append(lost, p)
		}
	}
	return lost
}

func (f *File) appendLines(header string, lines []string) edit.Edit {
	eol := source.EOL(f.Text)
	var block []string
	if header != "" {
		for _, h := range strings.Split(header, "\n") {
			block = append(block, strings.TrimRight("# "+h, " "))
		}
	}
	block = append(block, lines...)
	text := strings.Join(block, eol)
	content := strings.TrimPrefix(string(f.Text), "\uFEFF")
	switch {
	case content == "":
		text += eol
	case !strings.HasSuffix(content, "\n"): // no final line end, and none is added
		text = eol + eol + text
	case strings.HasSuffix(content, "\n\n") || strings.HasSuffix(content, "\r\n\r\n"):
		text += eol
	default:
		text = eol + text + eol
	}
	return edit.Insert(len(f.Text), text, "ignore:"+strings.Join(lines, ","))
}

// Remove takes the pattern's line away.
func (f *File) Remove(p Pattern) edit.Edit {
	return edit.Delete(f.table.SpanWithEnd(p.Line), "ignore:"+p.String())
}

// Replace puts another pattern in the place of p; what else stands on the line stays.
func (f *File) Replace(p Pattern, pattern string) edit.Edit {
	return edit.Replace(p.Span, pattern, "ignore:"+p.String())
}

// quotePath is the pattern that matches one path and nothing else.
func quotePath(p string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`, "]", `\]`).Replace(p)
}
