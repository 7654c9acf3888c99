package buildgraph

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"refit/internal/dockerfile"
)

func parse(t testing.TB, text string) *dockerfile.File {
	t.Helper()
	f, err := dockerfile.Parse("Dockerfile", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func build(t testing.TB, text, target string, args map[string]string) *Graph {
	t.Helper()
	g, err := New(context.Background(), parse(t, text), target, args)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return g
}

const sample = `# syntax=docker/dockerfile:1
ARG TAG=3.12
FROM python:${TAG} AS base
WORKDIR /app
ENV TOKEN=made-up-value
FROM base AS builder
COPY pyproject.toml uv.lock ./
RUN --mount=type=cache,target=/root/.cache uv sync
FROM base AS production
COPY --from=builder --chown=1000:1000 /opt/venv /opt/venv
COPY src/ src/
USER 1000:1000
EXPOSE 8000
CMD ["python", "-m", "app"]
`

func TestGraph(t *testing.T) {
	g := build(t, sample, "", nil)
	if g.Ops[len(g.Ops)-1].Title != "copy /src to /app/src/" {
		t.Errorf("the last operation is %q", g.Ops[len(g.Ops)-1].Title)
	}
	if want := []string{"pyproject.toml", "src", "uv.lock"}; !slices.Equal(g.ContextPaths, want) {
		t.Errorf("context paths %v, want %v", g.ContextPaths, want)
	}
	if want := []string{"python:3.12"}; !slices.Equal(g.Unproven, want) {
		t.Errorf("unproven %v, want %v", g.Unproven, want)
	}
	if !slices.Contains(g.Image, `user "1000:1000"`) || !slices.Contains(g.Image, `expose 8000/tcp`) {
		t.Errorf("image %q", g.Image)
	}
	all := fmt.Sprintf("%+v", g)
	if strings.Contains(all, "made-up-value") {
		t.Error("the graph repeats the value of a variable")
	}
	if got := build(t, sample, "BASE", nil); len(got.Ops) >= len(g.Ops) || len(got.ContextPaths) != 0 {
		t.Errorf("target base has %d operations and paths %v", len(got.Ops), got.ContextPaths)
	}
	if got := build(t, sample, "", map[string]string{"TAG": "3.13"}); got.Digest == g.Digest || got.Unproven[0] != "python:3.13" {
		t.Errorf("a build argument changes nothing: %v", got.Unproven)
	}
	if got := build(t, "FROM alpine\nCOPY . /a\n", "", nil); !got.WholeContext {
		t.Error("COPY . does not ask for the whole context")
	}
	if got := build(t, "FROM scratch\n", "", nil); len(got.Ops) != 0 {
		t.Errorf("scratch has operations: %v", got.Ops)
	}
}

// TestSame: what a build does not see must not show.
func TestSame(t *testing.T) {
	g := build(t, sample, "", nil)
	for name, text := range map[string]string{
		"comments":     "# hello\n" + strings.ReplaceAll(sample, "USER", "# why\nUSER"),
		"blank lines":  strings.ReplaceAll(sample, "\n", "\n\n"),
		"crlf":         strings.ReplaceAll(sample, "\n", "\r\n"),
		"stage names":  strings.ReplaceAll(sample, "builder", "deps"),
		"unused stage": strings.Replace(sample, "FROM base AS builder", "FROM alpine AS unused\nRUN x\nFROM base AS builder", 1),
		"inert arg":    strings.Replace(sample, "${TAG}", "3.12", 1),
		"keyword case": strings.ReplaceAll(sample, "USER", "user"),
	} {
		if d := Diff(g, build(t, text, "", nil)); len(d) > 0 {
			t.Errorf("%s: %v", name, d)
		}
		if ops, same, err := Same(t.Context(), Wanted{File: parse(t, sample)}, Wanted{File: parse(t, text)}); err != nil || !same || ops != len(g.Ops) {
			t.Errorf("%s: %d operations, same: %v, %v", name, ops, same, err)
		}
	}
}

// TestDiff plants one difference of every kind.
func TestDiff(t *testing.T) {
	g := build(t, sample, "", nil)
	for _, c := range []struct{ name, from, to, want string }{
		{"command", "uv sync", "uv sync --frozen", "+ exec /bin/sh -c uv sync --frozen"},
		{"user", "USER 1000:1000\n", "", `- image user "1000:1000"`},
		{"env value", "made-up-value", "another-made-up-value", "~ exec /bin/sh -c uv sync: no longer op.exec.meta.env"},
		{"owner", "--chown=1000:1000 ", "", "owner"},
		{"mount", "--mount=type=cache,target=/root/.cache ", "", "~ exec /bin/sh -c uv sync: "},
		{"cmd", `"app"`, `"other"`, `+ image cmd ["python" "-m" "other"]`},
		{"context path", "src/ src/", "lib/ src/", "+ file copy /lib to /app/src/"},
		{"base", "python:${TAG}", "python:3.11", "+ source docker-image://docker.io/library/python:3.11"},
		{"new layer", "USER", "RUN true\nUSER", "+ exec /bin/sh -c true"},
		{"wiring", "FROM base AS production", "FROM python:3.12 AS production\nWORKDIR /app\nENV TOKEN=made-up-value\nRUN a\nFROM base AS production", ""},
		{"order", "COPY pyproject.toml uv.lock ./\nRUN", "RUN", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := strings.Replace(sample, c.from, c.to, 1)
			if text == sample {
				t.Fatal("nothing replaced")
			}
			d := Diff(g, build(t, text, "", nil))
			if _, same, err := Same(t.Context(), Wanted{File: parse(t, sample)}, Wanted{File: parse(t, text)}); err != nil || same != (len(d) == 0) {
				t.Errorf("same: %v, %v", same, err)
			}
			if c.name == "wiring" {
				if len(d) != 0 {
					t.Errorf("an unused stage shows: %v", d)
				}
				return
			}
			if len(d) == 0 || !slices.ContainsFunc(d, func(l string) bool {
				return strings.Contains(strings.ReplaceAll(l, "env TOKEN", "op.exec.meta.env"), c.want)
			}) {
				t.Errorf("%q lacks %q", d, c.want)
			}
			if strings.Contains(strings.Join(d, "\n"), "made-up-value") {
				t.Errorf("the difference repeats a value: %v", d)
			}
		})
	}
}

func TestGraphErrors(t *testing.T) {
	for _, c := range []struct{ name, text, target, want string }{
		{"no target", sample, "nope", "Dockerfile: there is no stage named nope"},
		{"later stage", "FROM a AS x\nCOPY --from=y /a /b\nFROM a AS y\n", "x", "Dockerfile:2:1: "},
		{"blank base", "ARG B\nFROM ${B}\n", "", "Dockerfile:2:1: base name (${B}) should not be blank"},
		{"bombs", "FROM a\nENV A=0123456789\n" + strings.Repeat("ENV A=$A$A\n", 60), "", "grow too large"},
		{"preamble bomb", "ARG A=0123456789\n" + strings.Repeat("ARG A=$A$A\n", 60) + "FROM a\n", "", "grow too large"},
		{"many", "FROM a\nENV A=" + strings.Repeat("x", 60000) + "\n" + strings.Repeat("RUN x\n", 3000), "", "grow too large"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := New(context.Background(), parse(t, c.text), c.target, nil)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
}

func TestLint(t *testing.T) {
	f := parse(t, "FROM alpine AS Base\nWORKDIR app\nCMD run me\nCOPY $NOPE /x\n# check=skip=MaintainerDeprecated\nMAINTAINER me\nMAINTAINER you\n")
	list, err := Lint(context.Background(), f)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, w := range list {
		got = append(got, w.Rule+" "+string(w.Span.Of(f.Text)))
		if w.Unproven != (w.Rule == "UndefinedVar") || w.URL == "" || w.Message == "" {
			t.Errorf("%+v", w)
		}
	}
	want := []string{"StageNameCasing FROM alpine AS Base", "WorkdirRelativePath WORKDIR app", "JSONArgsRecommended CMD run me",
		"UndefinedVar COPY $NOPE /x", "MaintainerDeprecated MAINTAINER you"}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	list, err = Lint(context.Background(), parse(t, "# check=error=true\nFROM a AS B\n"))
	if err != nil || len(list) != 1 {
		t.Errorf("%v %v", list, err)
	}
}

func BenchmarkGraph(b *testing.B) {
	f := parse(b, sample)
	for b.Loop() {
		if _, err := New(context.Background(), f, "", nil); err != nil {
			b.Fatal(err)
		}
	}
}

// Targets that are written alike are not built twice: they must have the same graph.
func TestWritten(t *testing.T) {
	const file = "ARG V=1\nFROM a AS one\nRUN x $V\nFROM b AS two\nCOPY --from=tools /t /t\nFROM one\nCOPY --from=two /t /t\n"
	texts := []string{file, file + "USER u\n", file + "FROM c AS late\n", strings.Replace(file, "FROM one\n", "FROM one\nRUN y\n", 1),
		strings.Replace(file, "V=1", "V=2", 1), strings.Replace(file, "RUN x $V", "RUN x $V && y", 1), strings.Replace(file, "FROM a", "# why\nFROM a", 1)}
	alike := 0
	for _, before := range texts {
		for _, after := range texts {
			for _, target := range []string{"one", "two", "absent"} {
				for _, v := range []string{"1", "3"} {
					a, b := Wanted{parse(t, before), target, map[string]string{"V": "1"}}, Wanted{parse(t, after), target, map[string]string{"V": v}}
					if !written(a, b) {
						continue
					}
					alike++
					if d := Diff(build(t, before, target, a.Args), build(t, after, target, b.Args)); len(d) > 0 {
						t.Errorf("%s of %q and %q: %v", target, before, after, d)
					}
				}
			}
		}
	}
	if alike < 30 {
		t.Errorf("%d pairs are written alike", alike)
	}
}
