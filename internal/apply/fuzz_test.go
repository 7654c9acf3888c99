//go:build unix

package apply

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"refit/internal/change"
	"refit/internal/edit"
	"refit/internal/fuzztest"
	"refit/internal/source"
)

var errDead = errors.New("the process is dead")

// deadFrom lets n writes happen and none after them, as if the process were killed.
func deadFrom(n int) Options {
	return Options{told: func(write) error {
		if n--; n < 0 {
			return errDead
		}
		return nil
	}}
}

// FuzzApply carries drawn changes out, dies at a drawn write, recovers, and then goes the whole way and back,
// dying on the way back too. At every rest the repository is all as before or all as after.
func FuzzApply(f *testing.F) {
	for _, seed := range fuzztest.Seeds(20) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		d := fuzztest.New(data)
		first, second := d.N(256), d.N(256)
		root := newRepository(t)
		for range d.N(6) {
			name := filepath.Join(root, d.Of(drawnPaths...))
			if os.MkdirAll(filepath.Dir(name), 0o755) == nil && !exists(name) {
				put(t, root, must(filepath.Rel(root, name)), d.Env(), os.FileMode(0o600|d.N(4)*0o11))
			}
		}
		before := take(t, root)
		snap := snapshot(t, root)
		after, set := drawnSet(t, d, snap)
		if set.Empty() || set.Check() != nil { // as for a and A, one file on some systems
			return
		}
		if _, err := Apply(root, set, deadFrom(first)); err != nil {
			atRest(t, root)
			if now := take(t, root); now.diff(before) == "" {
				if _, err := Apply(root, set, Options{}); isA[*Refused](err) {
					if diff := take(t, root).diff(before); diff != "" {
						t.Fatalf("refused, and changed: %s", diff)
					}
					return
				} else if err != nil {
					t.Fatalf("%v %+v", err, set.Files)
				}
			}
		}
		isNow(t, root, after)
		done := take(t, root)
		if _, err := Rollback(root, "", deadFrom(second)); err != nil {
			atRest(t, root)
			if now := take(t, root); now.diff(before) != "" {
				if diff := now.diff(done); diff != "" {
					t.Fatalf("neither before nor after: %s", diff)
				}
				if _, err := Rollback(root, "", Options{}); err != nil {
					t.Fatal(err)
				}
			}
		}
		if diff := take(t, root).diff(before); diff != "" {
			t.Fatal(diff)
		}
	})
}

func must(s string, err error) string {
	if err != nil {
		panic(err)
	}
	return s
}

var drawnPaths = []string{"docker-compose.yml", "Dockerfile", "old/deep/only.txt", "old/stays.txt", "run.sh", "readonly", "setuid", "gone", "untouched", "link", "tolink",
	"compose/docker-compose.dev.yml", "env/.env.dev", "a", "a/b", "a/b/c", "A", "old/deep", "old", "Makefile", "new/deep/er/file", "link/x", "é"}

// drawnSet draws operations until some can be carried out together.
func drawnSet(t *testing.T, d *fuzztest.Draw, before *source.Snapshot) (*source.Snapshot, *change.Set) {
	var ops []edit.Op
	for range 1 + d.N(10) {
		p := d.Of(drawnPaths...)
		text, _ := before.Read(p)
		op := []edit.Op{
			edit.Text(p, edit.Insert(d.N(len(text)+1), d.Env(), "")), edit.Rename(p, d.Of(drawnPaths...)), edit.Remove(p),
			edit.Create(p, d.Env(), os.FileMode(0o600|d.N(4)*0o11)), edit.Chmod(p, os.FileMode(0o600|d.N(8)*0o11)),
		}[d.N(5)]
		with := slices.Concat(ops, []edit.Op{op})
		if merged, clashes := edit.Merge([][]edit.Op{with}); len(merged) == 0 || len(clashes) > 0 {
			continue
		}
		if _, err := edit.Apply(before, with); err == nil {
			ops = with
		}
	}
	after, err := edit.Apply(before, ops)
	if err != nil {
		t.Fatal(err)
	}
	files, err := change.Files(before, after, edit.Renames(nil, ops))
	if err != nil { // what no fix can mean: a link that becomes a file
		return after, nil
	}
	return after, &change.Set{Files: files}
}

// atRest recovers and checks that nothing is left to do.
func atRest(t *testing.T, root string) {
	t.Helper()
	if err := Recover(root, Options{}); err != nil {
		t.Fatal(err)
	}
	if p, err := Pending(root); p != nil || err != nil {
		t.Fatalf("%v is still pending, %v", p, err)
	}
}

// isNow compares the files on the disk with a snapshot, both ways.
func isNow(t *testing.T, root string, want *source.Snapshot) {
	t.Helper()
	now := snapshot(t, root)
	for _, p := range now.Paths() {
		if !want.Has(p) {
			t.Fatalf("%s should not be there", p)
		}
	}
	for _, p := range want.Paths() {
		e, _ := want.Entry(p)
		is, ok := now.Entry(p)
		if !ok {
			t.Fatalf("%s is missing", p)
		}
		if e.IsLink() {
			if e.Target != is.Target || !is.IsLink() {
				t.Fatalf("%s says %q, should say %q", p, is.Target, e.Target)
			}
			continue
		}
		a, err := e.Bytes()
		b, errNow := is.Bytes()
		if string(a) != string(b) || err != nil || errNow != nil || e.Mode.Perm() != is.Mode.Perm() {
			t.Fatalf("%s is %v %q, should be %v %q (%v, %v)", p, is.Mode, b, e.Mode, a, err, errNow)
		}
	}
}
