package project

import (
	"context"
	"slices"

	"refit/internal/compose"
	"refit/internal/source"
)

// renamed is the model of a stacking of which the cache knows one that differs in nothing but a `name:` of its files: a
// project that is given its own name by it is the same one. nil when there is none.
func (p *Project) renamed(key string, r compose.Request) *compose.Model {
	for _, t := range slices.Backward(p.cache.traces(key)) {
		old, ok := t.value.(loaded)
		if !ok || old.model == nil || !p.sameButName(t, r.Files) {
			continue
		}
		if m := compose.Renamed(context.Background(), old.model, r, p.parsed(r.Files)); m != nil {
			for at := range t.asked { // what the model depends on, it still does
				_, _ = r.Read(at)
			}
			return m
		}
	}
	return nil
}

// sameButName says whether all that was read then is the same now, apart from a name in some of the files.
func (p *Project) sameButName(t *trace, files []string) bool {
	for at, before := range t.asked {
		now := resolve(p.Files, at)
		if !sameBytes(before, now) && !(slices.Contains(files, at) && before != nil && now != nil && compose.SameButName(p.asCompose(before), p.asCompose(now))) {
			return false
		}
	}
	return true
}

// parsed are those of the files that are Compose files with a name that is plain, or none.
func (p *Project) parsed(files []string) map[string]*compose.File {
	list := map[string]*compose.File{}
	for _, at := range files {
		if e := resolve(p.Files, at); e != nil {
			if f := p.asCompose(e); compose.SameButName(f, f) {
				list[at] = f
			}
		}
	}
	return list
}

// asCompose is the file as written, nil when it is none.
func (p *Project) asCompose(e *source.Entry) *compose.File {
	f, err := p.cache.compose(e)
	if err != nil {
		return nil
	}
	return f
}
