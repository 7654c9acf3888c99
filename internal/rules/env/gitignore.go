package env

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"refit/internal/change"
	"refit/internal/edit"
	"refit/internal/gitrepo"
	"refit/internal/project"
	"refit/internal/rule"
)

const rootIgnore = ".gitignore"

// ignoreWishes is what git should do with env files.
type ignoreWishes struct {
	ignored   []string // paths that must be ignored
	seen      []string // paths that must not be
	kept      []string // paths with values that git has and a clone needs
	layout    bool     // the layout's folder is among them
	elsewhere []string // those of ignored that the layout's patterns don't match
}

func wishes(p *project.Project) ignoreWishes {
	w := ignoreWishes{layout: inLayout(p) || readsLayout(p)}
	if w.layout {
		for _, env := range p.Layout.Environments {
			if e := p.EnvFile(p.Layout.EnvPath(env)); e == nil || !inIndex(p, e) || holdsSecrets(e) && !onPurpose(p, e) && !neededInGit(p, e) {
				w.ignored = append(w.ignored, p.Layout.EnvPath(env))
			}
		}
		w.seen = []string{p.Layout.EnvExample, p.Layout.ProdExample, p.Layout.EnvReadme}
	}
	for _, e := range p.EnvFiles {
		_, placed := p.Layout.EnvironmentAt(e.Path)
		switch {
		case e.Example && !slices.Contains(w.seen, e.Path) && path.Dir(e.Path) == p.Layout.EnvDir():
			w.seen = append(w.seen, e.Path)
		case onPurpose(p, e), neededInGit(p, e): // ignored, it would be lost when it is next added
			if !e.Example {
				w.kept = append(w.kept, e.Path)
			}
		case holdsSecrets(e) && !slices.Contains(w.ignored, e.Path): // a tracked one too: once out of the index it must stay out
			w.ignored = append(w.ignored, e.Path)
			if !placed || !w.layout {
				w.elsewhere = append(w.elsewhere, e.Path)
			}
		}
	}
	return w
}

// expected says whether an env file is there or something will make it: one of the layout's where another
// one of them is there, or where a service reads one.
func (w ignoreWishes) expected(p *project.Project, at string) bool {
	if p.Files.Has(at) {
		return true
	}
	_, placed := p.Layout.EnvironmentAt(at)
	return placed && usesLayout(p)
}

// usesLayout says whether an env file of the layout is there, or a service reads one.
func usesLayout(p *project.Project) bool {
	return readsLayout(p) || slices.ContainsFunc(valued(p), func(e *project.EnvFile) bool {
		_, placed := p.Layout.EnvironmentAt(e.Path)
		return placed
	})
}

// readsLayout says whether a service reads an env file in the layout's folder, be it there or still to be made.
func readsLayout(p *project.Project) bool {
	for _, e := range p.Environments {
		if e.Model == nil {
			continue
		}
		for _, s := range e.Model.Services {
			for _, f := range s.EnvFiles {
				if _, placed := p.Layout.EnvironmentAt(f.Path); placed {
					return true
				}
			}
		}
	}
	return false
}

// replaceable says whether there is a template to make the env file from.
func replaceable(p *project.Project, e *project.EnvFile) bool {
	return p.Files.Has(e.Path+".example") || exampleOf(p) != nil
}

// ignores are git's ignore rules, with text in the place of the root's .gitignore when it is not nil:
// as git reads them where letter case counts, and where it doesn't.
func ignores(p *project.Project, text []byte) (exact, folded *gitrepo.Ignore) {
	read := func(at string) ([]byte, bool) {
		if at == rootIgnore && text != nil {
			return text, true
		}
		e, ok := p.Files.Entry(at)
		if !ok || !e.IsRegular() {
			return nil, false
		}
		bytes, err := e.Bytes()
		return bytes, err == nil
	}
	return gitrepo.NewIgnore(read, p.Git.Exclude, false), gitrepo.NewIgnore(read, p.Git.Exclude, true)
}

// unmet lists what git would commit and what it hides against the wishes, with text in the place of
// the root's .gitignore when it is not nil. What is hidden where letter case doesn't count is hidden.
func (w ignoreWishes) unmet(p *project.Project, text []byte) (trackable, hidden []string) {
	exact, folded := ignores(p, text)
	for _, f := range w.ignored {
		if ignored, _ := exact.Match(f, false); !ignored {
			trackable = append(trackable, f)
		}
	}
	for _, f := range w.seen {
		now, _ := exact.Match(f, false)
		caseless, _ := folded.Match(f, false)
		if now || caseless {
			hidden = append(hidden, f)
		}
	}
	return trackable, hidden
}

