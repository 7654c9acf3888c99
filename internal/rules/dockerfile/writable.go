package dockerfile

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"refit/internal/dockerfile"
	"refit/internal/shell"
	"refit/internal/stack"
)

// ownership gives the account the work directory, what is copied into it and what the process writes;
// the latter alone where the configuration wants code that is root's.
func (n *nonRoot) ownership() error {
	workdirs := n.r.workdirs()
	if n.p.Config.User.Ownership == "root" {
		workdirs = nil
	}
	written := n.r.writtenFolders()
	made := slices.Clone(written)
	for _, v := range n.r.config.Volumes {
		written = append(written, path.Clean(v.Value))
	}
	for _, v := range n.volumes {
		written = append(written, path.Clean(v.target))
	}
	deep, err := n.copies(workdirs)
	if err != nil {
		return err
	}
	var folders, trees []string
	for _, w := range workdirs {
		if deep || n.r.writesBesideCode() {
			trees = append(trees, w)
		} else {
			folders = append(folders, w)
		}
	}
	for _, w := range written {
		if !ownable(w) {
			if system(w) && w != "/tmp" { // which everybody may write
				return fmt.Errorf("the process writes to %s, which is the system's", w)
			}
			continue
		}
		if !slices.Contains(workdirs, w) && !below(w, trees) {
			trees = append(trees, w)
		}
	}
	slices.Sort(trees)
	trees = outermost(slices.Compact(trees))
	missing := slices.DeleteFunc(slices.Clone(trees), func(t string) bool { return slices.Contains(workdirs, t) || slices.Contains(made, t) })
	for _, w := range written { // a volume mounted where the image has nothing is root's, whoever owns the folder above
		if ownable(w) && !slices.Contains(made, w) && !slices.Contains(workdirs, w) && !slices.Contains(missing, w) {
			missing = append(missing, w)
		}
	}
	if n.r.image.Distro == stack.Scratch || !n.r.image.HasShell() {
		if len(written) > 0 {
			return errors.New("it writes to " + written[0] + ", and the image has no shell to give that folder to the account")
		}
		return nil
	}
	owner := n.chownOwner()
	if len(missing) > 0 {
		n.steps = append(n.steps, "mkdir -p "+quotedPaths(missing))
	}
	if len(folders) > 0 {
		n.folders = folders
		n.steps = append(n.steps, "chown "+owner+" "+quotedPaths(folders))
	}
	if len(trees) > 0 {
		n.steps = append(n.steps, "chown -R "+owner+" "+quotedPaths(trees))
	}
	return nil
}

// chownOwner is how chown names the account: by its name it takes the account's own group along.
func (n *nonRoot) chownOwner() string {
	if !strings.Contains(n.user, ":") && number(n.user) < 0 {
		return n.user + ":"
	}
	return n.user
}

// copies puts the owner on what the stage copies into its work directories. deep says that a parent
// stage copies into them as well, so that only a chown of everything helps.
func (n *nonRoot) copies(workdirs []string) (deep bool, err error) {
	for _, in := range n.r.lineage() {
		c, ok := in.Copy()
		if !ok {
			continue
		}
		target, unproven := c.Target(n.r.stateAt(in))
		if len(unproven) > 0 {
			return false, fmt.Errorf("where line %d copies to is not certain", in.Line)
		}
		if !below(path.Clean(target), workdirs) || c.Chown != "" {
			continue
		}
		if in.Stage != n.r.stage {
			deep = true
			continue
		}
		owner := n.user
		edits, err := in.AddFlag("chown", owner)
		if err != nil {
			return false, err
		}
		n.edits = append(n.edits, edits...)
	}
	return deep, nil
}

// workdirs are the work directories of the chain that an account may own.
func (r *running) workdirs() []string {
	var list []string
	for _, in := range r.lineage() {
		if in.Keyword != "WORKDIR" {
			continue
		}
		if dir, ok := r.workdirAfter(in); ok && ownable(dir) && !slices.Contains(list, dir) {
			list = append(list, dir)
		}
	}
	return list
}

// workdirAfter is the work directory that a WORKDIR sets, cleaned.
func (r *running) workdirAfter(in *dockerfile.Instruction) (string, bool) {
	state := r.stateAt(in)
	dir, unproven := state.Expand(in.Words[0].Value)
	if len(unproven) > 0 || dir == "" {
		return "", false
	}
	if !path.IsAbs(dir) {
		dir = path.Join("/", state.WorkingDir.Value, dir)
	}
	return path.Clean(dir), true
}

