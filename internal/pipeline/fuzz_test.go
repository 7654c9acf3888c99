package pipeline

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"go.yaml.in/yaml/v4"

	"refit/internal/apply"
	"refit/internal/change"
	"refit/internal/fuzztest"
	"refit/internal/plan"
	"refit/internal/project"
	"refit/internal/source"
)

// FuzzRepository draws whole repositories and takes them through audit, plan, apply and rollback.
func FuzzRepository(f *testing.F) {
	for _, seed := range fuzztest.Seeds(24) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		files := fuzztest.New(data).Repository()
		holds(t, files)
		if len(data)%4 == 0 {
			comesBack(t, files)
		}
	})
}

// FuzzTexts does the same with texts as they come.
func FuzzTexts(f *testing.F) {
	for _, seed := range fuzztest.Seeds(12) {
		d := fuzztest.New(seed)
		f.Add(d.Compose(), d.Dockerfile(), d.Env(), d.Makefile(), d.Workflow(), byte(len(seed)))
	}
	f.Fuzz(func(t *testing.T, compose, dockerfile, env, makefile, workflow string, names byte) {
		if len(compose)+len(dockerfile)+len(env)+len(makefile)+len(workflow) > 20_000 {
			return
		}
		first := []string{"docker-compose.yml", "compose.yaml", "docker-compose.dev.yml", "deploy/docker-compose.yml"}[names%4]
		second := []string{"docker-compose.prod.yml", "docker-compose.override.yml", "common.yml", "docker-compose.test.yml"}[names/4%4]
		holds(t, map[string]string{
			first: compose, second: compose, "Dockerfile": dockerfile, "app/Dockerfile": dockerfile, ".env": env, ".env.dev": env,
			"Makefile": makefile, ".github/workflows/ci.yml": workflow, "requirements.txt": "fastapi\n",
		})
	})
}

// maxCPU is more than any repository of a few small files may take, race detector and coverage included.
const maxCPU = 20 * time.Second

// holds checks what refit promises of any repository, in memory.
func holds(t *testing.T, files map[string]string) {
	started := fuzztest.CPUTime()
	cache := project.NewCache()
	before := project.Discover(snapshotOf(files), nil, cache)
	r := &Repository{Project: before, cache: cache}
	checkAudit(t, r)
	made, err := r.Plan(plan.Choice{})
	if err != nil {
		t.Fatalf("no plan: %v\n%s", err, dump(files))
	}
	if text := dump(files); len(named.FindAllString(text, -1)) == strings.Count(text, madeUp) {
		checkTexts(t, r, made)
	}
	after := made.After.Files
	checkParses(t, files, after, made.Set.Moves())
	checkNotes(t, files, after)
	again := project.Discover(after, nil, project.NewCache())
	second, err := (&Repository{Project: again, cache: project.NewCache()}).Plan(plan.Choice{})
	if err != nil {
		t.Fatalf("no second plan: %v\n%s", err, dump(files))
	}
	if !second.Set.Empty() {
		t.Fatalf("a second plan changes %s\nof\n%s", changes(second.Set), dump(files))
	}
	if took := fuzztest.CPUTime() - started; took > maxCPU {
		t.Fatalf("%v of processor time for\n%s", took, dump(files))
	}
}

func checkAudit(t *testing.T, r *Repository) {
	result := r.Audit()
	for _, p := range result.Problems {
		if strings.Contains(p.Error(), "defect of refit") {
			t.Fatal(p)
		}
	}
	for _, f := range result.Findings {
		text, _ := r.Project.Files.Read(f.At.Path)
		if f.Subject == "" || f.Message == "" || f.At.Span.Start < 0 || f.At.Span.Start > f.At.Span.End || f.At.Span.End > len(text) {
			t.Fatalf("%s: %+v, the file has %d bytes", f.Meta.ID, f, len(text))
		}
	}
}

// madeUp begins every secret of the generator; named finds those that are told by their name or place, which a
// fuzzer may have changed.
const madeUp = "made-up-pass"

var named = regexp.MustCompile(`(?m)(^[ \t-]*(export |ENV )?[A-Z_]*(PASSWORD|SECRET_KEY)(=|: )|://app:|"--requirepass", ")` + madeUp)

// checkTexts looks for the made-up secrets in everything that a report prints.
func checkTexts(t *testing.T, r *Repository, made *plan.Plan) {
	var said []string
	for _, f := range append(r.Audit().Findings, made.Remain...) {
		said = append(said, f.Message)
		for _, fix := range f.Fixes {
			said = append(said, fix.Title, fix.Why)
		}
	}
	for _, x := range made.Set.Refused {
		said = append(said, x.Why)
	}
	for _, d := range made.Set.Compare.Declared {
		said = append(said, d.Before, d.After, d.Why)
	}
	for _, s := range said {
		if masked := r.Mask(s); strings.Contains(masked, madeUp) {
			t.Fatalf("a secret is printed: %s (%q)", masked, s)
		}
	}
	if err := r.SavePlan(io.Discard, made.Set); err != nil {
		t.Fatal(err)
	}
}

