package dockerfile

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"refit/internal/change"
	"refit/internal/compose"
	"refit/internal/dockerfile"
	"refit/internal/project"
	"refit/internal/rule"
	"refit/internal/rules/dockerfile/multistage"
	"refit/internal/shell"
	"refit/internal/source"
	"refit/internal/stack"
)

// running is a stage whose image is run: a Compose service builds it, a command line asks for it, or
// a bare docker build gives it.
type running struct {
	d      *project.Dockerfile
	stage  *dockerfile.Stage
	args   map[string]string // build arguments of the first that builds it
	config dockerfile.Config
	base   string // the image at the bottom of its chain
	// image is what is known of the base, the packages that the chain installs included.
	image stack.Image
	known bool
	under *running // what the base is when the repository builds it too, else nil
	uses  []use
	// text is everything that the chain says, for words that need no place.
	text func() string

	stages      []*dockerfile.Stage // the chain
	own         source.Slot[[]shell.Command]
	development source.Slot[bool]
}

// use is one Compose service that runs the stage's image.
type use struct {
	env     *project.Environment
	service *compose.Service
}

// runningStages lists the stages of a Dockerfile that are run, in the order of the file: those that
// Compose services build, those that are called production, and the last.
func runningStages(p *project.Project, d *project.Dockerfile) []*running {
	return source.Recall(&p.Memo, runningKey{d}, func() []*running { return findRunning(p, d) })
}

// runningKey is the key of a Dockerfile's running stages, which most rules ask for.
type runningKey struct{ d *project.Dockerfile }

type usesKey struct{}

// usesOf are the services that build something, by the Dockerfile: in the order of the environments, then by name.
func usesOf(p *project.Project) map[string][]use {
	return source.Recall(&p.Memo, usesKey{}, func() map[string][]use {
		uses := map[string][]use{}
		for _, env := range p.Environments {
			if env.Model == nil {
				continue
			}
			for _, name := range slices.Sorted(maps.Keys(env.Model.Services)) {
				if s := env.Model.Services[name]; s.Build != nil && !s.Build.Remote && !s.Build.Inline {
					uses[s.Build.Dockerfile] = append(uses[s.Build.Dockerfile], use{env, s})
				}
			}
		}
		return uses
	})
}

func findRunning(p *project.Project, d *project.Dockerfile) []*running {
	found := map[*dockerfile.Stage]*running{}
	add := func(target string, args map[string]string) *running {
		s, ok := d.File.Target(target)
		if !ok || s.CheckSize(args) != nil {
			return nil
		}
		if found[s] == nil {
			found[s] = newRunning(d, s, args)
		}
		return found[s]
	}
	for _, u := range usesOf(p)[d.Path] {
		if r := add(u.service.Build.Target, u.service.Build.Args); r != nil {
			r.uses = append(r.uses, u)
		}
	}
	for _, s := range d.File.Stages { // by its name what runs, whoever builds it elsewhere
		if productionNames[s.Name] && found[s] == nil && s.CheckSize(nil) == nil {
			if r := newRunning(d, s, nil); r.config.Cmd.At != nil || r.config.Entrypoint.At != nil {
				found[s] = r
			}
		}
	}
	if r := add("", nil); r != nil && len(r.uses) == 0 && r.base == "scratch" && r.config.Cmd.At == nil && r.config.Entrypoint.At == nil {
		delete(found, r.stage) // it only carries files: docker build --output
	}
	var list []*running
	for _, s := range d.File.Stages {
		if found[s] != nil {
			found[s].standOn(p, 0)
			list = append(list, found[s])
		}
	}
	return list
}

// productionNames are names of stages that are made to be run, also where no file of the repository
// builds them.
var productionNames = map[string]bool{"production": true, "prod": true, "release": true, "runtime": true, "final": true}

func newRunning(d *project.Dockerfile, s *dockerfile.Stage, args map[string]string) *running {
	r := &running{d: d, stage: s, args: args, config: s.Config(args)}
	r.stages = r.chain()
	r.base, _ = s.ExternalBase(args)
	r.image, r.known = stack.Lookup(r.base)
	r.image = r.image.With(r.packages()...)
	r.text = sync.OnceValue(r.written)
	return r
}

// chain is the stage and those that it builds on, the bottom one first.
func (r *running) chain() []*dockerfile.Stage {
	if r.stages != nil {
		return slices.Clip(r.stages)
	}
	var list []*dockerfile.Stage
	for s := r.stage; s != nil; s = s.Parent(r.args) {
		list = append(list, s)
	}
	slices.Reverse(list)
	return list
}

