package shell

import (
	"reflect"
	"testing"

	"refit/internal/source"
)

// Commands that stand one behind the other are listed without looking for them among those before, which must give what
// looking for them gives.
func TestCommandsInOrder(t *testing.T) {
	inOrder := 0
	for _, text := range []string{
		"a && b; c", "a; sh -c 'b; c'; d", "set -e; cd /x && a | b > c; d", "X=1 a; export X=2; b $X; c",
		"if x; then a; else b; fi; c", "for i in 1 2; do a $i; done; b", "for i in 1 1; do a $i; done; b", "a; X=b; $X; a $(b) c; eval 'd e'",
		"f() { a; }; f; b; f", "function f { a $1; }; f 1; f 2; f 1", "cd /x || a; b", "f() { a; }; bash -c 'f'", "a() { b; }; c; a; a() { d; }; a",
	} {
		s := ParseText(Literal(text), POSIX)
		for _, s := range []*Script{s, ParseText(Verbatim([]byte(text), source.Span{End: len(text)}), POSIX)} {
			short, long := newRunner(Start{Dir: "."}), newRunner(Start{Dir: "."})
			long.seen = map[source.Span]int{}
			if got, want := short.run(s), long.run(s); !reflect.DeepEqual(got, want) {
				t.Errorf("%q: %+v, want %+v", text, got, want)
			}
			if short.seen == nil {
				inOrder++
			}
		}
	}
	if inOrder < 3 || inOrder > 20 {
		t.Errorf("%d scripts have all of their commands in order", inOrder)
	}
}
