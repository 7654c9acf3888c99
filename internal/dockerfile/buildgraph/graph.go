// Package buildgraph asks BuildKit's Dockerfile frontend, as a library, what a build would do: its
// graph of operations, without a daemon and without network, and its build checks. It is apart from
// package dockerfile because the frontend brings in several hundred packages.
package buildgraph

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/client/llb/sourceresolver"
	"github.com/moby/buildkit/frontend/dockerfile/dockerfile2llb"
	"github.com/moby/buildkit/frontend/dockerui"
	"github.com/moby/buildkit/solver/pb"
	dockerspec "github.com/moby/docker-image-spec/specs-go/v1"
	digest "github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"refit/internal/dockerfile"
)

// Graph is what building one target does, for linux/amd64. Two graphs with equal Digest and equal
// Image build the same: names of stages, comments, line breaks and unused stages don't show in it.
type Graph struct {
	Target string // as asked for
	// Digest is that of BuildKit's own definition of the operations ("sha256:..."), which says
	// everything that the operations do, but not the image's configuration.
	Digest string
	// Ops are the operations in the order in which they are needed; the last one makes the result.
	Ops []Op
	// Image is the configuration of the image that comes out, one "key value" line per setting, sorted.
	// Values of variables and labels stand as short hashes, for they may be secrets.
	Image []string
	// ContextPaths are the paths of the build context that COPY, ADD and bind mounts name, as BuildKit
	// asks for them: relative, sorted, patterns as written. Nil with WholeContext.
	ContextPaths []string
	// WholeContext says that all of the build context is asked for.
	WholeContext bool
	// Unproven are the images that the stages build on. Their own USER, WORKDIR, ENV, ONBUILD and so
	// on are not in the graph: it is the same before and after as long as they are the same images.
	Unproven []string
}

// New builds the graph of a target ("" for the last stage) with the given build arguments. A "# syntax="
// line is ignored: this BuildKit's own frontend (v0.34.2) reads the file. The error is a
// *source.Problem where the frontend rejects the build.
func New(ctx context.Context, f *dockerfile.File, target string, args map[string]string) (*Graph, error) {
	stage, ok := f.Target(target)
	if !ok {
		return nil, noTarget(f, target)
	}
	unproven := map[string]bool{}
	for _, s := range stage.Reachable(args) {
		if base, ok := s.ExternalBase(args); ok && base != "scratch" {
			unproven[base] = true
		}
	}
	res, err := converted(ctx, f, target, args)
	if err != nil {
		return nil, err
	}
	g, err := marshalled(ctx, f, res)
	if err != nil {
		return nil, err
	}
	g.Target, g.Unproven = target, slices.Sorted(maps.Keys(unproven))
	return g, nil
}

// Wanted is a target that somebody builds: what New takes.
type Wanted struct {
	File   *dockerfile.File
	Target string
	Args   map[string]string
}

// written says whether both targets are written alike, byte for byte, with all that they are made of.
func written(a, b Wanted) bool {
	endA, endB := end(a), end(b)
	return endA > 0 && endA == endB && bytes.Equal(a.File.Text[:endA], b.File.Text[:endB]) && maps.Equal(a.Args, b.Args)
}

// end is where in its file the last stage ends that a target is made of; 0 when there is no such target.
func end(w Wanted) int {
	target, ok := w.File.Target(w.Target)
	if !ok {
		return 0
	}
	needed := target.Reachable(w.Args)
	if next := needed[len(needed)-1].Index + 1; next < len(w.File.Stages) {
		return w.File.Stages[next].From.Span.Start
	}
	return len(w.File.Text)
}

// Same says whether the graphs of two targets are equal, and how many operations they have. The error is that of New for
// either. What the operations are is looked at only where the images are configured alike.
func Same(ctx context.Context, a, b Wanted) (ops int, same bool, err error) {
	if written(a, b) {
		g, err := New(ctx, a.File, a.Target, a.Args)
		if err != nil {
			return 0, false, err
		}
		return len(g.Ops), true, nil
	}
	var results [2]*dockerfile2llb.Result
	var graphs [2]*Graph
	for i, w := range []Wanted{a, b} {
		if results[i], err = converted(ctx, w.File, w.Target, w.Args); err != nil {
			return 0, false, err
		}
	}
	if !slices.Equal(describeImage(results[0].Image), describeImage(results[1].Image)) {
		return 0, false, nil
	}
	for i, w := range []Wanted{a, b} {
		if graphs[i], err = marshalled(ctx, w.File, results[i]); err != nil {
			return 0, false, err
		}
	}
	return len(graphs[0].Ops), Equal(graphs[0], graphs[1]), nil
}

// marshalled is the graph that the frontend's result makes.
func marshalled(ctx context.Context, f *dockerfile.File, res *dockerfile2llb.Result) (*Graph, error) {
	// Without an ID of ours every marshalling marks the build context with a random one.
	def, err := res.State.Marshal(ctx, llb.LinuxAmd64, llb.LocalUniqueID("context"))
	if err != nil {
		return nil, problem(f, err)
	}
	g := &Graph{Image: describeImage(res.Image)}
	if err := g.read(def.Def); err != nil {
		return nil, problem(f, err)
	}
	return g, nil
}

// converted is the frontend's result for the target.
func converted(ctx context.Context, f *dockerfile.File, target string, args map[string]string) (*dockerfile2llb.Result, error) {
	stage, ok := f.Target(target)
	if !ok {
		return nil, noTarget(f, target)
	}
	for _, s := range stage.Reachable(args) {
		if err := s.CheckSize(args); err != nil {
			return nil, err
		}
	}
	res, err := convert(ctx, f, options(target, args))
	if err != nil {
		return nil, problem(f, err)
	}
	return res, nil
}

// platform is what every graph is built for; it need not be the machine's.
var platform = ocispecs.Platform{OS: "linux", Architecture: "amd64"}

// options are the frontend's. It changes its arguments, hence the copy.
func options(target string, args map[string]string) dockerfile2llb.ConvertOpt {
	caps := pb.Caps.CapSet(pb.Caps.All())
	p := platform
	if args = maps.Clone(args); args == nil {
		args = map[string]string{}
	}
	return dockerfile2llb.ConvertOpt{
		Config: dockerui.Config{
			Target:         target,
			BuildArgs:      args,
			BuildPlatforms: []ocispecs.Platform{platform},
		},
		TargetPlatform: &p,
		MetaResolver:   offline{},
		LLBCaps:        &caps,
	}
}

// convert runs the frontend. Hostile input must not take refit down, so a panic in it is an error.
func convert(ctx context.Context, f *dockerfile.File, opt dockerfile2llb.ConvertOpt) (res *dockerfile2llb.Result, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("BuildKit's frontend failed on this file: %v", r)
		}
	}()
	return dockerfile2llb.Dockerfile2LLB(ctx, f.Text, opt)
}

// offline stands in for the registry: every image exists for every platform and says nothing. It has
// one layer, for BuildKit takes an image without layers for scratch.
type offline struct{}

func (offline) ResolveImageConfig(_ context.Context, ref string, opt sourceresolver.Opt) (string, digest.Digest, []byte, error) {
	img := dockerspec.DockerOCIImage{}
	img.Platform = platform
	if o := opt.ImageOpt; o != nil && o.Platform != nil {
		img.Platform = *o.Platform
	}
	img.RootFS = ocispecs.RootFS{Type: "layers", DiffIDs: []digest.Digest{digest.FromString("a layer of a base image")}}
	config, err := json.Marshal(img)
	return ref, "", config, err
}
