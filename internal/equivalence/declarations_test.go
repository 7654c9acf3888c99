package equivalence

import (
	"fmt"
	"testing"

	"refit/internal/change"
)

// The index finds what going through all declarations one by one finds.
func TestDeclarationsAreFoundInOrder(t *testing.T) {
	var declared []change.Declared
	for i, name := range []string{"a", "*", "b:app", "b:*", "*", "a", ""} {
		for _, aspect := range []change.Aspect{change.AspectImage, change.AspectCompose} {
			for _, addr := range []string{"user", "env.*", "*.d"} {
				declared = append(declared, change.Declared{Aspect: aspect, Subject: name, Addr: addr, Why: fmt.Sprint(i, aspect, addr)})
			}
		}
	}
	for start := range declared { // with ever fewer of them, so that each is the first once
		known, found := indexed(declared[start:]), 0
		for _, aspect := range []change.Aspect{change.AspectImage, change.AspectCompose, change.AspectMake} {
			for _, name := range []string{"a", "b:app", "b:web", "c", ""} {
				for _, addr := range []string{"user", "env.A", "env.d", "none"} {
					d := change.Difference{Aspect: aspect, Subject: name, Addr: addr}
					var want *change.Declared
					for i := range declared[start:] {
						if want == nil && declared[start+i].Covers(d) {
							want = &declared[start+i]
						}
					}
					if got := known.covering(d); got != want {
						t.Errorf("from %d: %v is covered by %v, want %v", start, d, got, want)
					} else if got != nil {
						found++
					}
				}
			}
		}
		if found == 0 {
			t.Errorf("from %d: nothing is covered", start)
		}
	}
}
