package multistage

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"refit/internal/compose"
	"refit/internal/project"
	"refit/internal/shell"
	"refit/internal/source"
)

// systemFolder is what belongs to the distribution, so that the account can't be given it.
var systemFolder = regexp.MustCompile(`^/((etc|usr|bin|sbin|lib|lib64|root|proc|sys|dev|boot|run|var/run|var/lib/(apt|dpkg)|var/cache/apt)(/.*)?|tmp|var|opt|home|srv|mnt|var/log|var/lib|)$`)

// written gathers the folders that the service writes: where volumes are mounted, which would be root's
// when the image has nothing there, and what the user's own RUNs make outside of the work directory.
func (s *Split) written(p *project.Project) error {
	add := func(dir string) {
		if dir = path.Clean(dir); dir != s.workdir && !slices.Contains(s.writes, dir) {
			s.writes = append(s.writes, dir)
		}
	}
	var mounted []string
	for _, v := range s.Stage.Config(nil).Volumes {
		mounted = append(mounted, v.Value)
	}
	for _, service := range builders(p)[s.Dockerfile.Path] {
		if service.Build.Target != "" && service.Build.Target != s.Stage.Name {
			continue
		}
		for _, m := range service.Mounts {
			if m.Type == "volume" && m.Source != "" && !m.ReadOnly {
				mounted = append(mounted, m.Target)
			}
		}
	}
	slices.Sort(mounted)
	for _, dir := range mounted {
		if dir = path.Clean(dir); dir == "/tmp" {
			continue
		}
		if !path.IsAbs(dir) || systemFolder.MatchString(dir) {
			return fmt.Errorf("a volume is mounted at %s, which is the system's and can't be given to an account", dir)
		}
		add(dir)
	}
	outside := s.madeOutside()
	if s.own != nil { // the file's own chowns say what of that is the account's
		outside = nil
	}
	for _, dir := range outside {
		add(dir)
	}
	return nil
}

// builders are the services that build something, by the Dockerfile, in no special order.
func builders(p *project.Project) map[string][]*compose.Service {
	return source.Recall(&p.Memo, buildersKey{}, func() map[string][]*compose.Service {
		list := map[string][]*compose.Service{}
		for _, e := range p.Environments {
			if e.Model == nil {
				continue
			}
			for _, s := range e.Model.Services {
				if s.Build != nil {
					list[s.Build.Dockerfile] = append(list[s.Build.Dockerfile], s)
				}
			}
		}
		return list
	})
}

type buildersKey struct{}

// madeOutside are the folders outside of the work directory that the user's RUNs make before the source is there.
func (s *Split) madeOutside() []string {
	var dirs []string
	for _, p := range s.parts.base {
		list, _ := commands(p.in)
		for _, c := range list {
			if p.in.Keyword != "RUN" || c.Name() != "mkdir" {
				continue
			}
			for _, w := range c.Words[1:] {
				if dir := path.Clean(w.Value); w.Constant && !w.Glob && path.IsAbs(dir) && !systemFolder.MatchString(dir) && !strings.HasPrefix(dir, s.workdir+"/") {
					dirs = append(dirs, dir)
				}
			}
		}
	}
	return dirs
}

var (
	rootOnly = []string{"chown", "chgrp", "useradd", "adduser", "usermod", "groupadd", "addgroup", "userdel", "deluser", "passwd", "chpasswd",
		"update-ca-certificates", "ldconfig", "update-alternatives", "locale-gen", "setcap", "visudo", "su", "sudo", "gosu"}
	writers  = []string{"cp", "mv", "ln", "install", "mkdir", "touch", "tee", "rm", "chmod", "sed", "tar", "unzip", "mkfifo"}
	redirect = regexp.MustCompile(`>>?\s*(/[^\s;&|)]+)`)
)

// asRoot refuses a command behind the source copy that only root can run: the account runs them, so
// that what they make is its own.
func (s *Split) asRoot(*project.Project) error {
	for _, p := range s.parts.after {
		list, _ := commands(p.in)
		script, _ := p.in.Script()
		var paths []string
		for _, c := range list {
			name := c.Name()
			if slices.Contains(rootOnly, name) {
				return fmt.Errorf("line %d runs %s behind the source copy, which only root may, and the stages run such commands as the account; move it above the copy", p.in.Line, name)
			}
			if slices.Contains(writers, name) {
				for _, w := range c.Words[1:] {
					paths = append(paths, w.Value)
				}
			}
		}
		for _, m := range redirect.FindAllStringSubmatch(script.Text, -1) {
			paths = append(paths, m[1])
		}
		for _, at := range paths {
			if path.IsAbs(at) && !s.ownedPath(path.Clean(at), onlyModes(p.in)) {
				return fmt.Errorf("line %d writes to %s behind the source copy, which only root may, and the stages run such commands as the account; move it above the copy", p.in.Line, at)
			}
		}
	}
	return nil
}

// ownedPath says whether the account may write to a path of the image, or everybody may. modes says that it is
// about modes only, which root sets in production where a copy is root's.
func (s *Split) ownedPath(at string, modes bool) bool {
	owned := slices.Concat([]string{s.workdir, "/tmp", "/dev/null", "/dev/stdout", "/dev/stderr"}, s.writes, s.production.Outputs)
	for _, p := range s.parts.source {
		if s.own != nil && !p.given && !modes {
			continue
		}
		if c, ok := p.in.Copy(); ok {
			if to, unproven := c.Target(s.Dockerfile.File.StateAt(p.in, nil)); len(unproven) == 0 && path.Clean(to) != "/" {
				owned = append(owned, path.Clean(to))
			}
		}
	}
	return slices.ContainsFunc(owned, func(dir string) bool { return at == dir || strings.HasPrefix(at, dir+"/") })
}

// callsManager is a line of a script that runs the package manager.
var callsManager = regexp.MustCompile(`(?m)^(?:[^#\n]*[;&|({]|[^#\n]*\b(?:exec|then|do|else)\b)?\s*(uv|uvx|poetry)\s`)

// scripts refuses a start-up script that calls the package manager, which production does not have.
func (s *Split) scripts(p *project.Project) error {
	names := map[string]bool{}
	for _, part := range s.parts.runtime {
		if k := part.in.Keyword; k != "CMD" && k != "ENTRYPOINT" {
			continue
		}
		var words []shell.Word
		if list, ok := commands(part.in); ok {
			for _, c := range list {
				words = append(words, c.Words...)
			}
		}
		for _, w := range words {
			names[path.Base(w.Value)] = true
		}
		for _, w := range part.in.Words {
			for _, field := range strings.Fields(w.Value) {
				names[path.Base(field)] = true
			}
		}
	}
	for _, at := range p.Files.Under(s.contextDir) {
		e, ok := p.Files.Entry(at)
		if !ok || !names[path.Base(at)] || !e.IsRegular() || e.Size > 1<<18 || path.Ext(at) == ".py" {
			continue
		}
		text, err := p.Files.Read(at)
		if err != nil {
			continue
		}
		if m := callsManager.FindSubmatch(text); m != nil {
			return fmt.Errorf("%s, which starts it, calls %s, which production would not have; call the environment's programs there (without `%s run`), then run refit again", at, m[1], m[1])
		}
	}
	return nil
}
