package multistage

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"refit/internal/source"
	"refit/internal/stack"
)

// owner is the account by number, as the build arguments have it; production says plain numbers,
// which Kubernetes can check.
func (s *Split) owner() string {
	if s.own != nil {
		return s.own.owner
	}
	return "${" + stack.AppUIDArg + "}:${" + stack.AppGIDArg + "}"
}

// render writes the stages that take the place of the one.
func (s *Split) render() string {
	w := &writer{}
	s.base(w)
	s.tools(w)
	s.builder(w)
	s.developmentStages(w)
	s.productionStage(w)
	s.alias(w)
	text := strings.ReplaceAll(strings.TrimRight(w.String(), "\n"), "\r\n", "\n")
	return strings.ReplaceAll(s.Dockerfile.File.Cased(text), "\n", source.EOL(s.Dockerfile.File.Text))
}

// writer builds the text of stages.
type writer struct{ strings.Builder }

func (w *writer) line(format string, args ...any) { fmt.Fprintf(w, format+"\n", args...) }

// blank separates paragraphs.
func (w *writer) blank() {
	if !strings.HasSuffix(w.String(), "\n\n") && w.Len() > 0 {
		w.WriteString("\n")
	}
}

// part writes one of the user's instructions with its comments, as a paragraph when it has any.
func (w *writer) part(p part) {
	if p.notes != "" {
		w.blank()
	}
	w.WriteString(p.notes)
	w.line("%s", p.text)
}

// notes writes the comments of an instruction that refit's own takes the place of.
func (w *writer) notes(p part) {
	if p.notes != "" {
		w.blank()
		w.WriteString(p.notes)
	}
}

func (s *Split) base(w *writer) {
	from := s.parts.from
	w.WriteString(from.notes)
	w.line("%s", s.fromAs(s.called(Base)))
	w.blank()
	accountDone := false
	for _, p := range s.parts.base {
		if p.in.Keyword == "WORKDIR" && !accountDone {
			s.accountLines(w)
			accountDone = true
		}
		if p.in.Keyword == "RUN" && kindOf(p.in) == systemKind {
			if run := s.runtimePackages(p); run != "" {
				w.part(part{notes: p.notes, text: run})
			}
			continue
		}
		w.part(p)
	}
	if !accountDone {
		s.accountLines(w)
	}
	s.environment(w)
	switch {
	case s.own != nil && !s.own.source:
		if s.own.workdir {
			w.line("RUN chown %s %s", s.owner(), s.workdir)
		}
	case s.rootOwned():
		s.writtenFolders(w)
	default:
		s.folders(w)
	}
}

// fromAs is the user's FROM line, its name replaced.
func (s *Split) fromAs(name string) string {
	in := s.Stage.From
	text := in.Source()
	if s.Stage.Name == "" {
		return text + " AS " + name
	}
	last := in.Words[len(in.Words)-1].Span
	return text[:last.Start-in.Span.Start] + name + text[last.End-in.Span.Start:]
}

func (s *Split) accountLines(w *writer) {
	if s.own != nil { // which is made where the file makes it
		return
	}
	w.blank()
	w.line("# Nothing runs as root. A developer with other ids passes them, to own what is written to bind mounts.")
	for _, arg := range s.account.Args {
		w.line("ARG %s", arg)
	}
	w.line("RUN %s", strings.Join(s.account.Commands, " && \\\n    "))
	w.blank()
}

// environment is what running needs: the interpreter's settings and the environment's PATH.
func (s *Split) environment(w *writer) {
	var lines []string
	for _, v := range s.production.Runtime {
		if !s.sets(v.Name) {
			lines = append(lines, v.String())
		}
	}
	lines = append(lines, fmt.Sprintf("PATH=%q", s.production.BinDir+":$PATH"))
	w.blank()
	w.line("# The environment is outside of the work directory, where no source mount hides it")
	w.line("ENV %s", strings.Join(lines, " \\\n    "))
}

// sets says whether the user's stage sets the variable itself.
func (s *Split) sets(name string) bool {
	for _, p := range s.parts.base {
		if _, ok := p.in.Pair(name); ok && p.in.Keyword == "ENV" {
			return true
		}
	}
	return false
}

// folders makes what the process writes to and gives it to the account.
func (s *Split) folders(w *writer) {
	made := slices.Concat(s.production.Outputs, s.writes)
	dirs := []string{s.workdir}
	for _, dir := range made {
		if !strings.HasPrefix(dir, s.workdir+"/") { // which chown reaches from there
			dirs = append(dirs, dir)
		}
	}
	w.blank()
	w.line("# The work directory and all that is written at run time belong to the account")
	w.line("RUN mkdir -p %s && chown -R %s %s", strings.Join(made, " "), s.owner(), strings.Join(dirs, " "))
}

