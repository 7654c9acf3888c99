package compose

import (
	"slices"
	"strings"
	"time"

	"github.com/compose-spec/compose-go/v2/types"

	"refit/internal/source"
)

// Model is a Compose project as Docker Compose would run it. Paths are repo-relative; one that leaves
// the repository starts with "../", "/", a drive letter, "~" or "${HOME}" and is as written.
type Model struct {
	Name       string   // the effective project name
	NameOrigin Origin   // where it comes from
	Dir        string   // project directory, repo-relative
	Files      []string // every Compose file that was read: given, included or extended
	Services   map[string]*Service
	Volumes    map[string]Resource
	Networks   map[string]Resource
	Secrets    map[string]FileObject
	Configs    map[string]FileObject
	Unset      []Variable // variables without a value, sorted by name; Span and Addr are not set
	Missing    []Missing  // files that are needed and were not read; see Request.AllowMissing
	// Project is the same model in compose-go's types, for what the fields above leave out.
	Project *types.Project

	memo *source.Memo // of what Name and Project tell
}

// Service is one service of a Model.
type Service struct {
	Name          string
	Enabled       bool // false: none of its profiles is active
	Profiles      []string
	Image         string // empty when only built
	Build         *Build // nil when only pulled
	ContainerName string // as written; empty: PROJECT-SERVICE-N
	// Environment is what the container's environment gets: env files, then `environment`.
	Environment map[string]string
	// PassedThrough are the names in `environment` that the caller would have to supply and doesn't.
	PassedThrough []string
	EnvFiles      []EnvFile // in order
	Ports         []Port
	Mounts        []Mount
	DependsOn     map[string]Dependency
	Healthcheck   *Healthcheck // nil: none in the Compose file
	Networks      []string     // keys, sorted
	NetworkMode   string
	Restart       string
	User          string
	Command       []string // nil: the image's
	Entrypoint    []string // nil: the image's
	Labels        map[string]string
	Limits        Resources
	Reservations  Resources
	Replicas      int
}

// Build is how a service's image is made.
type Build struct {
	Context    string // folder, or a URL or other remote context as written
	Remote     bool   // Context is not a folder
	Dockerfile string // repo-relative; relative to the context as written when Remote
	Inline     bool   // the Dockerfile stands in the Compose file
	Target     string
	Args       map[string]string // args that have a value
	Contexts   map[string]string // additional contexts
}

// EnvFile is one entry of env_file.
type EnvFile struct {
	Path     string
	Required bool
	Format   string // "" or "raw"
}

// Port is one published (or only exposed) port.
type Port struct {
	HostIP    string // empty: all interfaces
	Published string // host port or range; empty: one that the engine picks
	Target    uint32 // container port
	Protocol  string // tcp, udp
	Name      string
}

// Mount is one entry of volumes.
type Mount struct {
	Type     string // bind, volume, tmpfs, npipe, cluster, image
	Source   string // bind: the path; volume: the key in Model.Volumes, empty when anonymous
	Target   string // path in the container
	ReadOnly bool
}

// Dependency is one entry of depends_on.
type Dependency struct {
	Condition string // service_started, service_healthy, service_completed_successfully
	Required  bool
	Restart   bool
}

// Healthcheck is the healthcheck that the Compose file gives.
type Healthcheck struct {
	Disabled bool
	Test     []string // CMD or CMD-SHELL first; empty: the image's test
	Interval time.Duration
	Timeout  time.Duration
	Start    time.Duration // start_period
	Retries  int
}

// Resources are limits or reservations; a zero is none.
type Resources struct {
	CPUs   float64
	Memory int64 // bytes
	PIDs   int64
}

// Resource is a volume or a network.
type Resource struct {
	Name     string // its real name in the engine
	External bool
	Driver   string
}

// FileObject is a secret or a config.
type FileObject struct {
	Name        string
	File        string
	Environment string // the variable that holds it
	External    bool
}

// VolumeUsers are the services that mount the named volume with this key, sorted.
func (m *Model) VolumeUsers(key string) []string {
	var users []string
	for name, s := range m.Services {
		if slices.ContainsFunc(s.Mounts, func(v Mount) bool { return v.Type == "volume" && v.Source == key }) {
			users = append(users, name)
		}
	}
	slices.Sort(users)
	return users
}

// ContainerNameOf is the name that the engine gives to the first container of a service.
func (m *Model) ContainerNameOf(service string) string {
	if s := m.Services[service]; s != nil && s.ContainerName != "" {
		return s.ContainerName
	}
	return strings.Join([]string{m.Name, service, "1"}, "-")
}
