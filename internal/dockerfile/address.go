package dockerfile

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

// Addresses name what an edit writes, so that two fixes that write the same thing are seen to clash
// even when they put it at different places:
//
//	stage:NAME            a stage; unnamed ones, and all but the last of one name, go by their index
//	stage:NAME/USER       the USER (CMD, ...) that counts: the last one of the stage
//	stage:NAME/USER@1     an earlier one, and any RUN, COPY, ENV, ... by its place among its kind, from 1
//	stage:NAME/ENV/PATH   one variable, build argument, label, port or volume
//	stage:NAME/RUN+1a2b   a new RUN, COPY, ... known by its text
//	preamble/ARG/TAG      the same before the first FROM
//	directive:syntax      a parser directive

// single are the instructions of which only the last one in a stage counts.
var single = []string{"USER", "WORKDIR", "CMD", "ENTRYPOINT", "HEALTHCHECK", "STOPSIGNAL", "SHELL"}

// Addr is the stage's address.
func (s *Stage) Addr() string {
	if s.Name != "" && s.file.byName[s.Name] == s {
		return "stage:" + s.Name
	}
	return "stage:" + strconv.Itoa(s.Index)
}

// Addr is the instruction's address; a FROM's is its stage's with "/FROM".
func (in *Instruction) Addr() string {
	among, addr := in.file.Preamble, "preamble"
	if in.Stage != nil {
		among, addr = in.Stage.Instructions, in.Stage.Addr()
	}
	n, total := 0, 0
	for _, o := range among {
		if o.Keyword == in.Keyword || o.Trigger == in {
			total++
		}
		if o == in || o.Trigger == in {
			n = total
		}
	}
	if in.Keyword == "FROM" || n == total && slices.Contains(single, in.Keyword) {
		return addr + "/" + in.Keyword
	}
	return addr + "/" + in.Keyword + "@" + strconv.Itoa(n)
}

// pairAddr is the address of one assignment.
func (in *Instruction) pairAddr(name string) string {
	at := "preamble"
	if in.Stage != nil {
		at = in.Stage.Addr()
	}
	return at + "/" + in.Keyword + "/" + name
}

// piece is one instruction of a text that is to be inserted, with the comments above it.
type piece struct{ text, addr string }

// pieces cuts a text into its instructions, so that each has its own address. A text that holds a
// FROM, or that BuildKit can't read alone, stays whole.
func (f *File) pieces(at, text string) []piece {
	head := f.escapeHead(text)
	res, err := parser.Parse(strings.NewReader(head + text))
	if err != nil {
		return []piece{{text, at + "/+" + shortHash(text)}}
	}
	lines := strings.SplitAfter(text, "\n")
	var out []piece
	done := 0
	for i, node := range res.AST.Children {
		if strings.EqualFold(node.Value, "FROM") {
			return []piece{{text, stageAddr(node, text)}}
		}
		end := node.EndLine - strings.Count(head, "\n")
		if i == len(res.AST.Children)-1 {
			end = len(lines)
		}
		t := strings.Join(lines[done:end], "")
		out = append(out, piece{strings.TrimSuffix(t, "\n"), at + "/" + newAddr(node, t)})
		done = end
	}
	return out
}

// escapeHead is the directive that text of the file needs to be read alone; "" for the usual escape character, without
// which BuildKit compiles its expressions only once, unless the text begins with a comment: that may look like a directive.
func (f *File) escapeHead(text string) string {
	if f.Escape == '\\' && !strings.HasPrefix(strings.TrimSpace(text), "#") {
		return ""
	}
	return "# escape=" + string(rune(f.Escape)) + "\n"
}

// stageAddr is the address of a new stage.
func stageAddr(from *parser.Node, text string) string {
	if n := from.Next; n != nil && n.Next != nil && n.Next.Next != nil {
		return "stage:" + strings.ToLower(n.Next.Next.Value)
	}
	return "stage:+" + shortHash(text)
}

// newAddr is the address of a new instruction within its stage.
func newAddr(node *parser.Node, text string) string {
	key := strings.ToUpper(node.Value)
	if slices.Contains(single, key) {
		return key
	}
	if node.Next != nil && slices.Contains([]string{"ENV", "ARG", "LABEL", "EXPOSE", "VOLUME"}, key) {
		name, _, _ := strings.Cut(node.Next.Value, "=")
		return key + "/" + name
	}
	return key + "+" + shortHash(text)
}

func shortHash(text string) string {
	sum := sha256.Sum256(bytes.TrimSpace([]byte(text)))
	return fmt.Sprintf("%x", sum[:4])
}
