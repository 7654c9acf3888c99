package compose

import (
	"path"

	format "refit/internal/compose"
	"refit/internal/project"
)

// missingPath is a path of the file at which nothing stands.
type missingPath struct {
	field format.PathField
	ref   project.Reference
}

// missingPaths are the paths of the file that name something in the repository that is not there.
func (s *site) missingPaths() []missingPath {
	fields := map[int]format.PathField{}
	for _, f := range format.PathFields(s.file.File) {
		if !f.Span.IsZero() && f.Local() {
			fields[f.Span.Start] = f
		}
	}
	var list []missingPath
	for _, r := range s.p.References {
		if r.From != s.file.Path || r.Kind != project.RefCompose || !r.Missing || r.Unsure != "" {
			continue
		}
		f, ok := fields[r.Span.Start]
		if !ok || f.Interpolated {
			continue
		}
		if r.Implicit { // the Dockerfile of a build that names none
			if !s.p.Files.IsDir(path.Dir(r.To)) {
				continue // its folder is missing, and reported
			}
			f = format.PathField{Addr: f.Addr + ".dockerfile", Kind: format.PathDockerfile, Shared: true}
		}
		list = append(list, missingPath{f, r})
	}
	return list
}

// ignored says whether git ignores what is missing: then it is made on each machine.
func (s *site) ignored(p string) bool {
	ignore := s.p.GitIgnore()
	for dir := p; dir != "." && dir != "/"; dir = path.Dir(dir) {
		if yes, _ := ignore.Match(dir, dir != p); yes {
			return true
		}
	}
	return false
}

// namesake is the only file of the repository with the same name as the missing one.
func (s *site) namesake(missing string) (string, bool) {
	found := ""
	for _, p := range s.p.Files.Paths() {
		if path.Base(p) == path.Base(missing) {
			if found != "" {
				return "", false
			}
			found = p
		}
	}
	return found, found != ""
}