// stateAt is what is in force before an instruction; the work directory of a known base image is known.
func (r *running) stateAt(in *dockerfile.Instruction) dockerfile.State {
	st := in.Stage.File().StateAt(in, r.args)
	if r.known && in.Stage.File() == r.d.File {
		st.StartsIn(r.image.Workdir)
	}
	return st
}

// writtenFolders are the folders that the file makes with mkdir for the process to write into.
func (r *running) writtenFolders() []string {
	var list []string
	for _, in := range r.instructions() {
		if in.Keyword != "RUN" {
			continue
		}
		for _, c := range commands(in) {
			if c.Name() != "mkdir" && !(c.Name() == "install" && hasWord(c, "-d")) {
				continue
			}
			for _, w := range c.Words[1:] {
				if strings.HasPrefix(w.Value, "-") || !w.Constant || w.Glob {
					continue
				}
				if dir, ok := r.resolve(in, c, w.Value); ok && !system(dir) {
					list = append(list, dir)
				}
			}
		}
	}
	return list
}

// resolve is a path of a RUN's command in the image.
func (r *running) resolve(in *dockerfile.Instruction, c shell.Command, name string) (string, bool) {
	if path.IsAbs(name) {
		return path.Clean(name), true
	}
	dir := c.Dir
	if !c.DirKnown || strings.HasPrefix(name, "~") {
		return "", false
	}
	if !path.IsAbs(dir) {
		state := r.stateAt(in)
		if len(state.WorkingDir.Unproven) > 0 || state.WorkingDir.Value == "" {
			return "", false
		}
		dir = path.Join(state.WorkingDir.Value, dir)
	}
	return path.Join(dir, name), true
}

// writesBesideCode says whether files that root made at build time in the work directory may be
// written at run time: a development server's caches, a database made by a build step.
func (r *running) writesBesideCode() bool {
	for _, c := range r.allStarts() {
		switch c.Name() {
		case "npm", "yarn", "pnpm", "npx", "bun", "bunx", "next", "vite", "nuxt", "ng", "nodemon":
			return true
		}
	}
	if s, ok, _ := r.server(); ok && s.Development {
		return true
	}
	inWorkdir := false
	for _, in := range r.instructions() {
		if in.Keyword == "WORKDIR" {
			inWorkdir = true
		}
		if in.Keyword != "RUN" || !inWorkdir {
			continue
		}
		asks := installs(in)
		for n, c := range commands(in) {
			if asks[n] != nil {
				continue
			}
			switch c.Name() {
			case "mkdir", "chmod", "chown", "rm", "ln", "useradd", "groupadd", "adduser", "addgroup", "set", "echo", "true", "test", "pip", "update-ca-certificates", "ldconfig", "install", "cd", "[", "export":
			default:
				return true
			}
		}
	}
	return false
}

// ownable says whether a folder may be given to an account: none of the system's.
func ownable(dir string) bool { return path.IsAbs(dir) && dir != "/" && !system(dir) }

// system says whether a folder is the distribution's own.
func system(dir string) bool {
	for _, s := range []string{"/etc", "/usr", "/bin", "/sbin", "/lib", "/lib64", "/root", "/proc", "/sys", "/dev", "/boot", "/run", "/var/run", "/var/lib/apt", "/var/cache/apt", "/var/lib/dpkg"} {
		if dir == s || strings.HasPrefix(dir, s+"/") && !strings.HasPrefix(dir, "/usr/src/") && !strings.HasPrefix(dir, "/usr/local/app") && !strings.HasPrefix(dir, "/usr/share/app") {
			return true
		}
	}
	return dir == "/" || dir == "/tmp" || dir == "/var" || dir == "/opt" || dir == "/home" || dir == "/srv" || dir == "/var/log" || dir == "/var/lib" || dir == "/mnt"
}

// below says whether the path is one of the folders or lies in one.
func below(p string, folders []string) bool {
	for _, f := range folders {
		if p == f || strings.HasPrefix(p, f+"/") {
			return true
		}
	}
	return false
}

// outermost drops folders that lie in others of the sorted list.
func outermost(sorted []string) []string {
	var list []string
	for _, f := range sorted {
		if !below(f, list) {
			list = append(list, f)
		}
	}
	return list
}

func quotedPaths(paths []string) string {
	var list []string
	for _, p := range paths {
		if strings.ContainsAny(p, " '\"$`\\*?[(){};&|<>!~#") {
			p = "'" + strings.ReplaceAll(p, "'", `'\''`) + "'"
		}
		list = append(list, p)
	}
	return strings.Join(list, " ")
}
