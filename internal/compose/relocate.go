package compose

import (
	"errors"
	"fmt"
	"path"
	"strings"

	"refit/internal/edit"
	"refit/internal/source"
	"refit/internal/yaml"
)

// Relocation is a move of files as one Compose file sees it. All paths are repo-relative.
type Relocation struct {
	// FromDir and ToDir are the project directory before and after: the file's own folder, or that of
	// the first file that it is stacked on, or of the file itself when others include or extend it.
	FromDir, ToDir string
	// Moved says where a file or folder is afterwards: the path itself when it stays.
	Moved func(path string) string
	// Files are all files of the repository before the move. Without them a path with a variable in
	// it can't be followed.
	Files []string
}

// Unmovable is a path that could not be rewritten with certainty.
type Unmovable struct {
	Field PathField
	Why   string
	// Guess is the text that would be right in the usual case; empty when there is none.
	Guess string
}

// Relocate gives the edits that keep every path of the file meaning the same file after a move, and the
// paths for which that is not certain. Values behind an anchor are edited once, when all places that
// use them need the same text; else they are unmovable. An error means that the file could not be edited
// at all.
func Relocate(f *File, r Relocation) ([]edit.Edit, []Unmovable, error) {
	m := mover{Relocation: r, wishes: map[source.Span]*wish{}}
	m.FromDir, m.ToDir = path.Clean(r.FromDir), path.Clean(r.ToDir)
	for _, p := range PathFields(f) {
		m.field(p)
	}
	var edits []edit.Edit
	for _, w := range m.order {
		if w.conflict != "" {
			m.unmovable = append(m.unmovable, Unmovable{Field: w.field, Why: w.conflict})
			continue
		}
		e, err := w.edits()
		if err != nil {
			m.unmovable = append(m.unmovable, Unmovable{Field: w.field, Why: err.Error(), Guess: w.text})
			continue
		}
		edits = append(edits, e...)
	}
	if patched, err := edit.Patch(f.Text, edits); err != nil {
		return nil, nil, fmt.Errorf("%s: the edits of its paths contradict one another: %w", f.Path, err)
	} else if _, err := Parse(f.Path, patched); err != nil {
		return nil, nil, fmt.Errorf("%s: its paths can't be rewritten: %w", f.Path, err)
	}
	return edits, m.unmovable, nil
}

// wish is what the bytes of one path should become.
type wish struct {
	field      PathField
	text       string // of the path; the raw text when it is right as it is
	dockerfile string // a dockerfile: to be added to the build that the field is or has
	context    string // a context: to be added to the build that has none
	uses       int    // how many fields the bytes are
	builds     int    // how many of them are a build in the short form that needs a dockerfile
	conflict   string
}

type mover struct {
	Relocation
	wishes    map[source.Span]*wish
	order     []*wish
	unmovable []Unmovable
}

func (m *mover) refuse(p PathField, guess, why string, args ...any) {
	m.unmovable = append(m.unmovable, Unmovable{Field: p, Why: fmt.Sprintf(why, args...), Guess: guess})
}

// wish notes what a path should become; two uses of the same bytes must agree.
func (m *mover) wish(at source.Span, w wish) {
	old := m.wishes[at]
	if old == nil {
		w.uses = 1
		m.wishes[at] = &w
		m.order = append(m.order, &w)
		return
	}
	old.uses++
	if old.text != w.text || w.dockerfile != "" && old.dockerfile != w.dockerfile || old.context != w.context {
		old.conflict = "it is shared by an anchor, and its users need different paths after the move: " +
			old.field.Addr + " and " + w.field.Addr
	}
}

func (m *mover) field(p PathField) {
	switch p.Base {
	case BaseProject:
		m.relocate(p, m.FromDir, m.ToDir)
	case BaseContext:
		m.inContext(p)
	case BaseCaller:
		at := scanVariables(p.Raw)[0].Span.End
		target := path.Join(".", p.Raw[at:])
		if moved := m.Moved(target); moved != target {
			m.refuse(p, p.Raw[:at]+"/"+moved, "it follows the folder that the command is called from, and %s moves", target)
		}
	case BaseUnknown:
		m.unknown(p)
	}
}

// unknown handles a path whose beginning a variable or a provider decides.
func (m *mover) unknown(p PathField) {
	vars := scanVariables(p.Raw)
	if p.Kind == PathBind && len(vars) > 0 && !vars[0].HasDefault() && p.Raw == "${"+vars[0].Name+"}" && m.FromDir == m.ToDir {
		return
	}
	if len(vars) == 0 { // a provider's option
		if m.text(p.Raw, m.FromDir, m.ToDir) != p.Raw {
			m.refuse(p, "", "its provider decides what it is relative to")
		}
		return
	}
	v := vars[0]
	inner := v.Default
	guess := ""
	if inner != "" && !strings.Contains(inner, "$") && baseOf(inner, "") == BaseProject && v.Span.End == len(p.Raw) && (p.Kind != PathBind || isBindSource(inner)) {
		changed := m.styled(p, m.text(inner, m.FromDir, m.ToDir))
		if changed == inner && m.FromDir == m.ToDir {
			return
		}
		guess = strings.TrimSuffix(p.Raw, inner+"}") + changed + "}"
	} else if m.FromDir == m.ToDir || inner != "" && baseOf(inner, "") != BaseProject {
		return
	}
	m.refuse(p, guess, "the variable %s may hold a path relative to the old place", v.Name)
}

