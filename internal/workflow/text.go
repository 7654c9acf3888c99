package workflow

import (
	"path"
	"strings"

	"refit/internal/shell"
	"refit/internal/source"
	"refit/internal/yaml"
)

// scope knows what the expressions in a text stand for.
type scope struct {
	open, shut string // the brackets of an expression: "${{", "}}"; empty when there are none
	// value is the scalar that an expression (its inside, trimmed) names, or a text; nil and false
	// when only a run knows it.
	value func(expression string) (*yaml.Node, shell.Text, bool)
	// workspace is the variable that holds the root of the repository, "" for none.
	workspace string
	file      *File
}

// maxResolved bounds how many expressions of a file are resolved, since each may hold others.
const maxResolved = 100_000

// maxNesting bounds how deep expressions resolve to texts with expressions.
const maxNesting = 4

// of is the text of a scalar with its expressions resolved. What they stand for takes effect in the
// place of the expression.
func (s scope) of(n *yaml.Node) shell.Text { return s.resolve(n, 0) }

func (s scope) resolve(n *yaml.Node, depth int) shell.Text {
	if n == nil || n.Kind != yaml.Scalar {
		return shell.Text{}
	}
	all := whole(n).shellText()
	if s.open == "" || !strings.Contains(n.Value, s.open) {
		return all
	}
	var out []shell.Text
	at := 0
	for {
		from, to, ok := s.next(n.Value, at)
		if !ok {
			break
		}
		out = append(out, all.Slice(at, from))
		use := all.Use(from, to)
		inside := strings.TrimSpace(n.Value[from+len(s.open) : to-len(s.shut)])
		out = append(out, s.expression(inside, depth).UsedAt(use, false))
		at = to
	}
	return shell.Join(append(out, all.Slice(at, all.Len()))...)
}

// expression is what the inside of an expression stands for.
func (s scope) expression(inside string, depth int) shell.Text {
	node, text, ok := s.value(inside)
	if node == nil {
		if !ok {
			return shell.UnknownAt(shell.Nowhere)
		}
		return text
	}
	s.file.resolved += 1 + len(node.Value)/16
	if depth >= maxNesting || s.file.resolved > maxResolved {
		return shell.UnknownAt(shell.Nowhere)
	}
	return s.resolve(node, depth+1)
}

// next finds the first expression at or behind an offset. Brackets inside of a string don't close it.
func (s scope) next(value string, at int) (from, to int, ok bool) {
	i := strings.Index(value[at:], s.open)
	if i < 0 {
		return 0, 0, false
	}
	from = at + i
	quoted := false
	for i := from + len(s.open); i < len(value); i++ {
		if value[i] == '\'' {
			quoted = !quoted
		}
		if !quoted && strings.HasPrefix(value[i:], s.shut) {
			return from, i + len(s.shut), true
		}
	}
	return 0, 0, false
}

// shellText is the part with the places of its bytes.
func (p Part) shellText() shell.Text {
	var pieces []shell.Piece
	for _, r := range p.Node.Runs() {
		a, b := max(r.From, p.From), min(r.To, p.To)
		if a >= b {
			continue
		}
		piece := shell.Piece{Text: p.Node.Value[a:b], Span: r.Span, Use: r.Span}
		switch {
		case r.Verbatim:
			piece.Span = source.Span{Start: r.Span.Start + a - r.From, End: r.Span.Start + b - r.From}
			piece.Use = piece.Span
		case piece.Span.Len() == len(piece.Text): // would pass for verbatim
			piece.Span = shell.Nowhere
		}
		pieces = append(pieces, piece)
	}
	return shell.NewText(pieces...)
}

// root is the path of the repository's root, for expressions such as github.workspace.
var root = shell.NewText(shell.Piece{Text: shell.Root, Span: shell.Nowhere, Use: shell.Nowhere})

// workingDir is the folder, relative to the repository's root, that a working directory means. at is
// the folder of the workspace into which the repository is checked out.
func workingDir(t shell.Text, at string) (string, bool) {
	if !t.Known() {
		return "", false
	}
	dir := t.String()
	if rest, ok := strings.CutPrefix(dir, shell.Root); ok {
		dir = "." + rest
	} else if strings.HasPrefix(dir, "/") {
		return "", false
	}
	if strings.ContainsAny(dir, "$`\\\n"+shell.Root) {
		return "", false
	}
	dir = path.Clean(dir)
	if at != "." {
		rest, ok := strings.CutPrefix(dir+"/", at+"/")
		if !ok {
			return "", false
		}
		dir = path.Clean("./" + rest)
	}
	if dir == ".." || strings.HasPrefix(dir, "../") {
		return "", false
	}
	return dir, true
}
