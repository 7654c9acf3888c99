package doctor

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/moby/moby/api/types/container"

	"refit/internal/engine"
	"refit/internal/rule"
)

func programs(versions map[string]string, there map[string]bool) func(context.Context, string) (string, bool) {
	return func(_ context.Context, name string) (string, bool) {
		if is, told := there[name]; told {
			return versions[name], is
		}
		return "99.0", true
	}
}

func TestObstacles(t *testing.T) {
	for kind, want := range map[string]string{
		"env-file": "error M10 x", "value": "error M11 x", "certificate": "error M09 x", "disk": "error M07 x", "mount": "error M36 x", "port": "error M19 x", "remote": "",
	} {
		c := admit(t, plain)
		c.Patients[0].Obstacles = []Obstacle{{Kind: kind, Subject: "x", Message: "it is so", At: rule.Location{Path: "compose.yml"}}}
		c.only(t, want)
	}
	c := admit(t, plain)
	c.Patients[0].Obstacles = []Obstacle{{Kind: "port", Subject: "app 80/tcp", Message: "port 80 is taken by the container x; app can't be published there; docker stop x, or publish another port"}}
	d := c.only(t, "error M19 app 80/tcp")
	if d.Service != "app" || len(d.Cure.Commands) != 1 || d.Cure.Commands[0] != "docker stop x" {
		t.Errorf("%+v", d)
	}
	c.Patients[0].Obstacles[0].Message = "port 80 is taken by nginx (process 12); app can't be published there; stop it, or publish another port"
	has(t, c.only(t, "error M19 app 80/tcp"), "kill 12")
	c.Patients[0].Obstacles = []Obstacle{{Kind: "mount", Subject: ".env", Message: ".env is an empty folder, as Docker makes one; rmdir .env, then refit env init dev makes it"}}
	if d := c.only(t, "error M36 .env"); strings.Join(d.Cure.Commands, "; ") != "rmdir .env; refit env init "+c.Patients[0].Name {
		t.Errorf("%+v", d.Cure)
	}
}

// TestWhatDoesNotRunIsInformation is of environments that neither run nor were asked for.
func TestWhatDoesNotRunIsInformation(t *testing.T) {
	c := admit(t, with(plain, "compose.test.yml", "name: shop-test\nservices:\n  app:\n    build: .\n"))
	for i := range c.Patients {
		c.Patients[i].Asked = c.Patients[i].Name != "test"
		c.Patients[i].Obstacles = []Obstacle{{Kind: "env-file", Subject: c.Patients[i].Name, Message: "is missing"}, {Kind: "port", Subject: "app 1/tcp", Message: "taken"}}
	}
	c.only(t, "error M10 default\nerror M19 app 1/tcp\ninfo M10 test")
}

func TestClock(t *testing.T) {
	c := admit(t, plain)
	for skew, want := range map[time.Duration]string{time.Second: "", -time.Minute: "warning M08 clock", time.Hour: "error M08 clock"} {
		c.bench.info.SystemTime = now.Add(skew).Format(time.RFC3339Nano)
		c.only(t, want)
	}
	c.bench.info.SystemTime = now.Add(-time.Hour).Format(time.RFC3339Nano)
	has(t, c.only(t, "error M08 clock"), "1h0m0s behind")
}

func TestShellOverrides(t *testing.T) {
	c := admit(t, with(plain, "compose.yml", "name: shop\nservices:\n  app:\n    build: .\n    environment:\n      LEVEL: ${LEVEL}\n", ".env", "LEVEL=hunter2\n"))
	c.only(t, "")
	c.Machine.Env = func(name string) string { return map[string]string{"LEVEL": "other"}[name] }
	with, err := c.Project.As(c.Patients[0].Source, c.Patients[0].Source.EnvFiles, map[string]string{"LEVEL": "other"})
	if err != nil {
		t.Fatal(err)
	}
	c.Patients[0].Model = with
	has(t, c.only(t, "warning M12 LEVEL"), "LEVEL is set in this shell", "unset LEVEL", "decides services.app.environment.LEVEL")
}

func TestStarted(t *testing.T) {
	files := with(plain, "compose.yml", "name: shop\nservices:\n  app:\n    build: .\n    environment:\n      LEVEL: info\n")
	c := admit(t, files)
	c.set("app", func(_ *engine.Container, i *container.InspectResponse) { i.Config.Env = []string{"LEVEL=debug"} })
	d := c.only(t, "warning M38 services.app.environment")
	has(t, d, "other values for LEVEL", "up -d app")

	c = admit(t, files)
	c.set("app", func(one *engine.Container, _ *container.InspectResponse) {
		one.ConfigFiles, one.WorkingDir = []string{"/elsewhere/compose.yml"}, "/elsewhere"
	})
	has(t, c.only(t, "error M14 project shop"), "another folder: /elsewhere", "docker compose -p shop down")

	c = admit(t, files)
	c.set("app", func(one *engine.Container, _ *container.InspectResponse) {
		one.ConfigFiles = append(one.ConfigFiles, filepath.Join(c.Root, "more.yml"))
	})
	has(t, c.only(t, "error M14 project shop"), "other Compose files: compose.yml, more.yml")
}

func TestMechanism(t *testing.T) {
	c := admit(t, map[string]string{
		"compose/docker-compose.dev.yml": "name: shop\nservices:\n  app:\n    image: shop:1\n    env_file: ../env/.env.dev\n    environment:\n      TOKEN: ${TOKEN}\n",
		"env/.env.dev":                   "TOKEN=hunter2\n",
	})
	if got, _ := c.examine(t); got == "" {
		t.Errorf("a value that interpolation empties is not found")
	}
}
