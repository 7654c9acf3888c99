package dockerfile

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"refit/internal/change"
	"refit/internal/dockerfile"
	"refit/internal/edit"
	"refit/internal/source"
)

// sourceStage is a stage that has the source without some folders, and the copy that takes it from there.
type sourceStage struct {
	in      *dockerfile.Instruction
	copied  dockerfile.Copy
	name    string
	dir     string   // where the source is in it
	delete  []string // absolute
	from    string   // the FROM line without the name
	context bool     // it copies the source from the build context, and not out of another stage
}

// sourceDir is the folder of the new stage, which nothing else uses.
const sourceDir = "/source"

// sourceStage says what the stage is. An error says why there can be none.
func (r *running) sourceStage(in *dockerfile.Instruction, folders []string) (*sourceStage, error) {
	c, _ := in.Copy()
	s := &sourceStage{in: in, copied: c, name: "source", dir: sourceDir, context: c.From == ""}
	if _, taken := r.d.File.Stage(s.name); taken {
		s.name = in.Stage.Name + "-source"
	}
	if _, taken := r.d.File.Stage(s.name); taken || in.Stage.Name == "" && s.name != "source" {
		return nil, errors.New("another stage has the name that the new one would get")
	}
	if in.Keyword != "COPY" || numbered(r.d.File) {
		return nil, fmt.Errorf("line %d can't be taken from a new stage: it is an ADD, or a stage is named by its number", in.Line)
	}
	stands := in.Stage
	if s.context {
		from := in.Stage.From
		s.from = from.Source()[:from.Words[0].Span.End-from.Span.Start]
		if parent := in.Stage.Parent(r.args); parent != nil {
			stands = parent
		}
	} else {
		stands, _ = r.d.File.Stage(c.From)
		s.from, s.dir = "FROM "+c.From, path.Clean(path.Join("/", stands.Config(r.args).WorkingDir.Value, c.Sources[0].Value))
		if path.IsAbs(c.Sources[0].Value) {
			s.dir = path.Clean(c.Sources[0].Value)
		}
	}
	for _, folder := range folders {
		s.delete = append(s.delete, path.Join(s.dir, folder))
	}
	return s, rootWithShell(newRunning(r.d, stands, r.args), in.Stage == stands)
}

// rootWithShell says why root can't run a command on top of a stage; bare: on top of its base image.
func rootWithShell(r *running, bare bool) error {
	user := r.config.User
	switch {
	case !r.known || !r.image.UserKnown || !r.image.HasShell():
		return fmt.Errorf("whether %s has a shell is not known", r.base)
	case strings.Contains(r.text(), sourceDir+" "):
		return errors.New("the folder " + sourceDir + " is in use")
	case user.At == nil || bare:
		if !isRoot(r.image.User) {
			return fmt.Errorf("%s does not run as root, who alone may delete there for certain", r.base)
		}
	case !isRoot(user.Value):
		return fmt.Errorf("stage %s runs as %s, who may not delete there for certain", r.stage.Name, user.Value)
	}
	return nil
}

// numbered says whether a stage is named by its number, which a new one changes.
func numbered(f *dockerfile.File) bool {
	return slices.ContainsFunc(f.Instructions, func(in *dockerfile.Instruction) bool {
		return slices.ContainsFunc(in.FromRefs(), func(ref dockerfile.Word) bool { return strings.Trim(ref.Value, "0123456789") == "" })
	})
}

// edits put the stage above that of the copy, and have the copy take the source from it.
func (s *sourceStage) edits() ([]edit.Edit, error) {
	text := "# The source without its tests, which production does not run\n" + s.from + " AS " + s.name + "\n"
	names := s.delete
	if s.context {
		text += "WORKDIR " + sourceDir + "\nCOPY . .\n"
		names = nil
		for _, at := range s.delete {
			names = append(names, path.Base(at))
		}
	}
	edits := s.in.Stage.From.InsertBefore(text + "RUN rm -rf " + strings.Join(names, " "))
	if n := len(edits); s.in.Stage.From.Lead.Len() == 0 && n > 0 {
		edits[n-1].New += source.EOL(s.in.Stage.File().Text)
	}
	flag, err := s.in.SetFlag("from", s.name)
	if err != nil {
		return nil, fmt.Errorf("the copy can't be taken from a new stage: %w", err)
	}
	edits = append(edits, flag...)
	if s.context {
		word, err := s.in.SetWord(s.copied.Sources[0].Word, sourceDir)
		if err != nil {
			return nil, fmt.Errorf("the copy can't be taken from a new stage: %w", err)
		}
		edits = append(edits, word...)
	}
	return edits, nil
}

// declares are the differences for the images that the copy is in.
func (s *sourceStage) declares(r *running) (list []change.Declared) {
	const why = "production runs no tests; the rest of the source is copied as before"
	before, _ := r.d.File.StateAt(s.in, r.args).Expand(s.copied.Sources[0].Value)
	if !s.context {
		before = s.copied.From + ":" + before
	}
	to, _ := s.copied.Target(r.d.File.StateAt(s.in, r.args))
	for _, stage := range r.d.File.Stages {
		if slices.Contains((&running{stage: stage, args: r.args}).chain(), s.in.Stage) {
			list = append(list, declared(r.d, stage, "files."+before+" -> "+to, why), declared(r.d, stage, "files."+s.name+":* -> "+to, why))
		}
	}
	return list
}

// deletes says whether a stage deletes a folder of the source that was copied to it.
func (r *running) deletes(stage *dockerfile.Stage, folder string) bool {
	if stage == nil {
		return false
	}
	for _, in := range stage.Find("RUN") {
		dir := r.d.File.StateAt(in, r.args).WorkingDir.Value
		for _, c := range commands(in) {
			for _, w := range c.Words {
				if at := w.Value; c.Name() == "rm" && w.Constant && (at == folder || path.Join(dir, folder) == path.Clean(at) || path.Base(at) == folder) {
					return true
				}
			}
		}
	}
	return false
}
