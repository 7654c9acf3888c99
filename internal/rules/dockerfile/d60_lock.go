package dockerfile

import (
	"bytes"
	_ "embed"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"refit/internal/change"
	"refit/internal/dockerfile"
	"refit/internal/edit"
	"refit/internal/project"
	"refit/internal/rule"
	"refit/internal/shell"
	"refit/internal/source"
	"refit/internal/stack"
)

//go:embed d60_lock.md
var lockDoc string

// Lock finds dependencies that are not locked, or a lock that nobody holds them to: D60.
var Lock = rule.Rule{
	Meta: rule.Meta{ID: "D60", Name: "lock-not-used", Theme: rule.Dockerfile, Severity: rule.Warning, Since: "0.1.0",
		Summary: "the lock file is missing, ignored by git, outdated, or not asserted by the install", Doc: lockDoc},
	Check: checkLock,
}

func checkLock(pass *rule.Pass) {
	seen := map[string]bool{}
	var locked []*stack.Unit
	for _, u := range pass.Project.Units {
		if u.Lock == "" || seen[u.Lock] || len(u.Dependencies) == 0 || !built(pass.Project, u) {
			continue
		}
		seen[u.Lock] = true
		locked = append(locked, u)
	}
	rule.Each(pass, locked, func(pass *rule.Pass, u *stack.Unit) {
		switch {
		case reportIgnoredLock(pass, u):
		case !u.LockPresent:
			reportMissingLock(pass, u)
		default:
			reportOldLock(pass, u)
		}
	})
	for _, d := range pass.Project.Dockerfiles {
		for _, in := range d.File.Instructions {
			if in.Keyword == "RUN" {
				reportUnasserted(pass, d, in)
			}
		}
	}
}

// built says whether the unit is installed in an image: a Dockerfile's context holds it.
func built(p *project.Project, u *stack.Unit) bool {
	for i, contexts := range allContexts(p) {
		for _, dir := range contexts {
			if dir == "." || strings.HasPrefix(u.Dir, dir) && (len(u.Dir) == len(dir) || u.Dir[len(dir)] == '/') {
				return calls(p.Dockerfiles[i].File, string(u.Manager))
			}
		}
	}
	return false
}

// allContexts are the build contexts, Dockerfile by Dockerfile.
func allContexts(p *project.Project) [][]string {
	return source.Recall(&p.Memo, allContextsKey{}, func() [][]string {
		all := make([][]string, len(p.Dockerfiles))
		for i, d := range p.Dockerfiles {
			all[i] = d.Contexts()
		}
		return all
	})
}

type allContextsKey struct{}

// calls says whether a Dockerfile calls the package manager.
func calls(f *dockerfile.File, manager string) bool {
	for _, in := range f.Instructions {
		if in.Keyword != "RUN" {
			continue
		}
		for _, i := range installs(in) {
			if i != nil && i.Manager == manager {
				return true
			}
		}
	}
	return false
}

