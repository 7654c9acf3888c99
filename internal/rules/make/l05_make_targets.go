package make

import (
	_ "embed"
	"errors"
	"path"
	"slices"
	"strings"

	"refit/internal/change"
	"refit/internal/compose"
	"refit/internal/edit"
	"refit/internal/makefile"
	"refit/internal/project"
	"refit/internal/rule"
)

//go:embed l05_make_targets.md
var targetsMissingDoc string

// TargetsMissing finds everyday commands that the Makefile does not offer: L05.
var TargetsMissing = rule.Rule{
	Meta: rule.Meta{ID: "L05", Name: "make-targets", Theme: rule.Make, Severity: rule.Info, Since: "0.1.0",
		Summary: "the Makefile lacks targets for the environments, or their setup", Aliases: []string{"guide Step 5", "checkmake minphony"}, Doc: targetsMissingDoc},
	Check: checkTargets,
}

// newMakefile is the text in front of the block in a Makefile that refit makes.
const newMakefile = "# Everyday commands. `make help` lists them.\n"

func checkTargets(pass *rule.Pass) {
	p := pass.Project
	if len(environments(p)) == 0 {
		return
	}
	m := p.Makefile
	if m == nil {
		if !occupied(p) && wantsMakefile(p) {
			reportNewMakefile(pass)
		}
		return
	}
	if slices.ContainsFunc(m.File.Problems, func(x makefile.Problem) bool { return !x.Spaces }) {
		return // make refuses the file: it says where
	}
	o := newOffer(p)
	reportOthers(pass, o)
	missing := o.missing()
	edits, err := m.File.AppendTargets(o.targets...)
	if err == nil && len(edits) == 0 {
		return
	}
	f := rule.Finding{At: rule.Location{Path: m.Path}, Subject: "targets", Message: missingMessage(missing)}
	const title = "Add the missing targets in a marked block at the end"
	switch {
	case errors.Is(err, makefile.ErrBlockEdited) && len(missing) == 0:
		return // the block is the user's now, and it offers everything
	case o.users.unknown != "" && len(missing) > 0:
		f.Fixes = rule.Manual(title, o.users.unknown+": one of that name may be there already. Add those that are not: `make -pn` lists all")
	case err != nil:
		f.Fixes = rule.Manual(title, err.Error()+": refit adds nothing; write the targets by hand, or delete the block between \"# >>> refit\" and \"# <<< refit\" to have it written anew")
	default:
		fix := rule.Fix{Title: title, Safety: change.Safe, Declares: o.declares(m.Path)}
		if len(missing) == 0 {
			f.Message = "the block of targets that refit wrote is not up to date with the environments; its commands miss files or options; renew it"
		}
		if len(o.passing) > 0 {
			fix.Safety, fix.Declares = change.Behaviour, append(fix.Declares, o.passing...)
		}
		if o.extend != "" {
			if more, err := m.File.AddPrerequisite("setup", o.extend); err == nil {
				fix.Safety, edits = change.Behaviour, append(edits, more...)
			}
		}
		fix.Ops = []edit.Op{edit.Text(m.Path, edits...)}
		f.Fixes = []rule.Fix{fix}
	}
	pass.Report(f)
}

func missingMessage(names []string) string {
	list := strings.Join(names, ", ")
	if len(names) > 8 {
		list = strings.Join(names[:8], ", ") + " and others"
	}
	return "the Makefile does not offer " + list + "; everybody types long Compose commands, each a little different; add the targets"
}

// occupied says whether something that make would read stands where the Makefile would be.
func occupied(p *project.Project) bool {
	return slices.ContainsFunc(makefile.Names, func(n string) bool { return p.Files.Has(n) || p.Files.IsDir(n) })
}

// wantsMakefile says whether a Makefile would be of use: there is an environment at the root, or in the
// layout's folder, whose files have to be named in commands, and the repository's commands do not live elsewhere.
func wantsMakefile(p *project.Project) bool {
	return commandsElsewhere(p) == "" && slices.ContainsFunc(environments(p), func(e *project.Environment) bool {
		dir := path.Dir(e.Files[0])
		found := compose.ImplicitFiles(dir, p.Files.Has)
		return (dir == "." || dir == p.Layout.ComposeDir()) && !slices.Equal(found, e.Files)
	})
}

