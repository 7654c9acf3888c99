package dockerfile

import (
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"refit/internal/dockerfile"
	"refit/internal/project"
	"refit/internal/shell"
)

// isRoot says whether a USER is root.
func isRoot(user string) bool {
	name, _, _ := strings.Cut(user, ":")
	return name == "" || name == "root" || name == "0"
}

// dropping are the programs and settings by which an entrypoint that starts as root goes on as
// somebody else.
var dropping = rare(`(^|[^\w-])(gosu|su-exec|setpriv|s6-setuidgid|s6-overlay|s6-svscan|runuser|chpst|setuidgid|PUID|fixuid)([^\w-]|$)|--userspec|exec su |/init"`, "gosu", "su-exec", "setpriv", "s6-", "runuser", "chpst", "setuidgid", "PUID", "fixuid", "--userspec", "exec su ", `/init"`)

// dropsPrivileges says whether what starts the container leaves root by itself, so that a USER would
// break it.
func (r *running) dropsPrivileges(p *project.Project) bool {
	own := r.config.Entrypoint.At != nil || r.config.Cmd.At != nil && r.image.Entrypoint == nil
	if r.known && r.image.DropsPrivileges && (!own || r.startsOwnProgram()) {
		return true
	}
	if strings.Contains(r.base, "s6-overlay") || strings.HasPrefix(r.base, "lscr.io/") || strings.HasPrefix(r.base, "linuxserver/") || strings.Contains(r.base, "linuxserver/") {
		return true
	}
	if dropping.MatchString(r.text()) {
		return true
	}
	for _, u := range r.uses {
		if u.service.Environment["PUID"] != "" {
			return true
		}
	}
	for _, script := range r.startScripts(p) {
		if dropping.MatchString(script) {
			return true
		}
	}
	return false
}

// startsOwnProgram says whether a start command of the file's own ends in what the base image starts:
// its entrypoint or its program.
func (r *running) startsOwnProgram() bool {
	for _, c := range r.starts(nil) {
		name := c.Name()
		for _, argv := range [][]string{r.image.Entrypoint, r.image.Cmd} {
			if len(argv) > 0 && name == path.Base(argv[0]) {
				return true
			}
		}
	}
	return false
}

// startScripts are the texts of the repository's files that the start commands name.
func (r *running) startScripts(p *project.Project) (texts []string) {
	for _, file := range r.startFiles(p) {
		if text, err := p.Files.Read(file); err == nil {
			texts = append(texts, string(text))
		}
	}
	return texts
}

// startFiles are the repository's files that the start commands name.
func (r *running) startFiles(p *project.Project) (files []string) {
	names := map[string]bool{}
	note := func(list []shell.Command) {
		for _, c := range list {
			for _, w := range c.Words {
				if b := path.Base(w.Value); b != "." && b != "/" {
					names[b] = true
				}
			}
		}
	}
	note(r.starts(nil))
	for i := range r.uses {
		note(r.starts(&r.uses[i]))
	}
	for _, file := range p.Files.Under(r.d.Context()) {
		if !names[path.Base(file)] {
			continue
		}
		if e, ok := p.Files.Entry(file); !ok || !e.IsRegular() || e.Size > 1<<18 {
			continue
		}
		files = append(files, file)
	}
	return files
}

// scriptName is a name of scripts. A program that a COPY brings may be built before.
var scriptName = regexp.MustCompile(`\.(sh|bash|ash)$|entrypoint`)

// lostScript is a script that a start command names and a COPY brings, and that the repository does not have;
// "" when there is none.
func (r *running) lostScript(p *project.Project) string {
	starts := map[string]bool{}
	for _, c := range r.allStarts() {
		for _, w := range c.Words {
			starts[path.Base(w.Value)] = true
		}
	}
	for _, in := range r.instructions() {
		c, ok := in.Copy()
		if !ok || c.From != "" {
			continue
		}
		for _, s := range c.Sources {
			base := path.Base(s.Value)
			if s.Heredoc != nil || s.IsRemote() || !starts[base] || !scriptName.MatchString(base) || strings.ContainsAny(base, "*?[$") {
				continue
			}
			if !slices.ContainsFunc(p.Files.Under(r.d.Context()), func(f string) bool { return path.Base(f) == base }) && !p.Files.IsDir(path.Join(r.d.Context(), s.Value)) {
				return s.Value
			}
		}
	}
	return ""
}

// madeUser is an account that a RUN creates.
type madeUser struct {
	name     string
	uid, gid int // -1 when not said
	system   bool
	in       *dockerfile.Instruction
}

// user is how a USER names the account: by number when both are known.
func (m madeUser) user() string {
	if m.uid >= 0 && m.gid >= 0 {
		return strconv.Itoa(m.uid) + ":" + strconv.Itoa(m.gid)
	}
	if m.uid >= 0 {
		return strconv.Itoa(m.uid)
	}
	return m.name
}

// madeUsers are the accounts that the chain creates.
func (r *running) madeUsers() []madeUser {
	var list []madeUser
	groups := map[string]int{}
	for _, in := range r.instructions() {
		for _, c := range commands(in) {
			switch c.Name() {
			case "groupadd", "addgroup":
				if g := shell.ReadAccount(c); g.Name != "" {
					groups[g.Name] = g.GID
				}
			case "useradd", "adduser":
				u := shell.ReadAccount(c)
				if u.Name == "" {
					continue
				}
				if g, ok := groups[u.Group]; ok && u.GID < 0 {
					u.GID = g
				}
				list = append(list, madeUser{u.Name, u.UID, u.GID, u.System, in})
			}
		}
	}
	return list
}

func number(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 {
		return -1
	}
	return n
}
