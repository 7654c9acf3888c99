package doctor

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/volume"

	"refit/internal/compose"
	"refit/internal/engine"
)

func TestBuilds(t *testing.T) {
	c := admit(t, with(plain, "Dockerfile", "FROM python:3.13-slim\nCOPY pyproject.toml /app/\nUSER 1000:1000\n"))
	has(t, c.only(t, "error M20 source pyproject.toml"), "pyproject.toml", "D58")

	c = admit(t, with(plain, "Dockerfile", "FROM python:3.13-slim\nCOPY app.py /app/\nUSER 1000:1000\n", "app.py", "", ".dockerignore", "*.py\n.git\n.env*\n"))
	got, r := c.examine(t)
	if !strings.Contains(got, "error M20") || len(r.Findings) != 1 {
		t.Fatal(got)
	}
	has(t, r.Findings[0], "I02", "refit apply --only I02")

	// a stage that nobody builds
	c = admit(t, with(plain, "compose.yml", "name: shop\nservices:\n  app:\n    build: {context: ., target: web}\n", "Dockerfile", "FROM python:3.13-slim AS web\nUSER 1000:1000\nFROM web AS tool\nCOPY nothing /\n"))
	c.only(t, "")
}

func TestFailedBuild(t *testing.T) {
	for _, tt := range []struct{ line, want, says string }{
		{`failed to solve: nowhere.invalid/x:1: failed to resolve source metadata for nowhere.invalid/x:1: failed to do request: Head "https://nowhere.invalid/v2/x": dial tcp: lookup nowhere.invalid: no such host`, "error M22 build", "name resolution"},
		{`failed to solve: python:9.99: failed to resolve source metadata for docker.io/library/python:9.99: docker.io/library/python:9.99: not found`, "error M22 build", "can't be fetched"},
		{"#9 0.3 dd: error writing '/x': No space left on device", "error M07 disk", "MB left now"},
		{"#9 0.3 error: The lockfile at `uv.lock` needs to be updated, but `--locked` was provided.", "error M21 build", "uv.lock"},
		{"#9 0.3 error: Unable to find lockfile at `uv.lock`. To create a lockfile, run `uv lock` or `uv sync`.", "error M21 build", "uv.lock"},
		{"#9 0.3 error: No `pyproject.toml` found in current directory or any parent directory", "error M20 build", "pyproject.toml"},
		{"#9 0.3 ERROR: Could not open requirements file: [Errno 2] No such file or directory: 'requirements.txt'", "error M20 build", "requirements.txt"},
		{`failed to solve: failed to compute cache key: failed to calculate checksum of ref a::b: "/src": not found`, "error M20 build", "src is not in the build context"},
		{"#9 0.3 npm error `npm ci` can only install with an existing package-lock.json", "error M21 build", "package-lock.json"},
		{"dependency failed to start: container shop-db-1 is unhealthy", "", ""},
		{"Error response from daemon: driver failed: Bind for 0.0.0.0:80 failed: port is already allocated", "", ""},
		{"process \"/bin/sh -c make\" did not complete successfully: exit code: 2", "error M23 build", "exit code: 2"},
	} {
		c := admit(t, plain)
		c.Patients[0].Build.Lines = []string{"#1 something", tt.line}
		want := tt.want
		if want == "error M07 disk" {
			want = "error M07 build"
		}
		if d := c.only(t, want); want != "" {
			has(t, d, tt.says)
		}
	}
}

// sickly is a container whose check fails.
func (c *clinic) sickly(status container.HealthStatus, test []string, results ...container.HealthcheckResult) {
	c.set("app", func(_ *engine.Container, i *container.InspectResponse) {
		i.Config.Healthcheck = &container.HealthConfig{Test: test, Interval: time.Second, Retries: 2}
		h := &container.Health{Status: status}
		for _, r := range results {
			if r.ExitCode != 0 {
				h.FailingStreak++
			}
			h.Log = append(h.Log, &r)
		}
		i.State.Health = h
	})
}

// listens makes the container's kernel say which ports are listened on.
func (c *clinic) listens(ports ...int) {
	text := "  sl  local_address rem_address   st\n   0: 0B00007F:9C4D 00000000:0000 0A 0\n"
	for _, p := range ports {
		text += fmt.Sprintf("   1: 00000000:%04X 00000000:0000 0A 0\n", p)
	}
	c.bench.exec = func(_ string, words []string) engine.Output {
		switch words[0] {
		case "cat":
			return engine.Output{Stdout: []byte(text)}
		case "python3":
			return engine.Output{}
		}
		return engine.Output{Code: 127}
	}
}

