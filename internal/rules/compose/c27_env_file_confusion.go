package compose

import (
	_ "embed"
	"fmt"
	"path"
	"slices"
	"strings"

	"refit/internal/change"
	format "refit/internal/compose"
	"refit/internal/project"
	"refit/internal/rule"
	"refit/internal/secret"
)

//go:embed c27_env_file_confusion.md
var envFileConfusionDoc string

// EnvFileConfusion finds values that take the wrong one of Compose's two ways: C27.
var EnvFileConfusion = rule.Rule{
	Meta: rule.Meta{ID: "C27", Name: "env-file-confusion", Theme: rule.Compose, Severity: rule.Warning, Since: "0.1.0",
		Summary: "env_file (for the container) and --env-file (for ${VAR} in the file) are taken for one another",
		Doc:     envFileConfusionDoc},
	Check: func(pass *rule.Pass) {
		for _, s := range sites(pass.Project) {
			if !s.resolved() {
				continue
			}
			for _, d := range s.file.File.Services {
				s.checkPassedOn(pass, d)
			}
			s.checkOnlyContainers(pass)
			s.checkNoContainer(pass)
		}
	},
}

// given are the values that a service gets by env_file, and the file of each.
func (s *site) given(service string) map[string]string {
	from := map[string]string{}
	m := s.service(service)
	if m == nil {
		return from
	}
	for _, e := range m.EnvFiles {
		if f := s.p.EnvFile(e.Path); f != nil {
			for _, v := range f.File.Vars {
				if v.Value != "" {
					from[v.Key] = f.Path
				}
			}
		}
	}
	return from
}

// passedOn says whether an entry hands a variable of the same name through: KEY: ${KEY}.
func passedOn(p format.Pair) bool {
	if p.Text == "${"+p.Key+"}" || p.Text == "$"+p.Key {
		return true
	}
	rest, ok := strings.CutPrefix(p.Text, "${"+p.Key)
	return ok && secret.IsName(p.Key) && strings.HasSuffix(rest, "}") && strings.Count(rest, "}") == 1 &&
		(strings.HasPrefix(rest, ":-") || strings.HasPrefix(rest, "-"))
}

// checkPassedOn reports entries that put a variable of the caller over the value of the env file.
func (s *site) checkPassedOn(pass *rule.Pass, d *format.Definition) {
	given := s.given(d.Name)
	for _, p := range d.Environment {
		file, ok := given[p.Key]
		if !ok || !p.HasValue || !passedOn(p) {
			continue
		}
		title := "Leave " + p.Key + " of " + d.Name + " to " + file
		f := rule.Finding{
			At: s.at(p.Entry.Span()), Subject: p.Addr,
			Message: fmt.Sprintf("%s of service %s stands in %s and is put over by ${%s}, which env_file does not fill in; without --env-file the container gets another value, or none; drop the entry", p.Key, d.Name, file, p.Key),
		}
		edits, err := s.file.File.RemoveEnvironment(d.Name, []string{p.Key}, false)
		switch {
		case err == nil && commentsIn(s.file.File, edits):
			f.Fixes = rule.Manual(title, "a comment stands at the entry: move it to "+file+", then take the entry away")
		case s.alone() != "":
			f.Fixes = rule.Manual(title, s.alone()+": take the entry away where it wins")
		default:
			f.Fixes = s.fix(title, change.Behaviour, edits, err,
				s.declared(format.Addr("services", d.Name, "environment", p.Key), "the container gets the value of "+file))
		}
		pass.Report(f)
	}
}

// checkOnlyContainers reports variables of the file that only an env_file has.
func (s *site) checkOnlyContainers(pass *rule.Pass) {
	from := map[string]string{}
	for name := range s.env.Model.Services {
		for key, file := range s.given(name) {
			from[key] = file
		}
	}
	seen := map[string]bool{}
	for _, v := range format.Variables(s.file.File) {
		file, ok := from[v.Name]
		unset := slices.ContainsFunc(s.env.Model.Unset, func(u format.Variable) bool { return u.Name == v.Name })
		if !ok || !unset || seen[v.Name] || s.isPassedOn(v) {
			continue
		}
		seen[v.Name] = true
		pass.Report(rule.Finding{
			At: s.at(v.Span), Subject: "variable:" + v.Name,
			Message: fmt.Sprintf("${%s} stands in %s, which env_file gives to containers only; Compose fills in nothing here; pass the file with --env-file as well", v.Name, file),
			Fixes:   rule.Manual("Fill in ${"+v.Name+"}", "add `--env-file "+file+"` to the commands that start the services, or give the variable a default: ${"+v.Name+":-...}"),
		})
	}
}

// isPassedOn says whether the variable is one that checkPassedOn speaks of.
func (s *site) isPassedOn(v format.Variable) bool {
	for _, d := range s.file.File.Services {
		for _, p := range d.Environment {
			if p.Key == v.Name && passedOn(p) && p.Entry.Span().Start <= v.Span.Start && v.Span.End <= p.Entry.Span().End {
				return true
			}
		}
	}
	return false
}

// checkNoContainer reports a file given by --env-file whose values reach nothing.
func (s *site) checkNoContainer(pass *rule.Pass) {
	used := map[string]bool{}
	builds := false
	for _, at := range s.env.Model.Files {
		c := s.p.ComposeFile(at)
		if c == nil {
			return
		}
		for _, v := range format.Variables(c.File) {
			used[v.Name] = true
		}
		for _, d := range c.File.Services {
			builds = builds || d.Build != nil
			for _, p := range d.Environment {
				used[p.Key] = used[p.Key] || !p.HasValue // handed through from --env-file
			}
		}
	}
	for _, at := range s.env.EnvFiles {
		f := s.p.EnvFile(at)
		if f == nil || !builds || at == path.Join(s.dir(), ".env") || s.subject() != s.file.Path {
			continue
		}
		if slices.ContainsFunc(f.Readers, func(r project.Reader) bool { return r.Mechanism != project.ByInterpolation }) {
			continue
		}
		var idle []string
		for _, key := range f.File.Keys() {
			if !used[key] && !strings.HasPrefix(key, "COMPOSE_") && !strings.HasPrefix(key, "DOCKER_") {
				idle = append(idle, key)
			}
		}
		if len(idle) == 0 {
			continue
		}
		pass.Report(rule.Finding{
			At: s.at(s.file.File.Services[0].KeySpan), Subject: "env-file:" + at,
			Message: fmt.Sprintf("%s is passed with --env-file, which fills in ${VAR} in the Compose file only; no container gets %s", at, strings.Join(idle, ", ")),
			Fixes: rule.Manual("Give "+at+" to the services that need it",
				"which services need the values is not known: add `env_file: ["+project.RelativePath(s.dir(), at)+"]` to them"),
		})
	}
}
