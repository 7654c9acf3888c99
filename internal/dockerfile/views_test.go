package dockerfile

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestScript(t *testing.T) {
	for _, c := range []struct {
		name, text, want string // the script of the last instruction
		word, file       string // a word in it, and the bytes that its span covers
	}{
		{"one line", "RUN a && b", "a && b", "b", "b"},
		{"folded", "RUN apk add \\\n    # tools\n    curl \\\n    git", "apk add     curl     git", "curl", "curl"},
		{"word over lines", "RUN cu\\\nrl x", "curl x", "curl", "cu\\\nrl"},
		{"flags", "RUN --network=none a", "a", "a", "a"},
		{"crlf", "RUN a && \\\r\n  b\r\n", "a &&   b", "b", "b"},
		{"heredoc", "RUN <<EOF\necho a # c\nEOF", "echo a # c\n", "a # c", "a # c"},
		{"chomped heredoc", "RUN <<-EOF\n\techo a\n\t\techo b\n\tEOF", "echo a\necho b\n", "echo b", "echo b"},
		{"two heredocs", "RUN cat <<A <<B\none\nA\ntwo\nB", "cat <<A <<B\none\nA\ntwo\nB", "two", "two"},
		{"piped heredoc", "RUN python3 <<EOF\nprint(1)\nEOF", "python3 <<EOF\nprint(1)\nEOF", "print(1)", "print(1)"},
		{"cmd", "CMD exec run $X", "exec run $X", "run", "run"},
		{"healthcheck", "HEALTHCHECK --interval=1s CMD  curl \\\n  -f x", "curl   -f x", "-f", "-f"},
		{"onbuild", "ONBUILD RUN a \\\n b", "a  b", "b", "b"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := mustParse(t, "FROM a\n"+c.text)
			in := f.Instructions[1]
			if in.Trigger != nil {
				in = in.Trigger
			}
			s, ok := in.Script()
			if !ok || s.Text != c.want {
				t.Fatalf("%v %q, want %q", ok, s.Text, c.want)
			}
			i := strings.LastIndex(s.Text, c.word)
			if got := string(s.Span(i, i+len(c.word)).Of(f.Text)); got != c.file {
				t.Errorf("%q is at %q", c.word, got)
			}
			if !strings.Contains(c.word, "curl") { // that one is continued in the middle
				for i := range len(s.Text) {
					if at := s.Offset(i); s.Text[i] != f.Text[at] && s.Text[i] != '\n' {
						t.Fatalf("byte %d %q stands at %d, where %q is", i, s.Text[i], at, f.Text[at])
					}
				}
			}
			if end := s.Offset(len(s.Text)); end > in.Span.End || end <= in.Args.Start {
				t.Errorf("the end is at %d, the instruction at %v", end, in.Span)
			}
		})
	}
	f := mustParse(t, "FROM a\nCMD [\"x\"]\nHEALTHCHECK NONE\nRUN <<EOF\n#!/usr/bin/env python\nx\nEOF\n")
	for _, in := range f.Instructions[:3] {
		if s, ok := in.Script(); ok {
			t.Errorf("%s has the script %q", in.Keyword, s.Text)
		}
	}
	if s, _ := f.Instructions[3].Script(); s.Interpreter != "/usr/bin/env python" {
		t.Errorf("interpreter %q", s.Interpreter)
	}
}

func TestCopy(t *testing.T) {
	f := mustParse(t, "FROM a AS x\nFROM scratch\nARG D=out\nWORKDIR /app\n"+
		"COPY --from=x --chown=1:2 --chmod=644 --link --parents=false --exclude=*.a --exclude=b s1 s2 $D/\n"+
		"ADD https://example.com/x.tar <<\"E\" /etc\nbody\nE\nCOPY a .\nCOPY a ./b/../c\nFROM b\nCOPY a c\n")
	c, ok := find(t, f, "COPY", 0).Copy()
	if !ok || c.From != "x" || c.Chown != "1:2" || c.Chmod != "644" || !c.Link || c.Parents || !slices.Equal(c.Exclude, []string{"*.a", "b"}) {
		t.Errorf("%+v", c)
	}
	if len(c.Sources) != 2 || string(c.Sources[1].Span.Of(f.Text)) != "s2" || string(c.Dest.Span.Of(f.Text)) != "$D/" {
		t.Errorf("%+v", c.Sources)
	}
	add, _ := find(t, f, "ADD", 0).Copy()
	if !add.Sources[0].IsRemote() || add.Sources[1].Heredoc == nil || add.Sources[1].Heredoc.Content != "body\n" || add.Sources[1].Heredoc.Expand {
		t.Errorf("%+v", add.Sources)
	}
	for i, want := range []string{"/app/out/ []", "/app/ []", "/app/c []", "/c [WORKDIR]"} {
		in := find(t, f, "COPY", i)
		c, _ := in.Copy()
		target, unproven := c.Target(f.StateAt(in, nil))
		if got := fmt.Sprint(target, " ", unproven); got != want {
			t.Errorf("COPY %d goes to %s, want %s", i, got, want)
		}
	}
	if _, ok := f.Instructions[0].Copy(); ok {
		t.Error("FROM has a copy view")
	}
}