// writtenFolders gives the account what the user's own instructions make in the work directory, and
// nothing else.
func (s *Split) writtenFolders(w *writer) {
	dirs := s.made()
	for _, dir := range s.writes {
		if !slices.Contains(dirs, dir) {
			dirs = append(dirs, dir)
		}
	}
	if len(dirs) == 0 {
		return
	}
	w.blank()
	w.line("# What is written at run time belongs to the account, the code to root")
	command := "chown -R " + s.owner() + " " + strings.Join(dirs, " ")
	if len(s.writes) > 0 {
		command = "mkdir -p " + strings.Join(s.writes, " ") + " && " + command
	}
	w.line("RUN %s", command)
}

// tools has what building takes and production lacks: compilers, headers, the package manager.
func (s *Split) tools(w *writer) {
	w.blank()
	w.line("# Compilers, headers and %s: none of it reaches production", s.Unit.Manager)
	w.line("FROM %s AS %s", s.called(Base), s.called(Tools))
	for _, p := range s.parts.base {
		if p.in.Keyword == "RUN" && kindOf(p.in) == systemKind {
			if run := s.buildPackages(p); run != "" {
				if s.runtimePackages(p) == "" { // all of it moved here
					p.notes += s.within(p.in)
					w.notes(p)
				}
				w.line("RUN %s", run)
			}
		}
	}
	s.manager(w)
	var vars []string
	for _, v := range s.production.Environment {
		if !s.sets(v.Name) {
			vars = append(vars, v.String())
		}
	}
	for _, c := range s.production.Caches {
		if c.Variable != "" {
			vars = append(vars, c.Variable+"="+cacheDir(c))
		}
	}
	if len(vars) > 0 {
		w.line("ENV %s", strings.Join(vars, " \\\n    "))
	}
	if s.rootOwned() {
		w.line("RUN mkdir -p %s && chown -R %s %s %s", strings.Join(s.production.Outputs, " "), s.owner(), s.workdir, strings.Join(s.production.Outputs, " "))
	}
	if dirs := s.cacheDirs(); len(dirs) > 0 {
		w.line("RUN mkdir -p %s && chown %s %s", strings.Join(dirs, " "), s.owner(), strings.Join(dirs, " "))
	}
	w.line("USER %s", s.builderUser())
	for _, c := range s.production.Before {
		w.line("RUN %s", c)
	}
	w.blank()
	w.line("# The manifests alone: as long as they don't change, no dependency is installed again")
	w.line("COPY --chown=%s %s ./", s.owner(), strings.Join(s.manifests(), " "))
}

// manager brings the package manager in: from its image, pinned.
func (s *Split) manager(w *writer) {
	for _, p := range s.parts.tools {
		if c, ok := p.in.Copy(); ok {
			p.text = strings.Replace(p.text, "--from="+c.From, "--from="+uvImage(c.From), 1)
		}
		w.part(p)
	}
	if len(s.parts.tools) == 0 && s.Unit.Manager == stack.UV && !s.image.Has("uv") {
		w.line("COPY --from=%s /uv /uvx /usr/local/bin/", s.uvFromPip())
	}
}

// manifests are the files that the install reads, as seen from the build context.
func (s *Split) manifests() []string {
	var list []string
	for _, f := range append(append([]string(nil), s.production.Files...), s.development.Files...) {
		name := strings.TrimPrefix(f, s.contextDir+"/")
		if !slices.Contains(list, name) {
			list = append(list, name)
		}
	}
	return list
}

// builderUser is who installs and develops.
func (s *Split) builderUser() string {
	if s.own != nil {
		return s.user()
	}
	return s.owner()
}

// ids are the account's numbers for a cache mount; where only the first is known, it does for both.
func (s *Split) ids() (uid, gid string) {
	if s.own == nil {
		return "${" + stack.AppUIDArg + "}", "${" + stack.AppGIDArg + "}"
	}
	if s.own.gid < 0 {
		return strconv.Itoa(s.own.uid), strconv.Itoa(s.own.uid)
	}
	return strconv.Itoa(s.own.uid), strconv.Itoa(s.own.gid)
}

// cacheDirs are the caches' folders. They have to be there and writable outside of builds too: the
// package manager asks for its cache whenever it is called.
func (s *Split) cacheDirs() []string {
	var dirs []string
	for _, c := range s.production.Caches {
		if c.Variable != "" {
			dirs = append(dirs, cacheDir(c))
		}
	}
	return dirs
}

func cacheDir(c stack.Cache) string { return "/var/cache/" + path.Base(c.Root) }