// inContext handles a Dockerfile, which is relative to its build context.
func (m *mover) inContext(p PathField) {
	from, to := m.FromDir, m.Moved(m.FromDir)
	if c := p.Context; c == nil {
		m.defaultContext(p, relative(m.ToDir, to))
	} else {
		if c.Base != BaseProject || c.Interpolated {
			if p.Kind != PathInline && c.Interpolated && m.FromDir != m.ToDir {
				m.refuse(p, "", "it is relative to a build context that a variable decides")
			}
			return
		}
		from = path.Join(m.FromDir, unescape(c.Raw))
		to = m.Moved(from)
	}
	switch {
	case p.Kind == PathInline || outside(from):
	case p.Implicit:
		m.implicit(p, from, to)
	default:
		m.relocate(p, from, to)
	}
}

// defaultContext handles a build without a context, which has the project directory for one: when the
// Compose file leaves that folder, the context must be written.
func (m *mover) defaultContext(p PathField, context string) {
	if context == "." {
		return
	}
	m.wish(p.build.Node.Full, wish{field: PathField{Kind: PathContext, Addr: p.Addr, Value: p.build, Implicit: true}, context: context})
}

// implicit handles a Dockerfile that no field names: when it moves, a field must.
func (m *mover) implicit(p PathField, from, to string) {
	moved := m.Moved(path.Join(from, "Dockerfile"))
	if moved == path.Join(to, "Dockerfile") {
		return
	}
	name := relative(to, moved)
	if p.Value.IsScalar() { // build: PATH, which stands in a wish already
		var w *wish
		if p.Context != nil {
			w = m.wishes[p.Context.Span]
		}
		if w == nil || w.dockerfile != "" && w.dockerfile != name {
			m.refuse(p, "", "its Dockerfile moves and the field can't be written here")
			return
		}
		w.dockerfile = name
		w.builds++
		return
	}
	if w := m.wishes[p.Value.Node.Full]; w != nil { // a context is to be written, too
		w.dockerfile = name
		return
	}
	m.wish(p.Value.Node.Full, wish{field: p, dockerfile: name})
}

// relocate notes what a relative path should become.
func (m *mover) relocate(p PathField, from, to string) {
	if p.Span.IsZero() {
		if m.text(p.Raw, from, to) != p.Raw {
			m.refuse(p, m.styled(p, m.text(p.Raw, from, to)), "it is written with escapes")
		}
		return
	}
	if p.Interpolated {
		m.interpolated(p, from, to)
		return
	}
	m.wish(p.Span, wish{field: p, text: m.styled(p, m.text(p.Raw, from, to))})
}

// edits are the byte edits of a wish.
func (w *wish) edits() ([]edit.Edit, error) {
	p := w.field
	node := p.Value.Node
	if p.Implicit {
		return w.entries(node)
	}
	if w.dockerfile != "" {
		if w.builds != w.uses {
			return nil, errors.New("its Dockerfile moves, and the path is shared with fields that are not a build")
		}
		return node.Replace("context: "+scalarText(w.text)+"\ndockerfile: "+scalarText(w.dockerfile)+"\n", yaml.Shared(), yaml.Addr(p.Addr))
	}
	if w.text == p.Raw {
		return nil, nil
	}
	if p.Kind == PathBind && !strings.HasSuffix(p.Addr, ".source") && len(splitColons(w.text)) > 1 {
		return nil, fmt.Errorf("the new path %q holds a colon, which the short form can't have", w.text)
	}
	return node.ReplaceInScalar(p.from, p.from+len(p.Raw), w.text, yaml.Shared(), yaml.Addr(p.Addr))
}

// entries adds to a build in its long form what it left to the defaults.
func (w *wish) entries(build *yaml.Node) ([]edit.Edit, error) {
	var edits []edit.Edit
	for _, add := range []struct{ key, value string }{{"context", w.context}, {"dockerfile", w.dockerfile}} {
		if add.value == "" {
			continue
		}
		where := yaml.First()
		if add.key == "dockerfile" {
			where = yaml.After("context")
		}
		e, err := build.AddEntry(add.key, scalarText(add.value), where, yaml.Shared(), yaml.Addr(w.field.Addr+"."+add.key))
		if err != nil {
			return nil, err
		}
		edits = append(edits, e...)
	}
	return edits, nil
}