// reportIgnoredLock un-ignores a lock: the fix takes the line of the ignore file away.
func reportIgnoredLock(pass *rule.Pass, u *stack.Unit) bool {
	p := pass.Project
	ignored, by := p.GitIgnore().Match(u.Lock, false)
	if !ignored || p.Git.Tracked(u.Lock) {
		return false
	}
	f := rule.Finding{Subject: u.Lock + " ignored",
		Message: u.Lock + " is ignored by git (" + fmt.Sprintf("%s:%d", by.Path, by.Line) + "); every clone and every build resolves the dependencies anew, to other versions; commit it"}
	text, err := p.Files.Read(by.Path)
	if err != nil {
		f.At = rule.Location{Path: u.Manifests[0]}
		f.Fixes = rule.Manual("Commit the lock", by.Path+" lies outside of the repository; add the line `!"+path.Base(u.Lock)+"` to .gitignore")
		pass.Report(f)
		return true
	}
	lines := source.NewLines(text)
	f.At = rule.Location{Path: by.Path, Span: lines.Span(by.Line)}
	if strings.Trim(by.Pattern, "/") != path.Base(u.Lock) && strings.Trim(by.Pattern, "/") != u.Lock {
		eol := source.EOL(text)
		insert := "!" + path.Base(u.Lock) + eol
		if n := len(text); n > 0 && text[n-1] != '\n' {
			insert = eol + insert
		}
		if strings.HasSuffix(by.Pattern, "/") || strings.Contains(strings.Trim(by.Pattern, "/"), "/") {
			f.Fixes = rule.Manual("Commit the lock", "the pattern "+by.Pattern+" ignores its folder; take the lock out of it")
		} else {
			f.Fixes = []rule.Fix{{Title: "Let git see " + u.Lock, Safety: change.Safe, Ops: []edit.Op{edit.Text(by.Path, edit.Insert(len(text), insert, "pattern:!"+path.Base(u.Lock)))}}}
		}
		pass.Report(f)
		return true
	}
	// The line is turned round, not taken away: its comment stays with it, and an earlier pattern does
	// not come into force instead.
	start := lines.Span(by.Line).Start + bytes.Index(lines.Span(by.Line).Of(text), []byte(by.Pattern))
	turned := edit.Insert(start, "!", "pattern:"+by.Pattern)
	if after, err := edit.Patch(text, []edit.Edit{turned}); err != nil || stillIgnored(p, u.Lock, by.Path, after) {
		f.Fixes = rule.Manual("Commit the lock", "taking back the pattern "+by.Pattern+" is not enough; run `git add --force "+u.Lock+"`")
	} else {
		f.Fixes = []rule.Fix{{Title: "Let git see " + u.Lock, Safety: change.Safe, Ops: []edit.Op{edit.Text(by.Path, turned)}}}
	}
	pass.Report(f)
	return true
}

// stillIgnored says whether git ignores a file when the ignore file at has the text.
func stillIgnored(p *project.Project, file, at string, text []byte) bool {
	ignored, _ := p.Git.Ignore(func(name string) ([]byte, bool) {
		if name == at {
			return text, true
		}
		e, ok := p.Files.Entry(name)
		if !ok || !e.IsRegular() { // git doesn't follow links here
			return nil, false
		}
		read, err := e.Bytes()
		return read, err == nil
	}).Match(file, false)
	return ignored
}

func reportMissingLock(pass *rule.Pass, u *stack.Unit) {
	f := rule.Finding{At: rule.Location{Path: u.Manifests[0]}, Subject: u.Lock + " missing",
		Message: u.Lock + " is missing; every build resolves the dependencies anew, to other versions; make it once and commit it"}
	command := lockCommand(u)
	if len(command) == 0 {
		f.Fixes = rule.Manual("Make the lock", "how "+string(u.Manager)+" makes "+u.Lock+" is not known to refit; make it with "+string(u.Manager)+" and commit it")
	} else {
		f.Fixes = rule.Manual("Make the lock", "making it asks the package registry, which refit does not do unasked; run `"+strings.Join(command, " ")+"` in "+u.Dir+" and commit "+u.Lock)
		f.Fixes[0].Steps = []change.Step{{Name: strings.Join(command, " "), Command: command, Dir: u.Dir, Why: "makes " + u.Lock + ", which the install asserts", Makes: []string{u.Lock}, Image: u.Toolchain()}}
	}
	pass.Report(f)
}

func lockCommand(u *stack.Unit) []string {
	i, err := u.Install(stack.Options{})
	if err != nil {
		return nil
	}
	return i.Lock
}

// lockedNames reads the names in a lock, where its form is one of those that refit knows.
var lockedNames = map[stack.Manager]*regexp.Regexp{
	stack.UV:     regexp.MustCompile(`(?m)^name = "([^"]+)"`),
	stack.Poetry: regexp.MustCompile(`(?m)^name = "([^"]+)"`),
	stack.NPM:    regexp.MustCompile(`"node_modules/((?:@[^/"]+/)?[^/"]+)"|(?m)^ {4}"((?:@[^/"]+/)?[^/"]+)": \{$`),
}

// lockedKey is the key under which a lock remembers the names in it.
type lockedKey struct{ form *regexp.Regexp }

// namesIn are the names that a lock has; none when it can't be read.
func namesIn(lock *source.Entry, form *regexp.Regexp) map[string]bool {
	text, _ := lock.Bytes()
	names := map[string]bool{}
	for line := range bytes.Lines(text) {
		if !bytes.HasPrefix(line, []byte("name = ")) && !bytes.HasPrefix(line, []byte(`    "`)) && !bytes.Contains(line, []byte(`"node_modules/`)) {
			continue // no form begins otherwise
		}
		for _, m := range form.FindAllSubmatch(line, -1) {
			names[strings.ReplaceAll(strings.ToLower(string(m[1])), "_", "-")] = true
			if len(m) > 2 {
				names[string(m[2])] = true
			}
		}
	}
	return names
}