// run writes an install step with its caches mounted, owned by who builds, or emptied.
func (s *Split) run(w *writer, i stack.Install, list []stack.Command) {
	for _, c := range list {
		if s.cleans() {
			line := c.String()
			for _, dir := range s.cacheDirs() {
				line += " && rm -rf " + dir + "/*"
			}
			w.line("RUN %s", line)
			continue
		}
		mounts := ""
		for _, cache := range i.Caches {
			target := cache.Root
			uid, gid := "", ""
			if cache.Variable != "" {
				target = cacheDir(cache)
				uid, gid = s.ids()
			}
			mounts += cache.Mount(target, uid, gid) + " \\\n    "
		}
		w.line("RUN %s%s", mounts, c)
	}
}

func (s *Split) builder(w *writer) {
	w.blank()
	w.line("# What production runs, without development dependencies")
	w.line("FROM %s AS %s", s.called(Tools), s.called(Builder))
	for _, p := range s.parts.replaced {
		p.notes += s.within(p.in)
		w.notes(p)
	}
	s.run(w, s.production, s.production.Dependencies)
	switch {
	case len(s.production.Project) == 0:
	case s.linked():
		s.link(w, s.production)
	default:
		s.plainSources(w, s.owner())
		s.run(w, s.production, s.production.Project)
	}
}

// sources copies the source with its owner set, as the user's own instructions say; to is "" for root.
func (s *Split) sources(w *writer, to string) {
	for _, p := range s.parts.source {
		owner := to
		if p.given && owner == "" {
			owner = s.owner()
		}
		if _, has := p.in.Flag("chown"); !has && owner != "" {
			p.text = p.in.Keyword + " --chown=" + owner + p.text[len(p.in.Keyword):]
		}
		w.part(p)
	}
}

func (s *Split) developmentStages(w *writer) {
	w.blank()
	w.line("# Tools and tests included")
	w.line("FROM %s AS %s", s.called(Tools), Development)
	s.run(w, s.development, s.development.Dependencies)
	if s.linked() {
		s.link(w, s.development)
		s.sources(w, s.owner())
	} else {
		s.sources(w, s.owner())
		s.run(w, s.development, s.development.Project)
	}
	if s.Unit.Manager == stack.UV {
		w.line("# `uv run` takes the environment as it is: it does not install at start-up")
		w.line("ENV UV_NO_SYNC=1")
	}
	s.afterSource(w, s.parts.after)
	s.start(w)
	w.blank()
	w.line("# What test environments build")
	w.line("FROM %s AS %s", Development, Testing)
}

// plainSources is sources without the comments, which stand in the builder already.
func (s *Split) plainSources(w *writer, to string) {
	bare := &Split{own: s.own}
	for _, p := range s.parts.source {
		p.notes = ""
		bare.parts.source = append(bare.parts.source, p)
	}
	bare.sources(w, to)
}

// afterSource are the commands that need the source.
func (s *Split) afterSource(w *writer, list []part) {
	for _, p := range list {
		p.text = withoutRunner(p.text)
		w.part(p)
	}
}

// start is what a stage ends with that is started: labels, ports, the start command.
func (s *Split) start(w *writer) {
	for _, p := range s.parts.late {
		w.part(p)
	}
	for _, p := range s.parts.runtime {
		p.text = s.startForm(p)
		w.part(p)
	}
}

func (s *Split) productionStage(w *writer) {
	to, chown := s.numeric(), " --chown="+s.numeric()
	if s.rootOwned() {
		to, chown = "", ""
	}
	w.blank()
	w.line("# What runs, and nothing else")
	w.line("FROM %s AS %s", s.called(Base), Production)
	for _, out := range s.production.Outputs {
		w.line("COPY --from=%s%s %s %s", s.called(Builder), chown, out, out)
	}
	if s.own != nil { // the file says which copies are its account's
		to = ""
	}
	s.plainSources(w, to)
	early := 0 // as root: only root can change a source that is its own, as these commands may
	for early < len(s.parts.after) && s.early(s.parts.after[early]) {
		early++
	}
	s.afterSource(w, s.parts.after[:early])
	if s.own != nil {
		w.part(s.own.user)
	} else {
		w.line("USER %s", s.user())
	}
	s.afterSource(w, s.parts.after[early:])
	s.start(w)
}

// alias keeps the name by which callers ask for the stage today.
func (s *Split) alias(w *writer) {
	if s.Stage.Name == "" || slices.Contains(names, s.Stage.Name) && instead[s.Stage.Name] == "" {
		return
	}
	w.blank()
	w.line("# The name that it had before the split, for who still asks for it")
	w.line("FROM %s AS %s", Production, s.Stage.Name)
}
