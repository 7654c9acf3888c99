package multistage

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"refit/internal/dockerfile"
	"refit/internal/shell"
	"refit/internal/stack"
)

// own is an account that the file makes itself and that its service runs as. It is kept: its creation comes
// into the base stage, and what chown gave it behind the copy, COPY --chown gives it.
type own struct {
	name, owner string // owner as chown and COPY --chown name it: "app:app"
	uid, gid    int    // -1 where they are not said
	user        part   // the USER that has the last word
	workdir     bool   // the work directory itself is the account's
	source      bool   // and so is all that is copied into it
	inside      *part  // a RUN that gives it a part of the source only
}

var (
	accountMakers = []string{"useradd", "adduser", "groupadd", "addgroup", "usermod"}
	folderMakers  = []string{"mkdir", "touch"}
)

// findOwn finds the file's own account. There is none, without an error, when the stage makes no account; when
// it runs as one that it does not make, root says so later.
func (s *Split) findOwn() error {
	made, groups := s.madeAccounts()
	user := s.Stage.Config(nil).User
	if len(user.Unproven) > 0 {
		return nil
	}
	name, group, _ := strings.Cut(user.Value, ":")
	if name == "" || name == "root" || name == "0" {
		if len(made) > 0 {
			return fmt.Errorf("it makes the account %s and does not run as it; name it in a USER first", made[len(made)-1].Name)
		}
		return nil
	}
	for _, a := range made {
		if a.Name != name && strconv.Itoa(a.UID) != name {
			continue
		}
		if group == "" {
			group = s.loginGroup(a)
		}
		if group == "" {
			return fmt.Errorf("which group the account %s belongs to can't be told; name it, as in USER %s:GROUP", a.Name, a.Name)
		}
		if g, ok := groups[group]; ok && a.GID < 0 {
			a.GID = g
		}
		s.own = &own{name: a.Name, owner: name + ":" + group, uid: a.UID, gid: a.GID}
		return nil
	}
	return nil
}

// madeAccounts are the accounts that the stage makes, and the numbers of its groups.
func (s *Split) madeAccounts() (list []accountMade, groups map[string]int) {
	groups = map[string]int{}
	for _, in := range s.Stage.Find("RUN") {
		cmds, _ := commands(in)
		for _, c := range cmds {
			switch c.Name() {
			case "groupadd", "addgroup":
				if g := shell.ReadAccount(c); g.Name != "" {
					groups[g.Name] = g.GID
				}
			case "useradd", "adduser":
				if a := shell.ReadAccount(c); a.Name != "" {
					list = append(list, accountMade{a, c})
				}
			}
		}
	}
	return list, groups
}

// accountMade is an account and the command that makes it.
type accountMade struct {
	shell.Account
	by shell.Command
}

// loginGroup is the group that an account gets: the one that is said, else one of its own name. BusyBox's and
// Debian's adduser give a system account none of its own, useradd gives none under -N.
func (s *Split) loginGroup(a accountMade) string {
	switch {
	case a.Group != "":
		return a.Group
	case a.GID >= 0:
		return strconv.Itoa(a.GID)
	case a.by.Name() == "adduser" && a.System && !says(a.by, "--group"), says(a.by, "-N", "--no-user-group"):
		return ""
	case s.image.Distro == stack.Debian || s.image.Distro == stack.Ubuntu || s.image.Distro == stack.RedHat, s.image.Distro == stack.Alpine && a.by.Name() == "adduser":
		return a.Name
	}
	return ""
}

func says(c shell.Command, options ...string) bool {
	return slices.ContainsFunc(c.Words, func(w shell.Word) bool { return slices.Contains(options, w.Value) })
}

// underAccount says whether an instruction is carried out as the account and not as root.
func (s *Split) underAccount(in *dockerfile.Instruction) bool {
	name, _, _ := strings.Cut(s.Dockerfile.File.StateAt(in, nil).User.Value, ":")
	return name != "" && name != "root" && name != "0"
}

// givesOrMakes says whether a RUN is about the account: it makes one, or gives files to somebody.
func givesOrMakes(in *dockerfile.Instruction) bool {
	list, _ := commands(in)
	return slices.ContainsFunc(list, func(c shell.Command) bool {
		return slices.Contains(accountMakers, c.Name()) || c.Name() == "chown" || c.Name() == "chgrp"
	})
}

