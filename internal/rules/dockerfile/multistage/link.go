package multistage

import (
	"bytes"
	"path"
	"slices"
	"strings"

	"refit/internal/dockerfile"
	"refit/internal/project"
	"refit/internal/stack"
)

// sees notes whether the build context has what installing a link to the source reads, and the copies of the source bring it
// to its place.
func (s *Split) sees(p *project.Project) error {
	files := s.production.Linked
	if len(files) == 0 || len(s.production.Project) == 0 || bytes.Contains(s.Dockerfile.File.Text, []byte("UV_NO_EDITABLE")) {
		return nil
	}
	sent := p.BuildContext(s.Dockerfile.Path, s.contextDir)
	s.links = !slices.ContainsFunc(files, func(f string) bool { return !slices.Contains(sent, f) || !s.brings(f) })
	return nil
}

// brings says whether a copy of the source brings a file of the context to the same place below the work directory.
func (s *Split) brings(file string) bool {
	name := strings.TrimPrefix(file, s.contextDir+"/")
	return slices.ContainsFunc(s.parts.source, func(p part) bool {
		c, ok := p.in.Copy()
		if !ok || len(c.Exclude) > 0 || c.Parents {
			return false
		}
		to, _ := c.Target(s.Dockerfile.File.StateAt(p.in, nil)) // which directories has checked
		return slices.ContainsFunc(c.Sources, func(w dockerfile.CopySource) bool {
			switch from := path.Clean(w.Value); {
			case w.Heredoc != nil:
				return false
			case from == ".":
				return path.Clean(to) == s.workdir
			case from == name:
				return path.Join(to, path.Base(name)) == path.Join(s.workdir, name) && strings.HasSuffix(to, "/")
			default:
				return strings.HasPrefix(name, from+"/") && path.Clean(to) == path.Join(s.workdir, from)
			}
		})
	})
}

// linked says whether the project is installed as a link before its source is there, so that no change of the source
// installs anything again.
func (s *Split) linked() bool { return s.links }

// link installs the project as a link to its source, of which only what the install reads is there yet.
func (s *Split) link(w *writer, i stack.Install) {
	w.line("# The project is installed as a link to its source, which reads no more than this: no change of the source installs again")
	for _, c := range s.linkCopies() {
		w.line("COPY --chown=%s %s %s", s.owner(), strings.Join(c.files, " "), c.to)
	}
	s.run(w, i, i.Project)
}

// linkCopy brings files of one folder to the same folder of the work directory.
type linkCopy struct {
	files []string
	to    string
}

func (s *Split) linkCopies() []linkCopy {
	var copies []linkCopy
	for _, f := range s.production.Linked {
		name := strings.TrimPrefix(f, s.contextDir+"/")
		to := "./"
		if dir := path.Dir(name); dir != "." {
			to = dir + "/"
		}
		if n := len(copies); n > 0 && copies[n-1].to == to {
			copies[n-1].files = append(copies[n-1].files, name)
			continue
		}
		copies = append(copies, linkCopy{[]string{name}, to})
	}
	return copies
}
