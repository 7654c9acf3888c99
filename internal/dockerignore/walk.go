package dockerignore

import (
	"path"
	"strings"

	"github.com/moby/patternmatcher"

	"refit/internal/source"
)

// Matcher matches paths as BuildKit does on its way down the tree: a pattern that matched a folder
// matches all that is in it, so each folder's results are handed to its children. Docker's matcher
// tells a verdict, not who gave it, hence a matcher of one for every pattern beside it.
// A Matcher remembers the folders that it has seen; it must not be used concurrently.
type Matcher struct {
	file    *File // nil: nothing is ignored
	matcher *patternmatcher.PatternMatcher
	folders map[string]patternmatcher.MatchInfo
	skipped map[string]bool
	single  []*patternmatcher.PatternMatcher
}

// Matcher is a matcher for many paths of one context; f may be nil.
func (f *File) Matcher() *Matcher {
	w := &Matcher{folders: map[string]patternmatcher.MatchInfo{}, skipped: map[string]bool{}}
	if f == nil || len(f.usable) == 0 {
		return w
	}
	if m, err := patternmatcher.New(f.usable); err == nil { // Parse kept the broken ones out
		w.file, w.matcher = f, m
	}
	return w
}

// ignored is the verdict on p and what its children need to know of it.
func (w *Matcher) ignored(p string) (bool, patternmatcher.MatchInfo) {
	var parent patternmatcher.MatchInfo
	if dir := path.Dir(p); dir != "." && dir != "/" {
		parent = w.folder(dir)
		if w.skipped[dir] {
			return true, parent
		}
	}
	ignored, info, err := w.matcher.MatchesUsingParentResults(p, parent)
	return ignored && err == nil, info
}

func (w *Matcher) folder(dir string) patternmatcher.MatchInfo {
	if info, ok := w.folders[dir]; ok {
		return info
	}
	ignored, info := w.ignored(dir)
	w.folders[dir] = info
	w.skipped[dir] = ignored && !w.mayHoldException(dir)
	return info
}

// mayHoldException says whether BuildKit looks into an ignored folder at all: only when a "!"
// pattern starts inside of it or has a wildcard that might match there.
func (w *Matcher) mayHoldException(dir string) bool {
	if parent := path.Dir(dir); parent != "." && w.skipped[parent] {
		return false
	}
	for _, p := range w.matcher.Patterns() {
		if !p.Exclusion() {
			continue
		}
		fixed := strings.TrimSuffix(strings.TrimSuffix(p.String(), "/**"), "/*")
		if strings.ContainsAny(fixed, `*[]?^\`) || strings.HasPrefix(fixed+"/", dir+"/") {
			return true
		}
	}
	return false
}

// Ignored says whether the file or folder at p, relative to the root of the context, stays out of
// the context. A file in an ignored folder is ignored unless a later "!" pattern matches it.
func (w *Matcher) Ignored(p string) bool {
	p = path.Clean(p)
	if w.file == nil || p == "." || p == ".." || strings.HasPrefix(p, "../") || path.IsAbs(p) {
		return false // the root is always sent, and nothing outside of it ever is
	}
	ignored, _ := w.ignored(p)
	return ignored
}

// Match is Ignored with the pattern that decided: the last that ignores p, or the last that takes
// it back in. by is nil when no pattern ignored p in the first place.
func (w *Matcher) Match(p string) (ignored bool, by *Pattern) {
	ignored = w.Ignored(p)
	if w.file == nil {
		return false, nil
	}
	p = path.Clean(p)
	for i := len(w.file.usable) - 1; i >= 0; i-- {
		pattern := &w.file.Patterns[w.file.origin[i]]
		switch {
		case by == nil && pattern.Negated != ignored && w.matches(i, p):
			if by = pattern; ignored {
				return ignored, by
			}
		case by != nil && !pattern.Negated && w.matches(i, p):
			return ignored, by
		}
	}
	return ignored, nil
}

// matches says whether the i-th pattern alone, its "!" aside, matches p or a folder above it.
func (w *Matcher) matches(i int, p string) bool {
	if w.single == nil {
		w.single = make([]*patternmatcher.PatternMatcher, len(w.file.usable))
	}
	if w.single[i] == nil {
		w.single[i], _ = patternmatcher.New([]string{strings.TrimPrefix(w.file.usable[i], "!")})
	}
	ok, err := w.single[i].MatchesOrParentMatches(p)
	return ok && err == nil
}

// Context lists the files and links, sorted and relative to contextDir, that a build with this
// ignore file sends: what COPY and ADD can see. A nil ignore sends all.
func Context(s *source.Snapshot, contextDir string, ignore *File) []string {
	dir := path.Clean(contextDir)
	w := ignore.Matcher()
	var sent []string
	for _, p := range s.Under(dir) {
		if dir != "." {
			p = p[len(dir)+1:]
		}
		if !w.Ignored(p) {
			sent = append(sent, p)
		}
	}
	return sent
}
