package project

import (
	"path"

	"refit/internal/makefile"
	"refit/internal/shell"
	"refit/internal/source"
)

// makefile finds what a makefile names: in recipes, in variables, as target, prerequisite or include.
func (x *extraction) makefile() {
	x.kind = RefMake
	f := makefile.Parse(x.at, x.text)
	f.Dir = x.runsIn
	own := f.Dir == x.dir() // an included file may move while the paths in it stay
	for _, t := range f.Targets() {
		for _, r := range t.Rules {
			for _, recipe := range f.Recipes(r, t.Name) {
				for _, s := range recipe.Scripts {
					x.target = t.Name
					x.script(shell.ParseText(s.Text, s.Dialect), s.Start)
				}
			}
		}
	}
	x.target = ""
	for _, r := range f.Rules {
		if r.Special == "" || r.Special == ".PHONY" {
			x.makeNames(f, r.Targets, r.Special != "")
			x.makeNames(f, r.Prereqs, r.Special != "")
			x.makeNames(f, r.OrderOnly, r.Special != "")
		}
	}
	for _, in := range f.Includes {
		for _, w := range in.Files {
			x.place(mention{weight: asOperand, keep: true}, w, f.Dir, own)
		}
	}
	for _, v := range f.Variables {
		value := f.Expand(v.Value, nil)
		for _, w := range fieldsOfText(value) {
			x.place(mention{weight: asValue, fileOnly: true}, w, f.Dir, own)
		}
	}
	x.tokens(tokenRules{comment: anywhere, loose: "refit can't tell what reads it here"})
}

// makeNames notes the targets or prerequisites that are files.
func (x *extraction) makeNames(f *makefile.File, words []shell.Word, phony bool) {
	for _, w := range words {
		if t, ok := f.Target(w.Value); phony || ok && t.Phony {
			continue
		}
		x.place(mention{weight: asOperand, keep: notable(path.Base(w.Value))}, w, f.Dir, f.Dir == x.dir())
	}
}

// fieldsOfText are the words of a text that blanks separate.
func fieldsOfText(t shell.Text) []shell.Word {
	var words []shell.Word
	s := t.String()
	for i := 0; i < len(s); {
		if s[i] == ' ' || s[i] == '\t' || s[i] == '\n' {
			i++
			continue
		}
		j := i
		for j < len(s) && s[j] != ' ' && s[j] != '\t' && s[j] != '\n' {
			j++
		}
		words = append(words, shell.NewWord(t.Slice(i, j), t.Use(i, j)))
		i = j
	}
	return words
}

// justfile finds what the recipes of a justfile name. A recipe runs line by line in the justfile's
// folder; {{ }} is filled in by just.
func (x *extraction) justfile() {
	x.kind = RefPackage
	vars := map[string]shell.Text{}
	for at := 0; at < len(x.text); {
		line := lineAt(x.text, at)
		text := x.text[line.Start:line.End]
		switch {
		case len(text) > 0 && (text[0] == ' ' || text[0] == '\t'):
			x.script(shell.ParseText(x.filledIn(line, vars), shell.POSIX), shell.Start{Dir: x.dir()})
		default:
			if name, value, ok := justVariable(x.text, line); ok {
				vars[name] = shell.Verbatim(x.text, value)
				x.place(mention{weight: asValue, fileOnly: true}, x.verbatim(value), x.dir(), true)
			}
		}
		at = line.End + 1
	}
	x.tokens(tokenRules{comment: anywhere, loose: "refit can't tell what reads it here"})
}

// lineAt is the line that starts at an offset, without its end.
func lineAt(text []byte, at int) source.Span {
	end := at
	for end < len(text) && text[end] != '\n' {
		end++
	}
	return source.Span{Start: at, End: end}
}
