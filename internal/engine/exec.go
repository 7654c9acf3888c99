package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"
)

// maxOutput bounds, in bytes, what is kept of each stream of a command that runs in a container.
const maxOutput = 4 << 20

// Output is what a command in a container wrote, and its exit code.
type Output struct {
	Stdout, Stderr []byte
	Code           int
}

// ExecOptions say how a command runs in a container that is there.
type ExecOptions struct {
	User    string // "" is the container's own
	Dir     string // "" is the container's own
	Env     []string
	Command []string
}

// Exec runs a command in a running container, without a terminal and without input.
func (c *Client) Exec(ctx context.Context, id string, o ExecOptions) (Output, error) {
	made, err := c.api.ExecCreate(ctx, id, client.ExecCreateOptions{User: o.User, WorkingDir: o.Dir, Env: o.Env, Cmd: o.Command, AttachStdout: true, AttachStderr: true})
	if err != nil {
		return Output{}, err
	}
	stream, err := c.api.ExecAttach(ctx, made.ID, client.ExecAttachOptions{})
	if err != nil {
		return Output{}, err
	}
	defer stream.Close()
	stop := context.AfterFunc(ctx, stream.Close)
	defer stop()
	out, errOut := &limited{}, &limited{}
	if _, err := stdcopy.StdCopy(out, errOut, stream.Reader); err != nil {
		return Output{}, cmpErr(ctx.Err(), err)
	}
	state, err := c.api.ExecInspect(ctx, made.ID, client.ExecInspectOptions{})
	return Output{Stdout: out.Bytes(), Stderr: errOut.Bytes(), Code: state.ExitCode}, err
}

// RunOptions say how a throw-away container runs one command.
type RunOptions struct {
	Image      string // has to be there: it is not pulled
	Entrypoint []string
	Command    []string
	User       string
	Dir        string
	Env        []string
	Binds      []string // as in `docker run -v`
	Network    string   // "" is the default, "none" is none
}

// Run runs one command in a container that is removed afterwards, with the anonymous volumes that it made.
func (c *Client) Run(ctx context.Context, o RunOptions) (Output, error) {
	made, err := c.api.ContainerCreate(ctx, client.ContainerCreateOptions{
		Config: &container.Config{Image: o.Image, Entrypoint: o.Entrypoint, Cmd: o.Command, User: o.User, WorkingDir: o.Dir, Env: o.Env,
			Healthcheck: &container.HealthConfig{Test: []string{"NONE"}}},
		HostConfig: &container.HostConfig{Binds: o.Binds, NetworkMode: container.NetworkMode(o.Network)},
	})
	if err != nil {
		return Output{}, err
	}
	defer c.remove(ctx, made.ID)
	ended := c.api.ContainerWait(ctx, made.ID, client.ContainerWaitOptions{Condition: container.WaitConditionNextExit})
	if _, err := c.api.ContainerStart(ctx, made.ID, client.ContainerStartOptions{}); err != nil {
		return Output{}, err
	}
	var result Output
	select {
	case err := <-ended.Error:
		return Output{}, err
	case r := <-ended.Result:
		if r.Error != nil {
			return Output{}, errors.New(r.Error.Message)
		}
		result.Code = int(r.StatusCode)
	}
	stream, err := c.api.ContainerLogs(ctx, made.ID, client.ContainerLogsOptions{ShowStdout: true, ShowStderr: true})
	if err != nil {
		return Output{}, err
	}
	defer func() { _ = stream.Close() }()
	out, errOut := &limited{}, &limited{}
	_, err = stdcopy.StdCopy(out, errOut, stream)
	result.Stdout, result.Stderr = out.Bytes(), errOut.Bytes()
	return result, err
}

// remove takes a throw-away container away, also when the caller has been interrupted.
func (c *Client) remove(ctx context.Context, id string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
	defer cancel()
	_, _ = c.api.ContainerRemove(ctx, id, client.ContainerRemoveOptions{Force: true, RemoveVolumes: true})
}

// limited keeps the first maxOutput bytes.
type limited struct{ bytes.Buffer }

func (l *limited) Write(p []byte) (int, error) {
	if room := maxOutput - l.Len(); room > 0 {
		l.Buffer.Write(p[:min(room, len(p))])
	}
	return len(p), nil
}

func cmpErr(first, second error) error {
	if first != nil {
		return first
	}
	return second
}

// CopyFrom reads a file or folder of a container, running or not, as a tar archive.
func (c *Client) CopyFrom(ctx context.Context, id, path string) (io.ReadCloser, error) {
	result, err := c.api.CopyFromContainer(ctx, id, client.CopyFromContainerOptions{SourcePath: path})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return result.Content, nil
}

// CopyTo unpacks a tar archive into a folder of a container.
func (c *Client) CopyTo(ctx context.Context, id, folder string, archive io.Reader) error {
	_, err := c.api.CopyToContainer(ctx, id, client.CopyToContainerOptions{DestinationPath: folder, Content: archive})
	return err
}

// Export is the whole file system of a container, mounts left out, as a tar archive.
func (c *Client) Export(ctx context.Context, id string) (io.ReadCloser, error) {
	return c.api.ContainerExport(ctx, id, client.ContainerExportOptions{})
}
