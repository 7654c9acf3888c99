package dockerfile

import (
	_ "embed"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"refit/internal/change"
	"refit/internal/dockerfile"
	"refit/internal/edit"
	"refit/internal/project"
	"refit/internal/rule"
	"refit/internal/shell"
	"refit/internal/stack"
)

//go:embed d53_dev_dependencies.md
var devDependenciesDoc string

// DevDependencies finds tools for development in what production runs: D53.
var DevDependencies = rule.Rule{
	Meta: rule.Meta{ID: "D53", Name: "dev-dependencies-in-production", Theme: rule.Dockerfile, Severity: rule.Warning, Since: "0.1.0",
		Summary: "production gets the dependencies that only development needs",
		Aliases: []string{"tally (php, ruby)"}, Doc: devDependenciesDoc},
	Check: checkDevDependencies,
}

func checkDevDependencies(pass *rule.Pass) {
	for _, d := range pass.Project.Dockerfiles {
		seen := map[int]bool{}
		for _, r := range runningStages(pass.Project, d) {
			if r.forDevelopment() {
				continue
			}
			for _, s := range r.installers() {
				for _, in := range s.Find("RUN") {
					checkDevInstall(pass, r, in, seen)
				}
			}
		}
	}
}

// installers are the stages whose dependencies are in the image: its own chain, and those that it
// copies an environment, node_modules or the whole application from.
func (r *running) installers() []*dockerfile.Stage {
	list := r.chain()
	for _, in := range r.instructions() {
		c, ok := in.Copy()
		if !ok || c.From == "" {
			continue
		}
		from, isStage := r.d.File.Stage(c.From)
		if !isStage || slices.Contains(list, from) {
			continue
		}
		for _, src := range c.Sources {
			clean := path.Clean(src.Value)
			workdir := path.Clean(from.Config(r.args).WorkingDir.Value)
			if path.Base(clean) == "node_modules" || path.Base(clean) == "vendor" || strings.Contains(clean, "venv") || strings.Contains(clean, "site-packages") || clean == workdir || clean == "/install" {
				list = append(list, from)
				break
			}
		}
	}
	return list
}

func checkDevInstall(pass *rule.Pass, r *running, in *dockerfile.Instruction, seen map[int]bool) {
	list := commands(in)
	for n, i := range installs(in) {
		if i == nil {
			continue
		}
		c := list[n]
		if i.Action != shell.ActionRestore || i.Dev != shell.Yes || seen[c.Span.Start] {
			continue
		}
		var unit *stack.Unit
		for _, u := range pass.Project.Units {
			if string(u.Manager) == i.Manager && u.Dir == r.d.Context() && len(u.DevDependencies) > 0 {
				unit = u
			}
		}
		if unit == nil || prunes(in.Stage) {
			continue
		}
		seen[c.Span.Start] = true
		f := rule.Finding{At: rule.Location{Path: r.d.Path, Span: c.Span}, Subject: fmt.Sprintf("%s/%s/dev%d", stageSubject(in.Stage), strings.TrimPrefix(in.Addr(), in.Stage.Addr()+"/"), n),
			Message: fmt.Sprintf("%s, which production runs, gets the dependencies for development too (%s); more to attack and to pull; leave them out", stageSubject(r.stage), some(unit.DevDependencies))}
		f.Fixes = []rule.Fix{leaveOut(pass.Project, r, in, *i, c)}
		pass.Report(f)
	}
}

// prunes says whether a later command takes the development dependencies away again.
func prunes(s *dockerfile.Stage) bool {
	for _, in := range s.Find("RUN") {
		text := in.ArgsText()
		if strings.Contains(text, "prune") || strings.Contains(text, "--omit=dev") || strings.Contains(text, "--no-dev") || strings.Contains(text, "--production") || strings.Contains(text, "--prod") {
			return true
		}
	}
	return false
}

func some(names []string) string {
	if len(names) > 3 {
		return strings.Join(names[:3], ", ") + ", ..."
	}
	return strings.Join(names, ", ")
}

// noDev are the options that leave development dependencies out.
var noDev = map[string]string{"uv": "--no-dev", "npm": "--omit=dev", "pnpm": "--prod", "composer": "--no-dev", "bun": "--production", "poetry": "--only main"}

