package compose

import (
	_ "embed"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"refit/internal/change"
	format "refit/internal/compose"
	"refit/internal/edit"
	"refit/internal/rule"
	"refit/internal/yaml"
)

//go:embed c37_command_runs_package_manager.md
var commandRunsPackageManagerDoc string

// CommandRunsPackageManager finds services that start through their package manager: C37.
var CommandRunsPackageManager = rule.Rule{
	Meta: rule.Meta{ID: "C37", Name: "command-runs-package-manager", Theme: rule.Compose, Severity: rule.Warning, Since: "0.1.0",
		Summary: "a service's command starts through uv, poetry or pipenv, which may install again at every start",
		Doc:     commandRunsPackageManagerDoc},
	Check: func(pass *rule.Pass) {
		for _, s := range sites(pass.Project) {
			for _, d := range s.file.File.Services {
				s.checkRunner(pass, d, "command", d.Command)
				s.checkRunner(pass, d, "entrypoint", d.Entrypoint)
			}
		}
	},
}

// runner is a package manager's run with flags that only say how to sync.
var runner = regexp.MustCompile(`\b(?:uv|poetry|pipenv) run (?:--(?:frozen|locked|no-sync|no-dev|quiet) |-q )*`)

// wordsBefore is what may stand before a command: the beginning, an operator, a quote.
var wordsBefore = regexp.MustCompile(`(?:^|[;&|("'\x60]|\b(?:exec|then|do|else|&&|time)) *$`)

func (s *site) checkRunner(pass *rule.Pass, d *format.Definition, key string, v *format.Value) {
	if v == nil || d.Build == nil {
		return
	}
	var edits []edit.Edit
	var err error
	found := false
	if v.Node.Kind == yaml.Sequence {
		edits, found, err = s.runnerInList(v)
	} else if v.IsScalar() {
		edits, found, err = runnerIn(v.Node, v.Addr, v.Shared)
	}
	if !found {
		return
	}
	title := "Start " + d.Name + " without the package manager"
	f := rule.Finding{
		At: s.at(v.Span()), Subject: v.Addr,
		Message: fmt.Sprintf("%s of service %s starts through the package manager; it looks for changes and may install at every start, which a user who is not root may not do, and it stands between the signals and the program; call the program of the virtual environment", key, d.Name),
	}
	switch why := s.noVenvOnPath(d.Name); {
	case why != "":
		f.Fixes = rule.Manual(title, why+": put the environment's bin folder on PATH in the Dockerfile first")
	default:
		f.Fixes = s.fix(title, change.Behaviour, edits, err,
			s.declared(format.Addr("services", d.Name, key)+"*", "the programs of the virtual environment are on PATH; nothing is synced at start-up"))
	}
	pass.Report(f)
}

// runnerInList finds the runner as the first items of a list, or inside of an item that a shell runs.
func (s *site) runnerInList(v *format.Value) (edits []edit.Edit, found bool, err error) {
	items := v.Items()
	words := make([]string, len(items))
	for i, item := range items {
		words[i] = item.Text
	}
	if len(words) > 2 && slices.Contains([]string{"uv", "poetry", "pipenv"}, words[0]) && words[1] == "run" {
		n := 2
		for n < len(words) && strings.HasPrefix(words[n], "-") {
			n++
		}
		if m := runner.FindString(strings.Join(words[:n], " ") + " "); m != strings.Join(words[:n], " ")+" " || n == len(words) {
			return nil, true, fmt.Errorf("the options of the runner may mean something")
		}
		var indexes []int
		for i := range n {
			indexes = append(indexes, i)
		}
		edits, err = s.file.File.RemoveItems(v.Addr, indexes, false)
		if err == nil && commentsIn(s.file.File, edits) {
			err = fmt.Errorf("comments stand among the words")
		}
		return edits, true, err
	}
	for _, item := range items {
		e, has, itemErr := runnerIn(item.Node, item.Addr, item.Shared)
		if has {
			edits, found = append(edits, e...), true
			if err == nil {
				err = itemErr
			}
		}
	}
	return edits, found, err
}

// runnerIn takes the runner out of a scalar wherever a command begins with it.
func runnerIn(n *yaml.Node, addr string, shared bool) (edits []edit.Edit, found bool, err error) {
	for i, at := range runner.FindAllStringIndex(n.Value, -1) {
		if !wordsBefore.MatchString(n.Value[:at[0]]) {
			continue
		}
		found = true
		span, ok := n.Sub(at[0], at[1])
		switch {
		case shared:
			return nil, true, fmt.Errorf("it comes through an anchor")
		case !ok || at[1] == len(n.Value) || n.Value[at[1]] == '-':
			return nil, true, fmt.Errorf("what belongs to the runner can't be told")
		}
		edits = append(edits, edit.Delete(span, fmt.Sprintf("%s/runner%d", addr, i)))
	}
	return edits, found, nil
}

// noVenvOnPath says why a program of the virtual environment might not be found by its name.
func (s *site) noVenvOnPath(service string) string {
	stage, build := s.stage(service)
	if stage == nil {
		return "which stage the service builds is not known"
	}
	env := stage.Config(build.Args).Env
	dirs, ok := env.Get("PATH")
	if !ok {
		return "the image sets no PATH"
	}
	for _, name := range []string{"UV_PROJECT_ENVIRONMENT", "VIRTUAL_ENV"} {
		if v, ok := env.Get(name); ok && v.Value != "" && slices.Contains(strings.Split(dirs.Value, ":"), v.Value+"/bin") {
			return ""
		}
	}
	return "the virtual environment is not on PATH in the image"
}