// patterns are the lines that fulfil the wishes, and whether the layout's folder had to be opened.
// A folder that a pattern such as a virtual environment's "env/" excludes can be taken back in only as
// a whole (`!/env/`); its content is then excluded again, all but what is meant to be seen.
func (w ignoreWishes) patterns(p *project.Project) (lines []string, opened bool) {
	if w.layout {
		folded := gitrepo.NewIgnore(func(at string) ([]byte, bool) {
			text, err := p.Files.Read(at)
			return text, err == nil
		}, p.Git.Exclude, true)
		dir := p.Layout.EnvDir()
		for i, b := range dir + "/" {
			if b != '/' || dir == "." {
				continue
			}
			if out, _ := folded.Match(dir[:i], true); out || opened {
				lines, opened = append(lines, "!/"+dir[:i]+"/", dir[:i]+"/*"), true
			}
		}
		valuesOf := strings.ReplaceAll(p.Layout.Env, "%s", "*")
		if !opened {
			lines = append(lines, anchored(valuesOf))
		}
		lines = append(lines, "!"+anchored(p.Layout.EnvExample), "!"+anchored(valuesOf+".example"))
		if ok, _ := path.Match(valuesOf+".example", p.Layout.ProdExample); !ok {
			lines = append(lines, "!"+anchored(p.Layout.ProdExample))
		}
		if out, _ := folded.Match(p.Layout.EnvReadme, false); out {
			lines = append(lines, "!"+anchored(p.Layout.EnvReadme))
		}
		for _, f := range w.kept {
			if ok, _ := path.Match(valuesOf, f); ok || opened && path.Dir(f) == dir {
				lines = append(lines, "!"+anchored(f))
			}
		}
	}
	return append(lines, w.linesFor(p, w.missing(p))...), opened
}

// missing are the files outside of the layout's folder that git would take as it is.
func (w ignoreWishes) missing(p *project.Project) []string {
	trackable, _ := w.unmet(p, nil)
	return slices.DeleteFunc(slices.Clone(w.elsewhere), func(f string) bool { return !slices.Contains(trackable, f) })
}

// linesFor are the lines that ignore files outside of the layout's folder: each its own, or, for three and more of
// one name, that name in every folder.
func (w ignoreWishes) linesFor(p *project.Project, files []string) []string {
	named := map[string]int{}
	for _, f := range files {
		named[path.Base(f)]++
	}
	for _, f := range p.Files.Paths() {
		if base := path.Base(f); named[base] > 0 && !slices.Contains(w.ignored, f) {
			named[base] = 0 // the name would hide this one too
		}
	}
	var lines []string
	for _, f := range files {
		line := "/" + f
		if base := path.Base(f); named[base] >= 3 {
			line = base
		}
		if !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	return lines
}

// anchored is a pattern that matches from the root only.
func anchored(pattern string) string {
	if strings.Contains(pattern, "/") {
		return pattern
	}
	return "/" + pattern
}

func (w ignoreWishes) fix(p *project.Project) []rule.Fix {
	title := "Ignore env files, show their templates"
	if e, ok := p.Files.Entry(rootIgnore); ok && !e.IsRegular() {
		return rule.Manual(title, "git does not follow a .gitignore that is a symbolic link; make it a file of its own")
	}
	text, err := p.Files.Read(rootIgnore)
	exists := err == nil
	file := gitrepo.ParseIgnore(rootIgnore, text)
	after := text
	for _, b := range w.blocks(p) {
		insert, err := file.AddPatterns(b.header, b.lines)
		if err != nil {
			continue
		}
		if after, err = edit.Patch(text, []edit.Edit{insert}); err != nil {
			return rule.Manual(title, "the block does not fit into "+rootIgnore+": "+err.Error())
		}
		trackable, hidden := w.unmet(p, after)
		switch {
		case len(trackable)+len(hidden) > 0:
		case !exists:
			return []rule.Fix{{Title: title, Safety: change.Safe, Declares: sentNew(p, rootIgnore), Ops: []edit.Op{edit.Create(rootIgnore, string(after), 0o644)}}}
		default:
			return []rule.Fix{{Title: title, Safety: change.Safe, Ops: []edit.Op{edit.Text(rootIgnore, insert)}}}
		}
	}
	return rule.Manual(title, w.refusal(p, after))
}

// ignoreBlock is what a .gitignore may get at its end.
type ignoreBlock struct {
	header string
	lines  []string
}

// blocks are the blocks that may fulfil the wishes, the least one first: where the layout's files are
// looked after already, the files elsewhere need their own lines alone.
func (w ignoreWishes) blocks(p *project.Project) []ignoreBlock {
	const alone = "Env files hold secrets"
	var list []ignoreBlock
	missing := w.missing(p)
	if len(missing) > 0 {
		list = append(list, ignoreBlock{alone, w.linesFor(p, missing)})
	}
	lines, opened := w.patterns(p)
	header := alone + ": git must never have them. Templates are for everyone."
	if opened {
		header += "\nA line above hides the whole folder; it is opened for the templates alone."
	}
	if len(w.seen) == 0 {
		header = alone
	}
	return append(list, ignoreBlock{header, lines})
}

// refusal says which pattern stands against the wishes when the root's .gitignore has the text: one of
// an ignore file nearer to the env file, mostly, which no line of the root's can overrule.
func (w ignoreWishes) refusal(p *project.Project, text []byte) string {
	trackable, hidden := w.unmet(p, text)
	exact, folded := ignores(p, text)
	var reasons []string
	for _, f := range slices.Concat(trackable, hidden) {
		ignored, by := exact.Match(f, false)
		if !ignored && slices.Contains(hidden, f) { // hidden where letter case doesn't count
			_, by = folded.Match(f, false)
		}
		if by != nil {
			reasons = append(reasons, fmt.Sprintf("`%s` in line %d of %s decides about %s", by.Pattern, by.Line, by.Path, f))
		} else {
			reasons = append(reasons, "no pattern matches "+f)
		}
	}
	return "lines at the end of " + rootIgnore + " are not enough: " + rule.Listed(reasons) + "; correct it there"
}

func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}
