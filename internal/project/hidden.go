package project

import (
	"os"
	"path"
	"slices"
	"strings"
	"sync"

	"refit/internal/source"
)

// Hidden lists the folders that the walk did not descend into, sorted by path.
func (p *Project) Hidden() []Hidden { return p.hidden }

// InHidden is the hidden folder that holds the path or is the path; ok is false when there is none.
// Whether something stands at a path in a hidden folder is not known from Project.Files.
func (p *Project) InHidden(at string) (h Hidden, ok bool) {
	for _, h := range p.hidden {
		if at == h.Path || strings.HasPrefix(at, h.Path+"/") {
			return h, true
		}
	}
	return Hidden{}, false
}

// ContextFiles is what a builder finds in the folder dir before any ignore file counts: the listed
// files, as repo-relative paths, sorted, and the hidden folders below dir, whose files are sent too.
// A listed file may lie in a hidden folder.
func (p *Project) ContextFiles(dir string) (files []string, hidden []Hidden) {
	for _, h := range p.hidden {
		if dir == "." || strings.HasPrefix(h.Path, dir+"/") {
			hidden = append(hidden, h)
		}
	}
	return p.Files.Under(dir), hidden
}

// Contents lists a folder that the walk left out: files and links below it, repo-relative and
// sorted. It reads the disk on the first call for a folder and stops at 200,000 files; complete is
// then false, as it is when a part can't be read or when the project was not opened from disk.
func (p *Project) Contents(h Hidden) (files []string, complete bool) {
	if p.lister == nil {
		return nil, false
	}
	return p.lister.list(h.Path)
}

// lister lists hidden folders when they are asked for, each once.
type lister struct {
	disk  *os.Root
	mu    sync.Mutex
	known map[string]contents
}

type contents struct {
	files    []string
	complete bool
}

func newLister(disk *os.Root) *lister { return &lister{disk: disk, known: map[string]contents{}} }

func (l *lister) list(dir string) ([]string, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	c, ok := l.known[dir]
	if !ok {
		c.complete = true
		l.below(&c, l.disk, dir, dir, 0)
		slices.Sort(c.files)
		l.known[dir] = c
	}
	return c.files, c.complete
}

// below adds what lies in the folder called name in at.
func (l *lister) below(c *contents, at *os.Root, name, dir string, depth int) {
	here, err := at.OpenRoot(name)
	if err != nil || depth > maxDepth {
		c.complete = false
		return
	}
	defer here.Close()
	f, err := here.Open(".")
	if err != nil {
		c.complete = false
		return
	}
	entries, err := f.ReadDir(maxCounting - len(c.files) + 1)
	_ = f.Close()
	if err != nil && len(entries) == 0 && err.Error() != "EOF" {
		c.complete = false
	}
	for _, e := range entries {
		if len(c.files) >= maxCounting {
			c.complete = false
			return
		}
		if e.IsDir() {
			l.below(c, here, e.Name(), path.Join(dir, e.Name()), depth+1)
			continue
		}
		c.files = append(c.files, path.Join(dir, e.Name()))
	}
}

// present says whether something stands at the path, as far as is known: what lies in a hidden
// folder may be there.
func (p *Project) present(at string) bool {
	if p.Files.Has(at) || p.Files.IsDir(at) {
		return true
	}
	if real, ok := p.Files.Resolve(at); ok && real != "" {
		return true
	}
	h, hidden := p.InHidden(at)
	return hidden && h.Path != at && p.Files != nil
}

// regular is the entry of an ordinary file behind the path, links followed; nil when there is none.
func regular(files *source.Snapshot, at string) *source.Entry {
	e := resolve(files, at)
	if e == nil || !e.IsRegular() {
		return nil
	}
	return e
}
