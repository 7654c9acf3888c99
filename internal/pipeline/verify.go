package pipeline

import (
	"context"
	"slices"

	"refit/internal/engine"
	"refit/internal/invocation"
	"refit/internal/operate"
	"refit/internal/secret"
	"refit/internal/verify"
)

// Verify checks a running environment from the inside.
func (r *Repository) Verify(ctx context.Context, e operate.Environment, docker *engine.Docker, options verify.Options) (*verify.Result, error) {
	if err := docker.Plugins(ctx).Check(false); err != nil {
		return nil, err
	}
	client, err := docker.Connect(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { _ = client.Close() }()
	subject := verify.Subject{Name: e.Name, Project: e.Project, Source: e.Source, Model: e.Model, Root: e.Root, Local: client.At.Local(), Secrets: r.secretsOf(e), Mask: r.Mask}
	compose := &engine.Compose{Docker: docker, Dir: r.Root, Options: invocation.Options(e.Source, e.EnvFiles)}
	return verify.Run(ctx, subject, client, compose, options)
}

// secretsOf are the secrets of the repository, and those that the environment's containers are given.
func (r *Repository) secretsOf(e operate.Environment) []string {
	list := slices.Clone(r.secrets())
	for _, s := range e.Model.Services {
		for name, value := range s.Environment {
			if v := secret.Judge(name, value); v.Class == secret.Secret {
				list = append(list, value[v.Span.Start:v.Span.End])
			}
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}
