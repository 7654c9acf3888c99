//go:build unix

package apply

import (
	"fmt"
	"testing"

	"refit/internal/edit"
)

// BenchmarkApply is an apply of the size of the sample: 25 files, half of them moved.
func BenchmarkApply(b *testing.B) {
	b.Setenv("TMPDIR", onDisk)
	for b.Loop() {
		b.StopTimer()
		root := newRepository(b)
		var ops []edit.Op
		for i := range 25 {
			put(b, root, fmt.Sprintf("f%d", i), "text\n", 0o644)
			ops = append(ops, edit.Text(fmt.Sprintf("f%d", i), edit.Insert(0, "x", "")))
			if i%2 == 0 {
				ops = append(ops, edit.Rename(fmt.Sprintf("f%d", i), fmt.Sprintf("d%d/f%d", i%5, i)))
			}
		}
		set := planned(b, root, ops...)
		b.StartTimer()
		if _, err := Apply(root, set, Options{}); err != nil {
			b.Fatal(err)
		}
	}
}
