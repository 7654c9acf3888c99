package stack

import (
	"fmt"
	"strings"
)

// Purpose is what an image is installed for.
type Purpose int

// Purposes.
const (
	Production  Purpose = iota // what runs, and nothing else
	Development                // with the tools and tests
)

// VenvDir is where Python environments live in an image: outside of the work directory, so that a
// source mount can't hide them, and the same in every stage, because an environment's scripts
// carry its path.
const VenvDir = "/opt/venv"

// Command is a program and its arguments. A word may hold a shell variable and no other shell
// syntax.
type Command []string

// String is the command as it stands in a RUN.
func (c Command) String() string { return strings.Join(c, " ") }

// Variable is an environment variable of a stage.
type Variable struct{ Name, Value string }

func (v Variable) String() string { return v.Name + "=" + v.Value }

// Cache is a folder that package managers keep downloads in, to be mounted while they run.
type Cache struct {
	Root     string // where it is when root builds: "/root/.cache/uv"
	Variable string // what moves it elsewhere: "UV_CACHE_DIR"; "" when nothing does
	Locked   bool   // the manager can't share it between builds that run at once
}

// Mount is the option of RUN that mounts the cache at target. With an owner ("1000" or "${APP_UID}")
// the folder belongs to a build user that isn't root; Cache.Variable has to point to target then.
// https://docs.docker.com/reference/dockerfile/#run---mounttypecache
func (c Cache) Mount(target, uid, gid string) string {
	m := "--mount=type=cache,target=" + target
	if c.Locked {
		m += ",sharing=locked"
	}
	if uid != "" {
		m += ",uid=" + uid + ",gid=" + gid
	}
	return m
}

// Install is what a unit's installation takes in an image. The order of a Dockerfile that
// rebuilds little is: Environment, COPY of Files, Before, Dependencies, COPY of the source, Project.
type Install struct {
	Purpose     Purpose
	Environment []Variable // while building; PATH is told by BinDir
	Runtime     []Variable // while running
	Files       []string   // manifests, lock and what the manager reads beside them
	Before      []Command  // once, before the first install: making the environment
	// Dependencies install everything but the project's own code. Empty when the manager can't tell
	// the two apart; then Project does it all.
	Dependencies []Command
	Project      []Command // after the source was copied; empty when there is nothing left to do
	// Linked are the files that Project reads where it installs a link to the source: with them there, it can come before the
	// source is copied, and no change of the source installs anything. Empty where that is not certain.
	Linked []string
	// Asserted says that the commands fail when the lock is missing or doesn't fit its manifest.
	Asserted bool
	Caches   []Cache
	BinDir   string   // to put first on PATH, "" for none
	Outputs  []string // what a production stage copies from the stage that ran this; relative ones lie in the unit's folder
	// Lock makes the lock, for a person to run, when it isn't there. Empty when there is none.
	Lock Command
	// Check says whether the lock fits, without changing it. Empty when the manager has no way.
	Check Command
	// Notes are what a person should know: parts that can't be asserted, scripts that run early.
	Notes []string
}

// Options choose among a unit's optional parts.
type Options struct {
	Purpose Purpose
	// Extras and Groups to install besides the default ones; nil takes, for Development, those that
	// are for development by their name.
	Extras []string
	Groups []string
}

// Install says how the unit is installed. It returns an error that names the reason when refit has
// no facts for the manager: describe it then, don't change it.
func (u *Unit) Install(o Options) (Install, error) {
	if len(u.Problems) > 0 {
		return Install{}, fmt.Errorf("%s: %s can't be read", u.Dir, u.Problems[0].Path)
	}
	if o.Purpose == Development && o.Extras == nil {
		o.Extras = u.DevExtras
	}
	f, ok := installers[u.Manager]
	if !ok {
		return Install{}, fmt.Errorf("how to install with %s in layers is not known to refit", u.Manager)
	}
	i := f(u, o)
	i.Purpose = o.Purpose
	i.Files = append(append([]string{}, u.Manifests...), i.Files...)
	if u.Lock != "" && !contains(i.Files, u.Lock) && i.usesLock(u) {
		i.Files = append(i.Files, u.Lock)
	}
	for _, e := range u.Extra {
		if !contains(i.Files, e) {
			i.Files = append(i.Files, e)
		}
	}
	return i, nil
}

// usesLock: a lock that is still to be made is named as well when the commands assert it.
func (i Install) usesLock(u *Unit) bool { return u.LockPresent || i.Asserted }

func contains(all []string, s string) bool {
	for _, a := range all {
		if a == s {
			return true
		}
	}
	return false
}

// installers, one a manager that refit has facts for.
var installers = map[Manager]func(*Unit, Options) Install{
	UV: installUV, Pip: installPip, Poetry: installPoetry,
	NPM: installNPM, Yarn: installYarn, PNPM: installPNPM, Bun: installBun,
	GoMod: installGo, Bundler: installBundler, Composer: installComposer,
	Maven: installMaven, Gradle: installGradle, Cargo: installCargo, Nuget: installNuget,
}

// pythonRuntime are the variables that Python wants in a container: output at once, so that logs
// are whole when a process is killed, and no bytecode written beside the source at run time.
// https://docs.python.org/3/using/cmdline.html#environment-variables
var pythonRuntime = []Variable{{"PYTHONUNBUFFERED", "1"}, {"PYTHONDONTWRITEBYTECODE", "1"}}
