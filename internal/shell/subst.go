package shell

import (
	"path"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// capture collects the output of a $(...) as far as it is known.
type capture struct {
	lines   []Text
	unknown bool
}

func (c *capture) add(t Text, known bool) {
	c.unknown = c.unknown || !known
	if len(c.lines) > maxVars {
		c.unknown = true
		return
	}
	c.lines = append(c.lines, t)
}

// text is the output without the newlines at its end.
func (c *capture) text() Text {
	if c.unknown || len(c.lines) == 0 {
		return UnknownAt(Nowhere)
	}
	all := []Text{c.lines[0]}
	for _, l := range c.lines[1:] {
		all = append(all, Literal("\n"), l)
	}
	t := Join(all...)
	return t.Slice(0, len(strings.TrimRight(t.String(), "\n")))
}

// substitute is the text that $(...) stands for. Its commands are listed like all others.
func (f *frame) substitute(s *syntax.CmdSubst, st *state) Text {
	if f.depth >= maxDepth {
		return UnknownAt(Nowhere)
	}
	g := f.inner()
	g.depth++
	g.capture = &capture{}
	g.backquotes = f.backquotes || s.Backquotes
	if out := g.exec(s.Stmts, []*state{st.clone()}); len(out) > 1 {
		return UnknownAt(Nowhere)
	}
	return g.capture.text()
}

// output is what a command writes, where that follows from its words and its folder alone.
func output(cmd Command, st *state) (Text, bool) {
	c := cmd.Unwrapped()
	args := c.Words[1:]
	for _, w := range args {
		if w.Open || w.Glob {
			return Text{}, false
		}
	}
	switch c.Name() {
	case "pwd":
		return st.dir.absolute(), st.dir.known
	case "echo":
		return joined(args), len(args) == 0 || !strings.HasPrefix(args[0].Value, "-")
	case "printf":
		if len(args) == 2 && (args[0].Is("%s") || args[0].Is(`%s\n`)) {
			return args[1].Parts, true
		}
	case "dirname":
		if args = operands(args); len(args) == 1 {
			return dirname(args[0].Parts), true
		}
	case "basename":
		if args = operands(args); len(args) == 1 {
			return basename(args[0].Parts, ""), true
		} else if len(args) == 2 && args[1].Constant {
			return basename(args[0].Parts, args[1].Value), true
		}
	case "realpath", "readlink", "greadlink", "grealpath":
		if args = operands(args); len(args) == 1 {
			return absolute(args[0], st)
		}
	case "git":
		if len(args) == 2 && args[0].Is("rev-parse") && args[1].Is("--show-toplevel") && st.dir.known && !path.IsAbs(st.dir.path) {
			return Literal(Root), true
		}
	}
	return Text{}, false
}

// operands are the arguments that are no options.
func operands(args []Word) []Word {
	for len(args) > 0 && strings.HasPrefix(args[0].Value, "-") && args[0].Constant {
		args = args[1:]
	}
	return args
}

// absolute is a file's name from the root. Links are not followed: what they say is not known here.
func absolute(w Word, st *state) (Text, bool) {
	if !w.Constant || w.Value == "" {
		return Text{}, false
	}
	if strings.HasPrefix(w.Value, "/") {
		return w.Parts, true
	}
	plain := !strings.Contains(w.Value, "..") && !strings.HasPrefix(w.Value, "./") && w.Value != "."
	switch rooted := strings.HasPrefix(w.Value, Root); {
	case rooted && plain:
		return w.Parts, true
	case rooted:
		p, ok := Resolve(".", w.Value)
		return place{p, ok}.absolute(), ok
	case !st.dir.known:
		return Text{}, false
	case plain: // every byte keeps its place
		return Join(st.dir.absolute(), Literal("/"), w.Parts), true
	}
	return place{path.Join(st.dir.path, w.Value), true}.absolute(), true
}
