package project

import (
	"bytes"
	"errors"
	"io/fs"
	"slices"
	"sync"

	"refit/internal/compose"
	"refit/internal/source"
	"refit/internal/yaml"
)

// Cache keeps what was parsed, so that discovering a repository again after a small change parses
// the changed files only. It is safe for concurrent use. It grows with every version of a file
// that it sees; keep one for one run of the program.
type Cache struct {
	mu     sync.Mutex
	parsed map[parseKey]*slot
	traced map[string][]*trace
	firsts map[string]*compose.First // by the path of the first file
}

// NewCache is an empty cache.
func NewCache() *Cache {
	return &Cache{parsed: map[parseKey]*slot{}, traced: map[string][]*trace{}, firsts: map[string]*compose.First{}}
}

// first is what is kept of the Compose file that stacks begin with.
func (c *Cache) first(file string) *compose.First {
	c.mu.Lock()
	defer c.mu.Unlock()
	f := c.firsts[file]
	if f == nil {
		f = &compose.First{}
		c.firsts[file] = f
	}
	return f
}

// parseKey is one reading of one version of a file: an entry stands for its bytes and its path.
type parseKey struct {
	entry *source.Entry
	as    string
}

type slot struct {
	once  sync.Once
	value any
	err   error
}

// parsedAs returns what parse makes of the entry's bytes, from the cache when it is known. as names
// the reading; one name has one type. parse must depend on the path and the bytes alone.
func parsedAs[T any](c *Cache, e *source.Entry, as string, parse func(path string, text []byte) (T, error)) (T, error) {
	key := parseKey{e, as}
	c.mu.Lock()
	s := c.parsed[key]
	if s == nil {
		s = &slot{}
		c.parsed[key] = s
	}
	c.mu.Unlock()
	s.once.Do(func() {
		var text []byte
		if text, s.err = e.Bytes(); s.err == nil {
			s.value, s.err = parse(e.Path, text)
		}
	})
	value, _ := s.value.(T)
	return value, s.err
}

// compose is the file as a Compose file.
func (c *Cache) compose(e *source.Entry) (*compose.File, error) {
	return parsedAs(c, e, "compose", func(at string, text []byte) (*compose.File, error) {
		return compose.Read(at, text, func() (*yaml.File, error) { return c.yaml(e) })
	})
}

// yaml is the file as YAML, which tells whether it is a Compose file, and what is in it.
func (c *Cache) yaml(e *source.Entry) (*yaml.File, error) { return parsedAs(c, e, "yaml", yaml.Parse) }

// trace is a result together with every file that was asked for on the way to it.
type trace struct {
	value any
	asked map[string]*source.Entry // nil: there was none
}

func (t *trace) holds(files *source.Snapshot) bool {
	for p, e := range t.asked {
		if !sameBytes(e, resolve(files, p)) {
			return false
		}
	}
	return true
}

// sameBytes says whether who reads the one file reads what the other one holds: a change of the mode alone is none.
func sameBytes(a, b *source.Entry) bool {
	if a == b {
		return true
	}
	if a == nil || b == nil || !a.IsRegular() || !b.IsRegular() || a.Size != b.Size {
		return false
	}
	x, err := a.Bytes()
	if err != nil {
		return false
	}
	y, err := b.Bytes()
	return err == nil && bytes.Equal(x, y)
}

// resolve is the entry behind a path, links followed; nil when there is none.
func resolve(files *source.Snapshot, p string) *source.Entry {
	real, ok := files.Resolve(p)
	if !ok {
		return nil
	}
	e, _ := files.Entry(real)
	return e
}

// reader reads files and remembers which.
type reader struct {
	files *source.Snapshot
	asked map[string]*source.Entry
}

func (r *reader) read(p string) ([]byte, error) {
	e := resolve(r.files, p)
	r.asked[p] = e
	if e == nil {
		return nil, &fs.PathError{Op: "read", Path: p, Err: fs.ErrNotExist}
	}
	return e.Bytes()
}

// traced returns what produce makes by reading files, from the cache when everything that it read then
// is still the same. key must hold everything else that the result depends on.
func traced[T any](c *Cache, files *source.Snapshot, key string, produce func(read func(string) ([]byte, error)) T) T {
	for _, t := range c.traces(key) {
		if t.holds(files) {
			return t.value.(T)
		}
	}
	r := &reader{files: files, asked: map[string]*source.Entry{}}
	value := produce(r.read)
	c.keep(key, &trace{value, r.asked})
	return value
}

// traces are the results that are known by a key, the oldest first.
func (c *Cache) traces(key string) []*trace {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.traced[key])
}

func (c *Cache) keep(key string, t *trace) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.traced[key] = append(c.traced[key], t)
}

// unreadable is the problem of a file that could not be loaded, or nil.
func unreadable(p string, err error) *source.Problem {
	var known *source.Problem
	if err == nil || errors.As(err, &known) {
		return known
	}
	return &source.Problem{Path: p, What: "can't be read: " + reason(err), Why: "refit leaves it out", Original: err}
}
