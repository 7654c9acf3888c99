// Package dockerignore reads and edits the ignore files of build contexts. What a pattern means is
// decided by the code that Docker itself uses (moby/patternmatcher), walked the way BuildKit walks
// a context; this package adds where each pattern stands and the verbs to change it.
package dockerignore

import (
	"bytes"
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"

	"refit/internal/source"
)

// Pattern is one line of an ignore file that is neither blank nor a comment.
type Pattern struct {
	Text    string      // as written, blank space around it left out, "!" included
	Clean   string      // as Docker matches it: cleaned, no leading slash, without the "!"
	Negated bool        // "!": files that it matches are sent after all
	Line    int         // counted from 1
	Span    source.Span // of Text
}

// String is the pattern in Docker's own form: Clean, with its "!".
func (p Pattern) String() string {
	if p.Negated {
		return "!" + p.Clean
	}
	return p.Clean
}

// File is one ignore file. It is never changed. A nil *File ignores nothing.
type File struct {
	Path     string
	Text     []byte
	Patterns []Pattern
	// Problems are the patterns that Docker rejects, and with them the whole build; matching goes
	// on without them.
	Problems []*source.Problem

	usable []string // what Docker would be given, the broken ones left out
	origin []int    // for each of usable, its index in Patterns
	table  *source.Lines
}

// maxLine is where Docker's line reader gives up.
const maxLine = 64 << 10

// Parse reads an ignore file by Docker's rules: a byte order mark is skipped, a "#" starts a comment
// only as the first character of a line, and the blank space around a pattern does not count.
// Broken patterns become Problems.
func Parse(filePath string, text []byte) *File {
	f := &File{Path: filePath, Text: text, table: source.NewLines(text)}
	for n := 1; n <= f.table.Count(); n++ {
		f.line(n)
	}
	return f
}

// maxPatterns bounds what every file of a build context is held against. Real files have dozens.
const maxPatterns = 10_000

func (f *File) line(n int) {
	span := f.table.Span(n)
	line := span.Of(f.Text)
	if n == 1 {
		line = bytes.TrimPrefix(line, []byte("\uFEFF"))
	}
	trimmed := bytes.TrimSpace(line)
	if len(trimmed) == 0 || line[0] == '#' || len(f.Patterns) > maxPatterns {
		return
	}
	start := span.End - len(line) + bytes.Index(line, trimmed)
	p := Pattern{Text: string(trimmed), Line: n, Span: source.Span{Start: start, End: start + len(trimmed)}}
	clean, err := understood(p.Text)
	p.Negated = strings.HasPrefix(p.Text, "!")
	p.Clean = strings.TrimPrefix(clean, "!")
	f.Patterns = append(f.Patterns, p)
	if len(f.Patterns) > maxPatterns {
		f.Problems = append(f.Problems, &source.Problem{Path: f.Path, At: f.table.Position(start),
			What: fmt.Sprintf("more than %d patterns", maxPatterns), Why: "those behind are left out", Advice: "exclude whole folders"})
		return
	}
	if err != nil {
		f.Problems = append(f.Problems, &source.Problem{Path: f.Path, At: f.table.Position(start), Original: err,
			What: fmt.Sprintf("%.80q is no pattern", p.Text), Why: "Docker refuses to build with it", Advice: "correct or remove it"})
		return
	}
	f.usable = append(f.usable, clean)
	f.origin = append(f.origin, len(f.Patterns)-1)
}

// understood is the pattern that Docker makes of one line, and what is wrong with it. Lines of common letters and stars are
// paths as they are, and compile whatever they say: a test holds that against Docker's reader and matcher.
func understood(line string) (clean string, err error) {
	if len(line) < 200 && strings.Trim(line, common) == "" {
		clean = path.Clean(line)
		if len(clean) > 1 {
			clean = strings.TrimPrefix(clean, "/")
		}
		return clean, nil
	}
	if clean, err = readPattern(line); err == nil {
		err = check(clean)
	}
	return clean, err
}

const common = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-*/"

// readPattern is what Docker's reader makes of one line.
func readPattern(line string) (string, error) {
	if len(line) >= maxLine {
		return "", fmt.Errorf("line of more than %d bytes", maxLine)
	}
	patterns, err := ignorefile.ReadAll(strings.NewReader("\n " + line)) // on line 2, indented: no mark, no comment
	if err != nil {
		return "", fmt.Errorf("not readable: %w", err)
	}
	if len(patterns) != 1 {
		return "", fmt.Errorf("it is read as %d patterns", len(patterns))
	}
	return patterns[0], nil
}

// check finds what Docker finds only while matching: patterns that do not compile.
func check(pattern string) error {
	m, err := patternmatcher.New([]string{strings.TrimPrefix(pattern, "!")})
	if err != nil {
		return err
	}
	if strings.TrimPrefix(pattern, "!") == "" {
		return errors.New(`"!" without a pattern`)
	}
	_, err = m.MatchesOrParentMatches("a")
	return err
}

// Ignored is Matcher.Ignored for one path.
func (f *File) Ignored(p string) bool { return f.Matcher().Ignored(p) }

// Match is Matcher.Match for one path.
func (f *File) Match(p string) (ignored bool, by *Pattern) { return f.Matcher().Match(p) }
