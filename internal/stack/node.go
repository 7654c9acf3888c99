package stack

import (
	"encoding/json"
	"errors"
	"path"
	"strings"

	"refit/internal/source"
)

// packageJSON is what refit reads of a package.json. https://docs.npmjs.com/cli/configuring-npm/package-json
type packageJSON struct {
	Name            any `json:"name"`
	Scripts         any `json:"scripts"`
	Dependencies    any `json:"dependencies"`
	Optional        any `json:"optionalDependencies"`
	DevDependencies any `json:"devDependencies"`
	Engines         any `json:"engines"`
	PackageManager  any `json:"packageManager"`
	Workspaces      any `json:"workspaces"`
}

// detectNode: a lock decides for the manager, then packageManager (Corepack's), then its use
// elsewhere; npm comes with Node.
func detectNode(f folder, hints Hints) *Unit {
	if !f.has("package.json") {
		return nil
	}
	u := &Unit{Dir: f.dir, Language: Node, Manifests: f.present("package.json")}
	var p packageJSON
	readJSON(f, "package.json", u, &p)
	declared, _ := p.PackageManager.(string)
	manager, version, _ := strings.Cut(declared, "@")
	locks := []struct {
		name    string
		manager Manager
	}{
		{"pnpm-lock.yaml", PNPM}, {"yarn.lock", Yarn}, {"bun.lock", Bun}, {"bun.lockb", Bun},
		{"npm-shrinkwrap.json", NPM}, {"package-lock.json", NPM},
	}
	for _, l := range locks {
		switch {
		case !f.has(l.name):
		case u.Manager == "" && (manager == "" || manager == string(l.manager)):
			u.Manager, u.Reason, u.Lock, u.LockPresent = l.manager, l.name+" is there", f.path(l.name), true
		default:
			u.Leftovers = append(u.Leftovers, f.path(l.name))
		}
	}
	if u.Manager == "" {
		u.Manager, u.Reason = nodeManager(manager, hints)
		u.Lock = f.path(map[Manager]string{PNPM: "pnpm-lock.yaml", Yarn: "yarn.lock", Bun: "bun.lock", NPM: "package-lock.json"}[u.Manager])
	}
	u.ManagerVersion = major(strings.TrimPrefix(version, "v"))
	if u.Manager == Yarn && u.ManagerVersion == "" {
		u.ManagerVersion = yarnVersion(f)
	}
	u.describeNodePackage(f, p)
	return u
}

func nodeManager(declared string, hints Hints) (Manager, string) {
	for _, m := range []Manager{PNPM, Yarn, Bun, NPM} {
		if declared == string(m) {
			return m, "packageManager names it"
		}
	}
	for _, m := range []Manager{PNPM, Yarn, Bun} {
		if hints.uses(string(m)) && !hints.uses("npm") {
			return m, string(m) + " is called elsewhere"
		}
	}
	return NPM, "nothing names another manager"
}

// yarnVersion tells Yarn 1 from the later ones, whose lock and options differ.
func yarnVersion(f folder) string {
	switch lock := string(f.read("yarn.lock", nil)); {
	case strings.Contains(lock, "# yarn lockfile v1"):
		return "1"
	case strings.Contains(lock, "__metadata:"), f.has(".yarnrc.yml"):
		return ""
	case f.has("yarn.lock"):
		return "1"
	}
	return ""
}

func (u *Unit) describeNodePackage(f folder, p packageJSON) {
	u.Name, _ = p.Name.(string)
	u.Dependencies = append(keys(table(p.Dependencies)), keys(table(p.Optional))...)
	u.DevDependencies = keys(table(p.DevDependencies))
	u.Requires, _ = table(p.Engines)["node"].(string)
	for _, name := range []string{".nvmrc", ".node-version"} {
		if v := strings.TrimSpace(string(f.read(name, nil))); v != "" && u.Pinned == "" {
			u.Pinned, _, _ = strings.Cut(v, "\n")
		}
	}
	for name, s := range table(p.Scripts) {
		if command, ok := s.(string); ok {
			u.script(name, command)
		}
	}
	u.Extra = f.present(".npmrc")
	switch u.Manager {
	case PNPM:
		u.Extra = append(u.Extra, f.present("pnpm-workspace.yaml", ".pnpmfile.cjs")...)
	case Yarn:
		u.Extra = append(u.Extra, f.present(".yarnrc", ".yarnrc.yml")...)
	}
	for _, d := range []string{"patches", ".yarn/patches", ".yarn/releases", ".yarn/plugins"} {
		if (u.Manager == Yarn || d == "patches") && f.snap.IsDir(f.path(d)) {
			u.Extra = append(u.Extra, f.path(d))
		}
	}
	workspaces := strs(p.Workspaces)
	if workspaces == nil {
		workspaces = strs(table(p.Workspaces)["packages"])
	}
	if u.Manager == PNPM && f.has("pnpm-workspace.yaml") {
		workspaces = append(workspaces, pnpmMembers(string(f.read("pnpm-workspace.yaml", nil)))...)
		u.Workspace = len(workspaces) > 0 // newer files hold settings alone
	}
	u.Workspace = u.Workspace || len(workspaces) > 0
	u.Members = workspaces
	for _, d := range []string{"src", "app", "pages", "lib", "server"} {
		if f.snap.IsDir(f.path(d)) {
			u.SourceDirs = append(u.SourceDirs, f.path(d))
		}
	}
	for _, all := range []any{p.Dependencies, p.DevDependencies} {
		for _, name := range keys(table(all)) {
			v, _ := table(all)[name].(string)
			if p, ok := strings.CutPrefix(v, "file:"); ok {
				u.LocalPaths = append(u.LocalPaths, localPath(f.dir, p)...)
				u.LocalNames = append(u.LocalNames, name)
			}
		}
	}
}

