package verify

import (
	"archive/tar"
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/image"
	"github.com/moby/moby/api/types/mount"
	"github.com/moby/moby/api/types/network"
	"github.com/moby/moby/api/types/system"

	"refit/internal/engine"
	"refit/internal/project"
)

// world is an engine, a docker compose and a repository in which all is well until a test breaks something.
type world struct {
	t          *testing.T
	mu         sync.Mutex // of containers
	dir        string
	port       string // of this machine, on which app answers
	compose    string
	env        string // of the repository: "prod", "dev"
	containers map[string]*container.InspectResponse
	labels     map[string]map[string]string // of containers: config-hash
	extra      []engine.Container
	images     map[string]*image.InspectResponse
	networks   map[string]bool // name -> internal
	processes  map[string][]engine.Process
	exec       map[string]engine.Output // "app: whoami" -> what it prints; a prefix of the command will do
	execFails  map[string]error
	files      map[string]string // "app:/etc/passwd"
	logs       map[string][]string
	earlier    map[string][]string // what was written in the run before
	saved      map[string][]byte   // docker save
	history    map[string][]string
	hashes     string
	hashFails  error
	info       system.Info
	dials      map[string]string // "app: db:5432" -> how that comes out; noAnswer when not said
	ran        []string
	chown      int // to whom what the container makes in bind mounts belongs, when root runs the test; 0 leaves it
}

// shop is the environment of a web service with a database.
const shop = `name: shop
services:
  app:
    build: {context: ., target: production}
    environment:
      APP_ENV: prod
      LOG_DIR: logs
      DATABASE_URL: postgresql://shop:made-up-password-1@db:5432/shop
    ports: ["127.0.0.1:PORT:8000"]
    depends_on: [db]
    networks: [default, back]
    security_opt: ["no-new-privileges:true"]
    cap_drop: [ALL]
    read_only: true
    deploy: {resources: {limits: {memory: 512M, cpus: "0.5", pids: 100}}}
    volumes:
      - data:/data
      - ./out:/app/out
      - ./certs:/app/certs:ro
  db:
    image: postgres:17
    networks: [back]
    environment: {POSTGRES_PASSWORD: made-up-password-1}
    volumes: ["pg:/var/lib/postgresql/data"]
  web:
    image: nginx:1
    networks: [default]
networks:
  back: {internal: true}
volumes: {data: , pg: }
`

