package verify

import (
	"context"
	"maps"
	"path"
	"slices"
	"strings"

	"refit/internal/engine"
)

// contents is what was found in an image, read once.
type contents struct {
	size    int64
	layers  int
	base    int // how many of them are known to be the base image's
	wasted  int64
	biggest string // the file that wastes most
	final   map[string]bool
	places  []place // secrets
	private []string
	err     error
}

// place is where a secret stands.
type place struct{ secret, at string }

// contentsOf reads the image that a container runs.
func (r *running) contentsOf(ctx context.Context, b *box) *contents {
	id := b.info.Image
	if r.images[id] == nil {
		r.images[id] = r.readImage(ctx, b)
	}
	return r.images[id]
}

func (r *running) readImage(ctx context.Context, b *box) *contents {
	c := &contents{size: b.image.Size, layers: len(b.image.RootFS.Layers), base: r.baseLayers(ctx, b)}
	archive, err := r.engine.SaveImage(ctx, b.info.Image)
	if err != nil {
		c.err = err
		return c
	}
	defer func() { _ = archive.Close() }()
	s := &scan{secrets: r.secrets(shortestInImage), skip: map[string]bool{}}
	for _, id := range b.image.RootFS.Layers[:c.base] {
		s.skip["blobs/sha256/"+strings.TrimPrefix(id, "sha256:")] = true
	}
	layers, err := s.read(ctx, archive)
	if err != nil {
		c.err = err
		return c
	}
	c.sum(layers)
	r.searchConfiguration(ctx, b, c, s.secrets)
	return c
}

// shortestInImage is the length, in bytes, from which on a secret is searched for in images, which have everything in them.
const shortestInImage = 8

// baseLayers is how many of an image's layers are those of an image that its Dockerfile starts from, as far as the
// engine has it.
func (r *running) baseLayers(ctx context.Context, b *box) int {
	build := b.service.model.Build
	d := r.env.Project.Dockerfile(build.Dockerfile)
	if d == nil {
		return 0
	}
	most := 0
	for _, stage := range d.File.Stages {
		base, err := r.engine.Image(ctx, stage.BaseName(build.Args))
		if n := len(base.RootFS.Layers); err == nil && n > most && n <= len(b.image.RootFS.Layers) && slices.Equal(base.RootFS.Layers, b.image.RootFS.Layers[:n]) {
			most = n
		}
	}
	return most
}

// sum puts the layers, the lowest first, on top of each other.
func (c *contents) sum(layers []*layer) {
	c.final = map[string]bool{}
	sizes := map[string]int64{} // of the files of own layers
	waste := func(at string) {
		c.wasted += sizes[at]
		if c.biggest == "" || sizes[at] > sizes[c.biggest] {
			c.biggest = at
		}
	}
	for i, l := range layers {
		for _, gone := range l.gone {
			for at := range c.final {
				if at == gone || strings.HasPrefix(at, gone+"/") {
					delete(c.final, at)
					waste(at)
					sizes[at] = 0
				}
			}
		}
		for at, size := range l.files {
			if c.final[at] {
				waste(at)
			}
			c.final[at], sizes[at] = true, 0
			if i >= c.base {
				sizes[at] = size
			}
		}
		if i >= c.base {
			c.places = append(c.places, l.places...)
			c.private = append(c.private, l.private...)
		}
	}
	slices.Sort(c.private)
	c.private = slices.Compact(c.private)
}

// has lists the paths of the image that fit, sorted.
func (c *contents) has(fit func(at string) bool) []string {
	var list []string
	for _, at := range slices.Sorted(maps.Keys(c.final)) {
		if fit(at) {
			list = append(list, at)
		}
	}
	return list
}

// searchConfiguration looks for secrets in the image's environment, labels and history.
func (r *running) searchConfiguration(ctx context.Context, b *box, c *contents, secrets []secretValue) {
	look := func(where, text string) {
		for _, s := range secrets {
			if strings.Contains(text, s.value) {
				c.places = append(c.places, place{s.name, where})
			}
		}
	}
	if b.image.Config != nil {
		for name, value := range variables(b.image.Config.Env) {
			look("the variable "+name+" of the image", value)
			c.judge(name, value, "the variable "+name+" of the image")
		}
		for name, value := range b.image.Config.Labels {
			look("the label "+name, value)
		}
		look("the command of the image", strings.Join(append(slices.Clone(b.image.Config.Entrypoint), b.image.Config.Cmd...), " "))
	}
	history, err := r.engine.History(ctx, b.info.Image)
	if err != nil && !engine.IsNotFound(err) {
		c.err = err
	}
	for i, step := range history {
		where := "step " + itoa(len(history)-i) + " of the history"
		look(where, step.CreatedBy)
		for _, word := range strings.Fields(step.CreatedBy) {
			if name, value, ok := strings.Cut(word, "="); ok {
				c.judge(name, value, where)
			}
		}
	}
}

// thirdParty says whether a path is one of installed packages, which have keys and tokens of their own tests and examples.
func thirdParty(at string) bool {
	for _, folder := range []string{"usr/", "lib/", "lib64/", "bin/", "sbin/", "etc/ssl/", "etc/ca-certificates/", "var/lib/", "var/cache/", "opt/venv/"} {
		if strings.HasPrefix(at, folder) {
			return !strings.HasPrefix(at, "usr/src/")
		}
	}
	for _, folder := range []string{"site-packages", "dist-packages", "node_modules", "vendor", ".venv", "venv"} {
		if strings.Contains("/"+path.Dir(at)+"/", "/"+folder+"/") {
			return true
		}
	}
	return false
}