// pnpmMembers reads the list under "packages:" of a pnpm-workspace.yaml in its usual block form.
func pnpmMembers(text string) []string {
	var members []string
	inside := false
	for line := range strings.Lines(text) {
		item, isItem := strings.CutPrefix(strings.TrimSpace(line), "- ")
		switch {
		case strings.HasPrefix(line, "packages:"):
			inside = true
		case inside && isItem:
			item, _, _ = strings.Cut(item, " #")
			members = append(members, strings.Trim(strings.TrimSpace(item), `"'`))
		case strings.TrimSpace(line) != "" && !strings.HasPrefix(line, " ") && !strings.HasPrefix(line, "#"):
			inside = false
		}
	}
	return members
}

// readJSON decodes a file into v; what is wrong becomes a problem of the unit, with its place.
func readJSON(f folder, name string, u *Unit, v any) {
	text := f.read(name, u)
	if text == nil {
		return
	}
	plain := []byte(strings.TrimPrefix(string(text), "\ufeff"))
	if err := json.Unmarshal(plain, v); err != nil {
		var at source.Position
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) {
			at = source.NewLines(plain).Position(int(syntax.Offset) - 1)
		}
		u.problem(f.path(name), at, err)
	}
}

// runsEarly names the scripts that an install runs by itself: they may need the source.
// https://docs.npmjs.com/cli/using-npm/scripts#life-cycle-operation-order
func (u *Unit) runsEarly() []string {
	var early []string
	for _, s := range []string{"preinstall", "install", "postinstall", "prepare"} {
		if u.Scripts[s] != "" {
			early = append(early, s)
		}
	}
	return early
}

func nodeInstall(u *Unit, o Options, cache Cache) Install {
	i := Install{Caches: []Cache{cache}, Asserted: true, Outputs: []string{"node_modules"}}
	if o.Purpose == Production {
		i.Runtime = []Variable{{"NODE_ENV", "production"}}
	}
	if early := u.runsEarly(); len(early) > 0 {
		i.Notes = append(i.Notes, "the install runs the scripts "+strings.Join(early, ", ")+" of package.json, which may need files that are copied later")
	}
	if u.Root != "" && u.Root != u.Dir {
		i.Files = append(i.Files, path.Join(u.Root, "package.json"))
	}
	if u.Workspace {
		i.Notes = append(i.Notes, "each member of the workspace has node_modules of its own beside the root's")
	}
	return i
}

// installNPM: https://docs.npmjs.com/cli/commands/npm-ci. npm ci refuses a lock that doesn't fit.
func installNPM(u *Unit, o Options) Install {
	i := nodeInstall(u, o, Cache{Root: "/root/.npm", Variable: "npm_config_cache"})
	c := Command{"npm", "ci"}
	if o.Purpose == Production {
		c = append(c, "--omit=dev")
	}
	i.Dependencies = []Command{c}
	i.Lock = Command{"npm", "install", "--package-lock-only"}
	return i
}

// installYarn: https://classic.yarnpkg.com/lang/en/docs/cli/install/ and
// https://yarnpkg.com/cli/install, https://yarnpkg.com/cli/workspaces/focus
func installYarn(u *Unit, o Options) Install {
	if u.ManagerVersion == "1" {
		i := nodeInstall(u, o, Cache{Root: "/usr/local/share/.cache/yarn", Variable: "YARN_CACHE_FOLDER"})
		c := Command{"yarn", "install", "--frozen-lockfile"}
		if o.Purpose == Production {
			c = append(c, "--production")
		}
		i.Dependencies, i.Lock = []Command{c}, Command{"yarn", "install"}
		return i
	}
	i := nodeInstall(u, o, Cache{Root: "/root/.yarn/berry/cache", Variable: "YARN_CACHE_FOLDER"})
	i.Dependencies = []Command{{"yarn", "install", "--immutable"}}
	i.Lock = Command{"yarn", "install", "--mode=update-lockfile"}
	if o.Purpose == Production {
		// focus installs without dev dependencies but asserts nothing, so it comes second.
		i.Dependencies = append(i.Dependencies, Command{"yarn", "workspaces", "focus", "--all", "--production"})
		i.Notes = append(i.Notes, "yarn workspaces focus is part of Yarn from 4.0 on; earlier ones need the plugin workspace-tools")
	}
	return i
}

// installPNPM: https://pnpm.io/docker and https://pnpm.io/cli/install
func installPNPM(u *Unit, o Options) Install {
	i := nodeInstall(u, o, Cache{Root: "/root/.local/share/pnpm/store", Variable: "npm_config_store_dir"})
	c := Command{"pnpm", "install", "--frozen-lockfile"}
	if o.Purpose == Production {
		c = append(c, "--prod")
	}
	i.Dependencies, i.Lock = []Command{c}, Command{"pnpm", "install", "--lockfile-only"}
	return i
}

// installBun: https://bun.com/docs/install and https://bun.com/guides/ecosystem/docker
func installBun(u *Unit, o Options) Install {
	i := nodeInstall(u, o, Cache{Root: "/root/.bun/install/cache", Variable: "BUN_INSTALL_CACHE_DIR"})
	c := Command{"bun", "install", "--frozen-lockfile"}
	if o.Purpose == Production {
		c = append(c, "--production")
	}
	i.Dependencies, i.Lock = []Command{c}, Command{"bun", "install", "--lockfile-only"}
	return i
}
