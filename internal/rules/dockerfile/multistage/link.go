package multistage

import (
	"path"
	"slices"
	"strings"

	"refit/internal/project"
	"refit/internal/stack"
)

// sees notes whether the build context has what installing a link to the source reads, and the source's copy brings all of it
// to its place.
func (s *Split) sees(p *project.Project) error {
	files := s.production.Linked
	sent := p.BuildContext(s.Dockerfile.Path, s.contextDir)
	s.links = len(files) > 0 && len(s.production.Project) > 0 &&
		!slices.ContainsFunc(files, func(f string) bool { return !slices.Contains(sent, f) }) &&
		slices.ContainsFunc(s.parts.source, func(p part) bool {
			c, ok := p.in.Copy()
			return ok && whole(c) && len(c.Exclude) == 0
		})
	return nil
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
