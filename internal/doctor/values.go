package doctor

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"refit/internal/engine"
	"refit/internal/rule"
)

// The causes of a variable that does not load, or has another value than its file says.
var (
	ShellOverrides   = meta("M12", "shell-overrides", rule.Warning, "a variable of the shell wins over the env file")
	WrongMechanism   = meta("M13", "env-wrong-mechanism", rule.Warning, "a value is given to Compose and not to the container, or the other way round")
	StartedElsewhere = meta("M14", "started-otherwise", rule.Error, "the containers were started from another folder, or with other files")
	ValuesOld        = meta("M38", "values-old", rule.Warning, "a running container has other values than the files")
	ValueWrong       = meta("M37", "value-wrong", rule.Error, "the env file has a value that can't work")
)

// shell compares the model with and without the variables of this shell.
func (e *examination) shell() {
	for i := range e.Patients {
		p := &e.Patients[i]
		if p.Model == nil || p.Plain == nil || !p.running && !p.Asked {
			continue
		}
		with, without := p.Model.Flatten(), p.Plain.Flatten()
		for _, v := range e.Project.Variables(p.Source) {
			if e.Machine.Env == nil || e.Machine.Env(v.Name) == "" {
				continue
			}
			file := ""
			for _, f := range append(slices.Clone(p.Source.EnvFiles), p.EnvFiles...) {
				if env := e.env(f); env != nil {
					if has, ok := env.File.Get(v.Name); ok && !has.Bare && has.Value != e.Machine.Env(v.Name) {
						file = f
					}
				}
			}
			if file == "" {
				continue
			}
			affected := differing(with, without, e.Machine.Env(v.Name))
			e.report(&ShellOverrides, p, Diagnosis{Finding: rule.Finding{At: rule.Location{Path: v.Path, Span: v.Span}, Subject: v.Name,
				Message: fmt.Sprintf("%s is set in this shell to another value than in %s, and the shell wins; the containers get that one; unset it, or change the file", v.Name, file)},
				Evidence: affected, Cure: Cure{Title: "Let the file count", Commands: []string{"unset " + v.Name, command(p, "up", "-d")}}})
		}
	}
}

// differing are the keys of a model that the shell's value decides.
func differing(with, without map[string]string, value string) []string {
	var keys []string
	for _, k := range slices.Sorted(maps.Keys(with)) {
		if w, ok := without[k]; (!ok || w != with[k]) && strings.Contains(with[k]+k, value) && len(keys) < 5 {
			keys = append(keys, "decides "+k)
		}
	}
	return keys
}

// confusions are the audit's findings about values that take the wrong way.
var confusions = map[string]bool{"C27": true, "L11": true, "E11": true}

// mechanism takes over what the audit knows of values that reach nobody.
func (e *examination) mechanism() {
	for i := range e.Patients {
		p := &e.Patients[i]
		for _, f := range e.Audit {
			if !confusions[f.Meta.ID] || !e.concerns(p, f) || e.passes(p, f.Subject) {
				continue
			}
			e.report(&WrongMechanism, p, Diagnosis{Finding: rule.Finding{At: f.At, Subject: f.Subject, Message: f.Message, Severity: e.weight(p, f.Severity)},
				Evidence: []string{f.Meta.ID + " " + f.Meta.Name}, Cure: byAudit(f)})
		}
	}
}

// concerns says whether a finding of the files is about the environment's own files.
func (e *examination) concerns(p *Patient, f rule.Finding) bool {
	if slices.Contains(p.Source.Files, f.At.Path) || slices.Contains(p.EnvFiles, f.At.Path) {
		return true
	}
	if f.Meta.ID == "L11" {
		return slices.ContainsFunc(p.Source.Files, func(file string) bool { return strings.Contains(f.Message, file) })
	}
	return f.Meta.ID == "E11" && e.asksFor(p, f.Subject)
}

// passes says whether an env file that is passed to Compose supplies the variable after all: what was started without
// it is told by its containers.
func (e *examination) passes(p *Patient, subject string) bool {
	name, ok := strings.CutPrefix(subject, "variable:")
	return ok && slices.ContainsFunc(p.EnvFiles, func(file string) bool {
		f := e.env(file)
		if f == nil {
			return false
		}
		_, has := f.File.Get(name)
		return has
	})
}

// asksFor says whether a program that the environment runs is not given the variable.
func (e *examination) asksFor(p *Patient, name string) bool {
	for _, s := range services(p) {
		if _, has := s.Environment[name]; own(s) && has {
			return false
		}
	}
	return slices.ContainsFunc(services(p), own)
}

