package dockerfile

import (
	"maps"
	"path"
	"slices"
	"strings"

	"refit/internal/compose"
	"refit/internal/dockerfile"
	"refit/internal/project"
	"refit/internal/source"
	"refit/internal/stack"
)

// made is a stage whose image the repository gives a name, so that another Dockerfile can build on it.
type made struct {
	d     *project.Dockerfile
	stage *dockerfile.Stage
	args  map[string]string
}

// bases is which images of the repository stand on which.
type bases struct {
	named map[string]made                // by image name, the tag included
	on    map[*dockerfile.Stage][]string // the Dockerfiles with a FROM of the stage's image, sorted
}

// ownBases reads the names from Compose (image beside build, additional_contexts) and from docker build
// --tag. A name that two builds give is left out: which of them is meant can't be told.
func ownBases(p *project.Project) bases {
	return source.Recall(&p.Memo, basesKey{}, func() bases {
		b := bases{named: map[string]made{}, on: map[*dockerfile.Stage][]string{}}
		twice := map[string]bool{}
		name := func(ref, file, target string, args map[string]string) {
			d := p.Dockerfile(file)
			ref = fullName(ref)
			if d == nil || ref == "" {
				return
			}
			s, ok := d.File.Target(target)
			if !ok || s.CheckSize(args) != nil {
				return
			}
			if before, is := b.named[ref]; is && before.stage != s {
				twice[ref] = true
			}
			b.named[ref] = made{d, s, args}
		}
		eachBuild(p, func(env *project.Environment, s *compose.Service) {
			name(s.Image, s.Build.Dockerfile, s.Build.Target, s.Build.Args)
		})
		for _, c := range p.Calls {
			if c.Kind == project.CallBuild && c.Dockerfile != "" {
				for _, tag := range tags(c.Args) {
					name(tag, c.Dockerfile, c.Stage, nil)
				}
			}
		}
		maps.DeleteFunc(b.named, func(ref string, _ made) bool { return twice[ref] })
		b.link(p)
		return b
	})
}

// basesKey is the key of ownBases.
type basesKey struct{}

// link notes which Dockerfiles build on the named images.
func (b *bases) link(p *project.Project) {
	note := func(m made, by string) {
		if m.d.Path != by && !slices.Contains(b.on[m.stage], by) {
			b.on[m.stage] = append(b.on[m.stage], by)
		}
	}
	for _, d := range p.Dockerfiles {
		if len(b.named) == 0 {
			break
		}
		for _, s := range d.File.Stages {
			if base, ok := s.ExternalBase(nil); ok {
				if m, is := b.named[fullName(base)]; is {
					note(m, d.Path)
				}
			}
		}
	}
	eachBuild(p, func(env *project.Environment, s *compose.Service) {
		d := p.Dockerfile(s.Build.Dockerfile)
		if d == nil {
			return
		}
		for _, stage := range d.File.Stages {
			base, _ := stage.ExternalBase(s.Build.Args)
			if m, ok := b.context(p, env, s, base); ok {
				note(m, d.Path)
			}
		}
	})
	for _, list := range b.on {
		slices.Sort(list)
	}
}

// context is the image that an additional context of a service's build puts in the place of a name.
func (b *bases) context(p *project.Project, env *project.Environment, s *compose.Service, base string) (m made, ok bool) {
	at := s.Build.Contexts[base]
	if other, is := strings.CutPrefix(at, "service:"); is {
		if o := env.Model.Services[other]; o != nil && o.Build != nil && !o.Build.Remote && !o.Build.Inline {
			if d := p.Dockerfile(o.Build.Dockerfile); d != nil {
				stage, found := d.File.Target(o.Build.Target)
				return made{d, stage, o.Build.Args}, found && stage.CheckSize(o.Build.Args) == nil
			}
		}
	}
	if image, is := strings.CutPrefix(at, "docker-image://"); is {
		m, ok = b.named[fullName(image)]
	}
	return m, ok
}

