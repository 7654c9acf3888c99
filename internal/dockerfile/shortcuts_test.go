package dockerfile

import (
	"bytes"
	"reflect"
	"strings"
	"testing"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/buildkit/frontend/dockerfile/shell"

	"refit/internal/source"
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

// rightAndWrong are instructions of which BuildKit rejects some.
const rightAndWrong = `RUN
RUN a
RUN --mount=type=cache,target=/c a
RUN --mount=type=none a
RUN --network=none a
RUN -- --x
RUN [ "a" ]
RUN ["a", "b"]
RUN [a]
CMD --x=y a
CMD ["a"]
ENTRYPOINT
ENTRYPOINT a
USER
USER a b
USER --x=y a
WORKDIR
WORKDIR /a
STOPSIGNAL a
STOPSIGNAL
EXPOSE
EXPOSE 80
EXPOSE --x=y 80
COPY
COPY a
COPY a b
COPY ["a"]
COPY ["a", "b"]
COPY --from=x a b
COPY --from a b
COPY --from=x --from=y a b
COPY --from=x --chown=y --chmod=z a b
COPY --link --link=false a b
COPY --link --link a b
COPY --link --from=x a b
COPY --from a=b c
COPY --link=x a b
COPY --parents a b
COPY --x=y a b
COPY a <b
COPY a "<<b"
ADD a
ADD a b
ADD --from=x a b
ADD --chown=y a b
ENV
ENV a
ENV a b
ENV =b
ENV a=b =c
ENV a=b c
ENV --x=y a=b
LABEL a=b
LABEL ""=b
ARG
ARG a
ARG =a
ARG a=b c
ARG a =b
ARG --x=y a
VOLUME /a
VOLUME
SHELL ["a"]
SHELL a
FROM
FROM a
FROM a as
FROM a AS B-1
FROM a as 1b
FROM a as -b
FROM a as b.c
FROM a in b
FROM a as b c
FROM --platform=x a
HEALTHCHECK
HEALTHCHECK NONE
HEALTHCHECK CMD
HEALTHCHECK --interval=x CMD a
HEALTHCHECK --interval=5s CMD a b
HEALTHCHECK CMD [ "a" ]
HEALTHCHECK CMD ["a"]
HEALTHCHECK CMD [a]
HEALTHCHECK NONE a
HEALTHCHECK x y
MAINTAINER
MAINTAINER a
ONBUILD
ONBUILD RUN a
ONBUILD ONBUILD RUN a
NOTHING a`

// What BuildKit is not asked about, or not in full, is as when it is asked.
func TestNodesOfShortText(t *testing.T) {
	short, sure := 0, 0
	var texts []string
	for _, line := range strings.Split(rightAndWrong, "\n") {
		texts = append(texts, line, line+"\\", line+" \\\n", "# syntax=a\n"+line, "# escape=`\n"+line+"`\n b", "\n# escape=`\n"+line,
			strings.ReplaceAll(line, " ", " \\\n # c\n\n\t")+"\r\n\n# c\nRUN \\\r\n a \\", "RUN <<E\n"+line+"\nE\nRUN a \\\n b")
	}
	for _, text := range shortcutSamples() {
		texts = append(texts, text)
	}
	for _, text := range texts {
		s, c := checkNodes(t, []byte(text))
		short, sure = short+s, sure+c
	}
	if short < 600 || sure < 350 {
		t.Errorf("only %d instructions were read from a short text, %d certain: the shortcut is not taken", short, sure)
	}
}

// checkNodes holds the nodes and what is certain of them against BuildKit, and counts those read from a short text, and
// those that are certain.
func checkNodes(t *testing.T, text []byte) (short, sure int) {
	t.Helper()
	res, err := parser.Parse(bytes.NewReader(text))
	f := &File{Text: text, Lines: source.NewLines(text)}
	nodes, folds, ok := f.shortNodes()
	if ok && err != nil {
		t.Fatalf("BuildKit rejects %q: %v", text, err)
	} else if err != nil {
		return 0, 0
	}
	if ok && f.Escape != byte(res.EscapeToken) {
		t.Fatalf("the escape character of %q is %q", text, f.Escape)
	}
	if ok {
		clearComments(res.AST.Children)
		clearComments(nodes)
		if short = len(nodes); !reflect.DeepEqual(nodes, res.AST.Children) || len(folds) != len(nodes) {
			t.Fatalf("the short text of %q gives\n%s\nBuildKit\n%s", text, (&parser.Node{Children: nodes}).Dump(), res.AST.Dump())
		}
	}
	for _, node := range res.AST.Children {
		from, plain := plainFrom(node)
		if !plain && !certain(node) {
			continue
		}
		sure++
		cmd, err := typed(node)
		if err != nil {
			t.Fatalf("%q is not certain: %v", node.Original, err)
		}
		switch cmd := cmd.(type) {
		case *instructions.HealthCheckCommand:
			t.Fatalf("%q was not asked for", node.Original)
		case *instructions.Stage:
			if !plain || cmd.Name != from.Name || cmd.BaseName != from.BaseName {
				t.Fatalf("%q is %+v, by itself %+v", node.Original, cmd, from)
			}
		}
	}
	return short, sure
}

// clearComments takes the comments off nodes: nothing reads them.
func clearComments(nodes []*parser.Node) {
	for _, n := range nodes {
		n.PrevComment = nil
	}
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
				if got, want := f.ShellAt(at), f.StateAt(at, nil).Shell; !reflect.DeepEqual(got, want) {
					t.Errorf("%s: the shell before line %d is %q, not %q", name, at.Line, got, want)
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