// newWorld is a world in which nothing is wrong.
func newWorld(t *testing.T) *world {
	t.Helper()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/health" {
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // a probe does not stay
	server.StartTLS()
	t.Cleanup(server.Close)
	_, port, _ := net.SplitHostPort(server.Listener.Addr().String())
	w := &world{t: t, dir: t.TempDir(), port: port, compose: shop, env: "prod", containers: map[string]*container.InspectResponse{}, labels: map[string]map[string]string{},
		images: map[string]*image.InspectResponse{}, networks: map[string]bool{"shop_default": false, "shop_back": true}, processes: map[string][]engine.Process{},
		files: map[string]string{}, logs: map[string][]string{}, saved: map[string][]byte{}, history: map[string][]string{}, exec: map[string]engine.Output{}, execFails: map[string]error{}, dials: map[string]string{},
		hashes: "app 1\ndb 1\nweb 1\n", info: system.Info{MemoryLimit: true, CPUCfsQuota: true, PidsLimit: true}}
	w.certificate(server.TLS.Certificates[0])
	w.put("alembic.ini", "[alembic]\n")
	w.put("Dockerfile", "FROM python:3.13-slim AS production\nUSER 1000:1000\n")
	w.put("out/.keep", "")
	for _, name := range []string{"app", "db", "web"} {
		w.well(name)
	}
	app := w.containers["app"]
	app.HostConfig.SecurityOpt, app.HostConfig.CapDrop, app.HostConfig.ReadonlyRootfs = []string{"no-new-privileges:true"}, []string{"ALL"}, true
	pids := int64(100)
	app.HostConfig.Memory, app.HostConfig.NanoCPUs, app.HostConfig.PidsLimit = 512<<20, 5e8, &pids
	app.Config.Env = append(app.Config.Env, "APP_ENV=prod", "LOG_DIR=logs", "DATABASE_URL=postgresql://shop:made-up-password-1@db:5432/shop")
	app.Config.WorkingDir = "/app"
	app.Config.Healthcheck = &container.HealthConfig{Test: []string{"CMD", "curl", "-fk", "https://127.0.0.1:8000/health"}, Interval: time.Second, Timeout: time.Second, Retries: 1}
	app.Mounts = []container.MountPoint{{Type: mount.TypeVolume, Name: "shop_data", Destination: "/data", RW: true},
		{Type: mount.TypeBind, Source: filepath.Join(w.dir, "out"), Destination: "/app/out", RW: true},
		{Type: mount.TypeBind, Source: filepath.Join(w.dir, "certs"), Destination: "/app/certs"}}
	app.NetworkSettings.Ports = network.PortMap{network.MustParsePort("8000/tcp"): {{HostIP: netip.MustParseAddr("127.0.0.1"), HostPort: port}}}
	w.join("app", "shop_default", "172.1.0.2")
	w.join("app", "shop_back", "172.2.0.2")
	w.join("web", "shop_default", "172.1.0.3")
	w.join("db", "shop_back", "172.2.0.3")
	db := w.containers["db"]
	db.Config.Env = append(db.Config.Env, "POSTGRES_PASSWORD=made-up-password-1")
	db.Config.ExposedPorts = network.PortSet{network.MustParsePort("5432/tcp"): {}}
	db.Mounts = []container.MountPoint{{Type: mount.TypeVolume, Name: "shop_pg", Destination: "/var/lib/postgresql/data", RW: true}}
	w.containers["web"].Config.ExposedPorts = network.PortSet{network.MustParsePort("80/tcp"): {}}
	w.processes["db"][0] = engine.Process{PID: 7, UID: 70, Args: "postgres"}
	w.files["db:/etc/passwd"] = "root:x:0:0::/root:/bin/sh\npostgres:x:70:70::/:/bin/sh\n"
	for line, out := range map[string]string{"app: id -u": "1000\n", "app: whoami": "appuser\n", "app: cat /proc/1/status": "Name:\tpython\nNoNewPrivs:\t1\n",
		"app: alembic heads": "0002 (head)\n", "app: alembic current": "0002 (head)\n", "db: cat /proc/net/route": "Iface Destination Gateway\neth0 000002AC 00000000 0001 0 0 0 0000FFFF\neth0 00000000 010002AC 0003 0 0 0 00000000\n"} {
		w.exec[line] = engine.Output{Stdout: []byte(out)}
	}
	w.exec["app: find /app"], w.exec["app: sh -c"], w.exec["app: touch"], w.exec["app: rm -f"] = engine.Output{}, engine.Output{}, engine.Output{}, engine.Output{}
	w.exec["db: test -w"] = engine.Output{}
	w.logs["app"], w.logs["db"], w.logs["web"] = []string{"INFO:     Application startup complete."}, []string{"LOG:  database system is ready to accept connections"}, []string{"ready"}
	w.processes["app"][0].Args = "python uvicorn shop:app"
	w.images["python:3.13-slim"] = &image.InspectResponse{ID: "sha256:python"}
	w.image(files{"app/": "", "app/shop.py": "print()", "opt/venv/lib/python3.13/site-packages/x/test.key": "-----BEGIN PRIVATE KEY-----"})
	w.history["sha256:app"] = []string{"CMD [\"uvicorn\"]", "COPY . . # buildkit"}
	for _, name := range []string{"app", "db", "web"} {
		w.exec[name+": python3"] = engine.Output{}
	}
	w.dials["app: db:5432"] = dialed // what is apart does not connect
	return w
}

