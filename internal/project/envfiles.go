package project

import (
	"cmp"
	"maps"
	"path"
	"regexp"
	"slices"

	"refit/internal/compose"
	"refit/internal/gitrepo"
	"refit/internal/makefile"
	"refit/internal/shell"
	"refit/internal/source"
)

// readers works out who reads each env file and by which mechanism, and what git does with it.
func (d *discovery) readers() {
	for _, e := range d.p.Environments {
		d.interpolated(e)
		if e.Model != nil {
			d.servicesRead(e)
		}
	}
	d.sourced()
	ignore := d.p.GitIgnore()
	for _, f := range d.p.EnvFiles {
		f.Readers = compactReaders(f.Readers)
		f.Example = isExampleName(path.Base(f.Path))
		f.Tracked = d.p.Git.Tracked(f.Path)
		f.Ignored, _ = ignore.Match(f.Path, false)
		f.Env = envOfEnvFile(f)
	}
}

// GitIgnore is a new matcher of what git ignores in this project. It must not be used concurrently.
func (p *Project) GitIgnore() *gitrepo.Ignore {
	return p.Git.Ignore(func(at string) ([]byte, bool) {
		e, ok := p.Files.Entry(at)
		if !ok || !e.IsRegular() { // git doesn't follow links here
			return nil, false
		}
		text, err := e.Bytes()
		return text, err == nil
	})
}

// envOfEnvFile is the environment that the name tells, or the only one among the readers'.
func envOfEnvFile(f *EnvFile) string {
	if env := envOfPath(f.Path); env != "" {
		return env
	}
	names := map[string]bool{}
	for _, r := range f.Readers {
		if r.Mechanism != ByShell { // whose environment is not known
			names[r.Env] = true
		}
	}
	if len(names) == 1 {
		return slices.Collect(maps.Keys(names))[0]
	}
	return ""
}

// Partial says whether the name tells more than an environment, so that the file has only some of its values:
// those of one service in .env.prod.db, those of one machine in .env.dev.local.
func (f *EnvFile) Partial() bool {
	base := path.Base(f.Path)
	named := slices.DeleteFunc(words(base), func(w string) bool { return w == "env" || isExampleName(w) })
	return len(named) > 1 && envOfPath(base) != ""
}

// envFile is the env file at the path, read now when its name did not say that it is one. It is nil
// when there is none.
func (d *discovery) envFile(at string) *EnvFile {
	if f := d.p.EnvFile(at); f != nil {
		return f
	}
	e := regular(d.p.Files, at)
	if e == nil {
		return nil
	}
	if f := d.p.EnvFile(e.Path); f != nil {
		return f
	}
	f := d.parseEnv(e)
	if f != nil {
		d.p.EnvFiles = placed(d.p.EnvFiles, f, (*EnvFile).path)
	}
	return f
}

// interpolated notes the env files from which Compose fills in the variables of its files.
func (d *discovery) interpolated(e *Environment) {
	for _, at := range e.EnvFiles {
		f := d.envFile(at)
		if f == nil {
			continue
		}
		given := false
		for _, c := range e.Calls {
			if slices.Contains(c.EnvFiles, at) {
				given = true
				f.Readers = append(f.Readers, Reader{Mechanism: ByInterpolation, By: c.From, Env: e.Name, Span: c.Span})
			}
		}
		if !given {
			f.Readers = append(f.Readers, Reader{Mechanism: ByInterpolation, By: e.Files[0], Env: e.Name})
		}
	}
}

// servicesRead notes the env files that an environment's services read by env_file or get mounted.
func (d *discovery) servicesRead(e *Environment) {
	for _, name := range slices.Sorted(maps.Keys(e.Model.Services)) {
		s := e.Model.Services[name]
		for _, given := range s.EnvFiles {
			if f := d.envFile(given.Path); f != nil {
				by, span := d.names(e, name, given.Path, compose.PathEnvFile)
				f.Readers = append(f.Readers, Reader{Mechanism: ByEnvFile, By: by, Service: name, Env: e.Name, Span: span})
			}
		}
		for _, m := range s.Mounts {
			if f := d.p.EnvFile(m.Source); m.Type == "bind" && f != nil {
				by, span := d.names(e, name, m.Source, compose.PathBind)
				f.Readers = append(f.Readers, Reader{Mechanism: ByMount, By: by, Service: name, Env: e.Name, Span: span})
			}
		}
	}
}

