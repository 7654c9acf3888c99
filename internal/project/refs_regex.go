package project

import (
	"path"
	"regexp"
	"strings"

	"refit/internal/source"
	"refit/internal/yaml"
)

// regex notes the paths that a regular expression over paths names from its start.
func (x *extraction) regex(n *yaml.Node) {
	if n == nil {
		return
	}
	if at, ok := n.Inner(); ok {
		if re, err := regexp.Compile(n.Value); err == nil {
			x.add(mention{Reference: Reference{Span: at, Raw: n.Value, Base: ".", Escape: EscapeMatch, Unsure: "a regular expression matches it"}, weight: asValue, regex: re})
		}
	}
	for _, part := range regexPaths(n.Value) {
		first, ok := n.At(part.from)
		last, ok2 := n.At(part.to - 1)
		if !ok || !ok2 {
			continue
		}
		at, e := source.Span{Start: first, End: last + 1}, EscapeRegex
		if at.Len() != part.to-part.from {
			e = EscapeQuotedRegex
		}
		x.add(mention{Reference: Reference{Span: at, Raw: string(at.Of(x.text)), To: part.path, Base: ".", Escape: e}, weight: asOperand})
	}
}

// regexPath is a path in a regular expression.
type regexPath struct {
	from, to int
	path     string
}

// regexPaths are the alternatives of a regular expression that spell a path from its start. Those
// that may begin anywhere go on matching when the file moves into a folder.
func regexPaths(re string) []regexPath {
	var found []regexPath
	verbose := strings.HasPrefix(re, "(?x)")
	depth, anchored := 0, 0 // anchored: the depth at which an alternative starts at the beginning
	from := -1
	var text strings.Builder
	exact := true
	start := func(i int) { from, exact = i, true; text.Reset() }
	flush := func(end int) {
		if from >= 0 && exact && text.Len() > 0 {
			found = append(found, regexPath{from, end, path.Clean(text.String())})
		}
		from = -1
	}
	for i := 0; i < len(re); i++ {
		b := re[i]
		switch {
		case b == '^':
			flush(i)
			anchored = depth + 1
			start(i + 1)
		case b == '(':
			open := i
			if strings.HasPrefix(re[i:], "(?x)") {
				i += 3
				continue
			}
			if strings.HasPrefix(re[i:], "(?:") {
				i += 2
			}
			if from == open && anchored == depth+1 {
				anchored = depth + 2
				start(i + 1)
			} else {
				exact = false
			}
			depth++
		case b == ')':
			flush(i)
			depth--
		case b == '|':
			flush(i)
			if anchored == depth+1 {
				start(i + 1)
			}
		case b == '$':
			flush(i)
		case verbose && strings.IndexByte(" \t\r\n", b) >= 0:
			if from == i {
				start(i + 1)
			} else {
				flush(i)
			}
		case b == '\\' && i+1 < len(re):
			i++
			if strings.IndexByte("./-_", re[i]) < 0 {
				exact = false
			}
			text.WriteByte(re[i])
		case strings.IndexByte("*+?[]{}", b) >= 0:
			exact = false
		default:
			text.WriteByte(b)
		}
	}
	flush(len(re))
	return found
}