func TestMounts(t *testing.T) {
	f := mustParse(t, "FROM a AS b\nFROM a\nRUN --mount=type=cache,Target=/c,uid=1000,sharing=locked \\\n  --mount=from=b,source=/x,dst=/y,rw --mount='type=secret,\"id=a,b\"' x\n")
	m := find(t, f, "RUN", 0).Mounts()
	if len(m) != 3 || m[0].Type != "cache" || m[0].Target != "/c" || m[1].Type != "bind" || m[1].From != "b" || m[1].Source != "/x" || m[1].Target != "/y" || m[2].ID != "a,b" {
		t.Fatalf("%+v", m)
	}
	uid, _ := m[0].Field("uid")
	if string(uid.ValueSpan.Of(f.Text)) != "1000" || string(uid.Span.Of(f.Text)) != "uid=1000" {
		t.Errorf("uid at %q", uid.Span.Of(f.Text))
	}
	if rw, ok := m[1].Field("rw"); !ok || rw.HasValue {
		t.Errorf("%+v", rw)
	}
	if !m[2].Fields[0].Span.IsZero() {
		t.Errorf("a quoted mount has spans: %+v", m[2].Fields)
	}
	if refs := find(t, f, "RUN", 0).FromRefs(); len(refs) != 1 || string(refs[0].Span.Of(f.Text)) != "b" {
		t.Errorf("%+v", refs)
	}
}

func TestStages(t *testing.T) {
	f := mustParse(t, `ARG BASE=python:3
ARG WHICH=base
FROM ${BASE} AS Base
ONBUILD COPY --from=tool /a /b
FROM scratch AS tool
FROM $WHICH AS build
RUN --mount=from=TOOL,target=/t x
FROM busybox
FROM base AS final
COPY --from=BUILD /x /x
COPY --from=3 /y /y
COPY --from=nginx:1 /z /z
FROM alpine AS base
`)
	names := func(list []*Stage) string {
		var out []string
		for _, s := range list {
			out = append(out, s.Addr())
		}
		return strings.Join(out, " ")
	}
	final, ok := f.Stage("Final")
	if !ok || final.Index != 4 {
		t.Fatalf("final is %+v", final)
	}
	for what, c := range map[string][2]string{
		"depends":   {names(final.DependsOn(nil)), "stage:0 stage:tool stage:build stage:3"},
		"mount":     {names(f.Stages[2].DependsOn(nil)), "stage:0 stage:tool"},
		"reachable": {names(f.Stages[2].Reachable(nil)), "stage:0 stage:tool stage:build"},
		"argument":  {names(f.Stages[2].DependsOn(map[string]string{"WHICH": "x"})), "stage:tool"},
		"base name": {f.Stages[0].BaseName(nil), "python:3"},
		"with args": {f.Stages[0].BaseName(map[string]string{"BASE": "b:2"}), "b:2"},
	} {
		if c[0] != c[1] {
			t.Errorf("%s: %q, want %q", what, c[0], c[1])
		}
	}
	if base, ok := final.ExternalBase(nil); !ok || base != "python:3" {
		t.Errorf("final builds on %q", base)
	}
	if base, ok := f.Stages[1].ExternalBase(nil); !ok || base != "scratch" {
		t.Errorf("tool builds on %q", base)
	}
	if s, ok := f.Target(""); !ok || s.Index != 5 {
		t.Errorf("the default target is %+v", s)
	}
	if s, ok := f.Target("BASE"); !ok || s.Index != 5 {
		t.Errorf("of two stages with one name, the target is %+v", s)
	}
	for _, name := range []string{"nope", "0"} {
		if _, ok := f.Target(name); ok {
			t.Errorf("%q is a target", name)
		}
	}
	for _, name := range []string{"6", "-1", "nope"} {
		if _, ok := f.Stage(name); ok {
			t.Errorf("%q is a stage", name)
		}
	}
}

