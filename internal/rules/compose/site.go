package compose

import (
	"context"
	"path"
	"strings"

	format "refit/internal/compose"
	"refit/internal/dockerfile"
	"refit/internal/project"
	"refit/internal/rule"
	"refit/internal/source"
)

// site is one Compose file together with the environment that it makes.
type site struct {
	p    *project.Project
	file *project.ComposeFile
	env  *project.Environment // nil when nothing starts the file
	memo source.Memo          // what is worked out of it more than once
}

// sites are the Compose files that people run; templates are left out.
func sites(p *project.Project) []*site {
	var list []*site
	for _, f := range p.Compose {
		if f.File != nil && f.Role != format.RoleExample {
			list = append(list, &site{p: p, file: f, env: p.EnvironmentOf(f.Path)})
		}
	}
	return list
}

func (s *site) at(span source.Span) rule.Location {
	return rule.Location{Path: s.file.Path, Span: span}
}

// resolved says whether the environment's model is known.
func (s *site) resolved() bool { return s.env != nil && s.env.Model != nil }

// service is the resolved service, or nil.
func (s *site) service(name string) *format.Service {
	if !s.resolved() {
		return nil
	}
	return s.env.Model.Services[name]
}

// name is the environment that the file serves: "dev", "prod", "".
func (s *site) name() string {
	if s.file.Env != "" || s.env == nil {
		return s.file.Env
	}
	return s.env.Name
}

// subject is the path under which differences of the environment's model are declared.
func (s *site) subject() string {
	if s.env != nil && len(s.env.Files) > 0 {
		return s.env.Files[0]
	}
	return s.file.Path
}

// dir is the folder that relative paths of the file start from.
func (s *site) dir() string {
	if s.env != nil {
		return s.env.Dir
	}
	return path.Dir(s.file.First)
}

// alone says why an edit of the file could mean something in other places too; "" when it can't.
func (s *site) alone() string {
	switch {
	case s.env == nil:
		return "nothing shows how the file is started"
	case s.env.Model == nil:
		return "Compose can't resolve the file"
	case len(s.env.Files) > 1 || len(s.env.Model.Files) > 1:
		return "the file is stacked with others (" + strings.Join(s.env.Model.Files, ", ") + ")"
	}
	for _, e := range s.p.Environments {
		for _, f := range e.Files {
			if e != s.env && f == s.file.Path {
				return "several environments use the file"
			}
		}
	}
	return ""
}

// load resolves the environment with some files replaced by other texts.
func (s *site) load(changed map[string][]byte) (*format.Model, error) {
	return format.Load(context.Background(), format.Request{
		Files: s.env.Files, EnvFiles: s.env.EnvFiles, ProjectDir: s.env.Dir, RootName: s.p.Name,
		ProjectName: s.projectName(), AllowMissing: true, StandIns: s.env.StandIns,
		Read: func(p string) ([]byte, error) {
			if text, ok := changed[p]; ok {
				return text, nil
			}
			return s.p.Files.Read(p)
		},
	})
}

func (s *site) projectName() string {
	if s.env.Model == nil {
		return ""
	}
	return s.env.Model.Name
}

// stage is the stage that the service builds, and the build of it, nil when they can't be told.
func (s *site) stage(service string) (*dockerfile.Stage, *project.Build) {
	for _, d := range s.p.Dockerfiles {
		for i, b := range d.Builds {
			if b.By != s.file.Path || b.Service != service {
				continue
			}
			if stage, ok := d.File.Target(b.Target); ok {
				return stage, &d.Builds[i]
			}
		}
	}
	return nil, nil
}

// within says whether a path is the folder or lies below it.
func within(dir, p string) bool {
	dir, p = path.Clean(dir), path.Clean(p)
	return p == dir || strings.HasPrefix(p, strings.TrimSuffix(dir, "/")+"/")
}

// product is what is known of a service's ready-made image, nil for one that is built here.
func (s *site) product(service string) *format.Product {
	m := s.service(service)
	if m == nil || m.Build != nil || m.Image == "" {
		return nil
	}
	return format.ProductOf(m.Image)
}
