package equivalence

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"refit/internal/change"
	"refit/internal/compose"
	"refit/internal/dockerfile"
	"refit/internal/dockerfile/buildgraph"
	"refit/internal/project"
)

// pair is one image before and after: a stage, as somebody builds it.
type pair struct {
	before, after *dockerfile.Stage
	args          map[string]string // build arguments before
	argsAfter     map[string]string
}

// images compares what is built: every service of every environment, every stage that has a name
// and what a bare docker build gives. A stage whose build graph is the same is the same; one that
// was rewritten is compared by what its image promises.
func (c *comparison) images() {
	built := c.builds()
	c.sideBySide(len(c.before.Dockerfiles), func(c *comparison, i int) {
		before := c.before.Dockerfiles[i]
		after := c.after.Dockerfile(c.now(before.Path))
		if after == nil {
			c.differs(change.AspectImage, before.Path+":*", "file", "is there", "")
			return
		}
		c.dockerfile(before, after, builtPairs(before, after, built[before.Path]))
	})
}

func (c *comparison) dockerfile(before, after *project.Dockerfile, built []pair) {
	if before.File == after.File || string(before.File.Text) == string(after.File.Text) {
		c.same(change.AspectGraph, before.Path, "every stage, byte for byte")
		c.retargeted(before, built)
		return
	}
	done := map[string]bool{}
	for _, p := range c.pairs(before, after, built) {
		key := fmt.Sprint(p.before.Index, p.after.Index, p.args, p.argsAfter)
		if !done[key] {
			done[key] = true
			c.image(before.Path, p)
		}
	}
}

// retargeted compares builds of an unchanged Dockerfile that now ask for another stage.
func (c *comparison) retargeted(before *project.Dockerfile, built []pair) {
	for _, p := range built {
		if p.before.Index != p.after.Index {
			c.image(before.Path, p)
		}
	}
}

// pairs are all images of a Dockerfile to compare.
func (c *comparison) pairs(before, after *project.Dockerfile, pairs []pair) []pair {
	if len(before.File.Stages) == 0 || len(after.File.Stages) == 0 {
		return pairs
	}
	last, _ := before.File.Target("")
	lastAfter, _ := after.File.Target("")
	pairs = append(pairs, pair{before: last, after: lastAfter})
	for _, s := range before.File.Stages {
		if s.Name == "" {
			continue
		}
		now, ok := after.File.Target(s.Name)
		if !ok {
			c.differs(change.AspectImage, subjectOf(before.Path, s), "target", s.Name, "")
			continue
		}
		pairs = append(pairs, pair{before: s, after: now})
	}
	return pairs
}

// build is what one Compose service builds, before and after.
type build struct{ before, after *compose.Build }

// builds are what Compose services build, by the Dockerfile's baseline path, environment by environment.
func (c *comparison) builds() map[string][]build {
	built := map[string][]build{}
	for _, env := range c.before.Environments {
		now := c.counterpart(env)
		if now == nil || env.Model == nil || now.Model == nil {
			continue
		}
		for _, name := range slices.Sorted(maps.Keys(env.Model.Services)) {
			if s, x := env.Model.Services[name], now.Model.Services[name]; s.Build != nil && x != nil && x.Build != nil {
				built[s.Build.Dockerfile] = append(built[s.Build.Dockerfile], build{s.Build, x.Build})
			}
		}
	}
	return built
}

// builtPairs are the images of a Dockerfile that Compose services build.
func builtPairs(before, after *project.Dockerfile, builds []build) []pair {
	var pairs []pair
	for _, b := range builds {
		if b.after.Dockerfile != after.Path {
			continue
		}
		from, ok := before.File.Target(b.before.Target)
		to, okAfter := after.File.Target(b.after.Target)
		if ok && okAfter {
			pairs = append(pairs, pair{from, to, b.before.Args, b.after.Args})
		}
	}
	return pairs
}

// subjectOf names an image in differences: the Dockerfile's baseline path and the stage's baseline
// name, or its index when it has none.
func subjectOf(path string, s *dockerfile.Stage) string {
	if s.Name != "" {
		return path + ":" + s.Name
	}
	return path + ":" + strconv.Itoa(s.Index)
}

func (c *comparison) image(path string, p pair) {
	subject := subjectOf(path, p.before)
	if ops, same := sameGraph(p); same {
		c.same(change.AspectGraph, subject, "the build graph, %d operations", ops)
		return
	}
	before, after := promises(p.before, p.args), promises(p.after, p.argsAfter)
	c.values(change.AspectImage, subject, "promises of the image", before.values, after.values)
	for _, what := range before.unproven {
		c.cannotShow(change.AspectImage, subject, what, strings.TrimSpace("only the base image "+before.base)+" knows it; it is the same image before and after")
	}
}

// sameGraph says whether BuildKit would do the same for both stages.
func sameGraph(p pair) (ops int, same bool) {
	if configuredDifferently(p) {
		return 0, false
	}
	return graphs(p)
}

// graphs asks BuildKit.
func graphs(p pair) (ops int, same bool) {
	ops, same, err := buildgraph.Same(context.Background(), buildgraph.Wanted{File: p.before.File(), Target: target(p.before), Args: p.args},
		buildgraph.Wanted{File: p.after.File(), Target: target(p.after), Args: p.argsAfter})
	return ops, same && err == nil
}

// configuredDifferently says whether the images are certain to be configured differently, which spares asking BuildKit.
func configuredDifferently(p pair) bool {
	if p.before.CheckSize(p.args) != nil || p.after.CheckSize(p.argsAfter) != nil {
		return false
	}
	before, after := configuration(p.before.Config(p.args)), configuration(p.after.Config(p.argsAfter))
	for _, key := range keys(before, after) {
		if now, ok := after[key]; writtenAsIs(key) && (before[key] != now || !ok) {
			return true
		}
	}
	return false
}

// writtenAsIs says whether BuildKit has the value of a setting as the Dockerfile does. It has paths, ports and names of images
// in a form of its own.
func writtenAsIs(key string) bool {
	switch key {
	case "user", "cmd", "entrypoint", "healthcheck":
		return true
	}
	return strings.HasPrefix(key, "env.") || strings.HasPrefix(key, "label.")
}

// target is the name by which a build asks for the stage: BuildKit takes no index, so an unnamed
// one can only be asked for when it is the last.
func target(s *dockerfile.Stage) string { return s.Name }
