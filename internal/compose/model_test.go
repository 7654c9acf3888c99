package compose

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

func mustLoad(t testing.TB, r Request) *Model {
	t.Helper()
	m, err := Load(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestModel(t *testing.T) {
	s := readScenario(t, "testdata/load/plain.txtar")
	m := mustLoad(t, s.request())
	if m.Name != "repo" || m.NameOrigin != OriginFolder || m.Dir != "." {
		t.Errorf("name %q from %s, folder %q", m.Name, m.NameOrigin, m.Dir)
	}
	app := m.Services["app"]
	for name, want := range map[string]string{
		"A": "1", "B": "two words", "C": "$A", "D": "1-3-d", "QUOTED": "line1\nline2", "N": "1", "DEBUG": "true",
		"DATABASE_URL": "postgresql://app:from-dotenv@db/app",
	} {
		if app.Environment[name] != want {
			t.Errorf("%s=%q, want %q", name, app.Environment[name], want)
		}
	}
	if !slices.Equal(app.PassedThrough, []string{"PASSED"}) {
		t.Errorf("passed through: %v", app.PassedThrough)
	}
	if want := (Port{HostIP: "127.0.0.1", Published: "8182", Target: 8182, Protocol: "tcp"}); app.Ports[1] != want {
		t.Errorf("port %+v", app.Ports[1])
	}
	if !slices.Contains(app.Mounts, Mount{Type: "bind", Source: "certs", Target: "/certs"}) ||
		!slices.Contains(app.Mounts, Mount{Type: "bind", Source: "../shared", Target: "/shared"}) ||
		!slices.Contains(app.Mounts, Mount{Type: "volume", Source: "data", Target: "/data", ReadOnly: true}) ||
		!slices.Contains(app.Mounts, Mount{Type: "bind", Source: "${HOME}/.aws", Target: "/aws", ReadOnly: true}) {
		t.Errorf("mounts %+v", app.Mounts)
	}
	b := m.Services["worker"].Build
	if b.Context != "worker" || b.Dockerfile != "worker/docker/Dockerfile" || b.Target != "production" || b.Contexts["lib"] != "../lib" || b.Args["TAG"] != "3" {
		t.Errorf("build %+v", b)
	}
	if h := m.Services["db"].Healthcheck; h.Interval != 10*time.Second || h.Retries != 5 || h.Test[0] != "CMD-SHELL" {
		t.Errorf("healthcheck %+v", h)
	}
	if w := m.Services["worker"]; w.Limits.CPUs != 0.5 || w.Limits.Memory != 512<<20 || w.DependsOn["db"].Condition != "service_healthy" {
		t.Errorf("worker %+v", w)
	}
	if m.Volumes["data"].Name != "repo_data" || m.Volumes["pg"].Name != "keep-me" || !m.Volumes["ext"].External || m.Networks["back"].Name != "repo_back" {
		t.Errorf("volumes %+v, networks %+v", m.Volumes, m.Networks)
	}
	if m.Secrets["token"].File != "token.txt" || m.ContainerNameOf("db") != "ledger-db" || m.ContainerNameOf("app") != "repo-app-1" {
		t.Errorf("secrets %+v", m.Secrets)
	}
	if got := m.VolumeUsers("pg"); !slices.Equal(got, []string{"db"}) {
		t.Errorf("users of pg: %v", got)
	}
}

func TestNameOrigins(t *testing.T) {
	files := map[string]string{"d/compose.yml": "name: Written\nservices: {a: {image: x}}\n", "e/compose.yml": "services: {a: {image: x}}\n", "d/.env": ""}
	for _, c := range []struct {
		r      Request
		name   string
		origin Origin
	}{
		{Request{Files: []string{"d/compose.yml"}}, "written", OriginFile},
		{Request{Files: []string{"d/compose.yml"}, Env: map[string]string{"COMPOSE_PROJECT_NAME": "env"}}, "env", OriginEnvironment},
		{Request{Files: []string{"d/compose.yml"}, Env: map[string]string{"COMPOSE_PROJECT_NAME": "env"}, ProjectName: "flag"}, "flag", OriginFlag},
		{Request{Files: []string{"e/compose.yml"}}, "e", OriginFolder},
		{Request{Files: []string{"e/compose.yml"}, ProjectDir: "."}, "rootname", OriginFolder},
		{Request{Files: []string{"e/compose.yml"}, ProjectDir: "My Dir"}, "mydir", OriginFolder},
	} {
		c.r.Read, c.r.RootName = reader(files), "Root.Name"
		if m := mustLoad(t, c.r); m.Name != c.name || m.NameOrigin != c.origin {
			t.Errorf("%s from %s, want %s from %s", m.Name, m.NameOrigin, c.name, c.origin)
		}
	}
	if _, err := Load(t.Context(), Request{Files: []string{"d/compose.yml"}, ProjectName: "No Good", Read: reader(files)}); err == nil {
		t.Error("an invalid name is taken")
	}
}

// CI gives the image by a variable: the rest of the service is known without it.
func TestUnsetImage(t *testing.T) {
	files := map[string]string{"compose.yml": "services: {app: {image: '${IMAGE}', environment: {A: '1'}}}\n"}
	r := Request{Files: []string{"compose.yml"}, Read: reader(files), RootName: "r", AllowMissing: true}
	if m := mustLoad(t, r); m.Services["app"].Image != unsetImage || len(m.Unset) != 1 {
		t.Errorf("%+v", m)
	}
	r.AllowMissing = false
	if _, err := Load(t.Context(), r); err == nil {
		t.Error("a service without an image is taken")
	}
}

// A template's values stand in where nothing else gives one, and the variables count as unset all the same.
func TestStandIns(t *testing.T) {
	files := map[string]string{
		"compose.yml": "services: {app: {image: 'a:${TAG-1}', ports: ['${PORT}:${INNER:?say it}'], environment: {A: '${SET}'}}}\n",
		".env":        "SET=own\n", ".env.example": "SET=copied\nPORT=8080\nINNER=80\n",
	}
	r := Request{Files: []string{"compose.yml"}, Read: reader(files), RootName: "r", AllowMissing: true}
	if _, err := Load(t.Context(), r); err == nil {
		t.Error("a port of nothing is taken")
	}
	r.StandIns = []string{".env.example"}
	m := mustLoad(t, r)
	app := m.Services["app"]
	if len(app.Ports) != 1 || app.Ports[0].Published != "8080" || app.Ports[0].Target != 80 || app.Image != "a:1" || app.Environment["A"] != "own" {
		t.Errorf("%+v", app)
	}
	if len(m.Unset) != 3 {
		t.Errorf("unset %+v", m.Unset)
	}
}

func TestUnsetAndMissing(t *testing.T) {
	files := map[string]string{"compose.yml": `
services:
  app:
    image: "a:${TAG}-${D:-x}-${REQ:?say it}"
    environment: {A: "${TAG:-1}", B: "${IN:-${DEEP}}", C: "${SET}", E: "${REQ2?}"}
    env_file: [gone.env, ../outside.env, {path: may.env, required: false}]
  off: {image: b, profiles: [x], env_file: also-gone.env}
`}
	r := Request{Files: []string{"compose.yml"}, Read: reader(files), RootName: "r", AllowMissing: true, Env: map[string]string{"SET": "1"}, Profiles: []string{}}
	m := mustLoad(t, r)
	var got []string
	for _, v := range m.Unset {
		s := v.Name + v.Operator + v.Default + v.Message
		got = append(got, s)
		if v.Path != "compose.yml" || v.Required != strings.HasPrefix(v.Name, "REQ") {
			t.Errorf("%+v", v)
		}
	}
	if want := []string{"D:-x", "DEEP", "IN:-${DEEP}", "REQ:?say it", "REQ2?", "TAG"}; !slices.Equal(got, want) {
		t.Errorf("unset %q, want %q", got, want)
	}
	if m.Services["app"].Image != "a:-x-" {
		t.Errorf("image %q", m.Services["app"].Image)
	}
	want := []Missing{{"app", "gone.env", "it is required and not there"}, {"app", "../outside.env", "it is outside of the repository and was not read"}}
	if !reflect.DeepEqual(m.Missing, want) {
		t.Errorf("missing %+v", m.Missing)
	}
	if m.Services["off"].Enabled || !m.Services["app"].Enabled {
		t.Error("the wrong services are enabled")
	}
	r.AllowMissing = false
	if _, err := Load(t.Context(), r); err == nil || !strings.Contains(err.Error(), "say it") {
		t.Errorf("error %v", err)
	}
}

// TestRawEnvFormat checks what compose-go leaves to Docker Compose itself.
func TestRawEnvFormat(t *testing.T) {
	files := map[string]string{
		"compose.yml": "services: {a: {image: x, environment: [OWN=1], env_file: [{path: r.env, format: raw}]}}\n",
		"r.env":       "\xef\xbb\xbf# c\n  A=\"q\" # kept \nB=$A\n\nLOOK\nGONE\nOWN=file\nE=\r\n",
	}
	m := mustLoad(t, Request{Files: []string{"compose.yml"}, Read: reader(files), RootName: "r", Env: map[string]string{"LOOK": "up"}})
	want := map[string]string{"A": `"q" # kept `, "B": "$A", "LOOK": "up", "OWN": "1", "E": ""}
	if got := m.Services["a"].Environment; !reflect.DeepEqual(got, want) {
		t.Errorf("%q", got)
	}
	files["r.env"] = "A B=1\n"
	if _, err := Load(t.Context(), Request{Files: []string{"compose.yml"}, Read: reader(files), RootName: "r"}); err == nil || !strings.Contains(err.Error(), "r.env:1:1:") {
		t.Errorf("error %v", err)
	}
}

func TestFlattenTellsModelsApart(t *testing.T) {
	const base = "services: {a: {image: x, environment: {A: '1'}, ports: ['80:80'], volumes: ['./d:/d'], depends_on: [b]}, b: {image: y}}\nvolumes: {v: {}}\n"
	load := func(text string) map[string]string {
		return mustLoad(t, Request{Files: []string{"compose.yml"}, Read: reader(map[string]string{"compose.yml": text}), RootName: "r"}).Flatten()
	}
	before := load(base)
	for _, change := range [][2]string{{"A: '1'", "A: '2'"}, {"'80:80'", "'127.0.0.1:80:80'"}, {"./d:/d", "./d:/d:ro"}, {"./d:/d", "d2:/d"}, {"image: y", "image: z"}, {"{v: {}}", "{v: {name: w}}"}, {"[b]", "{b: {condition: service_healthy}}"}, {"volumes: {v", "name: n\nvolumes: {v"}} {
		text := strings.Replace(base, change[0], change[1], 1)
		if change[1] == "d2:/d" {
			text = strings.Replace(text, "v: {}", "v: {}, d2: {}", 1)
		}
		if reflect.DeepEqual(before, load(text)) {
			t.Errorf("%s -> %s makes no difference", change[0], change[1])
		}
	}
	if !reflect.DeepEqual(before, load(strings.Replace(base, "{A: '1'}", "[A=1]", 1))) {
		t.Error("the form of the environment makes a difference")
	}
}

func TestImplicitFiles(t *testing.T) {
	has := func(names ...string) func(string) bool {
		return func(p string) bool { return slices.Contains(names, p) }
	}
	if got := ImplicitFiles("d", has("d/docker-compose.yml", "d/compose.yaml", "d/docker-compose.override.yml")); !slices.Equal(got, []string{"d/compose.yaml", "d/docker-compose.override.yml"}) {
		t.Error(got)
	}
	if got := ImplicitFiles(".", has("docker-compose.dev.yml")); got != nil {
		t.Error(got)
	}
}

func BenchmarkLoad(b *testing.B) {
	s := readScenario(b, "testdata/load/plain.txtar")
	for b.Loop() {
		if _, err := Load(b.Context(), s.request()); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkFlatten(b *testing.B) {
	s := readScenario(b, "testdata/load/plain.txtar")
	m := mustLoad(b, s.request())
	for b.Loop() {
		m.Flatten()
	}
}

func BenchmarkParseAndPaths(b *testing.B) {
	for b.Loop() {
		f, err := Parse("compose.yml", []byte(everyPath))
		if err != nil || len(PathFields(f)) == 0 {
			b.Fatal(err)
		}
	}
}

func TestLoadIsSafeForConcurrentUse(t *testing.T) {
	s := readScenario(t, "testdata/load/include.txtar")
	want := mustLoad(t, s.request()).Flatten()
	for range 4 {
		t.Run("", func(t *testing.T) {
			t.Parallel()
			for range 5 {
				if got := mustLoad(t, s.request()).Flatten(); !reflect.DeepEqual(got, want) {
					t.Error("two loads differ")
				}
			}
		})
	}
}

// TestEmptyContext: a context that is written and empty is the project directory, as one that is not written.
func TestEmptyContext(t *testing.T) {
	for _, build := range []string{"''", "{context: '', dockerfile: Dockerfile}"} {
		files := map[string]string{"deploy/compose.yml": "services:\n  a:\n    build: " + build + "\n"}
		m, err := Load(t.Context(), Request{Files: []string{"deploy/compose.yml"}, Read: reader(files), RootName: "r"})
		if err != nil {
			t.Fatal(err)
		}
		if b := m.Services["a"].Build; b.Context != "deploy" || b.Dockerfile != "deploy/Dockerfile" {
			t.Errorf("%s: %+v", build, b)
		}
	}
}
