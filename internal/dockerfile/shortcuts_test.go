package dockerfile

import (
	"reflect"
	"strings"
	"testing"

	"github.com/moby/buildkit/frontend/dockerfile/shell"
)

// shortcutSamples are samples in which what is usually done the short way is hard.
func shortcutSamples() map[string]string {
	all := map[string]string{
		"copies": "FROM a AS x\nCOPY a b\nCOPY\ta b\nCOPY \\\n  a b\nCOPY\\\n a b\nCOPY --link a b\nCOPY --link \\\n# c\n  a b\n" +
			"COPY --chown=1 a b\nADD [\"a\", \"b\"]\nONBUILD COPY a b\ncopy <<E <<F /d/\nx\nE\ny\nF\nCOPY --from=x \"a b\" c\nCOPY --chmod='0755' a b\n",
		"states": "ARG A=1\nFROM a AS x\nENV P=/p\nCOPY a b\nRUN a\nWORKDIR $P/w\nRUN a\nADD a b\nCMD x\nCOPY a b\nUSER u\nONBUILD WORKDIR /o\nCOPY a b\nFROM x\nRUN y\nENV P=$P:2\nRUN z\n",
	}
	for name, text := range samples {
		all[name] = text
	}
	return all
}

func TestCertainFlagsAreGood(t *testing.T) {
	certain := 0
	for name, text := range shortcutSamples() {
		f, err := Parse("Dockerfile", []byte(text))
		if err != nil {
			continue
		}
		for _, in := range f.Instructions {
			for _, owner := range []string{"1000:1000", "app", `a"b`, "$U"} {
				edits, err := in.AddFlag("chown", owner)
				if err != nil || !in.takes(edits[0].Start, "chown", owner) {
					continue
				}
				certain++
				if _, err := in.tried(edits, func(now *Instruction) bool {
					n := len(in.Flags)
					return len(now.Flags) == n+1 && now.Flags[n].Name == "chown" && now.Flags[n].Value == owner
				}); err != nil {
					t.Errorf("%s: line %d takes --chown=%s unseen, tried it fails: %v", name, in.Line, owner, err)
				}
			}
		}
	}
	if certain < 10 {
		t.Errorf("only %d flags were certain: the shortcut is not taken", certain)
	}
}

func TestSharedStates(t *testing.T) {
	for name, text := range shortcutSamples() {
		f, err := Parse("Dockerfile", []byte(text))
		if err != nil {
			continue
		}
		for _, in := range f.Instructions {
			for _, at := range []*Instruction{in, in.Trigger} {
				if at == nil || at.Stage == nil || at == at.Stage.From {
					continue
				}
				if got, want := f.StateAt(at, nil), at.Stage.carryOut(nil, f.globals(nil), at).State; !reflect.DeepEqual(got, want) {
					t.Errorf("%s: the state before line %d is not that of its own way there", name, at.Line)
				}
			}
		}
	}
}

func TestScriptParts(t *testing.T) {
	for name, text := range shortcutSamples() {
		f, err := Parse("Dockerfile", []byte(text))
		if err != nil {
			continue
		}
		for _, in := range f.Instructions {
			s, ok := in.Script()
			if !ok {
				continue
			}
			var joined strings.Builder
			for part, span := range s.Parts() {
				for i := range len(part) {
					if want := s.Offset(joined.Len() + i); span.Start+i != want {
						t.Errorf("%s: line %d: byte %d stands at %d, by its part at %d", name, in.Line, joined.Len()+i, want, span.Start+i)
					}
				}
				joined.WriteString(part)
			}
			if joined.String() != s.Text {
				t.Errorf("%s: line %d: the parts are %q, the text %q", name, in.Line, joined.String(), s.Text)
			}
		}
	}
}

// Ports that stand for themselves are not given to BuildKit's lexer, which must give the same.
func TestPlainPorts(t *testing.T) {
	plain := 0
	for _, word := range []string{"80", "8000-8010", "53/udp", "a", "$P", "${P}", "80$P", `"80"`, `'80'`, `8\0`, "<<E", "127.0.0.1:80", "", "ü", "80\u00a081"} {
		e := &evaluation{State: State{escape: '\\', Vars: Env{{Name: "P", Value: "1 2"}}}}
		if !plainPort(word) {
			continue
		}
		plain++
		long, err := shell.NewLex('\\').ProcessWords(word, &lookup{vars: e.Vars})
		if got := e.splitWords(word); err != nil || !reflect.DeepEqual(got, long) {
			t.Errorf("%q: %q, BuildKit gives %q (%v)", word, got, long, err)
		}
	}
	if plain != 4 {
		t.Errorf("%d words were plain", plain)
	}
}
