package packages

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"refit/internal/change"
	"refit/internal/dockerfile"
	"refit/internal/edit"
	"refit/internal/project"
	"refit/internal/shell"
	"refit/internal/source"
	"refit/internal/stack"
)

// image is a Dockerfile on its way to uv.
type image struct {
	m        *move
	d        *project.Dockerfile
	edits    []edit.Edit
	declares []change.Declared
	err      error

	setUp    *dockerfile.Instruction // where uv comes in and its settings are made
	syncing  []*dockerfile.Instruction
	gone     []*dockerfile.Instruction // what is taken away whole
	venv     string                    // the environment's folder in the image
	named    bool                      // uv has to be told the folder: it is not the project's .venv
	selected []selection
	early    []*dockerfile.Instruction // what installs packages before the dependencies are
	exported []*export                 // lists that Poetry writes for pip
}

// convertImage is the edits of a Dockerfile that installs the unit.
func (m *move) convertImage(d *project.Dockerfile) (edits []edit.Edit, declares []change.Declared, err error) {
	i := &image{m: m, d: d}
	i.environment()
	i.findExports()
	for _, in := range d.File.Instructions {
		i.instruction(in)
	}
	i.settings()
	i.copies()
	i.leads()
	i.leftovers()
	return i.edits, i.declares, i.err
}

// fail notes the first reason against it, with its line.
func (i *image) fail(in *dockerfile.Instruction, why string, args ...any) {
	if i.err == nil {
		i.err = fmt.Errorf("%s:%d: %s", i.d.Path, in.Line, fmt.Sprintf(why, args...))
	}
}

func (i *image) say(addr, before, after, why string) {
	i.declares = append(i.declares, change.Declared{Aspect: change.AspectImage, Subject: i.d.Path + ":*", Addr: addr, Before: before, After: after, Why: why})
}

// replace gives the edits addresses of their own and keeps them.
func (i *image) replace(in *dockerfile.Instruction, edits ...edit.Edit) {
	for _, e := range edits {
		if e.Addr == "" {
			e.Addr = fmt.Sprintf("%s/uv/%d", in.Addr(), e.Start)
		}
		if !slices.Contains(i.edits, e) {
			i.edits = append(i.edits, e)
		}
	}
}

// environment decides where the environment is: where it was, if the file says so.
func (i *image) environment() {
	i.venv, i.named = stack.VenvDir, true
	for _, in := range i.d.File.Instructions {
		inProject := false
		for _, p := range in.Pairs {
			value := strings.Trim(p.Value, `"'`)
			inProject = inProject || in.Keyword == "ENV" && p.Name == "POETRY_VIRTUALENVS_IN_PROJECT" && (value == "1" || strings.EqualFold(value, "true"))
		}
		for _, c := range commands(in) {
			w := c.Words
			inProject = inProject || c.Name() == "poetry" && len(w) > 3 && w[1].Is("config") && w[2].Is("virtualenvs.in-project") && w[3].Is("true")
			if strings.HasPrefix(c.Name(), "python") && len(w) == 4 && w[1].Is("-m") && w[2].Is("venv") {
				if dir, unproven := i.d.File.StateAt(in, nil).Expand(sourceOf(in, w[3])); len(unproven) == 0 && path.IsAbs(dir) {
					i.venv = path.Clean(dir)
				}
			}
		}
		if inProject {
			i.named = false
		}
	}
}

// sourceOf is a word as it stands in the file, without its quotes.
func sourceOf(in *dockerfile.Instruction, w shell.Word) string {
	return strings.Trim(string(w.Span.Of(in.File().Text)), `"'`)
}

func (i *image) instruction(in *dockerfile.Instruction) {
	switch in.Keyword {
	case "RUN":
		i.run(in)
	case "COPY", "ADD":
		i.copied(in)
	case "ENV", "ARG":
		i.variables(in)
	case "CMD", "ENTRYPOINT", "HEALTHCHECK":
		i.start(in)
	}
}

func (i *image) try(in *dockerfile.Instruction, change func() ([]edit.Edit, error)) {
	edits, err := change()
	if err != nil {
		i.fail(in, "%v", err)
		return
	}
	i.replace(in, edits...)
}

func isRoot(user string) bool {
	name, _, _ := strings.Cut(user, ":")
	return name == "" || name == "root" || name == "0"
}

// textOf is a script with the places of its bytes in the file.
func textOf(s dockerfile.Script) shell.Text {
	var pieces []shell.Piece
	for lo := 0; lo < len(s.Text); {
		hi := lo + 1
		for hi < len(s.Text) && s.Offset(hi) == s.Offset(hi-1)+1 {
			hi++
		}
		span := source.Span{Start: s.Offset(lo), End: s.Offset(hi-1) + 1}
		pieces = append(pieces, shell.Piece{Text: s.Text[lo:hi], Span: span, Use: span})
		lo = hi
	}
	return shell.NewText(pieces...)
}

// commands are the commands of a RUN in shell form.
func commands(in *dockerfile.Instruction) []shell.Command {
	script, ok := in.Script()
	if !ok {
		return nil
	}
	return shell.Commands(shell.ParseText(textOf(script), shell.POSIX), shell.Start{})
}

// argv is a command's words as text; parts that only a run knows are "?".
func argv(c shell.Command) []string {
	var list []string
	for _, w := range c.Words {
		list = append(list, strings.ReplaceAll(w.Value, shell.Unknown, "?"))
	}
	return list
}
