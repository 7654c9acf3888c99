package shell

import (
	"reflect"
	"testing"

	"mvdan.cc/sh/v3/syntax"
)

// Words that stand for themselves are read the short way, which must give what the long way gives.
func TestPlainWords(t *testing.T) {
	script := Literal(`cp a.b -x=1 /x/*.y z? [ab] a{b,c} ~ ~/x a~b a\ b \a "a" 'a' $a a$b a"b" "a b" x` + Root + ` y` + Unknown + ` ü # c`)
	s := ParseText(script, POSIX)
	if len(s.Problems) > 0 {
		t.Fatal(s.Problems)
	}
	plain := 0
	for _, stmt := range s.stmts {
		for _, w := range stmt.Cmd.(*syntax.CallExpr).Args {
			f := &frame{runner: &runner{}, text: script}
			st := &state{vars: map[string]value{}}
			span := f.text.Use(offset(w.Pos()), f.end(w))
			short, ok := f.plain(w, span)
			if !ok {
				continue
			}
			plain++
			var long []Word
			for _, parts := range braces(f.parts(w.Parts, false, st)) {
				for _, b := range fields(parts) {
					word := NewWord(NewText(b.pieces...), span)
					word.Glob, word.Open = b.glob, b.open
					long = append(long, word)
				}
			}
			if len(long) != 1 || !reflect.DeepEqual(long[0], short) {
				t.Errorf("%q: %+v, the long way %+v", short.Value, short, long)
			}
		}
	}
	if plain < 6 {
		t.Errorf("only %d words were plain: the shortcut is not taken", plain)
	}
}