func TestHealth(t *testing.T) {
	curl := []string{"CMD", "curl", "-f", "http://localhost:8000/health"}
	failed := func(code int, output string) container.HealthcheckResult {
		return container.HealthcheckResult{ExitCode: code, Output: output}
	}

	c := admit(t, plain)
	c.listens(8000)
	c.sickly(container.Healthy, curl, container.HealthcheckResult{})
	c.only(t, "")

	c = admit(t, plain)
	c.listens(8000)
	c.sickly(container.Unhealthy, curl, failed(-1, `OCI runtime exec failed: exec failed: unable to start container process: exec: "curl": executable file not found in $PATH: unknown`))
	has(t, c.only(t, "error M24 services.app.healthcheck"), "calls curl", "exit code -1", "python3", "http://127.0.0.1:8000/health", "up -d app")

	c = admit(t, plain)
	c.listens(8000)
	c.sickly(container.Unhealthy, []string{"CMD-SHELL", "wget -q http://localhost:8000/"}, failed(127, "/bin/sh: 1: wget: not found"))
	has(t, c.only(t, "error M24 services.app.healthcheck"), "calls wget")

	c = admit(t, plain)
	c.listens(8000)
	c.sickly(container.Unhealthy, []string{"CMD", "curl", "-f", "http://localhost:8080/health"}, failed(7, "curl: (7) Failed to connect: Connection refused"))
	has(t, c.only(t, "error M25 services.app.healthcheck"), "port 8080, where nothing listens", "listens on 8000", "http://127.0.0.1:8000/health")

	c = admit(t, plain)
	c.listens(8000)
	c.sickly(container.Unhealthy, curl, failed(52, "curl: (52) Empty reply from server"))
	has(t, c.only(t, "error M25 services.app.healthcheck"), "asks http, and the service serves https", "https://127.0.0.1:8000/health")

	c = admit(t, plain)
	c.listens()
	c.sickly(container.Unhealthy, curl, failed(7, "curl: (7) Failed to connect: Connection refused"))
	info := c.bench.infos["id-app"]
	info.State.StartedAt = now.Add(-20 * time.Second).Format(time.RFC3339Nano)
	has(t, c.only(t, "error M26 services.app.healthcheck"), "gives it 2s", "20s after its start", "start_period: 40s")
	info.State.StartedAt = now.Add(-time.Hour).Format(time.RFC3339Nano)
	has(t, c.only(t, "error M27 services.app.healthcheck"), "exec app curl -f http://localhost:8000/health") // no longer starting

	c = admit(t, plain)
	c.listens(8000)
	late := now.Add(-time.Hour + 50*time.Second)
	c.sickly(container.Healthy, curl, failed(7, "refused"), failed(7, "refused"), container.HealthcheckResult{Start: late})
	has(t, c.only(t, "warning M26 services.app.healthcheck"), "healthy only after 50s", "start_period: 1m40s")

	c = admit(t, plain)
	c.listens(8000)
	c.bench.logs["id-app"] = []string{"ModuleNotFoundError: No module named 'redis'"}
	c.sickly(container.Unhealthy, curl, failed(22, "The requested URL returned error: 500"))
	has(t, c.only(t, "error M27 services.app.healthcheck"), "lacks the Python package redis", "error: 500", "ModuleNotFoundError")
}

func TestEnds(t *testing.T) {
	c := admit(t, plain)
	c.set("app", func(_ *engine.Container, i *container.InspectResponse) {
		i.HostConfig.Memory = 16 << 20
		i.State = &container.State{Status: container.StateExited, OOMKilled: true, ExitCode: 137}
	})
	c.bench.logs["id-app"] = []string{"loading everything hunter2"}
	d := c.only(t, "error M28 services.app memory")
	has(t, d, "its limit of 16 MB", "OOMKilled true, exit code 137", "memory: 64M", "loading everything ***")

	c = admit(t, plain)
	c.set("app", func(_ *engine.Container, i *container.InspectResponse) {
		i.RestartCount = 5
		i.State = &container.State{Status: container.StateRestarting, Restarting: true, Running: true, ExitCode: 1}
	})
	c.bench.logs["id-app"] = []string{"KeyError: 'DATABASE_URL'"}
	c.bench.ends["id-app"] = []engine.End{{Code: 1}}
	has(t, c.only(t, "error M29 services.app"), "exit code 1, restarted 5 times", "a setting is missing", "KeyError")

	// killed for memory while it restarts: the state forgets, the events don't
	c.bench.ends["id-app"] = []engine.End{{Code: 137, OOM: true}, {Code: 137, OOM: true}}
	has(t, c.only(t, "error M28 services.app memory"), "killed for memory 2 times")

	c = admit(t, plain)
	c.set("app", func(_ *engine.Container, i *container.InspectResponse) {
		i.State = &container.State{Status: container.StateExited, ExitCode: 3}
	})
	has(t, c.only(t, "error M30 services.app"), "exit code 3")
	info := c.bench.infos["id-app"]
	for _, code := range []int{0, 143, 137} {
		info.State.ExitCode = code
		c.only(t, "")
	}

	// a cause that is known takes the symptom in
	info.State.ExitCode = 1
	c.Patients[0].Obstacles = []Obstacle{{Kind: "env-file", Subject: ".env.dev", Message: "missing"}}
	c.Patients[0].Model.Services["app"].EnvFiles = append(c.Patients[0].Model.Services["app"].EnvFiles, envFile(".env.dev"))
	has(t, c.only(t, "error M10 .env.dev"), "it ended with exit code 1")
}

