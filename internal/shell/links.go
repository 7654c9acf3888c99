package shell

import (
	"mvdan.cc/sh/v3/syntax"

	"refit/internal/source"
)

// Link is one part of a script that runs its parts one after another: a && b ; c.
type Link struct {
	Span source.Span // where it stands in the file
	// Op is what stands before it: "" for the first, "&&", or ";" for a new line as well.
	Op string
}

// Links cuts a script into its parts. ok is false when it can't be cut with certainty: some of it did not parse.
// What is joined by || or a pipe is one part, as a block is.
func (s *Script) Links() (links []Link, ok bool) {
	for _, stmt := range s.stmts {
		op := ";"
		if len(links) == 0 {
			op = ""
		}
		s.cut(stmt, op, &links)
	}
	return links, len(s.Problems) == 0 && len(links) > 0
}

func (s *Script) cut(stmt *syntax.Stmt, op string, links *[]Link) {
	if b, ok := stmt.Cmd.(*syntax.BinaryCmd); ok && b.Op == syntax.AndStmt && !stmt.Negated && !stmt.Background && len(stmt.Redirs) == 0 {
		s.cut(b.X, op, links)
		s.cut(b.Y, "&&", links)
		return
	}
	end := int(stmt.End().Offset())
	if stmt.Semicolon.IsValid() {
		end = min(end, int(stmt.Semicolon.Offset()))
	}
	*links = append(*links, Link{Span: s.text.Use(int(stmt.Pos().Offset()), end), Op: op})
}