// byAudit is the cure for what the audit found: its fix, or what it says is to be done.
func byAudit(f rule.Finding) Cure {
	if len(f.Fixes) == 0 {
		return Cure{Title: "See what the rule says", Commands: []string{"refit explain " + f.Meta.ID}}
	}
	fix := f.Fixes[0]
	c := Cure{Title: fix.Title}
	for _, s := range fix.Steps {
		line := typed(s.Command)
		if s.Dir != "." && s.Dir != "" {
			line = "(cd " + typed([]string{s.Dir}) + " && " + line + ")"
		}
		c.Commands = append(c.Commands, line)
	}
	switch {
	case len(c.Commands) > 0:
	case len(fix.Ops) > 0:
		c.Commands = []string{"refit apply --only " + f.Meta.ID}
	default:
		if fix.Why != "" {
			c.Title += ": " + fix.Why
		}
	}
	return c
}

// started compares the running containers with the files.
func (e *examination) started() {
	for _, w := range e.wards() {
		if !e.Docker.At.Local() || len(w.ConfigFiles) == 0 {
			continue
		}
		if e.elsewhere(w) {
			continue
		}
		e.otherValues(w)
	}
}

// elsewhere says whether a container was started from other files than the environment's.
func (e *examination) elsewhere(w ward) bool {
	if e.startedFrom(w.Patient, w.Container) {
		return false
	}
	p := w.Patient
	what := "other Compose files: " + strings.Join(e.short(w.ConfigFiles), ", ")
	if first := w.ConfigFiles[0]; !strings.HasPrefix(first, e.Root+string(filepath.Separator)) {
		what = "another folder: " + w.WorkingDir
	}
	e.report(&StartedElsewhere, p, Diagnosis{Finding: rule.Finding{Subject: "project " + p.Model.Name,
		Message: fmt.Sprintf("the containers of the Compose project %s were started from %s; their values, mounts and paths are of there, not of %s; stop them, and start the environment from its own files", p.Model.Name, what, p.Source.Files[0])},
		Evidence: []string{"container " + w.Name, "its files: " + strings.Join(w.ConfigFiles, ", "), "its project directory: " + w.WorkingDir},
		Cure:     Cure{Title: "Start it from its own files", Commands: []string{"docker compose -p " + p.Model.Name + " down", command(p, "up", "-d")}}})
	return true
}

func (e *examination) short(files []string) []string {
	var list []string
	for _, f := range files {
		if rel, err := filepath.Rel(e.Root, f); err == nil && filepath.IsLocal(rel) {
			f = filepath.ToSlash(rel)
		}
		list = append(list, f)
	}
	return list
}

// otherValues compares a container's environment with what the files promise, by name.
func (e *examination) otherValues(w ward) {
	if w.Info.Config == nil {
		return
	}
	has := map[string]string{}
	for _, v := range w.Info.Config.Env {
		name, value, _ := strings.Cut(v, "=")
		has[name] = value
	}
	var names []string
	for _, name := range slices.Sorted(maps.Keys(w.Service.Environment)) {
		if value, ok := has[name]; !ok || value != w.Service.Environment[name] {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return
	}
	p := w.Patient
	cause := "the files changed after it was started"
	label := w.Labels[engine.LabelEnvFiles]
	switch {
	case label == strings.Join(e.absolute(p.EnvFiles), ",") || label == strings.Join(e.absolute(p.Source.EnvFiles), ","):
	case label == "":
		cause = "it was started without the env file that this environment takes its values from"
	default:
		cause = "it was started with another env file: " + strings.Join(e.short(strings.Split(label, ",")), ", ")
	}
	e.report(&ValuesOld, p, Diagnosis{Service: w.Service.Name, Finding: rule.Finding{At: e.place(p, "services."+w.Service.Name), Subject: "services." + w.Service.Name + ".environment",
		Message: fmt.Sprintf("the container of %s has other values for %s than the files say; %s; a restart keeps them: create it anew", w.Service.Name, shorten(names, 6), cause)},
		Evidence: []string{"container " + w.Name + ", made " + w.Created.UTC().Format("2006-01-02 15:04:05") + " UTC"},
		Cure:     Cure{Title: "Create the container anew", Commands: []string{command(p, "up", "-d", w.Service.Name)}}})
}

func (e *examination) absolute(files []string) []string {
	var list []string
	for _, f := range files {
		list = append(list, filepath.Join(e.Root, filepath.FromSlash(f)))
	}
	return list
}

// shorten lists words and says how many more there are.
func shorten(words []string, n int) string {
	if len(words) <= n {
		return strings.Join(words, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(words[:n], ", "), len(words)-n)
}
