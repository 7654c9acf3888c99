package project

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"refit/internal/markdown"
	"refit/internal/shell"
	"refit/internal/source"
)

// markdownProse finds the names in what is neither a command nor a link: sentences, tables, trees, files
// that are shown. Where a command runs is known elsewhere or not at all; what a link shows is a title.
func (x *extraction) markdownProse(d *markdown.Document) {
	var taken []source.Span
	for _, b := range d.Blocks {
		if _, sure, ok := b.Shell(); ok && sure {
			taken = append(taken, b.Span)
		}
	}
	for _, l := range d.Links {
		taken = append(taken, l.Span)
	}
	slices.SortFunc(taken, func(a, b source.Span) int { return cmp.Compare(a.Start, b.Start) })
	var prose []source.Span
	at := 0
	for _, t := range taken {
		if t.Start > at {
			prose = append(prose, source.Span{Start: at, End: t.Start})
		}
		at = max(at, t.End)
	}
	x.proseIn(append(prose, source.Span{Start: at, End: len(x.text)}))
}

// proseIn notes the names with a dot in the given parts of the text.
func (x *extraction) proseIn(parts []source.Span) {
	if keepsHistory(x.at) || !mentionsNotable(x.text) {
		return
	}
	for _, part := range parts {
		for at := part.Start; at < part.End; {
			line := lineAt(x.text, at)
			at = line.End + 1
			line.End = min(line.End, part.End)
			if line.Len() > 4000 || !mentionsNotable(line.Of(x.text)) {
				continue
			}
			for _, t := range nameTokens(x.text, line) {
				if strings.Contains(path.Base(string(t.Of(x.text))), ".") && !isPattern(string(t.Of(x.text))) {
					x.token(t, RefDocs, "")
				}
			}
		}
	}
}

// keepsHistory says whether a document tells what was true once, and stays as it is.
func keepsHistory(at string) bool {
	name := strings.ToLower(path.Base(at))
	for _, prefix := range []string{"changelog", "changes", "history", "news", "release"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

// cloned notes the folders that a document's git clone makes: a cd into the clone of this very
// repository stands in its root.
func (x *extraction) cloned(c shell.Command) {
	inner := c.Unwrapped()
	var operands []string
	for i, w := range inner.Words {
		if !w.Constant {
			return
		}
		if i > 0 && !strings.HasPrefix(w.Value, "-") && !takesValue[inner.Words[i-1].Value] {
			operands = append(operands, w.Value)
		}
	}
	switch {
	case inner.Name() == "git" && len(operands) > 1 && operands[0] == "clone":
		operands = operands[1:]
	case inner.Name() == "gh" && len(operands) > 2 && operands[0] == "repo" && operands[1] == "clone":
		operands = operands[2:]
	default:
		return
	}
	name := strings.TrimSuffix(path.Base(strings.TrimRight(operands[0], "/")), ".git")
	folder := name
	if len(operands) > 1 {
		folder = operands[1]
	}
	if x.clones == nil {
		x.clones = map[string]string{}
	}
	x.clones[path.Join(c.Dir, folder)] = name
}

// takesValue are the options of git clone whose value is the next word.
var takesValue = map[string]bool{
	"-b": true, "--branch": true, "--depth": true, "-o": true, "--origin": true, "-c": true, "--config": true, "-j": true, "--jobs": true, "-u": true,
}

// inClone is the folder of this repository in which a document's command runs when it runs in a
// clone, and the name of what was cloned; "" for a folder as it is written.
func (x *extraction) inClone(dir string) (inside, repository string) {
	for folder, name := range x.clones {
		if rest, ok := strings.CutPrefix(dir+"/", folder+"/"); ok {
			return path.Join(".", rest), name
		}
	}
	return dir, ""
}