// reportOldLock compares the names of manifest and lock: one that the lock lacks was added after it
// was made. Versions are the package manager's to compare.
func reportOldLock(pass *rule.Pass, u *stack.Unit) {
	form := lockedNames[u.Manager]
	lock, there := pass.Project.Files.Resolve(u.Lock)
	if form == nil || !there || u.Workspace {
		return
	}
	e, _ := pass.Project.Files.Entry(lock)
	locked := source.Recall(&e.Memo, lockedKey{form}, func() map[string]bool { return namesIn(e, form) })
	var missing []string
	for _, name := range u.Dependencies {
		if !locked[name] && !locked[strings.ToLower(name)] && !slices.Contains(u.LocalNames, name) {
			missing = append(missing, name)
		}
	}
	if len(missing) == 0 || len(locked) == 0 {
		return
	}
	f := rule.Finding{At: rule.Location{Path: u.Lock}, Subject: u.Lock + " outdated",
		Message: u.Lock + " is older than its manifest: it lacks " + strings.Join(missing, ", ") + "; an install that asserts the lock fails, one that doesn't takes other versions than you tested; make it anew"}
	f.Fixes = rule.Manual("Make the lock anew", "making it asks the package registry, which refit does not do unasked")
	if command := lockCommand(u); len(command) > 0 {
		f.Fixes[0].Why += "; run `" + strings.Join(command, " ") + "` in " + u.Dir
		f.Fixes[0].Steps = []change.Step{{Name: strings.Join(command, " "), Command: command, Dir: u.Dir, Why: "brings " + u.Lock + " up to its manifest", Makes: []string{u.Lock}, Image: u.Toolchain()}}
	}
	pass.Report(f)
}

// reportUnasserted finds installs that go on without the lock or change it.
func reportUnasserted(pass *rule.Pass, d *project.Dockerfile, in *dockerfile.Instruction) {
	seen := map[int]bool{}
	list := commands(in)
	for n, i := range installs(in) {
		if i == nil || i.Action != shell.ActionRestore || i.Locked != shell.No || seen[list[n].Span.Start] {
			continue
		}
		c := list[n]
		seen[c.Span.Start] = true
		unit := restoredUnit(pass.Project, d, in, i.Manager)
		if unit == nil || !copiesLock(d, in, unit) && unit.LockPresent || !unit.LockPresent {
			continue
		}
		f := rule.Finding{At: rule.Location{Path: d.Path, Span: c.Span}, Subject: fmt.Sprintf("%s/%s/install%d", stageSubject(in.Stage), strings.TrimPrefix(in.Addr(), in.Stage.Addr()+"/"), n),
			Message: "`" + strings.Join(argv(c), " ") + "` does not assert " + unit.Lock + ": when the lock doesn't fit it installs other versions without a word; make it fail instead"}
		e, what := asserting(*i, unit)
		if program := c.Unwrapped().Words[0]; i.Manager == "yarn" && i.Word.Value == "" && unit.ManagerVersion != "" && program.Span.Len() == len("yarn") {
			what = map[bool]string{true: "--frozen-lockfile", false: "--immutable"}[unit.ManagerVersion == "1"]
			e = edit.Insert(program.Span.End, " "+what, "")
		}
		if what == "" || e.Start <= 0 {
			f.Fixes = rule.Manual("Assert the lock", "how this command of "+i.Manager+" asserts its lock can't be written with certainty")
		} else {
			e.Addr = fmt.Sprintf("%s/lock/%d", in.Addr(), n)
			f.Fixes = []rule.Fix{{Title: "Assert the lock: " + what, Safety: change.Behaviour, Ops: []edit.Op{edit.Text(d.Path, e)},
				Declares: []change.Declared{declaredEverywhere(d, "install.*", "the install fails when the lock doesn't fit")}}}
		}
		pass.Report(f)
	}
}

