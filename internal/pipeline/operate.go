package pipeline

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"refit/internal/apply"
	"refit/internal/compose"
	"refit/internal/engine"
	"refit/internal/environment"
	"refit/internal/invocation"
	"refit/internal/operate"
	"refit/internal/project"
	"refit/internal/rule"
)

// Environment is what the word ENV of the command line means, as docker compose would run it from this shell.
func (r *Repository) Environment(word string) (operate.Environment, error) {
	source, err := invocation.Find(r.Project, word)
	if err != nil {
		var unknown *invocation.Unknown
		if !errors.As(err, &unknown) || len(unknown.Known) > 0 {
			return operate.Environment{}, err
		}
		for _, problem := range r.Project.Problems {
			if ext := filepath.Ext(problem.Path); ext == ".yml" || ext == ".yaml" { // a Compose file that can't be read is none
				return operate.Environment{}, problem
			}
		}
		return operate.Environment{}, err
	}
	return r.Runnable(source)
}

// Runnable resolves an environment for this machine.
func (r *Repository) Runnable(source *project.Environment) (operate.Environment, error) {
	e := operate.Environment{Name: invocation.NameOf(source), Project: r.Project, Source: source, Root: r.Root}
	if source.Err != nil {
		return e, source.Err
	}
	e.EnvFiles = invocation.Passed(r.Project, source)
	files := e.EnvFiles
	if files == nil {
		files = source.EnvFiles
	}
	model, err := r.Project.As(source, files, shell())
	e.Model = model
	return e, err
}

// shell are the variables that docker compose would see. PWD and HOME are left to the model, which has paths of the
// repository in place of this machine's.
func shell() map[string]string {
	vars := map[string]string{}
	for _, v := range os.Environ() {
		if name, value, ok := strings.Cut(v, "="); ok && name != "PWD" && name != "HOME" {
			vars[name] = value
		}
	}
	return vars
}

// Operate connects to the engine that the user's docker talks to, for work on an environment. starts says that
// containers may be started or images built: the versions of docker's plugins are then looked at first.
func (r *Repository) Operate(ctx context.Context, e operate.Environment, docker *engine.Docker, starts bool) (*operate.Operation, error) {
	checked := make(chan error, 1)
	go func() {
		if !starts {
			checked <- nil
			return
		}
		checked <- docker.Plugins(ctx).Check(builds(e.Model))
	}()
	client, err := docker.Connect(ctx)
	if problem := <-checked; problem != nil {
		return nil, problem
	}
	if err != nil {
		return nil, err
	}
	o := &operate.Operation{Env: e, Engine: client, At: client.At, Mask: r.Mask,
		Compose: &engine.Compose{Docker: docker, Dir: r.Root, Options: invocation.Options(e.Source, e.EnvFiles)}}
	o.Log, o.Said = r.Journal(e), r.Said(e)
	return o, nil
}

// Journal remembers what is done to an environment; it forgets where there is no place outside of the repository.
func (r *Repository) Journal(e operate.Environment) operate.Journal {
	folder, err := apply.StateFolder(r.Root)
	if err != nil {
		return operate.Journal{}
	}
	return operate.Journal{File: filepath.Join(folder, "running-"+e.Name+".json")}
}

// Said keeps what a build or a start of an environment said that failed.
func (r *Repository) Said(e operate.Environment) operate.Record {
	folder, err := apply.StateFolder(r.Root)
	if err != nil {
		return operate.Record{}
	}
	return operate.Record{File: filepath.Join(folder, "failed-"+e.Name+".log")}
}

func builds(m *compose.Model) bool {
	for _, s := range m.Services {
		if s.Build != nil && s.Enabled {
			return true
		}
	}
	return false
}

// EnvErrors are the errors of the check of the environment's env file.
func (r *Repository) EnvErrors(env string) []rule.Finding {
	var list []rule.Finding
	for _, f := range environment.Check(r.Project, env) {
		if f.Severity == rule.Error && f.Meta != &environment.FileMissing {
			list = append(list, f)
		}
	}
	return list
}
