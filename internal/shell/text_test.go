package shell

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"refit/internal/fuzztest"
	"refit/internal/source"
)

func TestOrigins(t *testing.T) {
	for _, tt := range []struct{ name, script, value, span, origin string }{
		{"plain", "dc -f a.yml up", "a.yml", "a.yml", "a.yml"},
		{"double quotes", `dc -f "a.yml" up`, "a.yml", `"a.yml"`, "a.yml"},
		{"single quotes", `dc -f 'a.yml' up`, "a.yml", `'a.yml'`, "a.yml"},
		{"escape has no place of its own", `dc -f a\ b.yml up`, "a b.yml", `a\ b.yml`, ""},
		{"joined quotes have none", `dc -f a"."yml up`, "a.yml", `a"."yml`, ""},
		{"variable", "F='a.yml'\ndc -f \"$F\" up", "a.yml", `"$F"`, "a.yml"},
		{"two variables", "D=x\nF=$D/a.yml\ndc -f $F up", "x/a.yml", "$F", ""},
		{"variable of a variable", "D=a.yml\nF=$D\ndc -f $F up", "a.yml", "$F", "a.yml"},
		{"default", "dc -f ${F:-a.yml} up", "a.yml", "${F:-a.yml}", "a.yml"},
		{"array", "F=(-f a.yml)\ndc ${F[@]}", "a.yml", "${F[@]}", "a.yml"},
		{"split variable", "DC=\"dc -f a.yml\"\n$DC up", "a.yml", "$DC", "a.yml"},
		{"loop", "for f in x.yml a.yml; do dc -f $f; done", "a.yml", "$f", "a.yml"},
		{"argument", "g() { dc -f \"$1\"; }\ng a.yml", "a.yml", `"$1"`, "a.yml"},
		{"nested", `bash -c "dc -f 'a.yml'"`, "a.yml", `'a.yml'`, "a.yml"},
		{"nested through a variable", "S='dc -f a.yml'\nbash -c \"$S\"", "a.yml", "$S", "a.yml"},
		{"substitution", "dc -f $(echo a.yml)", "a.yml", "$(echo a.yml)", "a.yml"},
		{"trimmed", "F=a.yml.bak\ndc -f ${F%.bak}", "a.yml", "${F%.bak}", "a.yml"},
		{"crlf", "dc -f a.yml\r\nls\r\n", "a.yml", "a.yml", "a.yml"},
		{"continued", "dc \\\n  -f a.yml \\\n  up", "a.yml", "a.yml", "a.yml"},
		{"after a BOM", "\ufeffdc -f a.yml", "a.yml", "a.yml", "a.yml"},
		{"after a broken statement", "if\n)\ndc -f a.yml", "a.yml", "a.yml", "a.yml"},
		{"bytes that are no text", "dc -f \xff\xfe a.yml", "a.yml", "a.yml", "a.yml"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			file := []byte(tt.script)
			var c Command
			for _, cc := range Commands(Parse(file, Bash), Start{}) {
				if cc.Name() == "dc" {
					c = cc
				}
			}
			for _, w := range c.Words {
				if w.Value != tt.value {
					continue
				}
				if got := string(w.Span.Of(file)); got != tt.span {
					t.Errorf("span is %q, want %q", got, tt.span)
				}
				if got := string(w.Origin().Of(file)); got != tt.origin {
					t.Errorf("origin is %q, want %q", got, tt.origin)
				}
				return
			}
			t.Errorf("no word %q in %v", tt.value, c.Words)
		})
	}
}

func TestResolve(t *testing.T) {
	for _, tt := range []struct {
		dir, name, want string
		ok              bool
	}{
		{".", "a", "a", true}, {"x", "../a", "a", true}, {"x", "../../a", "", false}, {"x", "/a", "", false},
		{"x", Root + "/a/../b", "b", true}, {"x", Root, ".", true}, {"x", Root + "y", "", false}, {"x", "a" + Unknown, "", false},
		{"/srv", "a", "", false}, {".", "..", "", false}, {".", "..a", "..a", true}, {".", "./", ".", true},
	} {
		got, ok := Resolve(tt.dir, tt.name)
		if ok != tt.ok || ok && got != tt.want {
			t.Errorf("Resolve(%q, %q) = %q, %v", tt.dir, tt.name, got, ok)
		}
	}
}

func TestDialectOf(t *testing.T) {
	for text, want := range map[string]struct {
		d  Dialect
		ok bool
	}{
		"#!/bin/sh\n": {POSIX, true}, "#!/usr/bin/env -S bash -e\r\n": {Bash, true}, "ls": {Bash, true},
		"#!/usr/bin/env python3": {Bash, false}, "#!": {Bash, true}, "#!/usr/bin/env bats": {Bats, true},
	} {
		d, ok := DialectOf([]byte(text))
		if ok != want.ok || ok && d != want.d {
			t.Errorf("%q: %v, %v", text, d, ok)
		}
	}
}