func TestConfigAndState(t *testing.T) {
	f := mustParse(t, `ARG V=1
FROM python:3.12 AS base
ENV PATH=/opt/venv/bin:$PATH HOME2=$HOME
WORKDIR app
CMD ["python"]
FROM base AS prod
ARG V
ARG W=w$V
USER 1000:1000
RUN echo
ENV W=e
HEALTHCHECK --interval=30s --retries=3 CMD curl x
ENTRYPOINT ["e"]
WORKDIR /srv
`)
	prod, _ := f.Target("")
	c := prod.Config(nil)
	path, _ := c.Env.Get("PATH")
	home, _ := c.Env.Get("HOME2")
	if path.Value != "/opt/venv/bin:"+defaultPath || !slices.Equal(path.Unproven, []string{"PATH"}) || !slices.Equal(home.Unproven, []string{"HOME"}) {
		t.Errorf("%+v %+v", path, home)
	}
	if c.Cmd.At != nil || c.Unknown.Cmd || c.Entrypoint.Argv[0] != "e" {
		t.Errorf("ENTRYPOINT keeps the parent's CMD: %+v", c.Cmd)
	}
	if c.User.Value != "1000:1000" || c.Unknown.User || c.User.At != find(t, f, "USER", 0) || c.WorkingDir.Value != "/srv" || c.Unknown.WorkingDir {
		t.Errorf("%+v %+v", c.User, c.WorkingDir)
	}
	if !c.Unknown.Env || !c.Unknown.Shell || c.Unknown.Healthcheck || c.Healthcheck.Interval != 30*time.Second || !c.Healthcheck.ShellForm {
		t.Errorf("%+v %+v", c.Unknown, c.Healthcheck)
	}
	if base, _ := f.Stage("base"); !base.Config(nil).Unknown.WorkingDir || base.Config(nil).WorkingDir.Value != "/app" {
		t.Error("a relative WORKDIR on an unknown one is taken for known")
	}
	run := find(t, f, "RUN", 0)
	st := f.StateAt(run, map[string]string{"V": "2"})
	if w, _ := st.Vars.Get("W"); w.Value != "w2" || st.User.Value != "1000:1000" || st.WorkingDir.Value != "/app" || st.Healthcheck != nil {
		t.Errorf("before RUN: %+v %+v", w, st)
	}
	if got, _ := st.Expand(`"$V/$W"`); got != "2/w2" {
		t.Errorf("expanded to %q", got)
	}
	if v, _ := f.StateAt(f.Stages[0].From, nil).Vars.Get("V"); v.Value != "1" {
		t.Errorf("before FROM: %+v", v)
	}
	scratch := mustParse(t, "FROM scratch\nRUN x\n").Stages[0].Config(nil)
	if scratch.Unknown != (Unknown{}) || scratch.WorkingDir.Value != "/" {
		t.Errorf("scratch: %+v", scratch)
	}
	bomb := mustParse(t, "FROM a\nENV A=0123456789\n"+strings.Repeat("ENV A=$A$A\n", 40))
	if err := bomb.Stages[0].CheckSize(nil); err == nil {
		t.Error("a doubling variable passes")
	}
	if a, _ := bomb.Stages[0].Config(nil).Env.Get("A"); len(a.Value) > maxExpansion {
		t.Errorf("it grew to %d bytes", len(a.Value))
	}
}

func TestIgnoreFor(t *testing.T) {
	has := func(files ...string) func(string) bool {
		return func(p string) bool { return slices.Contains(files, p) }
	}
	for _, c := range []struct {
		file, context, want string
		kind                IgnoreKind
		has                 func(string) bool
	}{
		{"Dockerfile", ".", ".dockerignore", IgnoreContext, has(".dockerignore")},
		{"docker/Dockerfile", ".", ".dockerignore", IgnoreContext, has(".dockerignore", "docker/.dockerignore")},
		{"docker/Dockerfile", ".", "docker/Dockerfile.dockerignore", IgnoreBeside, has(".dockerignore", "docker/Dockerfile.dockerignore")},
		{"./docker/a.Dockerfile", "api", "docker/a.Dockerfile.dockerignore", IgnoreBeside, has("api/.dockerignore", "docker/a.Dockerfile.dockerignore")},
		{"docker/Dockerfile", ".", "", IgnoreNone, has("docker/.dockerignore")},
	} {
		if got, kind := IgnoreFor(c.file, c.context, c.has); got != c.want || kind != c.kind {
			t.Errorf("%s in %s reads %q (%s), want %q", c.file, c.context, got, kind, c.want)
		}
	}
	if got, _ := ClassicIgnoreFor(".", has(".dockerignore", "Dockerfile.dockerignore")); got != ".dockerignore" {
		t.Errorf("the classic builder reads %q", got)
	}
}
