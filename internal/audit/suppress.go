package audit

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"

	"refit/internal/project"
	"refit/internal/rule"
	"refit/internal/source"
)

// silence is the pragmas of a repository and its configuration.
type silence struct {
	p     *project.Project
	files map[string]*filePragmas // by path, read when a finding asks
}

// filePragmas are the pragmas in one file.
type filePragmas struct {
	whole map[string]string         // rule word -> where it is silenced for the whole file
	lines map[int]map[string]string // line -> rule word -> where
	table *source.Lines
}

func suppressions(p *project.Project) *silence {
	return &silence{p: p, files: map[string]*filePragmas{}}
}

// by says what silences a finding, "" when nothing does.
func (s *silence) by(f rule.Finding) string {
	if reason := s.p.Config.Ignored(f.Meta.ID, f.Meta.Name, f.At.Path, f.Subject); reason != "" {
		return ".refit.yaml: " + reason
	}
	pragmas := s.pragmas(f.At.Path)
	if pragmas == nil || len(pragmas.whole)+len(pragmas.lines) == 0 {
		return ""
	}
	line := 1
	if !f.At.Span.IsZero() {
		line = pragmas.table.Line(f.At.Span.Start)
	}
	for _, word := range wordsOf(f.Meta) {
		if at, ok := pragmas.whole[word]; ok {
			return at
		}
		if at, ok := pragmas.lines[line][word]; ok {
			return at
		}
	}
	return ""
}

// wordsOf are the names by which pragmas know a rule: its own, and its aliases' codes.
func wordsOf(m *rule.Meta) []string {
	words := []string{strings.ToLower(m.ID), m.Name}
	for _, alias := range m.Aliases {
		if fields := strings.Fields(alias); len(fields) > 1 {
			words = append(words, strings.ToLower(fields[len(fields)-1]))
		}
	}
	return words
}

func (s *silence) pragmas(path string) *filePragmas {
	if known, ok := s.files[path]; ok {
		return known
	}
	s.files[path] = nil
	text, err := s.p.Files.Read(path)
	if err != nil || !mayHold(text) {
		return nil
	}
	s.files[path] = readPragmas(path, text)
	return s.files[path]
}

// pragma recognises the ways in which people silence a check:
//
//	# refit ignore=D05,C07 reason      this tool; refit global ignore= for the whole file
//	# hadolint ignore=DL3002           hadolint; hadolint global ignore= likewise
//	# check=skip=JSONArgsRecommended   BuildKit's checks, for the whole file
//	# dclint disable-line rule         dclint; dclint disable rule for the whole file
var (
	ignorePragma = regexp.MustCompile(`#\s*(refit|hadolint)\s+(global\s+)?ignore\s*=\s*([\w,-]+)`)
	checkPragma  = regexp.MustCompile(`#\s*check\s*=.*\bskip=([\w,]+)`)
	dclintPragma = regexp.MustCompile(`#\s*dclint\s+(disable-line|disable)\b([\w\s-]*)`)
)

// mayHold says whether a text has a word without which it is no pragma; few files have one.
func mayHold(text []byte) bool {
	return bytes.Contains(text, []byte("ignore")) || bytes.Contains(text, []byte("skip")) || bytes.Contains(text, []byte("dclint"))
}

func readPragmas(path string, text []byte) *filePragmas {
	f := &filePragmas{whole: map[string]string{}, lines: map[int]map[string]string{}, table: source.NewLines(text)}
	number := 0
	for line := range strings.Lines(string(text)) {
		number++
		if !strings.Contains(line, "#") || !mayHold([]byte(line)) {
			continue
		}
		at := fmt.Sprintf("%s:%d %s", path, number, strings.TrimSpace(line))
		if m := ignorePragma.FindStringSubmatch(line); m != nil {
			f.add(words(m[3]), m[2] != "", number, commentOnly(line), at)
		}
		if m := checkPragma.FindStringSubmatch(line); m != nil {
			f.add(words(m[1]), true, number, true, at)
		}
		if m := dclintPragma.FindStringSubmatch(line); m != nil {
			f.add(words(m[2]), m[1] == "disable", number, commentOnly(line), at)
		}
	}
	return f
}

func words(list string) []string {
	return strings.FieldsFunc(strings.ToLower(list), func(r rune) bool { return r == ',' || r == ' ' || r == '\t' })
}

func commentOnly(line string) bool { return strings.HasPrefix(strings.TrimSpace(line), "#") }

// add notes a pragma: a comment of its own speaks of the line below, and of further pragma lines in
// between; one behind a line speaks of that line.
func (f *filePragmas) add(rules []string, whole bool, line int, own bool, at string) {
	for _, r := range rules {
		if whole {
			f.whole[r] = at
			continue
		}
		target := line
		if own {
			target = f.below(line)
		}
		if f.lines[target] == nil {
			f.lines[target] = map[string]string{}
		}
		f.lines[target][r] = at
	}
}

// below is the first line below that is no comment.
func (f *filePragmas) below(line int) int {
	for line++; line < f.table.Count(); line++ {
		span := f.table.Span(line)
		if text := strings.TrimSpace(string(f.table.Text()[span.Start:span.End])); !strings.HasPrefix(text, "#") {
			break
		}
	}
	return line
}