func leaveOut(p *project.Project, r *running, in *dockerfile.Instruction, i shell.Install, c shell.Command) rule.Fix {
	option := noDev[i.Manager]
	if u := r.unit(p); i.Manager == "yarn" && u != nil && u.ManagerVersion == "1" {
		option = "--production"
	}
	fix := rule.Fix{Title: "Leave development dependencies out: " + option, Safety: change.Behaviour}
	refuse := func(why string) rule.Fix {
		fix.Safety, fix.Title = change.Manual, "Leave development dependencies out"
		fix.Why = why + "; install them in a stage of its own, and without them in the one that production copies from"
		return fix
	}
	switch {
	case option == "" || i.Word.Span.Len() <= 0:
		return refuse("how " + i.Manager + " leaves them out can't be written with certainty")
	case len(i.Options) > 0 && hasOption(i.Options, "--group", "--all-groups", "--extra", "--with", "--only", "--dev"):
		return refuse("the command names groups")
	}
	for _, call := range p.Calls {
		line := strings.Join(call.Args, " ")
		if (call.Subcommand == "exec" || call.Subcommand == "run") && testsInside.MatchString(line) && r.isNamedIn(call.Args) {
			return refuse(call.From + " runs `" + line + "` in the image, which may need them")
		}
	}
	for _, start := range r.allStarts() {
		if name := start.Name(); runsScripts[name] {
			return refuse("the start command is a script of " + name + ", which may call them")
		}
		if line := " " + strings.Join(argv(start), " ") + " "; developing.MatchString(line) {
			return refuse("`" + strings.TrimSpace(line) + "` runs in the image and needs them")
		}
	}
	for _, other := range runningStages(p, r.d) {
		if other.forDevelopment() && slices.Contains(other.stage.Reachable(other.args), in.Stage) {
			return refuse(stageSubject(other.stage) + ", which is for development, uses this install too")
		}
	}
	for _, s := range append([]*dockerfile.Stage{in.Stage}, r.chain()...) {
		for _, other := range s.Find("RUN") {
			if other.Span.Start < in.Span.Start {
				continue
			}
			for _, later := range commands(other) {
				if _, installs := shell.Installs(later); !installs && later.Span.Start != c.Span.Start && !harmless[later.Name()] {
					return refuse("`" + strings.Join(argv(later), " ") + "` runs afterwards and may need them")
				}
			}
		}
	}
	fix.Ops = []edit.Op{edit.Text(r.d.Path, edit.Insert(i.Word.Span.End, " "+option, in.Addr()+"/dev"))}
	fix.Declares = []change.Declared{declaredEverywhere(r.d, "install.*", "production gets no development dependencies")}
	return fix
}

func hasOption(options []shell.Option, names ...string) bool {
	for _, o := range options {
		if slices.Contains(names, o.Name) {
			return true
		}
	}
	return false
}

// developing are start commands that are tools for development.
var developing = regexp.MustCompile(`[ /](pytest|tox|nox|coverage|mypy|ruff|jest|vitest|mocha|nodemon|ts-node|tsx|phpunit|vite|webpack)\s|\b(npm|yarn|pnpm|bun)( run)? (test|dev|start:dev|lint)\b`)

// testsInside are command lines that test or check in a container.
var testsInside = regexp.MustCompile(`(?i)test|lint|mypy|ruff|coverage|check|format`)

// isNamedIn says whether one of the words is a service that runs the image.
func (r *running) isNamedIn(words []string) bool {
	for _, u := range r.uses {
		if slices.Contains(words, u.service.Name) {
			return true
		}
	}
	return false
}

// runsScripts are programs that start what a manifest says.
var runsScripts = map[string]bool{"npm": true, "yarn": true, "pnpm": true, "npx": true, "bun": true, "bunx": true, "ng": true, "next": true, "nuxt": true}

// harmless are commands that need no development dependency.
var harmless = map[string]bool{"mkdir": true, "chown": true, "chmod": true, "rm": true, "useradd": true, "groupadd": true, "adduser": true, "addgroup": true, "deluser": true, "userdel": true, "ln": true, "echo": true, "true": true, "getent": true, "cut": true, "xargs": true, "set": true}
