package project

import (
	"bytes"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"refit/internal/source"
)

// tokenRules say what to do with names that merely stand somewhere in a file.
type tokenRules struct {
	comment  where         // how a comment begins
	comments []source.Span // or where they are
	loose    string        // why a name outside of comments can't be rewritten; "" leaves it out
	code     bool          // comments begin as in programming languages; a name among other words is prose, unless they are a command
}

// tokens notes the names of files that refit moves wherever else they stand: in comments as prose,
// which is rewritten, elsewhere as something that nobody understands.
func (x *extraction) tokens(rules tokenRules) {
	if !mentionsNotable(x.text) {
		return
	}
	for at := 0; at < len(x.text); {
		line := lineAt(x.text, at)
		at = line.End + 1
		if line.Len() > 4000 || !mentionsNotable(line.Of(x.text)) {
			continue
		}
		comment := line.End
		if rules.code {
			if c := commentIn(line.Of(x.text)); c >= 0 {
				comment = line.Start + c
			}
		} else if rules.comments == nil {
			if h := hash(line.Of(x.text), rules.comment); h >= 0 {
				comment = line.Start + h
			}
		}
		said := says(line.Of(x.text))
		for _, t := range nameTokens(x.text, line) {
			inComment := t.Start >= comment
			for _, c := range rules.comments {
				inComment = inComment || c.Contains(t.Start)
			}
			for _, c := range x.prose {
				inComment = inComment || c.Contains(t.Start)
			}
			switch {
			case msbuild(x.at) && !inComment:
				x.path(t, string(t.Of(x.text)), x.dir(), true, asValue, false)
				x.token(t, x.kind, rules.loose)
			case inComment || said || rules.code && amidWords(x.text, line, t) && !commandWords.Match(line.Of(x.text)):
				x.token(t, RefDocs, "")
			case rules.loose != "":
				x.token(t, x.kind, rules.loose)
			}
		}
	}
}

// says whether a line of a script only prints.
func says(line []byte) bool {
	s := strings.TrimLeft(string(line), " \t@-")
	return strings.HasPrefix(s, "echo ") || strings.HasPrefix(s, "printf ") && !strings.Contains(s, ">")
}

// amidWords says whether a name stands among the words of a sentence: a plain word and a blank in front of it.
func amidWords(text []byte, line, t source.Span) bool {
	if t.Start > line.Start && t.End < line.End && text[t.Start-1] == text[t.End] && strings.IndexByte("\"'`", text[t.End]) >= 0 {
		return false // a string of its own
	}
	before := strings.TrimRight(string(text[line.Start:t.Start]), "(\"'`")
	word := before[strings.LastIndexAny(strings.TrimRight(before, " "), " \t\"'")+1:]
	return strings.HasSuffix(word, " ") && plainWord.MatchString(strings.TrimSpace(word))
}

var plainWord = regexp.MustCompile(`^[A-Za-z]+[,;.]?$`)

// commentIn is where a comment begins on a line of a program or a configuration, -1 when there is none:
// behind //, # and a blank, --, /*, <!--, or a star at the beginning, outside of quotes.
func commentIn(line []byte) int {
	trimmed := bytes.TrimLeft(line, " \t")
	start := len(line) - len(trimmed)
	if bytes.HasPrefix(trimmed, []byte("* ")) || bytes.HasPrefix(trimmed, []byte("-- ")) || bytes.HasPrefix(bytes.ToLower(trimmed), []byte("rem ")) || bytes.HasPrefix(trimmed, []byte("::")) {
		return start
	}
	var quote byte
	for i := start; i < len(line); i++ {
		b, rest := line[i], line[i:]
		blank := i == start || line[i-1] == ' ' || line[i-1] == '\t'
		switch {
		case quote != 0:
			if b == quote && line[i-1] != '\\' {
				quote = 0
			}
		case (b == '"' || b == '\'' || b == '`') && bytes.IndexByte(rest[1:], b) >= 0:
			quote = b
		case blank && b == '#', blank && bytes.HasPrefix(rest, []byte("//")), bytes.HasPrefix(rest, []byte("/*")) && blank, bytes.HasPrefix(rest, []byte("<!--")):
			return i
		}
	}
	return -1
}

