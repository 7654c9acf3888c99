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
	"refit/internal/rules/dockerfile/multistage"
	"refit/internal/source"
)

// sourceStage is a stage that has the source without some folders, and the copy that takes it from there.
type sourceStage struct {
	in      *dockerfile.Instruction
	copied  dockerfile.Copy
	name    string
	dir     string // where the source is in it
	delete  string // the command that deletes the folders
	from    string // the FROM line without the name
	context bool   // it copies the source from the build context, and not out of another stage
}

// sourceDir is the folder of the new stage, which nothing else uses.
const sourceDir = "/source"

// sourceStage says what the stage is. An error says why there can be none.
func (r *running) sourceStage(in *dockerfile.Instruction, folders []string) (*sourceStage, error) {
	c, _ := in.Copy()
	s := &sourceStage{in: in, copied: c, name: "source", dir: sourceDir, context: c.From == ""}
	if isNamed(r.d.File, s.name) {
		s.name = in.Stage.Name + "-source"
	}
	if isNamed(r.d.File, s.name) || strings.HasPrefix(s.name, "-") {
		return nil, errors.New("the name that the new stage would get means something else already")
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
		for _, v := range stands.Config(r.args).Volumes {
			if at := path.Clean(v.Value); at == "/" || below(s.dir, []string{at}) || below(at, []string{s.dir}) {
				return nil, fmt.Errorf("%s is a volume of stage %s, and not every builder keeps what is deleted in a volume", at, c.From)
			}
		}
	}
	s.delete = "rm -rf"
	for _, folder := range folders {
		if !s.context { // which has no work directory of its own
			folder = path.Join(s.dir, folder)
		}
		s.delete += " " + folder
	}
	return s, rootWithShell(newRunning(r.d, stands, r.args), in.Stage == stands)
}

// isNamed says whether a name means something in the file: a stage, or an image or a context of that name.
func isNamed(f *dockerfile.File, name string) bool {
	_, taken := f.Stage(name)
	return taken || slices.ContainsFunc(f.Instructions, func(in *dockerfile.Instruction) bool {
		return in.Keyword == "FROM" && strings.EqualFold(in.Stage.Base, name) ||
			slices.ContainsFunc(in.FromRefs(), func(ref dockerfile.Word) bool { return strings.EqualFold(ref.Value, name) })
	})
}

// sourceUsed matches a text in which the folder of the new stage occurs.
var sourceUsed = rare(`(?:^|[^\w./-])`+sourceDir+`(?:$|[^\w.-])`, sourceDir)

// rootWithShell says why root can't run a command on top of a stage; bare: on top of its base image.
func rootWithShell(r *running, bare bool) error {
	user := r.config.User
	switch {
	case !r.known || !r.image.UserKnown || !r.image.HasShell():
		return fmt.Errorf("whether %s has a shell is not known", r.base)
	case !bare && len(r.config.Shell) > 0 && !isShell(r.config.Shell[0]):
		return fmt.Errorf("commands of stage %s are not run by a shell", multistage.StageName(r.stage))
	case sourceUsed.MatchString(r.text()):
		return errors.New("the folder " + sourceDir + " is in use")
	case user.At == nil || bare:
		if !isRoot(r.image.User) {
			return fmt.Errorf("%s does not run as root, who alone may delete there for certain", r.base)
		}
	case !isRoot(user.Value):
		return fmt.Errorf("stage %s runs as %s, who may not delete there for certain", multistage.StageName(r.stage), user.Value)
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
	if s.context {
		text += "WORKDIR " + sourceDir + "\nCOPY . .\n"
	}
	edits := s.in.Stage.From.InsertBefore(text + "RUN " + s.delete)
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
	changed := []string{"files." + before + " -> " + to, "files." + s.name + ":* -> " + to, "run." + s.delete}
	for _, pattern := range s.copied.Exclude {
		changed = append(changed, "excluded."+pattern+" of "+before+" -> "+to, "excluded."+pattern+" of "+s.name+":* -> "+to)
	}
	for _, stage := range r.d.File.Stages {
		if slices.Contains((&running{stage: stage, args: r.args}).chain(), s.in.Stage) {
			for _, what := range changed {
				list = append(list, declared(r.d, stage, what, why))
			}
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
