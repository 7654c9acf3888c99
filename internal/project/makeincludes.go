package project

import (
	"path"
	"slices"
	"strings"

	"refit/internal/makefile"
	"refit/internal/shell"
)

// includedMakefiles maps the files that the repository's Makefile includes, by name or by pattern, to
// the folder in which their recipes run: the one where make was started, not their own. A file that
// an included one includes counts too.
func includedMakefiles(p *Project) map[string]string {
	dirs := map[string]string{}
	if p.Makefile == nil {
		return dirs
	}
	dir := p.Makefile.File.Dir
	queue := []*makefile.File{p.Makefile.File}
	for len(queue) > 0 {
		f := queue[0]
		queue = queue[1:]
		for _, at := range includes(p, f, dir) {
			if _, seen := dirs[at]; seen || at == p.Makefile.Path {
				continue
			}
			dirs[at] = dir
			if text, err := p.Files.Read(at); err == nil && len(text) <= maxReferring {
				queue = append(queue, makefile.Parse(at, text))
			}
		}
	}
	return dirs
}

// includes are the files of the repository that a makefile includes when make runs in dir.
func includes(p *Project, f *makefile.File, dir string) []string {
	var list []string
	for _, in := range f.Includes {
		for _, w := range in.Files {
			name, ok := shell.Resolve(dir, w.Value)
			switch {
			case !ok || !w.Constant:
			case p.Files.Has(name):
				list = append(list, name)
			case strings.ContainsAny(name, "*?["):
				list = append(list, slices.DeleteFunc(slices.Clone(p.Files.Under(path.Dir(name))), func(at string) bool {
					matches, err := path.Match(name, at)
					return !matches || err != nil
				})...)
			}
		}
	}
	return list
}
