package packages

import (
	"fmt"
	"strings"

	"refit/internal/change"
	"refit/internal/compose"
	"refit/internal/edit"
	"refit/internal/project"
	"refit/internal/source"
	"refit/internal/yaml"
)

// services lets the commands of services do without `poetry run`: the environment's programs are on the image's PATH.
func (m *move) services(d *project.Dockerfile) error {
	for _, b := range d.Builds {
		file := m.p.ComposeFile(b.By)
		if file == nil || b.Service == "" {
			continue
		}
		for _, doc := range file.File.YAML.Docs {
			for _, key := range [][]string{{"command"}, {"entrypoint"}, {"healthcheck", "test"}} {
				n := doc.Get(append([]string{"services", b.Service}, key...)...)
				if n == nil {
					continue
				}
				if err := m.service(file, n); err != nil {
					return err
				}
				if len(m.files[file.Path]) > 0 {
					m.fx.Declares = append(m.fx.Declares, change.Declared{Aspect: change.AspectCompose, Subject: "*",
						Addr: compose.Addr(append([]string{"services", b.Service}, key...)...) + "*", Why: "the environment's programs are on PATH, so that they are called by their names"})
				}
			}
		}
	}
	return nil
}

func (m *move) service(file *project.ComposeFile, n *yaml.Node) error {
	raw := string(n.Span.Of(file.File.Text))
	if program := outside.FindString(raw); program != "" {
		return fmt.Errorf("%s:%s: %s is started by its path, where the environment's packages are not found", file.Path, file.File.YAML.Position(n.Span.Start), program)
	}
	if !strings.Contains(raw, "poetry") {
		return nil
	}
	if n.Kind == yaml.Sequence {
		i := 0
		if len(n.Items) > 0 && strings.HasPrefix(n.Items[0].Value.Value, "CMD") {
			i = 1
		}
		if len(n.Items) > i+2 && n.Items[i].Value.Value == "poetry" && n.Items[i+1].Value.Value == "run" && strings.Count(raw, "poetry") == 1 {
			m.edit(file.Path, edit.Delete(source.Span{Start: n.Items[i].Value.Span.Start, End: n.Items[i+2].Value.Span.Start}, ""))
			return nil
		}
	}
	if strings.Count(raw, "poetry run ") != strings.Count(raw, "poetry") {
		return fmt.Errorf("%s:%s: it calls Poetry when the container starts, where there is none any more", file.Path, file.File.YAML.Position(n.Span.Start))
	}
	for at := 0; ; {
		i := strings.Index(raw[at:], "poetry run ")
		if i < 0 {
			return nil
		}
		start := n.Span.Start + at + i
		m.edit(file.Path, edit.Delete(source.Span{Start: start, End: start + len("poetry run ")}, ""))
		at += i + len("poetry run ")
	}
}
