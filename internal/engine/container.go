package engine

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"
)

// The labels that Docker Compose puts on what it makes (docker/compose, pkg/api/labels.go).
const (
	LabelProject     = "com.docker.compose.project"
	LabelService     = "com.docker.compose.service"
	LabelNumber      = "com.docker.compose.container-number"
	LabelOneOff      = "com.docker.compose.oneoff"
	LabelConfigHash  = "com.docker.compose.config-hash"
	LabelWorkingDir  = "com.docker.compose.project.working_dir"
	LabelConfigFiles = "com.docker.compose.project.config_files"
	LabelEnvFiles    = "com.docker.compose.project.environment_file"
	LabelImage       = "com.docker.compose.image"
)

// Container is a container as a listing shows it. What Compose did not start has no Project.
type Container struct {
	ID, Name    string
	Project     string
	Service     string
	Number      int
	OneOff      bool // made by `docker compose run`
	ConfigHash  string
	WorkingDir  string   // the project directory on the machine that ran compose
	ConfigFiles []string // likewise
	Image       string   // as asked for
	ImageID     string
	Command     string
	State       container.ContainerState // created, running, restarting, exited, paused, dead
	Status      string                   // "Up 2 minutes (healthy)"
	Created     time.Time
	Ports       []container.PortSummary
	Labels      map[string]string
}

// Containers lists the containers of a Compose project, stopped ones and those of `run` too, by service and number.
func (c *Client) Containers(ctx context.Context, project string) ([]Container, error) {
	return c.list(ctx, client.Filters{}.Add("label", LabelProject+"="+project))
}

// AllContainers lists every container of the engine, stopped ones too.
func (c *Client) AllContainers(ctx context.Context) ([]Container, error) { return c.list(ctx, nil) }

func (c *Client) list(ctx context.Context, filters client.Filters) ([]Container, error) {
	result, err := c.api.ContainerList(ctx, client.ContainerListOptions{All: true, Filters: filters})
	if err != nil {
		return nil, err
	}
	var list []Container
	for _, s := range result.Items {
		list = append(list, containerOf(s))
	}
	slices.SortFunc(list, func(a, b Container) int {
		return cmp.Or(cmp.Compare(a.Project, b.Project), cmp.Compare(a.Service, b.Service), cmp.Compare(a.Number, b.Number), cmp.Compare(a.Name, b.Name))
	})
	return list, nil
}

func containerOf(s container.Summary) Container {
	l := s.Labels
	number, _ := strconv.Atoi(l[LabelNumber])
	c := Container{ID: s.ID, Project: l[LabelProject], Service: l[LabelService], Number: number, OneOff: strings.EqualFold(l[LabelOneOff], "true"),
		ConfigHash: l[LabelConfigHash], WorkingDir: l[LabelWorkingDir], Image: s.Image, ImageID: s.ImageID, Command: s.Command,
		State: s.State, Status: s.Status, Created: time.Unix(s.Created, 0), Ports: s.Ports, Labels: l}
	if files := l[LabelConfigFiles]; files != "" {
		c.ConfigFiles = strings.Split(files, ",")
	}
	if len(s.Names) > 0 {
		c.Name = strings.TrimPrefix(s.Names[0], "/")
	}
	return c
}

// Inspect is everything that the engine knows of a container.
func (c *Client) Inspect(ctx context.Context, id string) (container.InspectResponse, error) {
	result, err := c.api.ContainerInspect(ctx, id, client.ContainerInspectOptions{})
	return result.Container, err
}

// Process is one process of a container, as the engine's machine sees it.
type Process struct {
	PID, UID int // the UID is the machine's: of an engine that remaps users it is not the container's
	Args     string
}

// Processes lists what runs in a container.
func (c *Client) Processes(ctx context.Context, id string) ([]Process, error) {
	top, err := c.api.ContainerTop(ctx, id, client.ContainerTopOptions{Arguments: []string{"-eo", "pid,uid,args"}})
	if err != nil {
		return nil, err
	}
	var list []Process
	for _, row := range top.Processes {
		if len(row) < 3 {
			continue
		}
		pid, _ := strconv.Atoi(row[0])
		uid, err := strconv.Atoi(row[1])
		if err != nil {
			return nil, err
		}
		list = append(list, Process{PID: pid, UID: uid, Args: strings.Join(row[2:], " ")})
	}
	return list, nil
}