// runners are files that hold a repository's commands, by the tools that run them: npm and the like, just,
// Task, mise, Composer, Rake, Nox, tox, Invoke, doit, Mage, Earthly.
var runners = []string{
	"package.json", "justfile", "Justfile", ".justfile", "Taskfile.yml", "Taskfile.yaml", "taskfile.yml", "taskfile.yaml", "Taskfile.dist.yml",
	"mise.toml", ".mise.toml", ".config/mise.toml", "composer.json", "Rakefile", "noxfile.py", "tox.ini", "tasks.py", "dodo.py", "magefile.go", "Earthfile",
}

// commandsElsewhere is the file in which people look for commands, as it seems: a task runner's, or a script
// that calls Docker Compose. "" when there is none.
func commandsElsewhere(p *project.Project) string {
	for _, r := range runners {
		if p.Files.Has(r) {
			return r
		}
	}
	for _, c := range p.Calls {
		if c.Kind == project.CallCompose && slices.ContainsFunc(p.Scripts, func(s *project.Script) bool { return s.Path == c.From }) {
			return c.From
		}
	}
	return ""
}

func reportNewMakefile(pass *rule.Pass) {
	o := newOffer(pass.Project)
	file := makefile.Parse("Makefile", []byte(newMakefile))
	edits, err := file.AppendTargets(o.targets...)
	if err != nil || len(edits) == 0 {
		return
	}
	text, err := edit.Patch([]byte(newMakefile), edits)
	if err != nil {
		return
	}
	safety := change.Safe
	if len(o.passing) > 0 {
		safety = change.Behaviour
	}
	pass.Report(rule.Finding{At: rule.Location{Path: "Makefile"}, Subject: "targets",
		Message: "there is no Makefile; everybody types long Compose commands, each a little different; write one with a target for each",
		Fixes: []rule.Fix{{Title: "Write a Makefile", Safety: safety, Declares: append(o.declares("Makefile"), o.passing...),
			Ops: []edit.Op{edit.Create("Makefile", string(text), 0o644)}}}})
}

// meaning are the subcommands of docker compose that a target of the name may run.
var meaning = map[string][]string{
	"up": {"up", "start", "watch"}, "down": {"down", "stop", "rm", "kill"}, "build": {"build", "up"}, "rebuild": {"build", "up"},
	"restart": {"restart", "up", "down", "stop", "start"}, "status": {"ps", "top", "stats", "ls"}, "logs": {"logs", "attach"},
	"shell": {"exec", "run", "attach"}, "test": {"exec", "run", "up"},
}

// reportOthers reports targets of the user's that have one of the names and do something else.
func reportOthers(pass *rule.Pass, o *offer) {
	p := pass.Project
	for _, e := range environments(p) {
		for _, verb := range verbs {
			name := e.Name + "-" + verb
			t, ok := o.users.targets[name]
			if !ok {
				continue
			}
			if why := otherMeaning(p, e, name, verb); why != "" {
				pass.Report(rule.Finding{At: rule.Location{Path: p.Makefile.Path, Span: t.Rules[0].Header}, Subject: "target:" + name, Severity: rule.Info,
					Message: name + " is kept as it is, but " + why + "; in other repositories the name means something else; rename it if it is not what people expect"})
			}
		}
	}
}

// otherMeaning says what a target does instead of what its name says, as far as its commands tell.
func otherMeaning(p *project.Project, e *project.Environment, name, verb string) string {
	calls := 0
	elsewhere := ""
	for _, c := range p.Calls {
		if c.From != p.Makefile.Path || c.Target != name {
			continue
		}
		calls++
		if c.Kind == project.CallBuild && strings.HasSuffix(verb, "build") || c.Subcommand == "" || !c.Certain {
			return ""
		}
		if slices.Contains(meaning[verb], c.Subcommand) {
			if slices.Equal(c.Files, e.Files) {
				return ""
			}
			elsewhere = strings.Join(c.Files, ", ")
		}
	}
	switch {
	case calls == 0:
		return "" // it runs a script or other targets: not to be told from here
	case elsewhere != "":
		return "acts on " + elsewhere + ", not on " + strings.Join(e.Files, ", ")
	}
	return "runs none of: docker compose " + strings.Join(meaning[verb], ", ")
}

// quote is a word for the shell inside of a recipe.
func quote(word string) string {
	plain := word != "" && strings.Trim(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:@%+,=-") == ""
	if !plain {
		word = "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
	}
	return strings.ReplaceAll(word, "$", "$$")
}

// fromRoot is a path as recipes name it: make runs them in the Makefile's folder, the root.
func fromRoot(p string) string { return quote(path.Clean(p)) }
