package yaml

import (
	"fmt"
	"strings"
)

// fragment is a value given as YAML text, to be written into a file.
type fragment struct {
	text  string // without a final line end, lines ended by "\n"
	root  *Node
	lines bool // it has to stand on lines of its own: a block mapping or sequence
}

// newFragment reads the YAML text of one value: "80", `["a", "b"]`, "image: x\nports:\n  - 80".
// Its first line starts at column 0. Aliases to anchors outside of it are not possible.
func newFragment(text string) (fragment, error) {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	f, err := Parse("", []byte(text))
	if err != nil {
		return fragment{}, fmt.Errorf("the new value is not YAML: %w", err)
	}
	fr := fragment{}
	switch {
	case len(f.Docs) == 0:
		fr.root = &Node{Kind: Scalar, Tag: "!!null", file: f}
	case len(f.Docs) > 1:
		return fragment{}, fmt.Errorf("the new value holds %d documents", len(f.Docs))
	default:
		fr.root = f.Docs[0]
		fr.lines = (fr.root.Kind == Mapping || fr.root.Kind == Sequence) && fr.root.Style == Block
	}
	keep := fr.root.Kind == Scalar && (fr.root.Style == Literal || fr.root.Style == Folded)
	if keep {
		fr.text = strings.TrimSuffix(text, "\n")
		return fr, nil
	}
	fr.text = strings.TrimRight(text, "\n")
	if !fr.lines {
		fr.text = strings.TrimSpace(fr.text)
	}
	return fr, nil
}

// comments are the comments in the fragment.
func (fr fragment) comments() []string {
	var out []string
	for _, c := range fr.root.file.Comments {
		out = append(out, fr.root.file.Slice(c.Span))
	}
	return out
}

// indented is the text with every line but the first (with all: every line) moved right.
func (fr fragment) indented(prefix, eol string, all bool) string {
	lines := strings.Split(fr.text, "\n")
	for i, line := range lines {
		if line != "" && (i > 0 || all) {
			lines[i] = prefix + line
		}
	}
	return strings.Join(lines, eol)
}

// stepped is the fragment, written with two blanks a level, with as many as the file has. One that would read as something
// else stays as it is.
func (fr fragment) stepped(step int) fragment {
	if step == 2 || !fr.lines {
		return fr
	}
	lines := strings.Split(fr.text, "\n")
	for i, line := range lines {
		text := strings.TrimLeft(line, " ")
		lines[i] = strings.Repeat(" ", (len(line)-len(text))*step/2) + text
	}
	wide, err := newFragment(strings.Join(lines, "\n"))
	if err != nil || !equal(fr.root, wide.root) {
		return fr
	}
	return wide
}

// asEntry writes "key: value" with the key at a column; the first line is not indented.
func (fr fragment) asEntry(f *File, near *Node, key string, column int) string {
	prefix := strings.Repeat(" ", column)
	switch {
	case fr.text == "":
		return key + ":"
	case !fr.lines:
		return key + ": " + fr.indented(prefix, f.eol(), false)
	default:
		below := strings.Repeat(" ", column+f.below(fr.root.Kind, near))
		return key + ":" + f.eol() + fr.stepped(f.step(near)).indented(below, f.eol(), true)
	}
}

// asItem writes "- value" with the dash at a column; the first line is not indented.
func (fr fragment) asItem(f *File, column int) string {
	if fr.text == "" {
		return "-"
	}
	return "- " + fr.indented(strings.Repeat(" ", column+2), f.eol(), false)
}

// below is how many columns deeper than its key a block mapping or sequence is written.
func (f *File) below(kind Kind, near *Node) int {
	if kind == Sequence {
		return f.habit(near, Sequence, f.step(near))
	}
	return f.step(near)
}

// step is how many columns deeper than its key a block mapping is written in this file, near a node.
func (f *File) step(near *Node) int { return f.habit(near, Mapping, 2) }

// habit looks for a block collection under a key, from the node outwards, to see how deep it is indented.
func (f *File) habit(near *Node, kind Kind, fallback int) int {
	for n := near; n != nil; n = n.Parent {
		found := -1
		n.Walk(func(c *Node) bool {
			if p := c.Parent; found < 0 && p != nil && p.Kind == Mapping && p.Style == Block &&
				c.Kind == kind && c.Style == Block && c.column >= p.column && f.lineStart(c.Span.Start) > f.lineStart(c.head) {
				found = c.column - p.column
			}
			return found < 0
		})
		if found > 0 || found == 0 && kind == Sequence {
			return found
		}
	}
	return fallback
}
