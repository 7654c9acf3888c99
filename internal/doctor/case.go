package doctor

import (
	"context"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/image"
	"github.com/moby/moby/api/types/system"
	"github.com/moby/moby/api/types/volume"

	"refit/internal/compose"
	"refit/internal/engine"
	"refit/internal/project"
	"refit/internal/rule"
)

// Case is what the doctor is given.
type Case struct {
	Root      string // the repository on this machine
	Project   *project.Project
	Audit     []rule.Finding // of the files
	GitConfig []byte         // .git/config
	Patients  []Patient
	Docker    Docker
	Engine    Engine // nil: none answers
	Machine   Machine
	Mask      func(string) string // hides secrets
	Journal   Journal
	Former    []string // project names of before
}

// Patient is an environment.
type Patient struct {
	Name      string
	Source    *project.Environment
	Model     *compose.Model // as docker compose resolves it on this machine; nil when it can't
	Plain     *compose.Model // the same without the variables of the shell; nil when it can't be resolved
	Err       error          // why there is no Model
	EnvFiles  []string       // passed by --env-file
	Asked     bool           // by name
	Obstacles []Obstacle     // what will keep it from starting
	EnvCheck  []rule.Finding // errors of its env file
	Build     BuildLog       // of the last build that failed
	Words     func(args ...string) []string
	running   bool // has containers
}

// Obstacle is something in the way of a start, as the preflight of `refit up` finds it.
type Obstacle struct {
	Kind    string // "port", "env-file", ...
	Subject string
	At      rule.Location
	Message string
	Warning bool
}

// BuildLog is what a failed build said last, masked.
type BuildLog struct {
	Lines []string
	At    time.Time
}

// Docker is what is known of docker before anything else is asked.
type Docker struct {
	Problem  error // what stands in the way of an engine; nil when one answers
	Plugins  error // what is wrong with compose and buildx
	At       engine.Endpoint
	Other    string // a context whose engine answers while that in use does not; "" when there is none
	Variable string // "DOCKER_HOST" or "DOCKER_CONTEXT" where it decides about the engine, with its value
	Group    string // the group that owns the socket; "" when not known
}

// Engine is what has to be seen of a Docker engine.
type Engine interface {
	AllContainers(ctx context.Context) ([]engine.Container, error)
	Inspect(ctx context.Context, id string) (container.InspectResponse, error)
	Logs(ctx context.Context, id string, o engine.LogOptions) ([]engine.LogLine, error)
	Ends(ctx context.Context, id string, since time.Time) ([]engine.End, error)
	Image(ctx context.Context, ref string) (image.InspectResponse, error)
	Info(ctx context.Context) (system.Info, error)
	AllVolumes(ctx context.Context) ([]volume.Volume, error)
	VolumeSizes(ctx context.Context) (map[string]int64, error)
	Exec(ctx context.Context, id string, o engine.ExecOptions) (engine.Output, error)
	Run(ctx context.Context, o engine.RunOptions) (engine.Output, error)
}

// Machine is what has to be seen of the machine that refit runs on.
type Machine struct {
	UID, GID int // of the user; -1 where there are none
	System   string
	Host     string
	Now      func() time.Time
	Program  func(ctx context.Context, name string) (version string, there bool)
	DiskFree func(folder string) (free uint64, ok bool)
	Owner    func(file string) (uid, gid int, ok bool)
	OwnedBy  func(folder string, uid, limit int) (files []string, complete bool)
	Watches  func() (watches, instances int)
	Silent   func(folder string) string // the file system, if changes by others are no events there
	Speaks   func(address string) string
	Alive    func(pid int) bool
	Env      func(name string) string // of this shell
}
