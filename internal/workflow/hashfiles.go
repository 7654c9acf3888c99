package workflow

import (
	"strings"

	"refit/internal/yaml"
)

// hashes finds the patterns in hashFiles('a', 'b') anywhere in a document. A pattern may list several,
// one a line.
func (f *File) hashes(doc *yaml.Node) {
	doc.Walk(func(n *yaml.Node) bool {
		if n.Kind != yaml.Scalar {
			return true
		}
		for at := 0; ; {
			i := strings.Index(strings.ToLower(n.Value[at:]), "hashfiles(")
			if i < 0 {
				return true
			}
			at += i + len("hashfiles(")
			at = f.hashArguments(n, at)
		}
	})
}

// hashArguments reads quoted arguments up to the closing parenthesis and returns where it stopped.
func (f *File) hashArguments(n *yaml.Node, at int) int {
	for at < len(n.Value) {
		switch n.Value[at] {
		case ')':
			return at
		case '\'':
			end := strings.IndexByte(n.Value[at+1:], '\'')
			if end < 0 {
				return len(n.Value)
			}
			f.Hashes = append(f.Hashes, Part{n, at + 1, at + 1 + end})
			at += end + 2
		default:
			at++
		}
	}
	return at
}