// eachBuild visits the services that build a Dockerfile of the repository, in a fixed order.
func eachBuild(p *project.Project, visit func(*project.Environment, *compose.Service)) {
	for _, env := range p.Environments {
		if env.Model == nil {
			continue
		}
		for _, name := range slices.Sorted(maps.Keys(env.Model.Services)) {
			if s := env.Model.Services[name]; s.Build != nil && !s.Build.Remote && !s.Build.Inline {
				visit(env, s)
			}
		}
	}
}

// fullName is an image's name with its tag, "" for what is no certain name.
func fullName(ref string) string {
	r, err := stack.ParseImage(ref)
	if err != nil || r.Repository == "scratch" {
		return ""
	}
	if r.Tag == "" {
		r.Tag = "latest"
	}
	return r.Name() + ":" + r.Tag
}

// tags are the names that the words of a docker build give to its image.
func tags(words []string) (list []string) {
	for i, w := range words {
		switch value, given := strings.CutPrefix(w, "--tag="); {
		case given:
			list = append(list, value)
		case (w == "-t" || w == "--tag") && i+1 < len(words):
			list = append(list, words[i+1])
		}
	}
	return list
}

// standOn looks up what the stage's base is when the repository builds it as well: what is known of the
// image is then what its own Dockerfile makes of it.
func (r *running) standOn(p *project.Project, depth int) {
	b := ownBases(p)
	m, ok := b.named[fullName(r.base)]
	for _, u := range r.uses {
		if c, is := b.context(p, u.env, u.service, r.base); is {
			m, ok = c, true
		}
	}
	if !ok || m.stage == r.stage || depth > 8 {
		return
	}
	under := newRunning(m.d, m.stage, m.args)
	under.standOn(p, depth+1)
	if !under.known {
		return
	}
	r.under, r.known = under, true
	r.image = under.result().With(r.packages()...)
}

// result is what is known of the stage's own image.
func (r *running) result() stack.Image {
	i := r.image
	if u := r.config.User; u.At != nil {
		i.User, i.UserKnown = u.Value, len(u.Unproven) == 0
	}
	if dir := r.config.WorkingDir; dir.At != nil && len(dir.Unproven) == 0 {
		i.Workdir = dir.Value
	}
	if r.config.Entrypoint.At != nil || r.config.Cmd.At != nil {
		i.Entrypoint, i.Cmd = r.config.Entrypoint.Argv, r.config.Cmd.Argv
		i.DropsPrivileges = i.DropsPrivileges && r.startsOwnProgram()
		if i.Kind == stack.ServiceKind && !r.startsOwnProgram() {
			i.Kind = stack.RuntimeKind
		}
	}
	return i
}

// lineage are the instructions of the whole chain, those of the repository's own base images included.
func (r *running) lineage() []*dockerfile.Instruction {
	if r.under == nil {
		return r.instructions()
	}
	return append(slices.Clone(r.under.lineage()), r.instructions()...)
}

// idle are programs that wait for somebody to type: an image that starts one serves nothing.
var idle = map[string]bool{"sh": true, "bash": true, "ash": true, "python": true, "python2": true, "python3": true, "node": true, "irb": true, "php": true, "jshell": true, "bun": true, "perl": true}

// startsNothing says whether the image has no start command of its own and no service gives it one: it
// is there to be built on, to be copied from, or to run commands in.
func (r *running) startsNothing() bool {
	if !r.known || r.config.Cmd.At != nil || r.config.Entrypoint.At != nil || r.image.Kind == stack.ServiceKind || r.image.Distro == stack.Distroless {
		return false // the entrypoints of the other images run what they are given
	}
	if len(r.image.Cmd) > 0 && !idle[path.Base(r.image.Cmd[0])] {
		return false
	}
	return !slices.ContainsFunc(r.uses, func(u use) bool { return u.service.Command != nil || u.service.Entrypoint != nil })
}
