package shell

import (
	"slices"
	"strings"
)

// Action is what a command asks of a package manager.
type Action string

// The actions.
const (
	ActionUpdate  Action = "update"  // fetch the index
	ActionAdd     Action = "add"     // install the packages that are named
	ActionRestore Action = "restore" // install what a manifest or a lock file names
	ActionUpgrade Action = "upgrade" // bring what is there to newer versions
	ActionRemove  Action = "remove"
	ActionClean   Action = "clean" // delete caches or lists
)

// Answer is yes, no, or not to be seen from the command line.
type Answer int

// The answers.
const (
	Unsaid Answer = iota
	Yes
	No
)

// Install is a command of a package manager.
type Install struct {
	Manager  string // "apt", "apk", "dnf", "yum", "microdnf", "zypper", "pip", "uv", "npm", ...
	Action   Action
	Packages []Word // as named, versions included
	Options  []Option
	// Requirements are files that list packages: pip -r, conda env create -f.
	Requirements []Word

	AssumeYes    bool // -y
	NoRecommends bool // --no-install-recommends and its like
	NoCache      bool // keeps no downloads or lists behind: --no-cache, --no-cache-dir
	Lists        bool // with ActionClean: deletes the package lists, not only downloads
	// Locked says whether exactly what the lock file names is installed, and a lock that does not
	// fit the manifest is an error or is taken as it is.
	Locked Answer
	// Dev says whether development dependencies are installed.
	Dev Answer
	// Word is the subcommand's word, "install".
	Word Word
}

// manager is a row of the table of package managers: how its command line is read.
type manager struct {
	name    string
	values  string            // options with a value
	actions map[string]Action // by subcommand; "" is what happens without one
	system  bool              // of the operating system, as against a language's
	yes     string            // options that answer every question
	noRec   string            // options that leave recommended packages out
	noCache string

	requirements string   // options that name a file with requirements
	restores     bool     // an add without packages is a restore
	locked       string   // options that assert the lock
	lockedBy     []string // subcommands that do
	dev, noDev   string   // options that add, leave out, development dependencies
	devDefault   Answer
}

func actions(pairs string) map[string]Action {
	out := map[string]Action{}
	for _, pair := range strings.Fields(pairs) {
		sub, action, _ := strings.Cut(pair, "=")
		out[sub] = Action(action)
	}
	return out
}

const dnfActions = "install=add update=upgrade upgrade=upgrade check-update=update makecache=update clean=clean remove=remove erase=remove autoremove=remove groupinstall=add reinstall=add localinstall=add module=add"

