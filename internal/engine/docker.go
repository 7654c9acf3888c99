package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"strings"
)

// Docker is the user's own docker program, with the options that every call of it starts with.
type Docker struct {
	program string
	options []string
}

// Find looks for docker on PATH. The options are docker's own, in front of any subcommand, such as --context:
// `docker --context far refit up` hands them over.
func Find(options ...string) (*Docker, error) {
	program, err := exec.LookPath("docker")
	if err != nil {
		return nil, &Problem{Kind: NoDocker, What: "docker is not on PATH", Why: "refit runs your own docker", Do: "install Docker: https://docs.docker.com/engine/install/", Err: err}
	}
	return &Docker{program: program, options: options}, nil
}

// command is a call of docker.
func (d *Docker) command(ctx context.Context, args ...string) *exec.Cmd {
	words := append(append([]string{}, d.options...), args...)
	return exec.CommandContext(ctx, d.program, words...) //nolint:gosec // the user's own docker
}

// output is the standard output of a call; what it says on stderr is the error.
func (d *Docker) output(ctx context.Context, args ...string) ([]byte, error) {
	cmd := d.command(ctx, args...)
	var talk strings.Builder
	cmd.Stderr = &talk
	out, err := cmd.Output()
	if err != nil && ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if said := strings.TrimSpace(talk.String()); err != nil && said != "" {
		err = fmt.Errorf("docker %s: %s", args[0], said)
	}
	return out, err
}

// Endpoint is where the user's docker finds its engine.
type Endpoint struct {
	Context string // "default", or the name of a context
	Host    string // unix:///var/run/docker.sock, ssh://me@far, ...
	secured bool   // by TLS
}

// Local says whether the engine's ports, files and disk are those of this machine. Docker Desktop's socket is
// local, but the engine behind it lives in a machine of its own: see Client.SameMachine.
func (e Endpoint) Local() bool {
	return strings.HasPrefix(e.Host, "unix://") || strings.HasPrefix(e.Host, "npipe://") ||
		strings.HasPrefix(e.Host, "tcp://127.0.0.1:") || strings.HasPrefix(e.Host, "tcp://localhost:")
}

// Endpoint asks docker for the context in use. That follows DOCKER_HOST, DOCKER_CONTEXT, `docker context use` and
// the options, in docker's own order.
func (d *Docker) Endpoint(ctx context.Context) (Endpoint, error) {
	out, err := d.output(ctx, "context", "inspect")
	if err != nil {
		return Endpoint{}, &Problem{Kind: BadContext, What: "the Docker context can't be used: " + err.Error(), Why: "refit talks to the engine that docker talks to",
			Do: "docker context ls lists the contexts; see also DOCKER_CONTEXT and DOCKER_HOST", Err: err}
	}
	return endpointIn(out)
}

// endpointIn reads what `docker context inspect` prints.
func endpointIn(out []byte) (Endpoint, error) {
	var contexts []struct {
		Name      string
		Endpoints map[string]struct {
			Host          string
			SkipTLSVerify bool
		}
		TLSMaterial map[string][]string
	}
	if err := json.Unmarshal(out, &contexts); err != nil || len(contexts) == 0 {
		return Endpoint{}, &Problem{Kind: BadContext, What: "docker context inspect printed no context", Why: "refit can't tell which engine docker talks to", Do: "look at docker context ls", Err: err}
	}
	c := contexts[0]
	docker := c.Endpoints["docker"]
	return Endpoint{Context: c.Name, Host: docker.Host, secured: docker.SkipTLSVerify || len(c.TLSMaterial["docker"]) > 0}, nil
}
