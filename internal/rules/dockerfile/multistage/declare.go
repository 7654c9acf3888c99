package multistage

import (
	"path"
	"slices"
	"strings"

	"refit/internal/change"
	"refit/internal/shell"
	"refit/internal/stack"
)

// Workdir is the work directory in the image.
func (s *Split) Workdir() string { return s.workdir }

// User is the name of the account that the stages run as.
func (s *Split) User() string {
	if s.own != nil {
		return s.own.name
	}
	return s.account.Name
}

// Declares are the differences that a split makes on purpose, for every image built from the stage.
func (s *Split) Declares() []change.Declared {
	subject := s.Dockerfile.Path + ":" + StageName(s.Stage)
	var list []change.Declared
	say := func(addr, before, after, why string) {
		list = append(list, change.Declared{Aspect: change.AspectImage, Subject: subject, Addr: addr, Before: before, After: after, Why: why})
	}
	if s.own == nil {
		say("user", "", "", "runs as "+s.account.Name+" and not as root")
	}
	for _, c := range s.dropped {
		say("run."+c, "runs", "", "the copies of production are the account's by COPY --chown")
	}
	say("cmd", "", "", "exec form that calls the environment's own programs; the same steps")
	say("entrypoint", "", "", "exec form that calls the environment's own programs; the same steps")
	say("env.PATH", "", "", "the environment's programs come first")
	for _, v := range append(append([]stack.Variable(nil), s.production.Runtime...), s.production.Environment...) {
		say("env."+v.Name, "", "", "how the package manager and the interpreter work in an image")
	}
	for _, c := range s.production.Caches {
		say("env."+c.Variable, "", "", "where the cache mount is")
	}
	if s.Unit.Manager == stack.UV {
		say("env.UV_NO_SYNC", "", "1", "uv run does not install at start-up")
	}
	s.declareContents(say)
	return list
}

func (s *Split) declareContents(say func(addr, before, after, why string)) {
	for _, p := range s.parts.base {
		packages := s.words(p.in)
		drop := s.buildOnly(packages)
		for _, w := range drop {
			say("packages."+w.Value, "*", "", "only building needs it: it stays in the tools stage")
		}
		for _, lib := range s.counterparts(drop, packages) {
			say("packages."+lib, "", "*", "the run-time library of the headers that stay behind")
		}
	}
	for _, p := range slices.Concat(s.parts.tools, s.parts.replaced) {
		if k := kindOf(p.in); p.in.Keyword == "RUN" && (k == toolKind || k == installKind) {
			for _, w := range s.words(p.in) { // package managers, or the project itself
				say("packages."+w.Value, "*", "", "only building needs the package manager: it stays in the tools stage")
			}
		}
	}
	for _, file := range s.Unit.DevRequirements {
		say("requirements."+strings.TrimPrefix(file, s.contextDir+"/"), "", "*", "where people work and test, development dependencies are installed")
	}
	for _, out := range s.production.Outputs {
		say("files."+s.called(Builder)+":"+out+" -> *", "", "copied", "production takes the environment from the builder")
	}
	say("files.* -> "+s.workdir+"/", "", "copied", "the manifests come before the source")
	if s.linked() {
		for _, c := range s.linkCopies() {
			say("files.* -> "+path.Join(s.workdir, c.to)+"/", "", "copied", "what installing the project reads comes before the rest of the source")
		}
	}
	say("files.*:/uv -> *", "", "", "only building needs uv: it stays in the tools stage")
	say("files.*:/uvx -> *", "", "", "only building needs uv: it stays in the tools stage")
	for _, p := range s.parts.replaced {
		if c, ok := p.in.Copy(); ok {
			for _, src := range c.Sources {
				say("files."+src.Value+" -> *", "copied", "", "the manifests are copied in the tools stage")
			}
		}
	}
	say("run.mkdir -p *", "", "runs", "the environment's folder and who owns what is written")
	say("run.chown *", "", "runs", "the environment's folder and who owns what is written")
	for _, c := range s.account.Commands {
		say("run."+firstWord(c)+" *", "", "runs", "makes the account")
	}
	for _, i := range []stack.Install{s.production, s.development} {
		for _, c := range slices.Concat(i.Before, i.Dependencies, i.Project) {
			say("run."+c.String(), "", "runs", "makes the environment and installs the dependencies into it")
		}
	}
	if s.cleans() {
		say("run.rm -rf /var/cache/*", "", "runs", "removes the package manager's cache in the RUN that made it")
	}
	why := "dependencies are installed in a layer of their own, development ones not in production"
	if s.production.Asserted {
		why = "dependencies come from the lock, development ones not in production"
	}
	say("install.*", "", "", why)
	s.declareLists(say)
	for _, r := range s.developmentLists() {
		say("requirements."+path.Clean(r), "*", "", "what only development needs is installed in the development and testing stages")
	}
}

// declareLists: lists that were copied elsewhere are copied to the work directory.
func (s *Split) declareLists(say func(addr, before, after, why string)) {
	for _, in := range s.Stage.Find("RUN") {
		list, _ := commands(in)
		for _, c := range list {
			i, _ := shell.Installs(c)
			for _, r := range i.Requirements {
				name := strings.TrimPrefix(s.requirementsFile(r.Value), s.contextDir+"/")
				if name != path.Clean(r.Value) {
					say("requirements."+path.Clean(r.Value), "*", "", "the list is copied to the work directory, and installed from there")
					say("requirements."+name, "", "*", "the list is copied to the work directory, and installed from there")
				}
			}
		}
	}
}

// LeavesCompilers says whether production loses packages that only building needs.
func (s *Split) LeavesCompilers() bool {
	return slices.ContainsFunc(s.parts.base, func(p part) bool { return len(s.buildOnly(s.words(p.in))) > 0 })
}

func firstWord(command string) string {
	for i, r := range command {
		if r == ' ' {
			return command[:i]
		}
	}
	return command
}

// Steps are what is left to do before the image builds: making the lock.
func (s *Split) Steps() []change.Step {
	if s.Unit.Lock == "" || s.Unit.LockPresent || !s.production.Asserted {
		return nil
	}
	return []change.Step{{Name: s.production.Lock.String(), Command: s.production.Lock, Dir: s.Unit.Dir, Image: s.Unit.Toolchain(),
		Why: "the image installs exactly what " + s.Unit.Lock + " says, and there is none yet", Makes: []string{s.Unit.Lock}}}
}
