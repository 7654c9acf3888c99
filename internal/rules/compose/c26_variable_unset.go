package compose

import (
	_ "embed"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"refit/internal/change"
	format "refit/internal/compose"
	"refit/internal/edit"
	"refit/internal/rule"
	"refit/internal/secret"
)

//go:embed c26_variable_unset.md
var variableUnsetDoc string

// VariableUnset finds variables of a Compose file that nothing supplies, or only some commands: C26.
var VariableUnset = rule.Rule{
	Meta: rule.Meta{ID: "C26", Name: "variable-unset", Theme: rule.Compose, Severity: rule.Warning, Since: "0.1.0",
		Summary: "a ${VAR} is supplied by nothing, or only when --env-file is passed",
		Aliases: []string{`Compose: The "VAR" variable is not set`}, Doc: variableUnsetDoc},
	Check: func(pass *rule.Pass) {
		for _, s := range sites(pass.Project) {
			if s.resolved() {
				s.checkVariables(pass)
			}
		}
	},
}

// suppliedByMachine are variables that a shell or a CI system has.
var suppliedByMachine = regexp.MustCompile(`^(HOME|PWD|USER|UID|GID|HOSTNAME|DISPLAY|SSH_AUTH_SOCK|XDG_.*|CI|CI_.*|GITHUB_.*|GITLAB_.*|BUILD_.*|DOCKER_.*|COMPOSE_.*)$`)

func (s *site) checkVariables(pass *rule.Pass) {
	supplied, complete := s.supplied()
	defaults := map[string]bool{}
	places := map[string][]format.Variable{}
	var names []string
	for _, v := range format.Variables(s.file.File) {
		if v.HasDefault() || v.Required {
			defaults[v.Name] = true
			continue
		}
		if v.Operator != "" || suppliedByMachine.MatchString(v.Name) || s.isPassedOn(v) && s.givenByEnvFile(v.Name) {
			continue
		}
		if places[v.Name] == nil {
			names = append(names, v.Name)
		}
		places[v.Name] = append(places[v.Name], v)
	}
	for _, name := range names {
		value, ok := supplied[name]
		switch {
		case ok && s.name() != "prod" && !secret.IsName(name) && s.onlyByFlag():
			s.reportDefault(pass, name, value, places[name])
		case !ok && complete && !s.inTemplate(name) && !s.givenByEnvFile(name) &&
			slices.ContainsFunc(s.env.Model.Unset, func(u format.Variable) bool { return u.Name == name }):
			f := rule.Finding{
				At: s.at(places[name][0].Span), Subject: "variable:" + name,
				Message: fmt.Sprintf("nothing supplies ${%s}; Compose puts nothing in its place and only warns; give it a default, or a value in the env file", name),
				Fixes:   rule.Manual("Supply "+name, "its value is not known: add it to the env file that is passed, or write ${"+name+":-default}"),
			}
			if !slices.ContainsFunc(places[name], func(v format.Variable) bool { return !s.isPassedOn(v) }) { // from the shell, as it seems
				f.Severity = rule.Info
				f.Message = fmt.Sprintf("%s is passed on from whoever calls Compose, and no template says so; without it the service gets an empty value, and Compose only warns; write ${%s:?set it}, or ${%s:-} when the service works without", name, name, name)
				f.Fixes = rule.Manual("Say whether "+name+" is needed", "whether the service works without it is not known: write ${"+name+":?set it}, or ${"+name+":-}")
			}
			pass.Report(f)
		}
	}
}

// supplied are the values that interpolation has today; complete is false when an env file that is
// passed is not there.
func (s *site) supplied() (values map[string]string, complete bool) {
	values, complete = map[string]string{}, true
	for _, at := range s.env.EnvFiles {
		f := s.p.EnvFile(at)
		if f == nil {
			complete = false
			continue
		}
		now, _ := f.File.Values(nil)
		for k, v := range now {
			values[k] = v
		}
	}
	return values, complete
}

// onlyByFlag says whether the values come from a file that each command has to name.
func (s *site) onlyByFlag() bool {
	return !slices.Contains(s.env.EnvFiles, path.Join(s.dir(), ".env"))
}

func (s *site) givenByEnvFile(name string) bool {
	for service := range s.env.Model.Services {
		if _, ok := s.given(service)[name]; ok {
			return true
		}
	}
	return false
}

// inTemplate says whether a template lists the variable: then each machine has its own value.
func (s *site) inTemplate(name string) bool {
	for _, e := range s.p.EnvFiles {
		if _, ok := e.File.Get(name); ok && e.Example {
			return true
		}
	}
	return false
}

// plainValue is a value that can stand in ${NAME:-value} in YAML as it is.
var plainValue = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._/@+-]*$`)

func (s *site) reportDefault(pass *rule.Pass, name, value string, places []format.Variable) {
	if !plainValue.MatchString(value) || secret.Judge(name, value).IsLiteral() {
		return
	}
	title := "Give ${" + name + "} its present value as default"
	f := rule.Finding{
		At: s.at(places[0].Span), Subject: "variable:" + name, Severity: rule.Info,
		Message: fmt.Sprintf("${%s} has a value only where %s is passed with --env-file; other commands (ps, logs, exec, down) warn, and up takes nothing for it; give it a default", name, strings.Join(s.env.EnvFiles, ", ")),
	}
	var edits []edit.Edit
	var err error
	for _, v := range places {
		e, oneErr := s.file.File.YAML.ReplaceSpan(v.Span, "${"+name+":-"+value+"}")
		for i := range e {
			e[i].Addr = fmt.Sprintf("%s/${%s}@%d", v.Addr, name, v.Span.Start)
		}
		edits = append(edits, e...)
		if oneErr != nil {
			err = oneErr
		}
	}
	f.Fixes = s.fix(title, change.Safe, edits, err)
	pass.Report(f)
}