func TestWatching(t *testing.T) {
	files := map[string]string{
		"Dockerfile":     "FROM python:3.13-slim\nWORKDIR /app\nCOPY src src\nUSER 1000:1000\nCMD [\"uvicorn\", \"a:app\", \"--reload\"]\n",
		"src/a.py":       "x = 1\n",
		"certs/cert.pem": "x",
		"compose.yml":    "name: shop\nservices:\n  app:\n    build: .\n    volumes: [./certs:/app/certs:ro]\n",
	}
	c := admit(t, files)
	has(t, c.only(t, "warning M33 services.app watch"), "no folder of the repository is mounted", ".:/app")

	files["compose.yml"] = "name: shop\nservices:\n  app:\n    build: .\n    volumes: [.:/srv]\n"
	has(t, admit(t, files).only(t, "warning M33 services.app watch"), "watches /app", "mounted at /srv")

	files["compose.yml"] = "name: shop\nservices:\n  app:\n    build: .\n    develop: {watch: [{action: sync, path: ./src, target: /app/src}]}\n"
	admit(t, files).only(t, "")

	files["compose.yml"] = "name: shop\nservices:\n  app:\n    build: .\n    volumes: [./src:/app/src]\n"
	c = admit(t, files)
	c.only(t, "")
	c.set("app", func(_ *engine.Container, i *container.InspectResponse) { i.Config.WorkingDir = "/app" })
	has(t, c.only(t, "warning M33 services.app watch"), "older than the file", "up -d app")
	info := c.bench.infos["id-app"]
	info.Mounts = []container.MountPoint{{Destination: "/app/src"}}
	c.bench.infos["id-app"] = info
	c.only(t, "")
	c.bench.logs["id-app"] = []string{"OSError: [Errno 28] inotify watch limit reached"}
	has(t, c.only(t, "error M34 services.app watches"), "sysctl fs.inotify.max_user_watches=524288")
	c.bench.logs["id-app"] = nil
	c.Machine.Watches = func() (int, int) { return 0, 0 }
	c.only(t, "")
	c.Machine.Silent = func(string) string { return "9p" }
	has(t, c.only(t, "warning M35 services.app polling"), "lies on 9p", `WATCHFILES_FORCE_POLLING: "true"`)
	c.Patients[0].Model.Services["app"].Environment["WATCHFILES_FORCE_POLLING"] = "true"
	got, _ := c.examine(t)
	if strings.Contains(got, "M35") {
		t.Error("it polls")
	}
}

func TestTooManyFilesToWatch(t *testing.T) {
	files := map[string]string{"Dockerfile": "FROM python:3.13-slim\nWORKDIR /app\nUSER 1000:1000\nCMD [\"uvicorn\", \"a:app\", \"--reload\"]\n",
		"compose.yml": "name: shop\nservices:\n  app:\n    build: .\n    volumes: [.:/app]\n"}
	for i := range 20 {
		files[fmt.Sprintf("src/%d.py", i)] = ""
	}
	c := admit(t, files)
	c.only(t, "")
	c.Machine.Watches = func() (int, int) { return 10, 128 }
	has(t, c.only(t, "warning M34 services.app watches"), "the kernel allows 10")
}

func TestOrphan(t *testing.T) {
	c := admit(t, plain)
	c.set("worker", nil)
	d := c.only(t, "warning M31 container shop-worker-1")
	has(t, d, "of the service worker", "docker rm --force shop-worker-1")
	if d.Cure.Repair == nil || strings.Contains(d.Cure.Commands[0], "-v") {
		t.Errorf("%+v", d.Cure)
	}
}

func TestOldVolume(t *testing.T) {
	labelled := func(name, project string) volume.Volume {
		return volume.Volume{Name: name, CreatedAt: "2026-01-01T00:00:00Z", Labels: map[string]string{engine.LabelProject: project, engine.LabelVolume: "data"}}
	}
	files := map[string]string{"compose/docker-compose.dev.yml": "name: shop\nservices:\n  app:\n    image: app\n    volumes: [data:/data]\nvolumes:\n  data:\n"}
	c := admit(t, files)
	c.bench.volumes = []volume.Volume{labelled("shop_data", "shop"), labelled("other_data", "other")}
	c.only(t, "")
	c.bench.volumes = append(c.bench.volumes, labelled("compose_data", "compose"))
	c.bench.sizes = map[string]int64{"compose_data": 5 << 20, "shop_data": 1 << 10}
	d := c.only(t, "warning M32 volume compose_data")
	has(t, d, "5.0 MB", "the data are probably there", "-v compose_data:/from:ro -v shop_data:/to")
	if d.Cure.Repair != nil {
		t.Error("refit would copy data by itself")
	}
	c.bench.sizes = map[string]int64{"compose_data": 1 << 10, "shop_data": 5 << 20}
	has(t, c.only(t, "warning M32 volume compose_data"), "the one in use is the larger")
	c.bench.volumes = c.bench.volumes[1:]
	has(t, c.only(t, "error M32 volume compose_data"), "starts with an empty shop_data", "name: compose")
}

func envFile(at string) compose.EnvFile { return compose.EnvFile{Path: at, Required: true} }
