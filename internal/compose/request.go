// Package compose reads Docker Compose files twice: as written, with a byte span for every value
// (File), and resolved, as Docker Compose itself would see them (Model).
//
// The model is made of bytes only. compose-go, the library inside Docker Compose, reads included and
// extended files from the disk by itself, so its loader can't be used as it is: the phases are run here
// in its order, each phase by the library's own function, with our own include and extends between
// them. The tests compare the outcome to the library's own loader on files on disk.
package compose

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
	"sync"

	"github.com/sirupsen/logrus"

	"refit/internal/source"
)

// Request says what to load: what a caller of `docker compose` gives by flags, environment and folder.
type Request struct {
	// Files are the Compose files in the order of -f, repo-relative. The first one gives the project
	// directory unless ProjectDir is set; a later one overrides the earlier ones.
	Files []string
	// Read returns a file's bytes by its repo-relative path, and an error that wraps fs.ErrNotExist
	// when there is none. It is the only way that Load reads anything.
	Read func(path string) ([]byte, error)
	// Env is the caller's environment (shell, CI). Without PWD or HOME in it, those two stand for the
	// caller's folder and home: a path below ${PWD} is resolved to the repository's, one below
	// ${HOME} stays as "${HOME}/...".
	Env map[string]string
	// EnvFiles are the files of --env-file, repo-relative. nil means the default: the project
	// directory's .env when there is one. An empty, non-nil slice means none.
	EnvFiles []string
	// ProjectDir is --project-directory, repo-relative; empty: the folder of the first file.
	ProjectDir string
	// ProjectName is --project-name; empty: none was given.
	ProjectName string
	// RootName is the name of the folder that holds the repository, for a project that is named after it.
	RootName string
	// CallerDir is the folder that the command is called from, repo-relative; empty: the root.
	CallerDir string
	// Profiles are the active profiles; nil: those of COMPOSE_PROFILES. "*" activates all.
	Profiles []string
	// AllowMissing goes on where Docker Compose would stop for want of a value: required variables
	// that are not set count as empty, missing env files as empty files. Model.Unset and
	// Model.Missing hold them.
	AllowMissing bool
	// StandIns are templates of env files, whose values stand in for those of variables that nothing
	// else gives one: a fresh clone's `ports: "${PORT}:80"` is no valid port. The variables are in
	// Model.Unset all the same.
	StandIns []string
	// First keeps what the first file comes to for other stacks that begin with it; nil keeps nothing. Results do not
	// depend on it.
	First *First
}

// Limits of what one Load reads and makes. They are far above any real set-up and keep a hostile
// repository from filling the memory or running for ever.
const (
	maxFiles       = 300     // Compose files, each time one is included or extended
	maxDepth       = 50      // of files that include or extend one another
	maxEnvFileSize = 1 << 20 // bytes
	maxExpansion   = 32 << 20
	maxTreeNodes   = 1_000_000
)

// Load resolves Compose files into the model that Docker Compose would run: extends and include
// followed, variables filled in, files merged, env files read, paths resolved to repo-relative ones.
//
// The error is a *source.Problem where a file is at fault. It never holds a value of an env file.
func Load(ctx context.Context, r Request) (m *Model, err error) {
	silenceLibrary()
	if len(r.Files) == 0 {
		return nil, errors.New("no Compose file to load")
	}
	// compose-go asserts types freely after its schema check; what slips through must not end the program.
	defer func() {
		if cause := recover(); cause != nil {
			m, err = nil, &source.Problem{Path: r.Files[0], What: fmt.Sprintf("compose-go could not handle this file (%v)", cause)}
		}
	}()
	l, err := newLoading(ctx, r)
	if err != nil {
		return nil, err
	}
	return l.load()
}

// silenceLibrary keeps compose-go from logging to stderr, which it does through the process-wide
// logger: what it warns of (unset variables, `version`) is in the model instead.
var silenceLibrary = sync.OnceFunc(func() { logrus.SetOutput(io.Discard) })

// ImplicitFiles lists the files that `docker compose` without -f loads in dir: the default file and
// the override file beside it. has says whether a repo-relative path is a file. Unlike the command
// it doesn't look in the parent folders. It is empty when dir has no Compose file.
// Names and their order are compose-go's (cli.DefaultFileNames).
func ImplicitFiles(dir string, has func(string) bool) []string {
	first := func(names ...string) string {
		for _, n := range names {
			if p := path.Join(dir, n); has(p) {
				return p
			}
		}
		return ""
	}
	file := first("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")
	if file == "" {
		return nil
	}
	override := first("compose.override.yml", "compose.override.yaml", "docker-compose.override.yml", "docker-compose.override.yaml")
	if override == "" {
		return []string{file}
	}
	return []string{file, override}
}

// outside says whether a cleaned path is not below the repository's root.
func outside(p string) bool {
	return p == ".." || strings.HasPrefix(p, "../") || strings.HasPrefix(p, "~") || absolute(p) || strings.HasPrefix(p, "${")
}

// read loads a file of the repository, and says in its error who wanted it.
func (l *loading) read(p, wantedBy string) ([]byte, error) {
	if err := l.ctx.Err(); err != nil {
		return nil, err
	}
	if outside(p) {
		return nil, &source.Problem{Path: wantedBy, What: "it needs " + display(p) + ", which is outside of the repository", Why: "refit reads nothing outside of it"}
	}
	text, err := l.Read(p)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &source.Problem{Path: wantedBy, What: "it needs " + p + ", which does not exist", Original: err}
	}
	if err != nil {
		return nil, &source.Problem{Path: p, What: "cannot be read: " + err.Error(), Original: err}
	}
	return text, nil
}
