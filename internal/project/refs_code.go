package project

import (
	"bytes"
	"path"
	"strings"

	"refit/internal/source"
)

// quoted are the insides of the strings on a line.
func quoted(text []byte, line source.Span) []source.Span {
	var found []source.Span
	for i := line.Start; i < line.End; i++ {
		q := text[i]
		if q == '#' && len(found) == 0 && i == line.Start {
			return nil
		}
		if q != '"' && q != '\'' && q != '`' {
			continue
		}
		n := bytes.IndexByte(text[i+1:line.End], q)
		if n < 0 {
			return found
		}
		found = append(found, source.Span{Start: i + 1, End: i + 1 + n})
		i += n + 1
	}
	return found
}

// code finds the strings of program text that are a path from the root or from the program's folder.
func (x *extraction) code() {
	x.kind = RefCode
	if len(x.text) > maxReferring || !mentionsNotable(x.text) {
		return
	}
	for at := 0; at < len(x.text); {
		line := lineAt(x.text, at)
		at = line.End + 1
		if line.Len() > 2000 || !mentionsNotable(line.Of(x.text)) {
			continue
		}
		for _, s := range quoted(x.text, line) {
			x.codeString(s)
		}
	}
	x.joinedPaths()
	x.keyedPaths()
	x.tokens(tokenRules{code: true, loose: "program code names it; refit can't tell from which folder"})
}

// data finds the values of a configuration that refit knows nothing of. A text that speaks of a file is prose,
// a command in it is not.
func (x *extraction) data() {
	x.kind = RefCode
	if len(x.text) > maxReferring || !mentionsNotable(x.text) {
		return
	}
	x.keyedPaths()
	x.tokens(tokenRules{code: true, loose: "refit can't tell what reads it here"})
}

func (x *extraction) codeString(s source.Span) {
	value := string(s.Of(x.text))
	if !notable(path.Base(value)) || strings.ContainsAny(value, " $") {
		return
	}
	x.unsure = "program code names it; refit can't tell from which folder"
	for i, dir := range []string{".", x.dir()} {
		x.variant = i
		if dir != "." || i == 0 {
			x.path(s, value, dir, false, asValue, false)
		}
	}
	x.variant, x.unsure = 0, ""
}

// mentionsNotable says quickly whether a text can name a file that refit moves.
func mentionsNotable(text []byte) bool {
	for _, word := range [][]byte{[]byte("ompose"), []byte("ockerfile"), []byte("ontainerfile"), []byte(".env"), []byte("dockerignore"), []byte("env.")} {
		if bytes.Contains(text, word) {
			return true
		}
	}
	return false
}
