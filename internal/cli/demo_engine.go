package cli

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"refit/internal/engine"
	"refit/internal/report"
)

// demoEngine is the Docker Engine that a demonstration goes on with.
type demoEngine struct {
	app    *app
	docker *engine.Docker
	client *engine.Client
	story  *report.Story
}

// demoOn finds the engine; why says that the demonstration ends before anything runs.
func (a *app) demoOn(ctx context.Context, story *report.Story) (d *demoEngine, why error) {
	docker, err := engine.Find(a.docker...)
	if err != nil {
		return nil, err
	}
	if err := docker.Plugins(ctx).Check(true); err != nil {
		return nil, err
	}
	client, err := docker.Connect(ctx)
	if err != nil {
		return nil, err
	}
	d = &demoEngine{a, docker, client, story}
	if !client.At.Local() {
		err = fmt.Errorf("the engine is at %s, where this machine's folders can't be mounted", client.At.Host)
	} else {
		err = d.free(ctx)
	}
	if err != nil {
		_ = client.Close()
		return nil, err
	}
	return d, nil
}

// free wants no container on the engine to be called as the sample calls its own.
func (d *demoEngine) free(ctx context.Context) error {
	containers, err := d.client.AllContainers(ctx)
	if err != nil {
		return err
	}
	for _, c := range containers {
		if strings.HasPrefix(c.Name, "ledger-") {
			return fmt.Errorf("the engine has a container called %s, as the sample calls its own", c.Name)
		}
	}
	return nil
}

// unused wants nothing of a Compose project to be on the engine: what a demonstration made it removes with its data, and
// another project of the name, which is the folder's, would lose its own.
func (d *demoEngine) unused(ctx context.Context, project string) error {
	containers, err := d.client.Containers(ctx, project)
	if err != nil {
		return err
	}
	volumes, err := d.client.Volumes(ctx, project)
	if err != nil {
		return err
	}
	images, err := d.client.Images(ctx, project)
	if err != nil {
		return err
	}
	if n := len(containers) + len(volumes) + len(images); n > 0 {
		return fmt.Errorf("the engine has containers, volumes or images of a Compose project %s already; the demonstration would remove them; "+
			"name a folder that is called otherwise: refit demo DIR", project)
	}
	return nil
}

// demoPort is a line of an env file that says on which port of this machine a service is published.
var demoPort = regexp.MustCompile(`(?m)^[A-Z]+_PORT=(\d+)$`)

// demoPorts replaces the published ports that are taken.
func demoPorts(envFile string) error {
	text, err := os.ReadFile(envFile)
	if err != nil {
		return err
	}
	changed := demoPort.ReplaceAllStringFunc(string(text), func(line string) string {
		name, port, _ := strings.Cut(line, "=")
		l, err := net.Listen("tcp", ":"+port)
		if err != nil {
			if l, err = net.Listen("tcp", ":0"); err != nil {
				return line
			}
		}
		defer l.Close()
		return name + "=" + strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
	})
	return os.WriteFile(envFile, []byte(changed), 0o644) //nolint:gosec // the mode of a file that is there stays
}

// demoAccount is the account that the sample's own image has.
const demoAccount = 1000

// demoOwner lets the container's account have the files: root gives them away, anybody else takes their own ID into the build.
func demoOwner(dir string) error {
	if uid := os.Geteuid(); uid > 0 {
		_ = os.Setenv("APP_UID", strconv.Itoa(uid))
		_ = os.Setenv("APP_GID", strconv.Itoa(os.Getegid()))
		return nil
	}
	return filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, demoAccount, demoAccount)
	})
}
