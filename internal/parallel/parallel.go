// Package parallel does independent pieces of work on all cores.
package parallel

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
)

// Panic is a panic in a piece of work. Do hands it to its caller: in a goroutine of its own it would end the
// program with a stack trace, and nobody could recover from it.
type Panic struct {
	Value any
	Stack []byte
}

// Error is the value and where it came from.
func (p *Panic) Error() string { return fmt.Sprintf("%v\n\n%s", p.Value, p.Stack) }

// Do calls do(0) to do(n-1), as many at a time as there are cores, in no particular order. It panics with a
// *Panic when one of them does, after the others have ended.
func Do(n int, do func(i int)) {
	workers := min(runtime.GOMAXPROCS(0), n)
	if workers <= 1 {
		for i := range n {
			do(i)
		}
		return
	}
	var next atomic.Int64
	var failed atomic.Pointer[Panic]
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			defer func() {
				if v := recover(); v != nil {
					failed.CompareAndSwap(nil, &Panic{v, debug.Stack()})
				}
			}()
			for i := int(next.Add(1)) - 1; i < n && failed.Load() == nil; i = int(next.Add(1)) - 1 {
				do(i)
			}
		})
	}
	wg.Wait()
	if p := failed.Load(); p != nil {
		panic(p)
	}
}

// Map is do of every item, in parallel, results in the order of the items; nil results are left out.
func Map[T, R any](items []T, do func(T) *R) []*R {
	all := make([]*R, len(items))
	Do(len(items), func(i int) { all[i] = do(items[i]) })
	kept := all[:0]
	for _, r := range all {
		if r != nil {
			kept = append(kept, r)
		}
	}
	return kept
}
