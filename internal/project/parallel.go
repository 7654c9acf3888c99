package project

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// parallel calls do(0) to do(n-1) on all cores, in no particular order.
func parallel(n int, do func(i int)) {
	workers := min(runtime.GOMAXPROCS(0), n)
	if workers <= 1 {
		for i := range n {
			do(i)
		}
		return
	}
	var next atomic.Int64
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				do(i)
			}
		})
	}
	wg.Wait()
}

// mapAll is do of every item, in parallel, results in the order of the items; nil results are left out.
func mapAll[T, R any](items []T, do func(T) *R) []*R {
	all := make([]*R, len(items))
	parallel(len(items), func(i int) { all[i] = do(items[i]) })
	kept := all[:0]
	for _, r := range all {
		if r != nil {
			kept = append(kept, r)
		}
	}
	return kept
}