// restoredUnit is the unit with a lock that a RUN installs: the one whose files are copied to its work directory, as those
// of a sub-folder may be, or else the one in the build context's folder.
func restoredUnit(p *project.Project, d *project.Dockerfile, in *dockerfile.Instruction, manager string) (unit *stack.Unit) {
	workdir := d.File.StateAt(in, nil).WorkingDir.Value
	for _, u := range p.Units {
		if string(u.Manager) != manager || u.Lock == "" || len(u.Problems) > 0 {
			continue
		}
		if slices.Contains(d.Contexts(), u.Dir) && (unit == nil || slices.Contains(d.Contexts(), unit.Dir)) || copiesManifest(d, in, u, workdir) {
			unit = u
		}
	}
	return unit
}

// copiesManifest says whether a COPY before the instruction brings a manifest from the unit's own folder below the build
// context to the folder.
func copiesManifest(d *project.Dockerfile, in *dockerfile.Instruction, u *stack.Unit, workdir string) bool {
	for s := in.Stage; s != nil; s = s.Parent(nil) {
		for _, other := range s.Instructions {
			c, ok := other.Copy()
			if !ok || c.From != "" || other.Span.Start > in.Span.Start {
				continue
			}
			target, unproven := c.Target(d.File.StateAt(other, nil))
			if len(unproven) > 0 || path.Clean(target) != path.Clean(workdir) {
				continue
			}
			for _, src := range c.Sources {
				dir, base := path.Split(path.Clean(strings.TrimPrefix(src.Value, "/")))
				for _, m := range u.Manifests {
					hit, _ := path.Match(base, path.Base(m))
					if hit && dir != "" && path.Join(d.Context(), dir) == u.Dir {
						return true
					}
				}
			}
		}
	}
	return false
}

// asserting is the edit that makes an install assert its lock.
func asserting(i shell.Install, u *stack.Unit) (e edit.Edit, what string) {
	after := func(option string) (edit.Edit, string) { return edit.Insert(i.Word.Span.End, " "+option, ""), option }
	switch {
	case i.Word.Span.Len() <= 0:
		return e, ""
	case i.Manager == "uv" && i.Word.Value == "sync":
		return after("--locked")
	case i.Manager == "npm" && (i.Word.Value == "install" || i.Word.Value == "i"):
		for _, o := range i.Options {
			if o.Name == "--save" || o.Name == "-g" || o.Name == "--no-save" || o.Name == "--no-package-lock" || o.Name == "--global" {
				return e, ""
			}
		}
		return edit.Replace(i.Word.Span, "ci", ""), "npm ci"
	case i.Manager == "yarn" && i.Word.Value == "install" && u.ManagerVersion == "1":
		for _, o := range i.Options { // which keeps the lock as it is and installs what it likes
			if o.Name == "--pure-lockfile" && o.Word.Span.Len() == len(o.Name) {
				return edit.Replace(o.Word.Span, "--frozen-lockfile", ""), "--frozen-lockfile"
			}
		}
		return after("--frozen-lockfile")
	case i.Manager == "yarn" && i.Word.Value == "install" && u.ManagerVersion != "":
		return after("--immutable")
	case (i.Manager == "pnpm" || i.Manager == "bun") && (i.Word.Value == "install" || i.Word.Value == "i"):
		return after("--frozen-lockfile")
	case i.Manager == "cargo" && (i.Word.Value == "build" || i.Word.Value == "fetch"):
		return after("--locked")
	}
	return e, ""
}

// copiesLock says whether the lock is in the image when the instruction runs: a COPY before it, in its
// chain, brings it.
func copiesLock(d *project.Dockerfile, in *dockerfile.Instruction, u *stack.Unit) bool {
	lock := path.Base(u.Lock)
	for s := in.Stage; s != nil; s = s.Parent(nil) {
		for _, other := range s.Instructions {
			if other.Span.Start > in.Span.Start {
				continue
			}
			for _, m := range other.Mounts() {
				if m.Type == "bind" && m.From == "" && (path.Base(m.Source) == lock || m.Source == "" || m.Source == ".") {
					return true
				}
			}
			c, ok := other.Copy()
			if !ok || c.From != "" {
				continue
			}
			for _, src := range c.Sources {
				base := path.Base(strings.TrimSuffix(src.Value, "/"))
				hit, _ := path.Match(base, lock)
				if hit || base == "." || src.Value == "/" || slices.Contains(d.Contexts(), path.Dir(u.Lock)) && strings.TrimSuffix(strings.TrimPrefix(src.Value, "./"), "/") == u.Dir {
					return true
				}
			}
		}
	}
	return false
}
