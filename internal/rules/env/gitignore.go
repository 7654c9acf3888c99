package env

import (
	"path"
	"slices"
	"strings"

	"refit/internal/change"
	"refit/internal/edit"
	"refit/internal/gitrepo"
	"refit/internal/project"
	"refit/internal/rule"
	"refit/internal/secret"
)

const rootIgnore = ".gitignore"

// ignoreWishes is what git should do with env files.
type ignoreWishes struct {
	ignored   []string // paths that must be ignored
	seen      []string // paths that must not be
	layout    bool     // the layout's folder is among them
	elsewhere []string // those of ignored that the layout's patterns don't match
}

func wishes(p *project.Project) ignoreWishes {
	w := ignoreWishes{layout: inLayout(p) || readsLayout(p)}
	if w.layout {
		for _, env := range p.Layout.Environments {
			if e := p.EnvFile(p.Layout.EnvPath(env)); e == nil || !e.Tracked || holdsSecrets(e) {
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
		case e.Tracked && !replaceable(p, e): // committed on purpose, perhaps: where else would a fresh clone get it from?
		case (!e.Tracked && holdsSecrets(e) || len(secretsIn(e.File, secret.Secret)) > 0 && !e.Example) && !slices.Contains(w.ignored, e.Path):
			w.ignored = append(w.ignored, e.Path)
			if !placed || !w.layout {
				w.elsewhere = append(w.elsewhere, e.Path)
			}
		}
	}
	return w
}

// readsLayout says whether a service reads an env file in the layout's folder, be it there or still to be made.
func readsLayout(p *project.Project) bool {
	for _, e := range p.Environments {
		if e.Model == nil {
			continue
		}
		for _, s := range e.Model.Services {
			for _, f := range s.EnvFiles {
				if path.Dir(f.Path) == p.Layout.EnvDir() {
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

// unmet lists what git would commit and what it hides against the wishes, with text in the place of
// the root's .gitignore when it is not nil. What is hidden where letter case doesn't count is hidden.
func (w ignoreWishes) unmet(p *project.Project, text []byte) (trackable, hidden []string) {
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
	exact, folded := gitrepo.NewIgnore(read, p.Git.Exclude, false), gitrepo.NewIgnore(read, p.Git.Exclude, true)
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
	}
	for _, f := range w.elsewhere {
		lines = append(lines, "/"+f)
	}
	return lines, opened
}

// anchored is a pattern that matches from the root only.
func anchored(pattern string) string {
	if strings.Contains(pattern, "/") {
		return pattern
	}
	return "/" + pattern
}

func (w ignoreWishes) fix(p *project.Project, unmet []string) []rule.Fix {
	title := "Ignore env files, show their templates"
	if e, ok := p.Files.Entry(rootIgnore); ok && !e.IsRegular() {
		return rule.Manual(title, "git does not follow a .gitignore that is a symbolic link; make it a file of its own")
	}
	text, err := p.Files.Read(rootIgnore)
	exists := err == nil
	lines, opened := w.patterns(p)
	header := "Env files hold secrets: `make setup` makes them, git must never have them. Templates are for everyone."
	if opened {
		header += "\nA line above hides the whole folder; it is opened for the templates alone."
	}
	if len(w.seen) == 0 {
		header = "Env files hold secrets"
	}
	file := gitrepo.ParseIgnore(rootIgnore, text)
	insert, err := file.AddPatterns(header, lines)
	if err == nil {
		after, patchErr := edit.Patch(text, []edit.Edit{insert})
		trackable, hidden := w.unmet(p, after)
		if patchErr == nil && len(trackable)+len(hidden) == 0 {
			if !exists {
				return []rule.Fix{{Title: title, Safety: change.Safe, Declares: sentNew(p, rootIgnore), Ops: []edit.Op{edit.Create(rootIgnore, string(after), 0o644)}}}
			}
			return []rule.Fix{{Title: title, Safety: change.Safe, Ops: []edit.Op{edit.Text(rootIgnore, insert)}}}
		}
		unmet = slices.Concat(trackable, hidden)
	}
	return rule.Manual(title, "lines at the end of "+rootIgnore+" don't decide about "+rule.Listed(unmet)+
		": an ignore file nearer to it does, or .git/info/exclude. Find the line with `git check-ignore -v "+first(unmet)+"` and correct it there")
}

func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}
