package operate

import (
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"refit/internal/compose"
)

// envFiles are those that Compose reads and can't do without.
func (p *preflight) envFiles() {
	said := map[string]bool{}
	say := func(at, file, who string) {
		if !said[file] {
			said[file] = true
			if on, ok := p.onDisk(file); ok && emptyFolder(on) {
				p.stop(ObstacleMount, file, at, "%s", p.placeholder(file, who))
				return
			}
			p.stop(ObstacleEnvFile, file, at, "%s is missing; %s; refit env init %s makes it", file, who, p.Env.Name)
		}
	}
	for _, f := range p.Env.EnvFiles {
		if !p.Env.Project.Files.Has(f) {
			say("", f, "Compose takes the values of "+p.Env.Name+" from it")
		}
	}
	for _, m := range p.Env.Model.Missing {
		if m.Service != "" && (p.services == nil || p.services[m.Service]) {
			say(p.place("services."+m.Service+".env_file", "services."+m.Service), m.Path, m.Service+" does not start without it")
		}
	}
}

// values are the variables that Compose insists on.
func (p *preflight) values() {
	unset := map[string]bool{}
	for _, v := range p.Env.Model.Unset {
		unset[v.Name] = true
	}
	said := map[string]bool{}
	for _, v := range p.Env.Project.Variables(p.Env.Source) {
		if !v.Required || !unset[v.Name] || said[v.Name] {
			continue
		}
		said[v.Name] = true
		where := "the environment's env file"
		if len(p.Env.EnvFiles) > 0 {
			where = p.Env.EnvFiles[len(p.Env.EnvFiles)-1]
		}
		p.stop(ObstacleValue, v.Name, p.position(v.Path, v.Span), "%s has no value; Compose refuses to start anything without it; write it into %s (refit env check %s lists what is missing)", v.Name, where, p.Env.Name)
	}
}

// mounts are the files and folders of this machine that containers get.
func (p *preflight) mounts() {
	if !p.At.Local() {
		p.warn(ObstacleRemote, "engine", "", "the engine at %s is on another machine; bind mounts name files there, and they, its ports and its disk are not checked from here", p.At.Host)
		return
	}
	checked := map[string]bool{}
	for _, s := range p.started() {
		for _, m := range s.Mounts {
			if m.Type == "bind" && !checked[m.Source] {
				checked[m.Source] = true
				p.bind(s, m)
			}
		}
	}
	p.objects(checked)
}

// onDisk is the place of a path of the model on this machine; ok is false where it can't be told.
func (p *preflight) onDisk(at string) (string, bool) {
	switch {
	case strings.HasPrefix(at, "~") || strings.HasPrefix(at, "${"):
		home, err := os.UserHomeDir()
		at = strings.TrimPrefix(strings.TrimPrefix(at, "~"), "${HOME}")
		return home + at, err == nil && !strings.Contains(at, "${")
	case filepath.IsAbs(at):
		return at, true
	}
	return filepath.Join(p.Env.Root, filepath.FromSlash(at)), true
}

func (p *preflight) bind(s *compose.Service, m compose.Mount) {
	at := p.place("services."+s.Name+".volumes", "services."+s.Name)
	on, ok := p.onDisk(m.Source)
	if !ok {
		return
	}
	info, err := os.Stat(on)
	switch {
	case err == nil && info.IsDir() && namesFile(m) && emptyFolder(on):
		p.stop(ObstacleMount, m.Source, at, "%s", p.placeholder(m.Source, s.Name+" gets a folder where it reads a file"))
	case err == nil && info.IsDir():
		p.certificatesIn(at, s.Name, m, on)
	case err == nil:
		p.certificate(at, m.Source, on)
	case !os.IsNotExist(err):
		return // not ours to see
	case namesFile(m):
		p.stop(kindOf(m.Source), m.Source, at, "%s is missing; Docker would make a folder of root's in its place, and %s would not start; %s", m.Source, s.Name, p.remedy(m.Source))
	case strings.Contains(strings.ToLower(path.Base(m.Source)), "cert"):
		p.stop(ObstacleCertificate, m.Source, at, "%s is missing; %s reads its certificate there; %s", m.Source, s.Name, p.remedy(m.Source))
	case !m.ReadOnly:
		p.warn(ObstacleMount, m.Source, at, "%s is missing; Docker makes the folder, and it will be root's, so that %s may not be able to write to it; mkdir -p %s before", m.Source, s.Name, m.Source)
	}
}

// placeholder says what the empty folder is that stands where a file belongs.
func (p *preflight) placeholder(at, harm string) string {
	return at + " is an empty folder, as Docker makes one in the place of a mounted file that is missing; " + harm + "; rmdir " + at + ", then " + p.remedy(at)
}

// namesFile says whether a mount is of one file, by the names at both of its ends.
func namesFile(m compose.Mount) bool { return looksLikeFile(m.Source) && looksLikeFile(m.Target) }

// emptyFolder says whether a folder stands there and nothing is in it. What may not be read is not empty.
func emptyFolder(on string) bool {
	list, err := os.ReadDir(on)
	return err == nil && len(list) == 0
}

// objects are the files of secrets and configs.
func (p *preflight) objects(checked map[string]bool) {
	used := map[string]bool{}
	for _, s := range p.started() {
		config := p.Env.Model.Project.Services[s.Name]
		for _, c := range config.Secrets {
			used["secrets."+c.Source] = true
		}
		for _, c := range config.Configs {
			used["configs."+c.Source] = true
		}
	}
	each := func(kind string, objects map[string]compose.FileObject) {
		for _, key := range slices.Sorted(maps.Keys(objects)) {
			f := objects[key]
			if f.File == "" || !used[kind+"."+key] || checked[f.File] {
				continue
			}
			on, ok := p.onDisk(f.File)
			if !ok {
				continue
			}
			at := p.place(kind+"."+key+".file", kind+"."+key)
			if _, err := os.Stat(on); os.IsNotExist(err) {
				p.stop(kindOf(f.File), f.File, at, "%s is missing; services get it as one of their %s; %s", f.File, kind, p.remedy(f.File))
				continue
			}
			p.certificate(at, f.File, on)
		}
	}
	each("secrets", p.Env.Model.Secrets)
	each("configs", p.Env.Model.Configs)
}

// remedy is what makes a missing file.
func (p *preflight) remedy(at string) string {
	switch kindOf(at) {
	case ObstacleCertificate:
		return "refit certs makes certificates for development"
	case ObstacleEnvFile:
		return "refit env init " + p.Env.Name + " makes it"
	}
	return "put it there, or take it out of the Compose file"
}

func looksLikeFile(at string) bool {
	base := path.Base(at)
	ext := path.Ext(base)
	return ext != "" && ext != base && ext != ".d" || strings.HasPrefix(base, ".env") // conf.d is a folder
}
