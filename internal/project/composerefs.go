package project

import (
	"path"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/template"

	"refit/internal/compose"
)

// field is one path of a Compose file, resolved as Compose does.
type field struct {
	field compose.PathField
	base  string // repo-relative folder
	own   bool   // base is the file's own folder
	raw   string // what is relative to base: the path without a leading ${PWD}/
	// to is the path as written, variables and all; "" when a variable at its beginning decides.
	to string
	// values are the paths that it becomes in the environments, when it holds variables.
	values []string
}

// fields resolves every path of the Compose file that may lie in the repository.
func (d *discovery) fields(c *ComposeFile) []field {
	if known, ok := d.resolved[c]; ok {
		return known
	}
	list, _ := parsedAs(d.c, d.entry(c.Path), "paths", func(string, []byte) ([]compose.PathField, error) { return compose.PathFields(c.File), nil })
	var all []field
	for _, pf := range list {
		if f, ok := d.resolve(c, pf); ok {
			all = append(all, f)
		}
	}
	if d.resolved == nil {
		d.resolved = map[*ComposeFile][]field{}
	}
	d.resolved[c] = all
	return all
}

func (d *discovery) resolve(c *ComposeFile, pf compose.PathField) (field, bool) {
	dir, own := d.projectDir(c)
	f := field{field: pf, base: dir, own: own, raw: pf.Raw}
	switch pf.Base {
	case compose.BaseProject:
	case compose.BaseContext:
		f.own = false
		if pf.Context != nil {
			context, ok := d.resolve(c, *pf.Context)
			if !ok || context.to == "" {
				return field{}, false
			}
			f.base = context.to
			if len(context.values) > 0 {
				f.base = context.values[0]
			}
		}
		if pf.Implicit {
			f.raw = path.Base(defaultDockerfile(d.p.Files, path.Join(f.base, "Dockerfile")))
		}
	case compose.BaseCaller:
		f.base, f.own = d.callerDir(c), false
		_, f.raw, _ = strings.Cut(pf.Raw, "/")
		if f.raw == "" {
			f.raw = "."
		}
	case compose.BaseUnknown:
		f.values = d.evaluate(c, f)
		return f, len(f.values) > 0
	default:
		return field{}, false
	}
	if pf.Kind == compose.PathInline {
		return field{}, false
	}
	f.to = path.Join(f.base, f.raw)
	if pf.Interpolated && strings.Contains(f.raw, "$") {
		f.values = d.evaluate(c, f)
	}
	return f, !leaves(f.to)
}

func leaves(p string) bool { return p == ".." || strings.HasPrefix(p, "../") || path.IsAbs(p) }

// evaluate fills in the variables as each environment that reads the file does. A path of which a
// variable has no value is left out, and so is one that leaves the repository.
func (d *discovery) evaluate(c *ComposeFile, f field) []string {
	var values []string
	for _, e := range d.p.Environments {
		if e.Model == nil || !slices.Contains(e.Model.Files, c.Path) {
			continue
		}
		known := true
		text, err := template.Substitute(f.raw, func(name string) (string, bool) {
			v, ok := e.Model.Project.Environment[name]
			return v, ok
		})
		if err != nil || text == "" {
			known = false
		}
		to := path.Join(f.base, text)
		if known && !path.IsAbs(text) && !leaves(to) && !slices.Contains(values, to) {
			values = append(values, to)
		}
	}
	return values
}

// projectDir is the folder that relative paths in the Compose file start from; own says that it is
// the file's own folder because the file is in it.
func (d *discovery) projectDir(c *ComposeFile) (dir string, own bool) {
	dir = path.Dir(c.Path)
	for _, e := range d.p.Environments {
		if e.Files[0] == c.First && slices.Contains(e.Files, c.Path) {
			return e.Dir, e.Dir == dir && c.First == c.Path && !e.dirGiven
		}
	}
	return dir, true
}

// callerDir is the folder from which the file's environment is started: ${PWD}.
func (d *discovery) callerDir(c *ComposeFile) string {
	for _, e := range d.p.Environments {
		if slices.Contains(e.Files, c.Path) && len(e.Calls) > 0 && e.Calls[0].Dir != "" {
			return e.Calls[0].Dir
		}
	}
	return "."
}

// composeReferences are the paths in Compose files. A path with a variable in it is there as it is
// written, so that a move of the file can be followed, and once more, marked unsure, for each file
// that it becomes.
func (d *discovery) composeReferences() []Reference {
	var all []Reference
	for _, c := range d.p.Compose {
		for _, f := range d.fields(c) {
			r := Reference{
				From: c.Path, Span: f.field.Span, Raw: f.raw, To: f.to, Kind: RefCompose, Base: f.base, OwnBase: f.own,
				Implicit: f.field.Implicit,
			}
			if cut := len(f.field.Raw) - len(f.raw); f.field.Base == compose.BaseCaller && cut > 0 && !r.Span.IsZero() {
				r.Span.Start += cut
			}
			if r.Implicit {
				r.Span, r.Raw = f.field.Value.Span(), ""
			} else if r.Span.IsZero() {
				r.Unsure = "the path is not written in one piece"
			}
			if f.field.Kind == compose.PathDockerfile && f.field.Context == nil && !r.Implicit {
				r.Unsure = "the build names no context, so its Dockerfile is relative to the Compose file's folder"
			}
			if r.To != "" {
				r.Missing = len(f.values) == 0 && !strings.Contains(f.to, "$") && !d.p.present(r.To)
				all = append(all, r)
			}
			r.OwnBase, r.Unsure = false, "the path holds a variable"
			for _, to := range f.values {
				r.To, r.Missing = to, !d.p.present(to)
				all = append(all, r)
			}
		}
	}
	return all
}