// well puts a container there in which nothing is wrong.
func (w *world) well(name string) {
	w.containers[name] = &container.InspectResponse{ID: name, Name: "/shop-" + name + "-1", Image: "sha256:" + name, State: &container.State{Status: container.StateRunning, Pid: 7,
		StartedAt: time.Now().Add(-time.Minute).Format(time.RFC3339Nano), Health: &container.Health{Status: container.Healthy}},
		HostConfig: &container.HostConfig{}, NetworkSettings: &container.NetworkSettings{Networks: map[string]*network.EndpointSettings{}},
		Config: &container.Config{Image: "shop-" + name, User: "1000:1000", Env: []string{"PATH=/usr/bin"}, Healthcheck: &container.HealthConfig{Test: []string{"CMD", "true"}}}}
	img := &image.InspectResponse{ID: "sha256:" + name}
	img.Config = dockerConfig("1000:1000", "PATH=/usr/bin")
	w.images["sha256:"+name], w.images["shop-"+name] = img, img
	w.processes[name] = []engine.Process{{PID: 7, UID: 1000, Args: "python -m shop"}}
	w.files[name+":/etc/passwd"] = "root:x:0:0::/root:/bin/sh\nappuser:x:1000:1000::/home/appuser:/bin/sh\n"
	w.labels[name] = map[string]string{engine.LabelConfigHash: "1"}
}

func (w *world) join(name, net, ip string) {
	w.containers[name].NetworkSettings.Networks[net] = &network.EndpointSettings{IPAddress: netip.MustParseAddr(ip), IPPrefixLen: 16}
}

