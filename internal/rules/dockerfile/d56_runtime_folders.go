package dockerfile

import (
	_ "embed"
	"path"
	"slices"
	"strings"

	"refit/internal/change"
	"refit/internal/dockerfile"
	"refit/internal/edit"
	"refit/internal/rule"
	"refit/internal/shell"
	"refit/internal/stack"
)

//go:embed d56_runtime_folders.md
var runtimeFoldersDoc string

// RuntimeFolders finds folders that the service writes and its account doesn't own: D56.
var RuntimeFolders = rule.Rule{
	Meta: rule.Meta{ID: "D56", Name: "runtime-folder-not-owned", Theme: rule.Dockerfile, Severity: rule.Warning, Since: "0.1.0",
		Summary: "a folder that the service writes is root's", Doc: runtimeFoldersDoc},
	Check: checkRuntimeFolders,
}

// writtenNames are names of folders that are made to be written at run time.
var writtenNames = []string{"logs", "log", "data", "tmp", "cache", "uploads", "upload", "media", "exports", "storage", "var", "run", "db"}

func checkRuntimeFolders(pass *rule.Pass) {
	for _, d := range pass.Project.Dockerfiles {
		for _, r := range runningStages(pass.Project, d) {
			user := r.config.User
			if user.At == nil || len(user.Unproven) > 0 || isRoot(user.Value) || r.known && r.image.Kind == stack.ServiceKind || !r.ownChain() {
				continue
			}
			folders := r.unowned()
			if len(folders) == 0 {
				continue
			}
			f := rule.Finding{At: at(d, user.At), Subject: stageSubject(r.stage),
				Message: "the service runs as " + user.Value + " and writes " + strings.Join(folders, ", ") + ", which is root's; writing fails with \"permission denied\"; make it and give it to the account before USER"}
			f.Fixes = []rule.Fix{r.giveFolders(folders)}
			pass.Report(f)
		}
	}
}

// ownChain says whether nothing but the file decides who owns what: the base image is known.
func (r *running) ownChain() bool { return r.known && r.base != "scratch" }

// unowned are the folders that the service writes and nothing gives to its account: mount points of
// volumes, VOLUMEs, and folders made by root whose name says that they are written.
func (r *running) unowned() []string {
	var list []string
	add := func(dir string) {
		if dir = path.Clean(dir); ownable(dir) && !slices.Contains(list, dir) && !r.owned(dir) {
			list = append(list, dir)
		}
	}
	for _, v := range r.config.Volumes {
		add(v.Value)
	}
	for _, u := range r.uses {
		if u.service.User != "" {
			continue
		}
		for _, m := range u.service.Mounts {
			if m.Type == "volume" && !m.ReadOnly {
				add(m.Target)
			}
		}
	}
	for _, dir := range r.writtenFolders() {
		if slices.Contains(writtenNames, path.Base(dir)) {
			add(dir)
		}
	}
	slices.Sort(list)
	return outermost(list)
}

// owned says whether the chain gives the folder to somebody: by chown, by a COPY with --chown, by
// making it as another account than root, or because it is the account's home.
func (r *running) owned(dir string) bool {
	for _, in := range r.instructions() {
		state := in.Stage.File().StateAt(in, r.args)
		asRoot := isRoot(state.User.Value)
		if c, ok := in.Copy(); ok {
			target, _ := c.Target(state)
			if c.Chown != "" && !isRoot(c.Chown) && (path.Clean(target) == dir || strings.HasPrefix(dir, path.Clean(target)+"/") || strings.HasPrefix(path.Clean(target), dir+"/")) {
				return true
			}
			continue
		}
		if in.Keyword != "RUN" {
			continue
		}
		for _, c := range commands(in) {
			name := c.Name()
			if !asRoot && (name == "mkdir" || name == "install") || name == "chown" || name == "chmod" || name == "install" && hasPrefixWord(c, "-o") {
				recursive := name != "mkdir" && (hasWord(c, "-R") || hasWord(c, "--recursive") || hasPrefixWord(c, "-R"))
				for _, w := range c.Words[1:] {
					if !w.Constant { // a variable may be any folder
						return true
					}
					if p, ok := r.resolve(in, c, w.Value); ok && (p == dir || recursive && strings.HasPrefix(dir, p+"/") || strings.HasPrefix(p, dir+"/") && !asRoot || w.Glob) {
						return true
					}
				}
			}
			if (name == "useradd" || name == "adduser") && strings.HasPrefix(dir, "/home/") {
				return true
			}
			if isShell(name) || name == "" {
				return true // a script that can't be read
			}
		}
	}
	return false
}

func hasPrefixWord(c shell.Command, prefix string) bool {
	for _, w := range c.Words {
		if strings.HasPrefix(w.Value, prefix) {
			return true
		}
	}
	return false
}

// giveFolders makes the folders and gives them to the account, before the USER of the stage.
func (r *running) giveFolders(folders []string) rule.Fix {
	user := r.config.User
	fix := rule.Fix{Title: "Make " + strings.Join(folders, " ") + " and give it to " + user.Value, Safety: change.Behaviour}
	first := firstUser(r.stage)
	if first == nil || !isRoot(r.d.File.StateAt(first, r.args).User.Value) || !r.image.HasShell() {
		fix.Safety = change.Manual
		fix.Why = "no place in the stage runs as root with a shell; make the folder in the stage that creates the account, or copy it with `COPY --chown`"
		return fix
	}
	owner := user.Value
	if !strings.Contains(owner, ":") && number(owner) < 0 {
		owner += ":" // its own group
	}
	list := quotedPaths(folders)
	fix.Ops = []edit.Op{edit.Text(r.d.Path, first.InsertBefore("RUN mkdir -p "+list+" && chown -R "+owner+" "+list)...)}
	fix.Declares = []change.Declared{declaredEverywhere(r.d, "run.mkdir -p*", "folders that the service writes"), declaredEverywhere(r.d, "run.chown -R*", "folders that the service writes")}
	return fix
}

// firstUser is the USER that ends root's part of the stage, nil when there is none.
func firstUser(s *dockerfile.Stage) *dockerfile.Instruction {
	list := s.Find("USER")
	for i := len(list) - 1; i >= 0; i-- {
		if len(list[i].Words) == 1 && !isRoot(list[i].Words[0].Value) && (i == 0 || isRoot(list[i-1].Words[0].Value)) {
			return list[i]
		}
	}
	return nil
}