// managers are the package managers by the name of their program. Sources: each one's own help.
var managers = map[string]manager{
	"apt-get": {name: "apt", system: true, values: "-o --option -c -t --target-release --default-release",
		actions: actions("update=update install=add upgrade=upgrade dist-upgrade=upgrade full-upgrade=upgrade clean=clean autoclean=clean remove=remove purge=remove autoremove=remove build-dep=add"),
		yes:     "-y --yes --assume-yes", noRec: "--no-install-recommends"},
	"apk": {name: "apk", system: true, values: "-t --virtual -X --repository -p --root --arch --keys-dir --repositories-file --cache-dir --wait",
		actions: actions("update=update add=add upgrade=upgrade del=remove cache=clean fix=add"), noCache: "--no-cache"},
	"dnf": {name: "dnf", system: true, values: "--setopt --enablerepo --disablerepo --repo --releasever --installroot -x --exclude -c",
		actions: actions(dnfActions), yes: "-y --assumeyes"},
	"zypper": {name: "zypper", system: true, values: "-r --repo --root -t --type --from",
		actions: actions("install=add in=add refresh=update ref=update update=upgrade up=upgrade dup=upgrade clean=clean cc=clean remove=remove rm=remove"),
		yes:     "-y --no-confirm -n --non-interactive", noRec: "--no-recommends"},
	"pip": {name: "pip", values: "-r --requirement -c --constraint -e --editable -i --index-url --extra-index-url -f --find-links -t --target --prefix --root --python --python-version --platform --trusted-host --timeout --retries --cache-dir --progress-bar --no-binary --only-binary --group --default-timeout --log --src --upgrade-strategy",
		actions: actions("install=add uninstall=remove cache=clean download=add wheel=add sync=restore"), noCache: "--no-cache-dir --no-cache",
		requirements: "-r --requirement", locked: "--require-hashes", lockedBy: []string{"sync"}},
	"uv": {name: "uv", values: "--group --no-group --only-group --extra --no-extra --package --python -p --project --directory --index --index-url --default-index --extra-index-url --find-links -f --cache-dir --link-mode --config-file --no-install-package --python-preference --env-file --color --refresh-package --upgrade-package -P --reinstall-package",
		actions: actions("sync=restore add=add remove=remove cache=clean"), noCache: "--no-cache -n", locked: "--frozen --locked",
		dev: "--dev --all-groups", noDev: "--no-dev --no-default-groups --only-group", devDefault: Yes},
	"poetry": {name: "poetry", values: "--only --with --without -E --extras -C --directory -P --project", actions: actions("install=restore sync=restore add=add remove=remove update=upgrade"),
		lockedBy: []string{"install", "sync"}, noDev: "--no-dev --only --only-root", devDefault: Yes, yes: "-n --no-interaction"},
	"pdm": {name: "pdm", values: "-G --group --without -p --project -L --lockfile", actions: actions("install=restore sync=restore add=add remove=remove update=upgrade"),
		locked: "--frozen-lockfile --check", lockedBy: []string{"sync"}, dev: "-d --dev", noDev: "--prod --production --no-default", devDefault: Yes},
	"pipenv": {name: "pipenv", values: "-r --requirements --python -i --categories", actions: actions("install=add sync=restore uninstall=remove update=upgrade clean=clean"), restores: true,
		requirements: "-r --requirements", locked: "--deploy --ignore-pipfile", lockedBy: []string{"sync"}, dev: "-d --dev", devDefault: No},
	"conda": {name: "conda", values: "-n --name -p --prefix -c --channel -f --file", actions: actions("install=add create=add update=upgrade clean=clean remove=remove"), yes: "-y --yes", requirements: "-f --file"},
	"npm": {name: "npm", values: "--omit --include --only --prefix -w --workspace --registry --loglevel --cache --userconfig -C",
		actions:  actions("install=add i=add add=add in=add ci=restore clean-install=restore install-clean=restore ic=restore uninstall=remove remove=remove rm=remove update=upgrade cache=clean"),
		restores: true, lockedBy: []string{"ci", "clean-install", "install-clean", "ic"}, noDev: "--production --prod", devDefault: Yes},
	"yarn": {name: "yarn", values: "--cwd --cache-folder --registry --network-timeout --modules-folder --mutex --inline-builds", actions: actions("=restore install=restore add=add remove=remove cache=clean upgrade=upgrade up=upgrade"),
		locked: "--frozen-lockfile --immutable", noDev: "--production --prod", devDefault: Yes},
	"pnpm": {name: "pnpm", values: "-C --dir --filter -F --registry --store-dir --reporter --loglevel --config", actions: actions("install=add i=add add=add fetch=restore deploy=restore remove=remove rm=remove update=upgrade store=clean"), restores: true,
		locked: "--frozen-lockfile", lockedBy: []string{"fetch"}, noDev: "-P --prod --production", dev: "-D --dev", devDefault: Yes},
	"bun": {name: "bun", values: "--cwd --backend --registry --omit", actions: actions("install=add i=add add=add ci=restore remove=remove"), restores: true,
		locked: "--frozen-lockfile", lockedBy: []string{"ci"}, noDev: "-p --production", devDefault: Yes},
	"go":     {name: "go", values: "-modfile -o -ldflags -tags", actions: actions("get=add install=add clean=clean")},
	"cargo":  {name: "cargo", values: "--version --git --branch --tag --rev --path --root --features -F --target --manifest-path --profile -j", actions: actions("install=add fetch=restore build=restore add=add remove=remove"), locked: "--locked --frozen"},
	"bundle": {name: "bundle", values: "--without --with --jobs -j --path --gemfile --retry", actions: actions("=restore install=restore add=add update=upgrade clean=clean"), locked: "--deployment --frozen", devDefault: Yes},
	"gem":    {name: "gem", values: "-v --version -i --install-dir -n --bindir --platform", actions: actions("install=add uninstall=remove update=upgrade cleanup=clean")},
	"composer": {name: "composer", values: "-d --working-dir", actions: actions("install=restore i=restore update=upgrade require=add remove=remove clear-cache=clean"),
		lockedBy: []string{"install", "i"}, noDev: "--no-dev", devDefault: Yes, yes: "-n --no-interaction"},
	"dotnet": {name: "dotnet", values: "-r --runtime -s --source -v --verbosity --configfile --packages -c --configuration -o --output", actions: actions("restore=restore"), locked: "--locked-mode"},
}

// aliases are programs that are read like another. apt keeps apt-get's rules but for its questions.
var aliases = map[string]string{
	"apt": "apt-get", "aptitude": "apt-get", "yum": "dnf", "microdnf": "dnf", "tdnf": "dnf", "pip3": "pip", "pip2": "pip",
	"mamba": "conda", "micromamba": "conda", "bundler": "bundle", "pnpx": "", "apt-fast": "apt-get",
}