// checkParses asks BuildKit and the YAML library: what they could read, they still can.
func checkParses(t *testing.T, files map[string]string, after *source.Snapshot, moves map[string]string) {
	was := map[string]string{}
	for p := range files {
		was[change.Relocated(p, moves)] = p
	}
	for _, p := range after.Paths() {
		text, err := after.Read(p)
		if err != nil {
			continue
		}
		old, existed := files[was[p]]
		if existed && old == string(text) {
			continue
		}
		read := reader(p)
		if read == nil || existed && read([]byte(old)) != nil {
			continue
		}
		if err := read(text); err != nil {
			t.Fatalf("%s can't be read any more: %v\n--- before\n%s\n--- after\n%s", p, err, old, text)
		}
	}
}

func reader(p string) func([]byte) error {
	switch ext := path.Ext(p); {
	case ext == ".yml" || ext == ".yaml":
		return func(text []byte) error {
			for l, err := yaml.NewLoader(bytes.NewReader(text)); ; {
				if err != nil {
					return err
				}
				var v any
				if err = l.Load(&v); errors.Is(err, io.EOF) {
					return nil
				}
			}
		}
	case strings.Contains(path.Base(p), "Dockerfile") && ext != ".dockerignore":
		return func(text []byte) error {
			res, err := parser.Parse(bytes.NewReader(text))
			if err == nil {
				_, _, err = instructions.Parse(res.AST, linter.New(&linter.Config{}))
			}
			return err
		}
	}
	return nil
}

// checkNotes looks for every note of the generator: comments may move to another file, not go.
func checkNotes(t *testing.T, files map[string]string, after *source.Snapshot) {
	left := map[string]int{}
	for _, p := range after.Paths() {
		text, _ := after.Read(p)
		for _, note := range fuzztest.Notes(string(text)) {
			left[note]++
		}
	}
	for _, p := range slices.Sorted(maps.Keys(files)) {
		for _, note := range fuzztest.Notes(files[p]) {
			if left[note]--; left[note] < 0 {
				t.Fatalf("%s: %s is gone; %s", p, note, dump(files))
			}
		}
	}
}

// comesBack applies the plan on a disk and takes it back.
func comesBack(t *testing.T, files map[string]string) {
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	root := t.TempDir()
	for p, text := range files {
		name := filepath.Join(root, filepath.FromSlash(p))
		if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o755), os.WriteFile(name, []byte(text), 0o640)); err != nil {
			t.Fatal(err)
		}
	}
	before := onDisk(t, root)
	r, err := Open(root)
	if err != nil {
		t.Fatal(err)
	}
	made, err := r.Plan(plan.Choice{})
	if err != nil {
		t.Fatal(err)
	}
	if made.Set.Empty() {
		return
	}
	if _, err := r.Apply(made.Set, nil); err != nil {
		t.Fatal(err)
	}
	for p, e := range onDisk(t, root) {
		if !made.After.Files.Has(p) && e == before[p] {
			continue // git ignores it, so it was never read
		}
		if text, err := made.After.Files.Read(p); err != nil || e != e[:11]+string(text) {
			t.Fatalf("%s on the disk is not what was planned: %v", p, err)
		}
	}
	if _, err := apply.Rollback(root, "", apply.Options{}); err != nil {
		t.Fatal(err)
	}
	if now := onDisk(t, root); !maps.Equal(now, before) {
		t.Fatalf("the rollback left %v, there was %v", now, before)
	}
}

// onDisk are the files under root: path -> mode and bytes.
func onDisk(t *testing.T, root string) map[string]string {
	found := map[string]string{}
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		text, err := os.ReadFile(name)
		rel, _ := filepath.Rel(root, name)
		found[filepath.ToSlash(rel)] = info.Mode().String() + " " + string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func snapshotOf(files map[string]string) *source.Snapshot {
	var entries []*source.Entry
	for p, text := range files {
		entries = append(entries, source.NewText(p, 0o644, []byte(text)))
	}
	return source.NewSnapshot(entries, nil)
}

func changes(set *change.Set) string {
	var b strings.Builder
	for _, f := range set.Files {
		b.WriteString(f.Delta().Diff(3))
		for _, c := range f.Causes {
			b.WriteString(c.Rule + " " + c.Subject + ": " + c.Title + "\n")
		}
	}
	return b.String()
}

func dump(files map[string]string) string {
	var b strings.Builder
	for _, p := range slices.Sorted(maps.Keys(files)) {
		b.WriteString("-- " + p + " --\n" + files[p] + "\n")
	}
	return b.String()
}
