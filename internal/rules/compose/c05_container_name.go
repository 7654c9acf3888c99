package compose

import (
	_ "embed"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	format "refit/internal/compose"
	"refit/internal/rule"
)

//go:embed c05_container_name.md
var containerNameDoc string

// ContainerName finds container names that the engine refuses: C05.
var ContainerName = rule.Rule{
	Meta: rule.Meta{ID: "C05", Name: "container-name", Theme: rule.Compose, Severity: rule.Error, Since: "0.1.0",
		Summary: "a container_name is given twice, is not allowed, or stands in the way of replicas",
		Aliases: []string{"dclint no-duplicate-container-names"}, Doc: containerNameDoc},
	Check: func(pass *rule.Pass) {
		for _, s := range sites(pass.Project) {
			s.checkContainerNames(pass)
		}
	},
}

// allowedName is the engine's rule for names of containers (moby, daemon/names).
var allowedName = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9_.-]+$`)

func (s *site) checkContainerNames(pass *rule.Pass) {
	first := map[string]string{}
	for _, d := range s.file.File.Services {
		if d.ContainerName == nil {
			continue
		}
		name := d.ContainerName.Text
		replicas, _ := strconv.Atoi(textOf(d.Deploy.Child("replicas")))
		f := rule.Finding{At: s.at(d.ContainerName.Span()), Subject: d.ContainerName.Addr}
		switch {
		case first[name] != "":
			f.Message = fmt.Sprintf("services %s and %s have the same container_name %s; the second can't start; give each its own, or none", first[name], d.Name, name)
		case !strings.Contains(name, "$") && !allowedName.MatchString(name):
			f.Message = fmt.Sprintf("%q is no name for a container (letters, digits, _ . -, at least two); it can't be created; choose another", name)
		case replicas > 1:
			f.Message = fmt.Sprintf("service %s has %d replicas and one container_name; Compose refuses to start it; leave the name out", d.Name, replicas)
		default:
			first[name] = d.Name
			continue
		}
		f.Fixes = rule.Manual("Give the container another name", "scripts may use the name: choose one, or remove container_name, and look for those who use it")
		pass.Report(f)
	}
}

// textOf is the text of a scalar, "" when there is none.
func textOf(v *format.Value) string {
	if v == nil {
		return ""
	}
	return v.Text
}