// names is the place where a service of the environment names the file in a field of that kind: the
// last file that does so. The first file and no span when it can't be told, as with a variable.
func (d *discovery) names(e *Environment, service, at string, kind compose.PathKind) (string, source.Span) {
	prefix := compose.Addr("services", service) + "."
	for _, file := range slices.Concat(reversed(e.Files), e.Model.Files) {
		c := d.p.ComposeFile(file)
		if c == nil {
			continue
		}
		for _, r := range d.fields(c) {
			if r.field.Kind == kind && r.to == at && len(r.field.Addr) > len(prefix) && r.field.Addr[:len(prefix)] == prefix {
				return file, r.field.Span
			}
		}
	}
	return e.Files[0], source.Span{}
}

// sourced notes the env files that shells read by `.` or `source` and make by include.
func (d *discovery) sourced() {
	for _, s := range d.p.Scripts {
		d.sourcedBy(s.Path, func(at string, text []byte) []shell.Command {
			dialect, _ := shell.DialectOf(text)
			return shell.Commands(shell.Parse(text, dialect), shell.Start{Dir: ".", Path: at})
		})
	}
	for _, w := range d.p.Workflows {
		d.sourcedBy(w.Path, func(string, []byte) []shell.Command {
			var all []shell.Command
			for _, s := range w.File.Scripts {
				if dialect, ok := s.Dialect(); ok && s.DirKnown {
					all = append(all, shell.Commands(shell.ParseText(s.Text, dialect), s.Start())...)
				}
			}
			return all
		})
	}
	if m := d.p.Makefile; m != nil {
		d.sourcedBy(m.Path, func(string, []byte) []shell.Command { return makeCommands(m.File) })
		for _, include := range m.File.Includes {
			for _, w := range include.Files {
				if p, ok := shell.Resolve(path.Dir(m.Path), w.Value); ok && w.Constant {
					d.readByShell(sourcing{p, w.Span}, m.Path)
				}
			}
		}
	}
}

func makeCommands(f *makefile.File) []shell.Command {
	var all []shell.Command
	for _, t := range f.Targets() {
		all = append(all, f.Commands(t.Name)...)
	}
	return all
}

// maySource is what a line that reads an env file into the shell looks like at least.
var maySource = regexp.MustCompile(`(?mi)(?:^|[\s;&|("'@-])(?:\.|source)[ \t]+\S*(?:env|\$)`)

// sourcing is one place that reads a file into a shell.
type sourcing struct {
	at   string
	span source.Span
}

func (d *discovery) sourcedBy(from string, commands func(at string, text []byte) []shell.Command) {
	list, _ := parsedAs(d.c, d.entry(from), "sourced", func(at string, text []byte) ([]sourcing, error) {
		if !maySource.Match(text) { // following a long script costs milliseconds
			return nil, nil
		}
		var found []sourcing
		for _, c := range commands(at, text) {
			if len(c.Words) < 2 || !c.Words[0].Is(".") && !c.Words[0].Is("source") {
				continue
			}
			if p, ok := c.Resolve(c.Words[1]); ok {
				found = append(found, sourcing{p, c.Words[1].Span})
			}
		}
		return found, nil
	})
	for _, s := range list {
		d.readByShell(s, from)
	}
}

func (d *discovery) readByShell(s sourcing, by string) {
	if f := d.p.EnvFile(s.at); f != nil {
		f.Readers = append(f.Readers, Reader{Mechanism: ByShell, By: by, Span: s.span})
	}
}

// compactReaders sorts readers and leaves out repetitions.
func compactReaders(list []Reader) []Reader {
	slices.SortStableFunc(list, func(a, b Reader) int {
		return cmp.Or(cmp.Compare(a.Mechanism, b.Mechanism), cmp.Compare(a.By, b.By), cmp.Compare(a.Service, b.Service),
			cmp.Compare(a.Env, b.Env), cmp.Compare(a.Span.Start, b.Span.Start))
	})
	return slices.Compact(list)
}