// placeAccount places a RUN that is about the account: as it is in the base stage, except for what is said of
// the source, which isn't there. COPY --chown says that.
func (s *Split) placeAccount(p part) error {
	list, ok := commands(p.in)
	if !ok {
		return fmt.Errorf("line %d could not be read", p.in.Line)
	}
	if s.underAccount(p.in) {
		return fmt.Errorf("line %d gives files to somebody as an account that is not root", p.in.Line)
	}
	made := s.made()
	var early, late, given []string
	for _, c := range list {
		text := asWritten(c, s.Dockerfile.File.Text)
		switch name := c.Name(); {
		case slices.Contains(accountMakers, name):
			early = append(early, text)
		case slices.Contains(folderMakers, name):
			dirs, err := s.paths(p.in, c, 0)
			if err != nil {
				return err
			}
			made = append(made, dirs...)
			early = append(early, text)
		case name == "chown" || name == "chmod":
			where, err := s.gives(p, c, made)
			switch {
			case err != nil:
				return err
			case where == ofSource && name == "chown":
				given = append(given, spoken(c))
			case where == ofSource:
				late = append(late, text)
			default:
				early = append(early, text)
			}
		case len(s.parts.source) == 0 && !slices.ContainsFunc([]string{"cd", "pushd", "chgrp"}, func(n string) bool { return n == name }):
			early = append(early, text) // where it stands already
		default:
			return fmt.Errorf("line %d makes or serves the account and runs %s in one RUN", p.in.Line, name)
		}
	}
	s.dropped = append(s.dropped, given...)
	switch {
	case len(late)+len(given) == 0:
		s.parts.base = append(s.parts.base, p)
	case len(early)+len(late) == 0:
		s.parts.replaced = append(s.parts.replaced, p)
	case !chained(p, list, s.Dockerfile.File.Text):
		return fmt.Errorf("line %d makes the account and serves the source in one RUN that can't be taken apart", p.in.Line)
	case len(early) == 0:
		p.text = "RUN " + strings.Join(late, " && \\\n    ")
		s.parts.after = append(s.parts.after, p)
	default:
		s.parts.base = append(s.parts.base, part{in: p.in, notes: p.notes, text: "RUN " + strings.Join(early, " && \\\n    ")})
		if len(late) > 0 {
			s.parts.after = append(s.parts.after, part{in: p.in, text: "RUN " + strings.Join(late, " && \\\n    ")})
		}
	}
	return nil
}

// place of what a chown or a chmod is about.
type region int

const (
	ofImage  region = iota // what is in the base image, or what the file's own RUNs make
	ofSource               // what is copied
)

// gives sorts a chown or chmod by what it is about, and marks the copies that it gives to the account.
func (s *Split) gives(p part, c shell.Command, made []string) (region, error) {
	chown := c.Name() == "chown"
	operands, err := s.paths(p.in, c, 1)
	if err != nil {
		return ofImage, err
	}
	recursive := slices.ContainsFunc(c.Words, func(w shell.Word) bool {
		return w.Value == "--recursive" || strings.HasPrefix(w.Value, "-") && !strings.HasPrefix(w.Value, "--") && strings.Contains(w.Value, "R")
	})
	workdir := path.Clean(s.Dockerfile.File.StateAt(p.in, nil).WorkingDir.Value)
	here, source := 0, 0
	for _, at := range operands {
		switch {
		case slices.ContainsFunc(made, func(dir string) bool { return inside(at, dir) }):
			here++
		case inside(workdir, at) && workdir != "/" && at != "/":
			if chown && !s.isOwn(c) {
				return ofImage, fmt.Errorf("line %d gives %s to another account than the one that runs", p.in.Line, at)
			}
			if !chown && len(s.parts.source) > 0 {
				source++
				continue
			}
			here++
			s.own.workdir = true
			if recursive && len(s.parts.source) > 0 {
				s.own.source = true
				s.giveCopies(at)
			}
		case s.brought(at):
			if chown && !s.isOwn(c) {
				return ofImage, fmt.Errorf("line %d gives %s to another account than the one that runs", p.in.Line, at)
			}
			source++
			if chown && !s.giveCopies(at) && s.own.inside == nil {
				s.own.inside = &p
			}
		case inside(at, workdir):
			return ofImage, fmt.Errorf("line %d is about %s, and what puts that there can't be told", p.in.Line, at)
		default:
			here++
		}
	}
	if here > 0 && source > 0 {
		return ofImage, fmt.Errorf("line %d is about folders of the image and of the source in one %s", p.in.Line, c.Name())
	}
	if source > 0 {
		return ofSource, nil
	}
	return ofImage, nil
}

// isOwn says whether a chown gives to the file's own account.
func (s *Split) isOwn(c shell.Command) bool {
	for _, w := range c.Words[1:] {
		if strings.HasPrefix(w.Value, "-") {
			continue
		}
		name, group, _ := strings.Cut(w.Value, ":")
		if !w.Constant || name != s.own.name && strconv.Itoa(s.own.uid) != name {
			return false
		}
		_, own, _ := strings.Cut(s.own.owner, ":")
		return group == "" || group == own || group == s.own.name || strconv.Itoa(s.own.gid) == group || group == name
	}
	return false
}

// giveCopies marks the copies so far whose targets lie in a folder, or are it; given says that there is one.
func (s *Split) giveCopies(at string) (given bool) {
	for i := range s.parts.source {
		for _, target := range s.targets(s.parts.source[i]) {
			if inside(target, at) {
				s.parts.source[i].given, given = true, true
			}
		}
	}
	return given
}