func (x *extraction) token(t source.Span, kind RefKind, unsure string) {
	text := string(t.Of(x.text))
	rel := strings.TrimPrefix(text, "./")
	if kind == RefDocs && anyFile(text) {
		return // "the Dockerfile" is any Dockerfile
	}
	if strings.Contains(text, `\`) {
		x.backslashed(t, kind, unsure)
		return
	}
	before := x.kind
	x.kind = kind
	defer func() { x.kind = before }()
	for i, dir := range []string{".", x.dir()} {
		if i == 1 && dir == "." || leaves(path.Join(dir, rel)) {
			continue
		}
		m := mention{Reference: Reference{Span: t, Raw: text, Base: dir, Unsure: unsure}, weight: asText, fileOnly: true}
		m.variant = i
		if isPattern(rel) {
			cut := strings.LastIndexByte(text, '/') + 1
			if isPattern(text[:cut]) {
				continue
			}
			m.Span.Start += cut
			m.Raw, m.Base, m.Escape = text[cut:], path.Join(dir, text[:cut]), EscapePattern
			m.pattern = path.Join(dir, rel)
		} else {
			m.To = path.Join(dir, rel)
		}
		x.variant = i
		x.add(m)
	}
	x.variant = 0
}

// anyFile says whether a name is also the word for a kind of file.
func anyFile(name string) bool {
	return slices.Contains([]string{"dockerfile", "containerfile"}, strings.ToLower(name))
}

// msbuild says whether a file is one of MSBuild's, whose paths start from its folder.
func msbuild(at string) bool {
	return slices.Contains([]string{".csproj", ".fsproj", ".vbproj", ".dcproj", ".props", ".targets", ".sln", ".slnx", ".esproj"}, strings.ToLower(path.Ext(at)))
}

// backslashed notes a path that is written as on Windows.
func (x *extraction) backslashed(t source.Span, kind RefKind, unsure string) {
	text := string(t.Of(x.text))
	rel := strings.ReplaceAll(text, `\`, "/")
	if msbuild(x.at) {
		unsure = ""
	}
	for i, dir := range []string{x.dir(), "."} {
		if to := path.Join(dir, rel); !leaves(to) && (i == 0 || x.dir() != ".") {
			x.variant = i
			x.add(mention{Reference: Reference{Span: t, Raw: text, To: to, Base: dir, Kind: kind, Unsure: unsure, Escape: EscapeBackslash}, weight: asText, fileOnly: true})
			unsure = "refit can't tell from which folder it is read"
		}
	}
	x.variant = 0
}

// nameTokens are the words of a line that are a notable file's name, with its folders.
func nameTokens(text []byte, line source.Span) []source.Span {
	var found []source.Span
	for i := line.Start; i < line.End; {
		if !nameByte(text[i]) {
			i++
			continue
		}
		j := i
		for j < line.End && nameByte(text[j]) {
			j++
		}
		t := source.Span{Start: i, End: j}
		for t.End > t.Start && (text[t.End-1] == '.' || text[t.End-1] == '*') {
			t.End--
		}
		t = withoutOpening(text, line, t)
		if name := strings.ReplaceAll(string(t.Of(text)), `\`, "/"); name != "" && name[0] != '/' && notable(path.Base(name)) && !remote(text, line, t) {
			found = append(found, t)
		}
		i = j
	}
	return found
}

// remote says whether a path is one of another machine or of a home folder: "user@host:path", "~/path".
func remote(text []byte, line, t source.Span) bool {
	if t.Start == line.Start || text[t.Start-1] != ':' {
		return t.Start > line.Start && text[t.Start-1] == '~'
	}
	from := t.Start - 1
	for from > line.Start && text[from-1] != ' ' && text[from-1] != '\t' {
		from--
	}
	return bytes.IndexByte(text[from:t.Start], '@') >= 0
}

// withoutOpening takes off what is in front of the path proper: a slash behind a variable ("${ROOT}/../compose.yml"
// may start from any folder: the name that is left is one that nobody can rewrite), a drive or a backslash
// that escapes something.
func withoutOpening(text []byte, line, t source.Span) source.Span {
	if t.Start > line.Start && text[t.Start-1] == '}' || t.Start > line.Start && text[t.Start-1] == ')' {
		for t.Len() > 0 && (text[t.Start] == '/' || bytes.HasPrefix(t.Of(text), []byte("../")) || bytes.HasPrefix(t.Of(text), []byte("./"))) {
			t.Start += bytes.IndexByte(t.Of(text), '/') + 1
		}
	}
	for t.Len() > 0 && text[t.Start] == '\\' {
		t.Start++
	}
	return t
}

func nameByte(b byte) bool {
	return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || strings.IndexByte("._-/*@+\\", b) >= 0
}

// describeCall is a call as a key, to list each once.
func describeCall(c Call) string { return fmt.Sprintf("%+v", c) }