// A script made to cost much must end soon and must not end the program.
func TestHostile(t *testing.T) {
	many := strings.Repeat
	for name, script := range map[string]string{
		"subshells":    many("(", 300_000),
		"substitution": many("$(", 300_000),
		"defaults":     many("${a:-", 200_000),
		"pipes":        many("a|", 19_000) + "a",
		"ands":         many("a && ", 9_000) + "a",
		"ifs":          many("if ", 15_000),
		"negations":    many("! ", 19_000) + "a",
		"doubling":     "A=xxxxxxxx\n" + many("A=$A$A\n", 200) + "ls $A",
		"calls":        calls(),
		"loops":        many("for i in 1 2 3 4 5 6 7 8 9; do ", 12) + "ls $i;" + many("done;", 12),
		"forks":        many("if a; then X=$RANDOM; else cd x; fi\n", 3_000),
		"variables":    many("export A$((1))=x\n", 3000),
		"assignments":  many("if a; then B=1; fi; C=$B$C; export C; ls\n", 4000),
		"eval":         `eval 'eval "eval \"eval eval eval eval\""'`,
		"braces":       "ls " + many("{a,b}", 10_000),
		"heredocs":     many("cat <<A\n", 5000),
		"quotes":       many(`"$(`, 50_000),
		"arithmetic":   "a=$((" + many("(", 19_000),
		"tests":        "[[ " + many("! ", 19_000) + "a ]]",
		"trim":         "A=" + many("a", 4000) + "\n" + many("ls ${A%%*b}\n", 300),
	} {
		t.Run(name, func(t *testing.T) {
			start := fuzztest.CPUTime()
			Run(Parse([]byte(script), Bash), Start{})
			if d := fuzztest.CPUTime() - start; d > 5*time.Second {
				t.Errorf("took %v", d)
			}
		})
	}
}

// calls is a chain of functions of which each calls the next one twice.
func calls() string {
	var b strings.Builder
	for i := range 30 {
		fmt.Fprintf(&b, "f%d() { f%d; f%d; }\n", i, i+1, i+1)
	}
	return b.String() + "f0"
}

// FuzzRun holds what must be true of every script: no panic, every span inside of the file, and
// what an Origin covers is the word's value.
func FuzzRun(f *testing.F) {
	f.Add("cd \"$(dirname \"$0\")/..\"; F=(-f a.yml); docker compose \"${F[@]}\" up", true)
	f.Add("for f in a b; do case $f in a) bash -c \"ls $f\";; esac; done <x >y", false)
	f.Add("f() { local a=${1:-b}; echo `ls \\`a\\``; }\r\nf x\\\r\n y\r\ncat <<E\n$a\nE", true)
	f.Add("eval \"A=1\"; trap 'ls {a,b}' EXIT; [[ -f $A && x == y ]] || exit\n)\nls", true)
	f.Add("docker compose -fa.yml --env-file=.env -p x up; sudo docker build -t a . ; docker run --mount=type=bind,src=x -va:b i; make -C d A=b", true)
	f.Fuzz(func(t *testing.T, script string, bash bool) {
		d := POSIX
		if bash {
			d = Bash
		}
		file := []byte(script)
		watchdog := time.AfterFunc(5*time.Second, func() { panic("the script takes longer than 5 s") })
		defer watchdog.Stop()
		trace := Run(Parse(file, d), Start{Path: "s/x.sh"})
		check := func(what string, at source.Span) {
			if at != Nowhere && (at.Start < 0 || at.End < at.Start || at.End > len(file)) {
				t.Errorf("%s: span %v lies outside of %d bytes", what, at, len(file))
			}
		}
		word := func(w Word) {
			check("word "+w.Value, w.Span)
			if !w.Origin().IsZero() && string(w.Origin().Of(file)) != w.Value {
				t.Errorf("origin of %q holds %q", w.Value, w.Origin().Of(file))
			}
			for _, p := range w.Parts.Pieces() {
				check("piece "+p.Text, p.Span)
				if p.exact() && string(p.Span.Of(file)) != p.Text {
					t.Errorf("piece %q stands at %q", p.Text, p.Span.Of(file))
				}
			}
		}
		for _, c := range trace.Commands {
			if len(c.Words) == 0 {
				t.Fatal("a command without words")
			}
			check("command", c.Span)
			for _, w := range FileWords(c) {
				word(w.Word)
			}
			if in, ok := Installs(c); ok {
				word(in.Word)
			}
			for _, w := range c.Words {
				word(w)
			}
			for _, a := range c.Env {
				word(a.Value)
			}
			for _, r := range c.Redirects {
				word(r.Target)
			}
		}
		for _, a := range trace.Assignments {
			check("assignment", a.Span)
			word(a.Value)
		}
	})
}
