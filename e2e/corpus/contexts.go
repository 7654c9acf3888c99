package main

import (
	"fmt"
	"path"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"
)

// changedContexts are the files that a build receives or lacks now though no fix declares it, and those
// that are copied by name and are sent no more.
func changedContexts(e *evidence) []string {
	var broken []string
	seen := map[[2]build]bool{}
	for _, b := range e.builds() {
		if !seen[b] {
			seen[b] = true
			broken = append(broken, e.context(b[0], b[1])...)
		}
	}
	for _, b := range e.guessed(seen) {
		for _, what := range e.context(b[0], b[1]) {
			if strings.Contains(what, ".env") && strings.HasSuffix(what, "enters it") {
				broken = append(broken, what)
			}
		}
	}
	return broken
}

// builds are the builds of all stacks before and after, where there is a Dockerfile.
func (e *evidence) builds() [][2]build {
	var list [][2]build
	for _, s := range e.stacks {
		for _, name := range keysOf(s.before.builds) {
			before := s.before.builds[name]
			if _, ok := e.before[before.dockerfile]; !ok {
				continue
			}
			after, ok := s.after.builds[name]
			if !ok {
				after = build{before.context, e.moves.now(before.dockerfile)}
			}
			list = append(list, [2]build{before, after})
		}
	}
	return list
}

// guessed are the Dockerfiles that no stack builds, each with its own folder. Only an env file that gets
// into one counts: what else such a build receives nobody promised.
func (e *evidence) guessed(known map[[2]build]bool) [][2]build {
	built := map[string]bool{}
	for b := range known {
		built[b[0].dockerfile] = true
	}
	var list [][2]build
	for _, p := range keysOf(e.before) {
		if kindOf(p, e.before[p].text) == kindDockerfile && !built[p] {
			list = append(list, [2]build{{path.Dir(p), p}, {path.Dir(p), e.moves.now(p)}})
		}
	}
	return list
}

func (e *evidence) context(before, after build) []string {
	had, errBefore := sent(e.before, before)
	has, err := sent(e.after, after)
	if errBefore != nil {
		return nil
	}
	if err != nil {
		return []string{fmt.Sprintf("context %s of %s: %v", after.context, after.dockerfile, err)}
	}
	now := map[string]string{} // path afterwards -> before
	for p := range had {
		now[e.moves.now(p)] = p
	}
	e.saw("files of build contexts", len(had))
	var broken []string
	for _, p := range keysOf(has) {
		if _, same := now[p]; !same && !e.declaresSent(before.context, e.moves.was(p)) {
			broken = append(broken, fmt.Sprintf("context %s of %s: %s enters it", before.context, before.dockerfile, p))
		}
	}
	copied := copiedByName(e.after[after.dockerfile].text, after.context)
	for _, p := range keysOf(now) {
		if has[p] {
			continue
		}
		if from := copied(p); from != "" {
			broken = append(broken, fmt.Sprintf("context %s of %s: %s is sent no more, and COPY %s wants it", before.context, before.dockerfile, p, from))
		} else if !e.declaresSent(before.context, now[p]) {
			broken = append(broken, fmt.Sprintf("context %s of %s: %s leaves it", before.context, before.dockerfile, p))
		}
	}
	return broken
}

func (e *evidence) declaresSent(context, p string) bool {
	return e.plan.declares("context", func(d difference) bool {
		return d.Subject == context && (d.Addr == p || strings.HasSuffix(d.Addr, "/") && strings.HasPrefix(p, d.Addr))
	})
}

// sent are the files that Docker sends for a build: those of the context's folder that the ignore file
// lets through, which is the Dockerfile's own before that of the folder.
func sent(t tree, b build) (map[string]bool, error) {
	ignore, ok := t[b.dockerfile+".dockerignore"]
	if !ok {
		ignore = t[path.Join(b.context, ".dockerignore")]
	}
	patterns, err := ignorefile.ReadAll(strings.NewReader(ignore.text))
	if err != nil {
		return nil, err
	}
	matcher, err := patternmatcher.New(patterns)
	if err != nil {
		return nil, err
	}
	files := map[string]bool{}
	for p, e := range t {
		inside, ok := within(b.context, p)
		if !ok || e.mode.IsDir() {
			continue
		}
		if ignored, err := matcher.MatchesOrParentMatches(inside); err != nil {
			return nil, err
		} else if !ignored {
			files[p] = true
		}
	}
	return files, nil
}

func within(dir, p string) (string, bool) {
	if dir == "." {
		return p, true
	}
	return strings.CutPrefix(p, dir+"/")
}

// copiedByName tells the source of a COPY or ADD that names a file, or a folder that holds it. The whole
// context (COPY . .) names none.
func copiedByName(dockerfile, context string) func(p string) string {
	var sources []string
	if file, err := parser.Parse(strings.NewReader(dockerfile)); err == nil {
		stages, _, _ := instructions.Parse(file.AST, nil) // of what can't be parsed, nothing is copied
		for _, s := range stages {
			for _, c := range s.Commands {
				sources = append(sources, sourcesOf(c)...)
			}
		}
	}
	return func(p string) string {
		inside, _ := within(context, p)
		for _, from := range sources {
			from = strings.TrimPrefix(path.Clean(from), "/")
			if from == "." || from == "" {
				continue
			}
			if ok, _ := path.Match(from, inside); ok || inside == from {
				return from
			}
		}
		return ""
	}
}

func sourcesOf(c instructions.Command) []string {
	switch c := c.(type) {
	case *instructions.CopyCommand:
		if c.From == "" {
			return c.SourcePaths
		}
	case *instructions.AddCommand:
		return c.SourcePaths
	}
	return nil
}
