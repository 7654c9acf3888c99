package parallel_test

import (
	"strings"
	"sync/atomic"
	"testing"

	"refit/internal/parallel"
)

func TestDo(t *testing.T) {
	var done [1000]atomic.Int32
	parallel.Do(len(done), func(i int) { done[i].Add(1) })
	for i := range done {
		if done[i].Load() != 1 {
			t.Fatalf("%d was done %d times", i, done[i].Load())
		}
	}
	even := parallel.Map([]int{1, 2, 3, 4}, func(n int) *int {
		if n%2 == 1 {
			return nil
		}
		return &n
	})
	if len(even) != 2 || *even[0] != 2 || *even[1] != 4 {
		t.Error(even)
	}
}

// TestPanicReachesTheCaller: a panic in a goroutine that nobody recovers from would end the program.
func TestPanicReachesTheCaller(t *testing.T) {
	for _, n := range []int{1, 100} {
		func() {
			defer func() {
				v := recover()
				if p, ok := v.(*parallel.Panic); n > 1 && (!ok || p.Value != "defect" || !strings.Contains(p.Error(), "parallel_test.go")) || n == 1 && v != "defect" {
					t.Errorf("%d: %v", n, v)
				}
			}()
			parallel.Do(n, func(int) { panic("defect") })
		}()
	}
}
