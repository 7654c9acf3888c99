package project

import (
	"bytes"
	"fmt"
	"path"
	"strings"

	"refit/internal/source"
)

// tokenRules say what to do with names that merely stand somewhere in a file.
type tokenRules struct {
	comment  where         // how a comment begins
	comments []source.Span // or where they are
	loose    string        // why a name outside of comments can't be rewritten; "" leaves it out
	whole    bool          // only names that are all of a line's value: "key: name"
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
		if rules.comments == nil && !rules.whole {
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
			case inComment || said:
				x.token(t, RefDocs, "")
			case rules.whole && !wholeValue(x.text, line, t):
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

// wholeValue says whether a name is what follows ":" or "=" or "-" up to the end of the line.
func wholeValue(text []byte, line, t source.Span) bool {
	before := strings.TrimRight(string(text[line.Start:t.Start]), " \t")
	after := strings.TrimSpace(string(text[t.End:line.End]))
	return after == "" && (before == "" || strings.HasSuffix(before, ":") || strings.HasSuffix(before, "=") || strings.HasSuffix(before, "-"))
}

func (x *extraction) token(t source.Span, kind RefKind, unsure string) {
	text := string(t.Of(x.text))
	rel := strings.TrimPrefix(text, "./")
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
		if string(t.Of(text)) != "" && !bytes.HasPrefix(t.Of(text), []byte("/")) && notable(path.Base(string(t.Of(text)))) &&
			(i == line.Start || strings.IndexByte("}:~\\", text[i-1]) < 0) {
			found = append(found, t)
		}
		i = j
	}
	return found
}

func nameByte(b byte) bool {
	return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || strings.IndexByte("._-/*@+", b) >= 0
}

// describeCall is a call as a key, to list each once.
func describeCall(c Call) string { return fmt.Sprintf("%+v", c) }