// brought says whether a copy of the source brings a path, or it lies in one that does.
func (s *Split) brought(at string) bool {
	return slices.ContainsFunc(s.parts.source, func(p part) bool {
		return slices.ContainsFunc(s.targets(p), func(target string) bool { return inside(at, target) })
	})
}

// targets are the paths in the image that a copy brings: of one into a folder, those of its sources as well.
func (s *Split) targets(p part) []string {
	c, ok := p.in.Copy()
	if !ok {
		return nil
	}
	to, unproven := c.Target(s.Dockerfile.File.StateAt(p.in, nil))
	if len(unproven) > 0 {
		return nil
	}
	if !strings.HasSuffix(to, "/") && len(c.Sources) == 1 || whole(c) {
		return []string{path.Clean(to)}
	}
	var list []string
	for _, src := range c.Sources {
		if strings.ContainsAny(src.Value, "*?[$") || strings.HasSuffix(src.Value, "/") {
			return []string{path.Clean(to)}
		}
		list = append(list, path.Join(to, path.Base(src.Value)))
	}
	return list
}

// inside says whether a path is a folder or lies in it.
func inside(at, dir string) bool {
	return at == dir || strings.HasPrefix(at, strings.TrimSuffix(dir, "/")+"/")
}

// paths are the operands of a command behind the first few, absolute.
func (s *Split) paths(in *dockerfile.Instruction, c shell.Command, skip int) ([]string, error) {
	at := s.Dockerfile.File.StateAt(in, nil).WorkingDir.Value
	var list []string
	for i, w := range c.Words[1:] {
		if strings.HasPrefix(w.Value, "-") {
			continue
		}
		if before := c.Words[i]; c.Name() == "mkdir" && (before.Is("-m") || before.Is("--mode")) {
			continue
		}
		if skip > 0 {
			skip--
			continue
		}
		if !w.Constant || w.Glob || strings.HasPrefix(w.Value, "~") {
			return nil, fmt.Errorf("which files the %s of line %d is about is known only when it runs", c.Name(), in.Line)
		}
		dir := w.Value
		if !path.IsAbs(dir) {
			dir = path.Join("/", at, dir)
		}
		list = append(list, path.Clean(dir))
	}
	return list, nil
}

// spoken is a command as image promises name it.
func spoken(c shell.Command) string {
	var words []string
	for _, w := range c.Words {
		words = append(words, strings.ReplaceAll(w.Value, shell.Unknown, "?"))
	}
	return strings.Join(words, " ")
}

// ownDecided refuses what the account is given only in part, and instructions of the base stage that ran as it.
func (s *Split) ownDecided() error {
	if s.own == nil {
		return nil
	}
	if p := s.own.inside; p != nil && !s.own.source {
		return fmt.Errorf("line %d gives a part of what is copied to %s, and the copy can give it only all", p.in.Line, s.own.name)
	}
	if s.own.user.in == nil {
		return fmt.Errorf("it runs as %s, and no USER says so", s.own.name)
	}
	for _, p := range slices.Concat(s.parts.after, s.parts.runtime) {
		if strings.Contains(p.text, "/.local/bin/") {
			return fmt.Errorf("line %d starts a program in the account's home folder, where nothing is installed any more; call it by its name", p.in.Line)
		}
	}
	for _, p := range s.parts.base {
		if !s.underAccount(p.in) {
			continue
		}
		switch p.in.Keyword {
		case "RUN":
			return fmt.Errorf("line %d runs as %s, and what the base stage runs is root's", p.in.Line, s.own.name)
		case "WORKDIR": // BuildKit makes it the account's
			s.own.workdir = true
		}
	}
	if s.Unit.Manager == stack.Poetry {
		made, _ := s.madeAccounts()
		for _, a := range made {
			if a.Name == s.own.name && a.by.Name() == "useradd" && !makesHome(a.by) {
				return fmt.Errorf("the account %s has no home folder, in which poetry keeps settings", s.own.name)
			}
		}
	}
	return nil
}

// early says whether production runs a command behind the copy as root, as the file does: what is not given to the
// account stays root's. Of a source that is the account's it is only modes, which say nothing of the owner.
func (s *Split) early(p part) bool {
	if s.own == nil {
		return s.rootOwned()
	}
	if s.underAccount(p.in) {
		return false
	}
	return !s.own.source || onlyModes(p.in)
}

func makesHome(useradd shell.Command) bool {
	return slices.ContainsFunc(useradd.Words, func(w shell.Word) bool {
		return w.Value == "--create-home" || strings.HasPrefix(w.Value, "-") && !strings.HasPrefix(w.Value, "--") && strings.Contains(w.Value, "m")
	})
}

func onlyModes(in *dockerfile.Instruction) bool {
	list, ok := commands(in)
	return ok && len(list) > 0 && !slices.ContainsFunc(list, func(c shell.Command) bool { return c.Name() != "chmod" })
}
