package pipeline_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"refit/examples"
	"refit/internal/pipeline"
)

// TestLargeFilesCostNoMemory audits the sample with and without 256 MB of files that configure nothing: what is
// allocated must not grow with them.
func TestLargeFilesCostNoMemory(t *testing.T) {
	bare := allocatedBy(t, func(string) {})
	beside := allocatedBy(t, func(dir string) {
		for i, name := range []string{"data/dump.sql", "data/film.mp4", "data/rows.csv", "data/model.bin", "src/generated.py", "web/bundle.js", "data/records.json", "data/image"} {
			for n := range 8 {
				at := filepath.Join(dir, filepath.FromSlash(name)+fmt.Sprintf(".%d", n))
				if n == 0 {
					at = filepath.Join(dir, filepath.FromSlash(name))
				}
				if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(at, nil, 0o644); err != nil {
					t.Fatal(err)
				}
				if err := os.Truncate(at, int64(4<<20+i)); err != nil { // a hole: no byte of it is written
					t.Fatal(err)
				}
			}
		}
	})
	if more := int64(beside) - int64(bare); more > 4<<20 {
		t.Errorf("256 MB of other files cost %d bytes more than the %d without", more, bare)
	}
}

// allocatedBy is how many bytes an audit of the sample allocates in all, after change has added to it.
func allocatedBy(t *testing.T, change func(dir string)) uint64 {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "ledger")
	if err := examples.WriteLedger(dir); err != nil {
		t.Fatal(err)
	}
	change(dir)
	audit := func() {
		repo, err := pipeline.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		repo.Audit()
	}
	audit() // what is made once for all
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	audit()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}