// Installs reads a command as one of a package manager. A plain rm of a manager's lists or cache
// counts as its ActionClean.
func Installs(c Command) (Install, bool) {
	c = c.Unwrapped()
	name := c.Name()
	words := c.Words[1:]
	switch {
	case name == "rm":
		return removal(c)
	case strings.HasPrefix(name, "python") && len(words) > 1 && words[0].Is("-m"):
		name, words = words[1].Value, words[2:]
	case name == "uv" && len(words) > 0 && words[0].Is("pip"):
		out, ok := managers["pip"].read("uv", words[1:])
		return out, ok
	case name == "uv" && len(words) > 0 && words[0].Is("tool"):
		return manager{actions: actions("install=add"), values: "--from --with --python -p"}.read("uv", words[1:])
	case name == "go" && len(words) > 1 && words[0].Is("mod") && (words[1].Is("download") || words[1].Is("vendor")):
		return Install{Manager: "go", Action: ActionRestore, Locked: Yes, Word: words[1]}, true
	case name == "corepack" && len(words) > 1:
		name, words = words[0].Value, words[1:]
	}
	manages := name
	if alias, ok := aliases[name]; ok {
		manages = alias
	}
	if strings.HasPrefix(name, "pip3.") {
		manages = "pip"
	}
	m, ok := managers[manages]
	if !ok {
		return Install{}, false
	}
	if m.name == "dnf" {
		m.name = name
	}
	out, ok := m.read(m.name, words)
	if env, set := c.Getenv("NODE_ENV"); set && env.Is("production") && out.Action == ActionRestore && wordSet("npm yarn pnpm")[m.name] && !has(out.Options, "--include", "--dev") {
		out.Dev = No
	}
	return out, ok
}

// read reads what follows the program.
func (m manager) read(name string, words []Word) (Install, bool) {
	if !m.mayAct(words) {
		return Install{}, false // the options need not be read
	}
	opts, args, _ := options(words, takes(m.values), false)
	sub := Word{}
	if len(args) > 0 {
		sub, args = args[0], args[1:]
	}
	action, ok := m.actions[sub.Value]
	if !ok {
		return Install{}, false
	}
	out := Install{Manager: name, Action: action, Packages: args, Options: opts, Word: sub,
		AssumeYes: hasOf(opts, m.yes), NoRecommends: hasOf(opts, m.noRec), NoCache: hasOf(opts, m.noCache)}
	if m.requirements != "" {
		out.Requirements = given(opts, strings.Fields(m.requirements)...)
	}
	m.quirks(&out)
	if m.restores && action == ActionAdd && len(args) == 0 {
		out.Action = ActionRestore
	}
	if out.Action == ActionRestore {
		out.Packages = nil
		out.Locked = m.lock(sub.Value, opts)
		if out.Dev == Unsaid {
			out.Dev = m.development(opts)
		}
	}
	return out, true
}

// mayAct says whether one of the words may be a subcommand that asks for something, or none is needed.
func (m manager) mayAct(words []Word) bool {
	return m.actions[""] != "" || slices.ContainsFunc(words, func(w Word) bool { return m.actions[w.Value] != "" })
}

func (m manager) lock(sub string, opts []Option) Answer {
	for _, s := range m.lockedBy {
		if s == sub {
			return Yes
		}
	}
	switch {
	case m.locked == "" && m.lockedBy == nil:
		return Unsaid
	case hasOf(opts, m.locked):
		return Yes
	}
	return No
}

func (m manager) development(opts []Option) Answer {
	for _, g := range given(opts, "--only-group", "--only") {
		if strings.Contains(g.Value, "dev") {
			return Yes
		}
	}
	switch {
	case hasOf(opts, m.noDev) || leavesOut(opts):
		return No
	case hasOf(opts, m.dev):
		return Yes
	}
	for _, g := range given(opts, "--group", "--with", "-G", "--include") {
		if strings.Contains(g.Value, "dev") {
			return Yes
		}
	}
	return m.devDefault
}

// leavesOut says whether npm's --omit=dev or --only=prod, or another manager's --without dev, is there.
func leavesOut(opts []Option) bool {
	for _, w := range given(opts, "--omit", "--without", "--no-group") {
		if strings.Contains(w.Value, "dev") {
			return true
		}
	}
	for _, w := range given(opts, "--only") {
		if strings.HasPrefix(w.Value, "prod") || w.Is("main") {
			return true
		}
	}
	return false
}
