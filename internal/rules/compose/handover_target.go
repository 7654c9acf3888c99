package compose

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"refit/internal/dotenv"
	"refit/internal/project"
)

// chooseTarget finds the env file of the environment.
func (h *handover) chooseTarget() error {
	var groups [3]map[string]bool
	for i := range groups {
		groups[i] = map[string]bool{}
	}
	for _, m := range h.mounts {
		if m.keep == "" {
			groups[0][m.source] = true
		}
	}
	for _, s := range h.env.Model.Services {
		for _, e := range s.EnvFiles {
			groups[1][e.Path] = true
		}
	}
	for _, e := range h.env.EnvFiles {
		groups[2][e] = true
	}
	own := ""
	if h.name() != "" {
		own = h.p.Layout.EnvPath(h.name())
	}
	for _, g := range groups {
		switch {
		case len(g) == 0:
			continue
		case len(g) == 1:
			h.target = slices.Collect(maps.Keys(g))[0]
		case g[own]:
			h.target = own
		default:
			return fmt.Errorf("which env file is the environment's can't be told: %s", strings.Join(slices.Sorted(maps.Keys(g)), ", "))
		}
		break
	}
	if h.target == "" {
		h.target = h.usualTarget(own)
	}
	return h.openTarget(own)
}

// usualTarget is the env file of an environment that names none.
func (h *handover) usualTarget(own string) string {
	if own == "" {
		return path.Join(h.dir(), ".env")
	}
	if h.p.EnvFile(own) != nil {
		return own
	}
	var found []string
	for _, e := range h.p.EnvFiles {
		if e.Env == h.name() && !e.Example && !e.Partial() {
			found = append(found, e.Path)
		}
	}
	if len(found) == 1 {
		return found[0]
	}
	return own
}

func (h *handover) openTarget(own string) error {
	e := h.p.EnvFile(h.target)
	if e == nil {
		if h.p.Files.Has(h.target) {
			return fmt.Errorf("%s can't be read as an env file", h.target)
		}
		if h.target != own && h.target != path.Join(h.dir(), ".env") {
			return fmt.Errorf("%s, which the file names, is not there", h.target)
		}
		if template := h.template(); template != "" {
			return fmt.Errorf("%s is not there and is made from %s; whoever copies that finds a file with these values alone and stops: make it first, then run refit again", h.target, template)
		}
		if h.target != own && h.p.Git.Exists {
			ignored, _ := h.p.GitIgnore().Match(h.target, false)
			h.unignored = !ignored
		}
		return nil
	}
	if e.Example {
		return fmt.Errorf("%s is a template, no place for secrets", h.target)
	}
	for _, r := range e.Readers {
		if (r.Mechanism == project.ByMount || r.Mechanism == project.ByEnvFile) && r.By != h.file.Path {
			return fmt.Errorf("%s is read by another environment too (%s)", h.target, r.By)
		}
	}
	h.dot = e.File
	if len(e.File.Problems) > 0 {
		return fmt.Errorf("%s can't be read completely", h.target)
	}
	for _, d := range dotenv.DialectProblems(e.File) {
		switch d.Construct {
		case dotenv.HashAsValue, dotenv.GluedHash, dotenv.OpenDollar, dotenv.EscapedSingle, dotenv.TextBehind, dotenv.BareName, dotenv.MultiLine:
			return fmt.Errorf("%s would be read differently by Compose and by the program: %s", h.target, d.Message)
		}
	}
	return nil
}

// template is what a missing env file is made from, "" when nothing is there for that: its own template, or
// the one beside it.
func (h *handover) template() string {
	dir, base := path.Split(h.target)
	for _, ending := range []string{".example", ".sample", ".template", ".dist"} {
		for _, name := range []string{base, strings.TrimPrefix(base, "."), ".env", "env"} {
			if h.p.Files.Has(dir + name + ending) {
				return dir + name + ending
			}
		}
	}
	return ""
}
