package makefile

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"refit/internal/edit"
	"refit/internal/source"
)

// NewTarget is a target to be written.
type NewTarget struct {
	Name    string
	Doc     string // for the help idiom, behind "##"
	Prereqs []string
	Recipe  []string // lines as make reads them: "@" in front, "$$" for "$"
	Phony   bool
	Comment []string // lines above the rule, without "#"
}

// Markers of the block that refit keeps at the end of a makefile. Behind the first stands a digest of
// the lines between them, which tells whether somebody edited them.
const (
	blockStart = "# >>> refit "
	blockEnd   = "# <<< refit"
)

// AppendTargets is the edits that write the marked block at the end of the file, with these targets in
// it. A block that is there is replaced as a whole; no targets take it away. It returns no edits when
// the block is the same already, ErrBlockEdited when somebody changed it, ErrUnfinished when the file
// ends inside of a conditional.
func (f *File) AppendTargets(targets ...NewTarget) ([]edit.Edit, error) {
	body, err := f.render(targets)
	if err != nil {
		return nil, err
	}
	block := ""
	if body != "" {
		block = blockStart + digest(body) + f.eol + body + blockEnd + f.eol
	}
	const addr = "block:targets"
	if at, old, found := f.block(); found {
		if digest(old.body) != old.digest {
			return nil, ErrBlockEdited
		}
		if string(at.Of(f.text)) == block {
			return nil, nil
		}
		return []edit.Edit{edit.Replace(at, block, addr)}, nil
	}
	switch {
	case block == "":
		return nil, nil
	case f.unclosed:
		return nil, ErrUnfinished
	}
	lead := f.lead(len(f.text))
	if n := len(f.text); n > 0 && continued([]byte(strings.TrimRight(string(f.text[:n]), "\r\n"))) {
		lead += f.eol // the last line goes on: an empty one ends it
	}
	if len(f.text) > 0 {
		lead += f.eol
	}
	return []edit.Edit{edit.Insert(len(f.text), lead+block, addr)}, nil
}

func (f *File) render(targets []NewTarget) (string, error) {
	var b strings.Builder
	var phony []string
	for _, t := range targets {
		if t.Phony {
			phony = append(phony, t.Name)
		}
	}
	if len(phony) > 0 {
		b.WriteString(".PHONY: " + strings.Join(phony, " ") + f.eol)
	}
	for _, t := range targets {
		if slices.ContainsFunc(t.Comment, func(c string) bool { return strings.ContainsAny(c, "\r\n") || strings.HasSuffix(c, `\`) }) {
			return "", fmt.Errorf("%w: comment of %q", ErrValue, t.Name)
		}
		if !validName(t.Name) || slices.ContainsFunc(t.Prereqs, func(p string) bool { return !validName(p) }) || strings.ContainsAny(t.Doc, "\r\n") {
			return "", fmt.Errorf("%w: target %q", ErrValue, t.Name)
		}
		if b.Len() > 0 {
			b.WriteString(f.eol)
		}
		for _, c := range t.Comment {
			b.WriteString("# " + c + f.eol)
		}
		b.WriteString(strings.TrimRight(t.Name+": "+strings.Join(t.Prereqs, " "), " "))
		if t.Doc != "" {
			b.WriteString(" ## " + t.Doc)
		}
		b.WriteString(f.eol)
		for _, line := range t.Recipe {
			if strings.ContainsAny(line, "\r\n") {
				return "", fmt.Errorf("%w: recipe of %q", ErrValue, t.Name)
			}
			b.WriteString(string(f.prefix) + line + f.eol)
		}
	}
	return b.String(), nil
}

// digest is a short hash of the block's lines; line ends don't count, since git may convert them.
func digest(body string) string {
	sum := sha256.Sum256([]byte(strings.ReplaceAll(body, "\r\n", "\n")))
	return hex.EncodeToString(sum[:6])
}

// InBlock says whether a rule stands in the marked block, which is only replaced as a whole.
func (f *File) InBlock(r *Rule) bool {
	at, _, found := f.block()
	return found && at.Contains(r.Span.Start)
}

// marked is the marked block.
type marked struct {
	at           source.Span // its line end included
	digest, body string
	found        bool
}

// block is the marked block. It is looked for once, since every rule is asked whether it stands in it.
func (f *File) block() (source.Span, marked, bool) {
	m := f.marked.Recall(f.findBlock)
	return m.at, m, m.found
}

func (f *File) findBlock() marked {
	lines := source.NewLines(f.text)
	start, m := -1, marked{}
	for i := 1; i <= lines.Count(); i++ {
		line := string(lines.Span(i).Of(f.text))
		if rest, ok := strings.CutPrefix(line, blockStart); ok {
			start, m.digest = i, strings.TrimSpace(rest)
		}
		if strings.TrimSpace(line) == blockEnd && start > 0 {
			m.at, m.found = source.Span{Start: lines.SpanWithEnd(start).Start, End: lines.SpanWithEnd(i).End}, true
			m.body = string(f.text[lines.SpanWithEnd(start).End:lines.SpanWithEnd(i).Start])
			return m
		}
	}
	return marked{}
}
