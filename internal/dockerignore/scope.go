package dockerignore

import (
	"strings"

	"github.com/moby/patternmatcher"
)

// Scope is where in the context a pattern looks.
type Scope int

// The scopes.
const (
	RootOnly Scope = iota // ".env": entries of the root of the context only
	AnyDepth              // "**/.env": every folder
	OnePath               // "app/.env": a path that starts at the root
)

// Scope is where Docker looks for the pattern. All patterns start at the root of the context; a
// leading slash changes nothing.
func (p Pattern) Scope() Scope {
	switch {
	case strings.HasPrefix(p.Clean, "**"):
		return AnyDepth
	case strings.Contains(p.Clean, "/"):
		return OnePath
	}
	return RootOnly
}

// NarrowerThanGit says whether the same line in a .gitignore would match in every folder while
// Docker matches in the root only: a pattern without a slash before its end.
func (p Pattern) NarrowerThanGit() bool {
	written := strings.TrimSpace(strings.TrimPrefix(p.Text, "!"))
	return p.Scope() == RootOnly && !strings.Contains(strings.TrimSuffix(written, "/"), "/") &&
		strings.Trim(p.Clean, "*.") != "" // "*" takes all of the root and so all below
}

// Anywhere is the pattern, "!" included, for every folder of the context.
func (p Pattern) Anywhere() string {
	if p.Scope() == AnyDepth {
		return p.String()
	}
	if p.Negated {
		return "!**/" + p.Clean
	}
	return "**/" + p.Clean
}

// Misses lists those of paths that the pattern would match if it looked in every folder and that
// it does not match. Paths are relative to the context. It is empty for a broken pattern.
func (p Pattern) Misses(paths []string) []string {
	here, err := patternmatcher.New([]string{p.Clean})
	if err != nil || p.Clean == "" || p.Scope() == AnyDepth {
		return nil
	}
	anywhere, err := patternmatcher.New([]string{"**/" + p.Clean})
	if err != nil {
		return nil
	}
	var missed []string
	for _, path := range paths {
		wide, err := anywhere.MatchesOrParentMatches(path)
		if err != nil || !wide {
			continue
		}
		if narrow, _ := here.MatchesOrParentMatches(path); !narrow {
			missed = append(missed, path)
		}
	}
	return missed
}