func (w *world) put(at, text string) {
	w.t.Helper()
	on := filepath.Join(w.dir, filepath.FromSlash(at))
	if err := os.MkdirAll(filepath.Dir(on), 0o755); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(on, []byte(text), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) certificate(c tls.Certificate) {
	w.put("certs/cert.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Certificate[0]})))
}

// run verifies the world.
func (w *world) run(o Options) (*Result, error) {
	w.t.Helper()
	w.put("docker-compose."+w.env+".yml", strings.ReplaceAll(w.compose, "PORT", w.port))
	p, err := project.Open(w.dir, project.NewCache())
	if err != nil {
		w.t.Fatal(err)
	}
	e := p.Environments[0]
	if e.Err != nil {
		w.t.Fatal(e.Err)
	}
	m, err := p.As(e, e.EnvFiles, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	mask := func(text string) string { return strings.ReplaceAll(text, "made-up-password-1", "********") }
	return Run(w.t.Context(), Subject{Name: w.env, Project: p, Source: e, Model: m, Root: w.dir, Local: true, Secrets: []string{"made-up-password-1"}, Mask: mask}, w, w, o)
}

func (w *world) Containers(context.Context, string) ([]engine.Container, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var list []engine.Container
	for name, c := range w.containers {
		list = append(list, engine.Container{ID: name, Name: strings.TrimPrefix(c.Name, "/"), Service: name, Project: "shop", ConfigHash: w.labels[name][engine.LabelConfigHash], ImageID: c.Image, Status: "Up"})
	}
	return append(list, w.extra...), nil
}

// replace gives a container another health while verify looks.
func (w *world) replace(name string, h *container.Health) {
	w.mu.Lock()
	defer w.mu.Unlock()
	c := *w.containers[name]
	state := *c.State
	c.State, state.Health = &state, h
	w.containers[name] = &c
}

func (w *world) Inspect(_ context.Context, id string) (container.InspectResponse, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if c := w.containers[id]; c != nil {
		return *c, nil
	}
	return container.InspectResponse{}, errdefs.ErrNotFound
}

func (w *world) Processes(_ context.Context, id string) ([]engine.Process, error) {
	return w.processes[id], nil
}

// Exec answers by the longest line that the command begins with; scripts and marker names are left out of it.
func (w *world) Exec(_ context.Context, id string, o engine.ExecOptions) (engine.Output, error) {
	var words []string
	for _, word := range o.Command {
		if !strings.ContainsAny(word, "\n;") {
			words = append(words, word)
		}
	}
	line := id + ": " + strings.Join(words, " ")
	w.ran = append(w.ran, line)
	if o.Command[0] == "touch" && w.exec["app: touch"].Code == 0 { // the out folder is the only bind mount
		w.touched(o.Command[1], true)
	} else if o.Command[0] == "rm" {
		w.touched(o.Command[2], false)
	}
	best := ""
	for known := range w.exec {
		if strings.HasPrefix(line, known) && len(known) > len(best) {
			best = known
		}
	}
	if best == "" {
		return engine.Output{Stdout: []byte("OCI runtime exec failed: exec: \"" + o.Command[0] + "\": executable file not found in $PATH: unknown\r\n"), Code: 126}, nil
	}
	if o.Command[0] == "python3" {
		text := ""
		for _, target := range o.Command[3:] {
			text += target + " " + cmp.Or(w.dials[id+": "+target], noAnswer) + "\n"
		}
		return engine.Output{Stdout: []byte(text)}, nil
	}
	return w.exec[best], w.execFails[best]
}

// touched makes or removes a file as the container would, in the folder of the host that is mounted.
func (w *world) touched(at string, there bool) {
	name, mounted := strings.CutPrefix(at, "/app/out/")
	switch on := filepath.Join(w.dir, "out", name); {
	case !mounted:
	case !there:
		_ = os.Remove(on)
	default:
		w.put("out/"+name, "")
		if w.chown != 0 {
			_ = os.Chown(on, w.chown, w.chown)
		}
	}
}

func (w *world) Logs(_ context.Context, id string, o engine.LogOptions) ([]engine.LogLine, error) {
	var list []engine.LogLine
	add := func(lines []string, at string, shift time.Duration) {
		when, _ := time.Parse(time.RFC3339Nano, at)
		for _, text := range lines {
			if when = when.Add(shift); !when.Before(o.Since) {
				list = append(list, engine.LogLine{Text: text, Time: when})
			}
		}
	}
	state := w.containers[id].State
	add(w.earlier[id], state.FinishedAt, -time.Second)
	add(w.logs[id], state.StartedAt, -time.Millisecond) // as engines have it: the time of a start is noted when the container runs already
	return list, nil
}

func (w *world) CopyFrom(_ context.Context, id, path string) (io.ReadCloser, error) {
	text, ok := w.files[id+":"+path]
	if !ok {
		return nil, errdefs.ErrNotFound
	}
	return io.NopCloser(bytes.NewReader(archive(map[string]string{filepath.Base(path): text}))), nil
}

func archive(files map[string]string) []byte {
	var out bytes.Buffer
	t := tar.NewWriter(&out)
	for name, text := range files {
		_ = t.WriteHeader(&tar.Header{Name: name, Size: int64(len(text)), Mode: 0o644, Uid: 1000, Gid: 1000})
		_, _ = t.Write([]byte(text))
	}
	_ = t.Close()
	return out.Bytes()
}

func (w *world) Image(_ context.Context, ref string) (image.InspectResponse, error) {
	if i := w.images[ref]; i != nil {
		return *i, nil
	}
	return image.InspectResponse{}, errdefs.ErrNotFound
}

func (w *world) History(_ context.Context, ref string) ([]image.HistoryResponseItem, error) {
	var list []image.HistoryResponseItem
	for _, by := range w.history[ref] {
		list = append(list, image.HistoryResponseItem{CreatedBy: by})
	}
	return list, nil
}

func (w *world) SaveImage(_ context.Context, ref string) (io.ReadCloser, error) {
	if b, ok := w.saved[ref]; ok {
		return io.NopCloser(bytes.NewReader(b)), nil
	}
	return nil, errdefs.ErrNotFound
}

func (w *world) Network(_ context.Context, name string) (network.Inspect, error) {
	internal, ok := w.networks[name]
	if !ok {
		return network.Inspect{}, errdefs.ErrNotFound
	}
	return network.Inspect{Network: network.Network{Name: name, Internal: internal}}, nil
}

func (w *world) Info(context.Context) (system.Info, error) { return w.info, nil }

func (w *world) Output(context.Context, ...string) ([]byte, error) {
	return []byte(w.hashes), w.hashFails
}

func (w *world) Words(args ...string) []string { return append([]string{"docker", "compose"}, args...) }

// describe lists findings for a test's message.
func describe(r *Result) string {
	text := ""
	for _, f := range r.Findings {
		text += fmt.Sprintf("%s %s: %s\n", f.Meta.ID, f.Subject, f.Message)
	}
	for _, n := range r.NotShown {
		text += fmt.Sprintf("%s %s not shown: %s\n", n.Check.ID, n.Service, n.Why)
	}
	return text
}
