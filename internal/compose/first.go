package compose

import (
	"bytes"
	"slices"
	"sync"
)

// First keeps what the first file of a stack comes to, for the stacks that begin with the same file: most of a large
// repository's Compose files stand in several. The zero value is ready; it is safe for concurrent use.
type First struct {
	mu       sync.Mutex
	readings []*reading // the latest last
	names    []*naming
}

// maxReadings is how many versions are kept: a plan tries some, and asks again for the last ones only.
const maxReadings = 4

// reading is a file's tree in canonical form, and what it was made of. Nobody changes it.
type reading struct {
	text         []byte
	dir          string
	allowMissing bool
	asked        map[string]answer
	tree         map[string]any
	unset        map[string]Variable
	missing      []Missing
	expanded     int
}

// answer is what a variable was when interpolation asked for it.
type answer struct {
	value string
	ok    bool // there is a value, be it a stand-in
	given bool // the value is none of a stand-in
}

// naming is the name of the project that a file writes, as it stands there.
type naming struct {
	text []byte
	name string
}

// first is file for the first of a stack, from what is kept of another stack when it read the same.
func (l *loading) first(s scope, file string) (map[string]any, error) {
	if l.First == nil || l.raw || len(s.stack) > 0 {
		return l.file(s, file, map[string]any{})
	}
	text, err := l.read(file, file)
	if err != nil {
		return nil, err
	}
	if r := l.First.find(func(r *reading) bool { return r.holds(l, s, text) }); r != nil {
		l.files = append(l.files, file)
		l.opened++
		l.take(r)
		return clone(r.tree).(map[string]any), nil
	}
	alone := *l // notes by itself what this file alone asks for
	alone.files, alone.opened, alone.expanded, alone.missing = nil, 0, 0, nil
	alone.unset, alone.asked = map[string]Variable{}, map[string]answer{}
	tree, err := alone.file(s, file, map[string]any{})
	if err != nil {
		return nil, err
	}
	r := &reading{text, s.dir, l.AllowMissing, alone.asked, tree, alone.unset, alone.missing, alone.expanded}
	l.files = append(l.files, alone.files...)
	l.opened += alone.opened
	l.take(r)
	if alone.opened == 1 { // no other file has a part in it
		r.tree = clone(tree).(map[string]any)
		l.First.keep(r)
	}
	return tree, nil
}

// take notes what reading the file has shown.
func (l *loading) take(r *reading) {
	for _, v := range r.unset {
		l.noteUnset(v, v.Path)
	}
	l.missing = append(l.missing, r.missing...)
	l.expanded += r.expanded
}

// holds says whether reading the text now would give the same.
func (r *reading) holds(l *loading, s scope, text []byte) bool {
	if r.dir != s.dir || r.allowMissing != l.AllowMissing || l.expanded+r.expanded > maxExpansion || !bytes.Equal(r.text, text) {
		return false
	}
	for name, a := range r.asked {
		if l.answer(name, s.env.Resolve) != a {
			return false
		}
	}
	return true
}

func (f *First) find(fits func(*reading) bool) *reading {
	f.mu.Lock()
	known := f.readings
	f.mu.Unlock()
	for _, r := range slices.Backward(known) {
		if fits(r) {
			return r
		}
	}
	return nil
}

func (f *First) keep(r *reading) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.readings = latest(f.readings, r)
}

// name is the name that a file with the text writes; ok is false when that is not known yet.
func (f *First) name(text []byte) (name string, ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, n := range f.names {
		if bytes.Equal(n.text, text) {
			return n.name, true
		}
	}
	return "", false
}

func (f *First) keepName(text []byte, name string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.names = latest(f.names, &naming{text, name})
}

// latest is a new list of the last versions and one more.
func latest[T any](list []T, one T) []T {
	return append(slices.Clone(list[max(0, len(list)-maxReadings+1):]), one)
}
