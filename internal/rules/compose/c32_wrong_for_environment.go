package compose

import (
	_ "embed"
	"fmt"
	"path"
	"slices"
	"strings"

	format "refit/internal/compose"
	"refit/internal/rule"
)

//go:embed c32_wrong_for_environment.md
var wrongForEnvironmentDoc string

// WrongForEnvironment finds what belongs to another environment: C32.
var WrongForEnvironment = rule.Rule{
	Meta: rule.Meta{ID: "C32", Name: "wrong-for-environment", Theme: rule.Compose, Severity: rule.Warning, Since: "0.1.0",
		Summary: "production mounts its source, reloads or builds a development stage; tests keep their database",
		Doc:     wrongForEnvironmentDoc},
	Check: func(pass *rule.Pass) {
		for _, s := range sites(pass.Project) {
			for _, d := range s.file.File.Services {
				m := s.service(d.Name)
				switch {
				case m == nil:
				case s.name() == "prod":
					s.checkProduction(pass, d, m)
				case s.name() == "test" || s.name() == "ci":
					s.checkKept(pass, d, m)
				}
			}
		}
	},
}

// checkProduction reports what is for development only.
func (s *site) checkProduction(pass *rule.Pass, d *format.Definition, m *format.Service) {
	report := func(v *format.Value, what, do string) {
		pass.Report(rule.Finding{
			At: s.at(v.Span()), Subject: v.Addr,
			Message: fmt.Sprintf("service %s of production %s; production should run what was built and tested; %s", d.Name, what, do),
			Fixes:   rule.Manual("Make "+d.Name+" fit for production", "what production needs in its place is not known: "+do),
		})
	}
	if m.Build != nil && !m.Build.Remote {
		for i, v := range d.Volumes {
			if i >= len(m.Mounts) || len(m.Mounts) != len(d.Volumes) || m.Mounts[i].Type != "bind" {
				continue
			}
			if source := m.Mounts[i].Source; !path.IsAbs(source) && within(source, m.Build.Context) {
				report(&d.Volumes[i].Value, "mounts its source over the image ("+v.Target+")", "take the mount away")
			}
		}
	}
	if d.Command != nil && reloads(m.Command) {
		report(d.Command, "reloads when files change", "start the server without it")
	}
	if d.Build != nil && d.Build.Target != nil && slices.Contains([]string{"dev", "development", "test", "testing", "debug"}, d.Build.Target.Text) {
		report(d.Build.Target, "builds stage "+d.Build.Target.Text, "build the stage for production")
	}
}

// reloads says whether a command watches files.
func reloads(command []string) bool {
	words := strings.Fields(strings.Join(command, " "))
	return slices.ContainsFunc(words, func(w string) bool {
		w = strings.Trim(w, `"'`)
		return w == "--reload" || w == "nodemon" || w == "runserver" || w == "--watch" || w == "flask" && slices.Contains(words, "--debug")
	})
}

// checkKept reports a database of tests whose data outlive them.
func (s *site) checkKept(pass *rule.Pass, d *format.Definition, m *format.Service) {
	product := s.product(d.Name)
	if product == nil || product.Kind != format.Database || len(m.Mounts) != len(d.Volumes) {
		return
	}
	for i, mount := range m.Mounts {
		if mount.Type == "volume" && mount.Source != "" && slices.Contains(product.Data, path.Clean(mount.Target)) {
			v := d.Volumes[i].Value
			pass.Report(rule.Finding{
				At: s.at(v.Span()), Subject: v.Addr, Severity: rule.Info,
				Message: fmt.Sprintf("the data of %s outlive the tests in volume %s; a test can pass or fail by what an earlier one left; use tmpfs, or remove the volume after each run (down -v)", d.Name, mount.Source),
				Fixes:   rule.Manual("Keep no data of tests", "the volume may hold something that is wanted: replace it by `tmpfs: ["+mount.Target+"]` when not"),
			})
		}
	}
}