// instructions are those of the whole chain.
func (r *running) instructions() []*dockerfile.Instruction {
	chain := r.chain()
	if len(chain) == 1 {
		return slices.Clip(chain[0].Instructions)
	}
	var list []*dockerfile.Instruction
	for _, s := range chain {
		list = append(list, s.Instructions...)
	}
	return list
}

// packages are those of the distribution that the chain installs.
func (r *running) packages() []string {
	var list []string
	for _, in := range r.instructions() {
		for _, i := range installs(in) {
			if i != nil && i.Action == shell.ActionAdd && systemManagers[i.Manager] {
				for _, w := range i.Packages {
					list = append(list, w.Value)
				}
			}
		}
	}
	return list
}

var systemManagers = map[string]bool{"apt": true, "apk": true, "dnf": true, "yum": true, "microdnf": true, "tdnf": true, "zypper": true}

// written is the source of the chain's instructions.
func (r *running) written() string {
	var b strings.Builder
	list := r.instructions()
	size := len(list)
	for _, in := range list {
		size += in.Span.Len()
	}
	b.Grow(size)
	for _, in := range list {
		b.Write(in.Span.Of(r.d.File.Text))
		b.WriteByte('\n')
	}
	return b.String()
}

// onlyIn says whether every use is in one of the environments, and there is one.
func (r *running) onlyIn(names ...string) bool {
	for _, u := range r.uses {
		if !slices.Contains(names, u.env.Name) {
			return false
		}
	}
	return len(r.uses) > 0
}

// developmentName are names of stages that are for people and tests.
var developmentName = regexp.MustCompile(`^(dev|development|devcontainer|local|test|tests|testing|ci|lint|debug|e2e|builder|build)([-_].*)?$|[-_](dev|development|debug|tests?|testing)$`)

// forDevelopment says whether the image is not what production runs: only environments for
// development and tests build it, its stage is called so, or it is a step of another image that an
// environment runs by itself, as one that watches and rebuilds assets.
func (r *running) forDevelopment() bool {
	return r.development.Recall(func() bool {
		return r.onlyIn("dev", "test", "ci") || developmentName.MatchString(r.stage.Name) || r.feeds() && !r.usedIn("prod")
	})
}

// usedIn says whether an environment of that name runs the image.
func (r *running) usedIn(env string) bool {
	return slices.ContainsFunc(r.uses, func(u use) bool { return u.env.Name == env })
}

// feeds says whether another stage copies what this one made.
func (r *running) feeds() bool {
	for _, in := range r.d.File.Instructions {
		if in.Keyword != "COPY" || in.Stage == r.stage {
			continue
		}
		if c, ok := in.Copy(); ok && c.From != "" {
			if s, found := r.d.File.Target(c.From); found && s == r.stage || c.From == strconv.Itoa(r.stage.Index) {
				return true
			}
		}
	}
	return false
}

// children are the stages that build on this one and run commands or copy files.
func (r *running) children() []*dockerfile.Stage {
	var list []*dockerfile.Stage
	for _, s := range r.d.File.Stages {
		if s != r.stage && slices.Contains((&running{stage: s, args: r.args}).chain(), r.stage) &&
			len(s.Find("RUN"))+len(s.Find("COPY"))+len(s.Find("ADD")) > 0 {
			list = append(list, s)
		}
	}
	return list
}

// unit is the language unit that the image is about: the nearest one above its build context.
func (r *running) unit(p *project.Project) *stack.Unit {
	for _, u := range p.Units {
		if u.Dir == r.d.Context() {
			return u
		}
	}
	return p.Unit(r.d.Context())
}

// stageSubject names a stage in findings.
func stageSubject(s *dockerfile.Stage) string { return "stage:" + multistage.StageName(s) }

// at is the place of an instruction.
func at(d *project.Dockerfile, in *dockerfile.Instruction) rule.Location {
	return rule.Location{Path: d.Path, Span: in.Span}
}

// declared says that a fix changes a promise of a stage's image.
func declared(d *project.Dockerfile, s *dockerfile.Stage, addr, why string) change.Declared {
	return change.Declared{Aspect: change.AspectImage, Subject: d.Path + ":" + multistage.StageName(s), Addr: addr, Why: why}
}

// declaredEverywhere says so of every stage, where others build on the changed one.
func declaredEverywhere(d *project.Dockerfile, addr, why string) change.Declared {
	return change.Declared{Aspect: change.AspectImage, Subject: d.Path + ":*", Addr: addr, Why: why}
}

// subjects keeps the subjects of one rule apart: the second of a name gets "#2".
type subjects map[string]int

func (s subjects) of(d *project.Dockerfile, name string) string {
	s[d.Path+"\x00"+name]++
	if n := s[d.Path+"\x00"+name]; n > 1 {
		return name + "#" + strconv.Itoa(n)
	}
	return name
}
