package project

import (
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"refit/examples"
	"refit/internal/edit"
	"refit/internal/source"
)

// ledger writes the sample into a folder of that name and discovers it.
func ledger(t testing.TB) (string, *Project) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "ledger")
	if err := examples.WriteLedger(dir); err != nil {
		t.Fatal(err)
	}
	return dir, open(t, dir)
}

func open(t testing.TB, dir string) *Project {
	t.Helper()
	p, err := Open(dir, NewCache())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestLedgerEnvironments(t *testing.T) {
	_, p := ledger(t)
	for _, problem := range p.Problems {
		t.Error(problem)
	}
	if len(p.Environments) != 3 {
		t.Fatalf("%d environments, want ci, dev and test", len(p.Environments))
	}
	for i, name := range []string{"ci", "dev", "test"} {
		e := p.Environments[i]
		if e.Name != name || !slices.Equal(e.Files, []string{"docker-compose." + name + ".yml"}) {
			t.Errorf("environment %d is %q of %v, want %s", i, e.Name, e.Files, name)
		}
		if e.Err != nil || e.Model == nil {
			t.Fatalf("%s: %v", name, e.Err)
		}
		// All three share the folder's name: the very collision that a refit ends.
		if e.Model.Name != "ledger" || e.ProjectVia != "folder" || e.Dir != "." {
			t.Errorf("%s: project %q via %s in %s, want ledger via folder in .", name, e.Model.Name, e.ProjectVia, e.Dir)
		}
	}
	dev := p.Environments[1].Model
	for key, want := range map[string]string{"postgres_data": "ledger_postgres_data", "redis_data": "ledger_redis_data"} {
		if got := dev.Volumes[key].Name; got != want {
			t.Errorf("volume %s is really %q, want %q", key, got, want)
		}
	}
}

func TestLedgerBuilds(t *testing.T) {
	_, p := ledger(t)
	if len(p.Dockerfiles) != 1 || p.Dockerfiles[0].Path != "Dockerfile" || p.Dockerfiles[0].Ignore != ".dockerignore" {
		t.Fatalf("Dockerfiles: %+v", p.Dockerfiles)
	}
	type use struct{ By, Service, Env, Context, Target string }
	var got []use
	for _, b := range p.Dockerfiles[0].Builds {
		if b.Service != "" {
			got = append(got, use{b.By, b.Service, b.Env, b.Context, b.Target})
		}
		if text, _ := p.Files.Read(b.By); b.Span.Of(text) == nil || b.Span.Len() == 0 {
			t.Errorf("%s %s: no place", b.By, b.Service)
		}
	}
	want := []use{
		{"docker-compose.ci.yml", "app", "ci", ".", "app"},
		{"docker-compose.dev.yml", "app", "dev", ".", "app"},
		{"docker-compose.dev.yml", "callback", "dev", ".", "callback"},
		{"docker-compose.test.yml", "app", "test", ".", "app"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("builds %+v\nwant %+v", got, want)
	}
}

func TestLedgerEnvFiles(t *testing.T) {
	_, p := ledger(t)
	for at, want := range map[string]struct {
		env     string
		example bool
		mounted string
	}{
		".env.dev": {"dev", false, "./.env.dev"}, ".env.test": {"test", false, "./.env.test"}, ".env.ci": {"ci", false, "./.env.ci"},
		".env.example": {"", true, ""},
	} {
		f := p.EnvFile(at)
		if f == nil {
			t.Errorf("%s is not there", at)
			continue
		}
		if f.Env != want.env || f.Example != want.example || f.Tracked {
			t.Errorf("%s: env %q, example %t, tracked %t; want %+v", at, f.Env, f.Example, f.Tracked, want)
		}
		mounted := ""
		for _, r := range f.Readers {
			if r.Mechanism == ByMount {
				text, _ := p.Files.Read(r.By)
				mounted = string(r.Span.Of(text))
				if r.Service != "app" || r.Env != want.env {
					t.Errorf("%s is mounted by %+v", at, r)
				}
			}
		}
		if mounted != want.mounted {
			t.Errorf("%s is mounted as %q, want %q", at, mounted, want.mounted)
		}
	}
}

func TestLedgerReferences(t *testing.T) {
	_, p := ledger(t)
	for _, r := range p.References {
		text, err := p.Files.Read(r.From)
		if err != nil {
			t.Fatal(err)
		}
		if !r.Implicit && string(r.Span.Of(text)) != r.Raw {
			t.Errorf("%s: the bytes of the span are %q, Raw is %q", r.From, r.Span.Of(text), r.Raw)
		}
	}
	implicit := 0
	for _, r := range p.ReferencesTo("Dockerfile") {
		if r.Implicit {
			implicit++
		}
	}
	if implicit != 2 { // callback of dev, app of test
		t.Errorf("%d builds name the Dockerfile by default, want 2", implicit)
	}
	var init []string
	for _, r := range p.ReferencesTo("scripts/init-db.sql") {
		init = append(init, r.From+" "+r.Raw)
	}
	if want := []string{"docker-compose.dev.yml ./scripts/init-db.sql", "docker-compose.test.yml ./scripts/init-db.sql"}; !slices.Equal(init[:min(2, len(init))], want) {
		t.Errorf("references to init-db.sql: %q", init)
	}
}

// git tells what is tracked and ignored; the real one makes the index.
func TestGitTrackedAndIgnored(t *testing.T) {
	dir, _ := ledger(t)
	git := func(args ...string) {
		t.Helper()
		cmd := exec.Command("git", append([]string{"-C", dir}, args...)...)
		cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Skipf("git %v: %v\n%s", args, err, out)
		}
	}
	write(t, dir, "env/.env.staging", "TOKEN=made-up\n") // hidden by the pattern env/
	write(t, dir, "env/notes.txt", "not listed\n")
	write(t, dir, "certs/key.pem", "made up\n")
	write(t, dir, "node_modules/x/.env", "A=1\n")
	write(t, dir, "logs/kept/app.log", "one\n")
	write(t, dir, "logs/debug.log", "two\n")
	git("init", "-q", "-b", "trunk")
	git("add", "-A")
	git("add", "-f", "logs/kept/app.log")

	p := open(t, dir)
	if !p.Git.Exists || p.Git.Branch != "trunk" {
		t.Errorf("git: exists %t, branch %q", p.Git.Exists, p.Git.Branch)
	}
	for at, want := range map[string]struct{ tracked, ignored bool }{
		".env.dev": {false, true}, ".env.test": {true, false}, ".env.ci": {true, false}, ".env.example": {true, false},
		"env/.env.staging": {false, true},
	} {
		f := p.EnvFile(at)
		if f == nil {
			t.Errorf("%s is not seen", at)
		} else if f.Tracked != want.tracked || f.Ignored != want.ignored {
			t.Errorf("%s: tracked %t, ignored %t; want %+v", at, f.Tracked, f.Ignored, want)
		}
	}
	if !p.Files.Has("certs/key.pem") || p.Files.Has("env/notes.txt") || p.Files.Has("node_modules/x/.env") {
		t.Errorf("files: %v", p.Files.Paths())
	}
	if !p.Files.Has("logs/kept/app.log") {
		t.Error("a tracked file in an ignored folder is not listed")
	}
	want := []Hidden{{".git", HiddenGit}, {"certs", HiddenIgnored}, {"env", HiddenIgnored}, {"node_modules", HiddenGenerated}}
	if !slices.Equal(p.Hidden(), want) {
		t.Errorf("hidden %v, want %v", p.Hidden(), want)
	}
	_, hidden := p.ContextFiles(".")
	if !slices.Equal(hidden, want) {
		t.Errorf("hidden in the context: %v", hidden)
	}
	if files, complete := p.Contents(Hidden{Path: "env"}); !complete || !slices.Equal(files, []string{"env/.env.staging", "env/notes.txt"}) {
		t.Errorf("contents of env: %v %t", files, complete)
	}
}

func TestSameWhateverTheOrder(t *testing.T) {
	dir, p := ledger(t)
	want := describe(t, p)
	for range 5 {
		same(t, want, describe(t, open(t, dir)))
	}
	var entries []*source.Entry
	for _, at := range slices.Backward(p.Files.Paths()) {
		e, _ := p.Files.Entry(at)
		entries = append(entries, e)
	}
	same(t, want, describe(t, Discover(source.NewSnapshot(entries, nil), p, NewCache())))
}

// refit moves files on an overlay and discovers that; it must be what a run on the result would see.
func TestOverlayIsLikeDisk(t *testing.T) {
	dir, p := ledger(t)
	compose, _ := p.Files.Read("docker-compose.ci.yml")
	ignore, _ := p.Files.Read(".gitignore")
	moves := map[string]string{"docker-compose.dev.yml": "compose/docker-compose.dev.yml", "Dockerfile": "docker/Dockerfile", ".env.dev": "env/.env.dev"}
	var ops []edit.Op
	for from, to := range moves {
		ops = append(ops, edit.Rename(from, to))
		for _, r := range append(p.ReferencesTo(from), p.References...) {
			if e, changed := r.Rewrite(moves); changed && r.Kind == RefCompose && r.Unsure == "" {
				ops = append(ops, edit.Text(r.From, e))
			}
		}
	}
	ops = append(ops,
		edit.Create("compose.yml", "services:\n  web:\n    image: nginx:1\n", 0o644),
		edit.Create("compose.override.yml", "services:\n  web:\n    ports: ['80:80']\n", 0o600),
		edit.Text("docker-compose.ci.yml", edit.Insert(len(compose), "name: other\r\n", "name")),
		edit.Text(".gitignore", edit.Insert(len(ignore), "!env/\n", "env")), // or a walk of the disk would not descend
		edit.Chmod("scripts/make-certs.sh", 0o755), edit.Remove(".env.test"),
	)
	files, err := edit.Apply(p.Files, ops)
	if err != nil {
		t.Fatal(err)
	}
	cache := NewCache()
	after := Discover(files, p, cache)

	other := filepath.Join(t.TempDir(), filepath.Base(dir))
	for _, at := range files.Paths() {
		e, _ := files.Entry(at)
		text, err := e.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		write(t, other, at, string(text))
		if err := os.Chmod(filepath.Join(other, at), e.Mode.Perm()); err != nil {
			t.Fatal(err)
		}
	}
	same(t, describe(t, open(t, other)), describe(t, after))
	if e := after.EnvironmentOf("compose/docker-compose.dev.yml"); e == nil || e.Model == nil || e.Model.Services["app"].Mounts[0].Source != "." {
		t.Errorf("the moved file: %+v", e)
	}
	same(t, describe(t, p), describe(t, Discover(p.Files, after, cache))) // and back
}

func write(t testing.TB, dir, at, text string) {
	t.Helper()
	full := filepath.Join(dir, filepath.FromSlash(at))
	if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(full, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func BenchmarkOpen(b *testing.B) {
	dir, _ := ledger(b)
	for b.Loop() {
		if _, err := Open(dir, NewCache()); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRediscover changes one Compose file and looks again, as each round of a plan does.
func BenchmarkRediscover(b *testing.B) {
	_, p := ledger(b)
	cache := NewCache()
	Discover(p.Files, p, cache)
	for b.Loop() {
		files, err := edit.Apply(p.Files, []edit.Op{edit.Text("docker-compose.dev.yml", edit.Insert(0, "#\n", ""))})
		if err != nil {
			b.Fatal(err)
		}
		Discover(files, p, cache)
	}
}

// The git folder of a linked worktree lies outside; it is the one thing that is read there.
func TestLinkedWorktree(t *testing.T) {
	dir, _ := ledger(t)
	for _, args := range [][]string{
		{"init", "-q"}, {"add", "-A"},
		{"-c", "user.name=x", "-c", "user.email=x@example.com", "commit", "-qm", "x"}, {"worktree", "add", "-q", "-b", "side", "../side"},
	} {
		cmd := exec.Command("git", append([]string{"-C", dir}, args...)...)
		cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Skipf("git %v: %v\n%s", args, err, out)
		}
	}
	side := filepath.Join(filepath.Dir(dir), "side")
	p := open(t, side)
	if len(p.Problems) != 0 || p.Git.Branch != "side" || !p.Git.Tracked(".env.test") || p.Name != "side" {
		t.Errorf("branch %q, problems %v", p.Git.Branch, p.Problems)
	}
	// A .git file that points elsewhere is not followed.
	write(t, side, ".git", "gitdir: "+t.TempDir()+"\n")
	if p := open(t, side); p.Git.Exists || len(p.Problems) != 1 {
		t.Errorf("a strange git folder: %t %v", p.Git.Exists, p.Problems)
	}
}
