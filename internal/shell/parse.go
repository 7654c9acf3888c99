// Package shell reads shell scripts: files, recipe lines, CI steps, the argument of sh -c. It never
// runs one. It follows variables and the working folder along every branch far enough to say which
// commands a script may start, with which words, in which folder, and where in the file each word
// stands. On top of that it knows the command lines of Docker, Compose and the package managers.
package shell

import (
	"errors"
	"strings"
	"sync"
	"unicode/utf8"

	"mvdan.cc/sh/v3/syntax"

	"refit/internal/source"
)

// Dialect is the shell language that a script is written in.
type Dialect int

// The dialects. POSIX also accepts what Bash adds when it doesn't parse otherwise, since many
// scripts that say sh use it.
const (
	Bash Dialect = iota
	POSIX
	Zsh
	Ksh
	Bats
)

var variants = map[Dialect]syntax.LangVariant{
	Bash: syntax.LangBash, POSIX: syntax.LangPOSIX, Zsh: syntax.LangZsh, Ksh: syntax.LangMirBSDKorn, Bats: syntax.LangBats,
}

// DialectOf reads the "#!" line; Bash, which accepts most of the others, when there is none.
// ok is false when the line names an interpreter that is no shell.
func DialectOf(text []byte) (d Dialect, ok bool) {
	line, _, _ := strings.Cut(string(text[:min(len(text), 256)]), "\n")
	rest, found := strings.CutPrefix(line, "#!")
	if !found {
		return Bash, true
	}
	for _, word := range strings.Fields(rest) {
		name := word[strings.LastIndexByte(word, '/')+1:]
		if name == "env" || strings.HasPrefix(name, "-") || strings.Contains(name, "=") {
			continue
		}
		d, ok = map[string]Dialect{"sh": POSIX, "dash": POSIX, "ash": POSIX, "bash": Bash, "zsh": Zsh, "ksh": Ksh, "mksh": Ksh, "bats": Bats}[name]
		return d, ok
	}
	return Bash, true
}

// Problem is a part of a script that does not parse.
type Problem struct {
	Span source.Span // from where the parser gave up to the end of that line
	What string
}

// Script is a parsed script.
type Script struct {
	Problems []Problem // parts that were skipped
	text     Text
	stmts    []*syntax.Stmt
}

// maxScript bounds what is parsed, in bytes; hand-written scripts are a thousand times smaller.
const maxScript = 1 << 20

// maxNesting bounds how many places of a script may open something. Parser and runner go down once
// for each; a script made to exhaust the stack would end the program.
const maxNesting = 20_000

// maxSkips bounds how many broken statements one script may have before the rest is given up.
const maxSkips = 20

// Parse reads a whole file. It never fails: a statement that does not parse is skipped and listed
// in Problems, and reading goes on at the next line.
func Parse(file []byte, d Dialect) *Script {
	start := 0
	if strings.HasPrefix(string(file[:min(3, len(file))]), "\ufeff") {
		start = 3
	}
	return ParseText(Verbatim(file, source.Span{Start: start, End: len(file)}), d)
}

// ParseText is Parse for text that stands inside of another file.
func ParseText(t Text, d Dialect) *Script {
	s := &Script{text: t}
	switch {
	case t.Len() > maxScript:
		s.problem(0, "the script is larger than 1 MiB")
		return s
	case nesting(t.all) > maxNesting:
		s.problem(0, "the script nests too deeply to be read")
		return s
	case strings.IndexByte(t.all, 0) >= 0:
		s.problem(strings.IndexByte(t.all, 0), "the script holds a NUL byte")
		return s
	}
	langs := []syntax.LangVariant{variants[d]}
	if d == POSIX {
		langs = append(langs, syntax.LangBash)
	}
	from := 0
	for range maxSkips {
		n, bad := s.parseFrom(from, langs)
		if !bad {
			return s
		}
		next := strings.IndexByte(t.all[n:], '\n')
		if next < 0 {
			return s
		}
		from = n + next + 1
	}
	return s
}

// nesting is how deep the text could nest at most.
func nesting(text string) int {
	if 2*len(text) <= maxNesting {
		return 0 // too short for it, whatever it holds: of two openers no two begin at the same byte
	}
	n := 0
	for _, opener := range []string{"(", "{", "[", "|", "&", "!", "`", "<", "if", "while", "until", "for", "select", "case", "time", "coproc", "function", "?", "-"} {
		n += strings.Count(text, opener)
	}
	return n
}

// parseFrom parses what follows an offset, in the language that gets furthest. It returns where the
// first statement that does not parse starts.
func (s *Script) parseFrom(from int, langs []syntax.LangVariant) (stuck int, bad bool) {
	var best []*syntax.Stmt
	var failure error
	stuck = -1
	for _, lang := range langs {
		stmts, err := parseStmts(s.text.all, from, lang)
		end := from
		if len(stmts) > 0 {
			end = int(stmts[len(stmts)-1].End().Offset())
		}
		if err == nil {
			s.stmts = append(s.stmts, stmts...)
			return 0, false
		}
		if end > stuck {
			best, failure, stuck = stmts, err, end
		}
	}
	s.stmts = append(s.stmts, best...)
	for stuck < len(s.text.all) && strings.IndexByte(" \t\r\n;", s.text.all[stuck]) >= 0 {
		stuck++
	}
	at := stuck
	var parse syntax.ParseError
	what := failure.Error()
	if errors.As(failure, &parse) {
		at, what = max(int(parse.Pos.Offset()), stuck), parse.Text
	}
	s.problem(at, what)
	return stuck, true
}

func (s *Script) problem(at int, what string) {
	end := len(s.text.all)
	at = min(at, end)
	if n := strings.IndexByte(s.text.all[at:], '\n'); n >= 0 {
		end = at + n
	}
	s.Problems = append(s.Problems, Problem{Span: s.text.Use(at, end), What: what})
}

// parseStmts parses text from an offset on; every position is one in the whole text. The parser
// counts from the start of what it reads, so what comes before is given to it as blanks.
func parseStmts(text string, from int, lang syntax.LangVariant) (stmts []*syntax.Stmt, err error) {
	defer func() {
		// A bug in the parser must not take the program down: the script counts as not parsed.
		if r := recover(); r != nil {
			err = errors.New("the shell parser failed")
		}
	}()
	pool := parsers[lang]
	parser := pool.Get().(*syntax.Parser)
	reader := strings.NewReader(strings.Repeat(" ", from) + replaceInvalid(text[from:]))
	for stmt, e := range parser.StmtsSeq(reader) {
		if e != nil {
			pool.Put(parser)
			return stmts, e
		}
		stmts = append(stmts, stmt)
	}
	pool.Put(parser) // not after a panic
	return stmts, nil
}

// parsers are kept for the next script: each has buffers of its own.
var parsers = func() map[syntax.LangVariant]*sync.Pool {
	pools := map[syntax.LangVariant]*sync.Pool{}
	for _, lang := range variants {
		pools[lang] = &sync.Pool{New: func() any { return syntax.NewParser(syntax.Variant(lang)) }}
	}
	return pools
}()

// replaceInvalid puts one byte in the place of each that is not UTF-8, which the parser refuses. Values
// are cut from the original, so only names could suffer, and no name holds such a byte.
func replaceInvalid(text string) string {
	if utf8.ValidString(text) {
		return text
	}
	out := []byte(text)
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRuneInString(text[i:])
		if r == utf8.RuneError && n == 1 {
			out[i] = 0x03
		}
		i += n
	}
	return string(out)
}
