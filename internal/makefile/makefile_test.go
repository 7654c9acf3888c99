package makefile

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"refit/internal/edit"
	"refit/internal/fuzztest"
	"refit/internal/shell"
	"refit/internal/source"
)

func visible(s string) string {
	return strings.NewReplacer(shell.Unknown, "?", shell.Root, "/repo").Replace(s)
}

// TestOrigins: a path that a recipe uses is found where it stands, through variables.
func TestOrigins(t *testing.T) {
	for _, tt := range []struct{ name, text, value, span, origin string }{
		{"direct", "up:\n\tdocker compose -f a.yml up\n", "a.yml", "a.yml", "a.yml"},
		{"variable", "F := a.yml # x\nup:\n\tdocker compose -f $(F) up\n", "a.yml", "$(F)", "a.yml"},
		{"quoted variable", "F := a.yml\nup:\n\tdocker compose -f \"$(F)\" up\n", "a.yml", `"$(F)"`, "a.yml"},
		{"command in a variable", "DC = docker compose -f a.yml\nup:\n\t@$(DC) up\n", "a.yml", "$(DC)", "a.yml"},
		{"two variables", "D = x\nF = $(D)/a.yml\nup:\n\tdocker compose -f $(F) up\n", "x/a.yml", "$(F)", ""},
		{"shell variable", "up:\n\tF=a.yml; docker compose -f $$F up\n", "a.yml", "$$F", "a.yml"},
		{"continued", "DC = docker compose \\\n  -f a.yml \\\n  -f b.yml\nup:\n\t$(DC) \\\n\t  up\n", "a.yml", "$(DC)", "a.yml"},
		{"call", "dc = docker compose -f $(1) up\nup:\n\t$(call dc,a.yml)\n", "a.yml", "$(call dc,a.yml)", "a.yml"},
		{"one line", "up: ; docker compose -f a.yml up\n", "a.yml", "a.yml", "a.yml"},
		{"crlf", "F := a.yml\r\nup:\r\n\tdocker compose -f $(F) up\r\n", "a.yml", "$(F)", "a.yml"},
		{"override by the environment", "F ?= a.yml\nup:\n\tdocker compose -f $(F) up\n", "a.yml", "$(F)", "a.yml"},
		{"bash -c", "F := a.yml\nup:\n\tbash -c 'docker compose -f $(F) up'\n", "a.yml", "$(F)", "a.yml"},
		{"addprefix", "FS := a.yml b.yml\nup:\n\tdocker compose $(addprefix -f ,$(FS)) up\n", "a.yml", "$(addprefix -f ,$(FS))", "a.yml"},
		{"exported", "export COMPOSE_FILE := a.yml\nup:\n\tdocker compose up\n", "a.yml", "a.yml", "a.yml"},
		{"define", "define up_cmd\ndocker compose -f a.yml up\nendef\nup:\n\t$(up_cmd)\n", "a.yml", "$(up_cmd)", "a.yml"},
		{"spaces for a tab", "up:\n    docker compose -f a.yml up\n", "a.yml", "a.yml", "a.yml"},
		{"other prefix", ".RECIPEPREFIX = >\nup:\n>docker compose -f a.yml up\n", "a.yml", "a.yml", "a.yml"},
		{"target variable", "up: F = a.yml\nup:\n\tdocker compose -f $(F) up\n", "a.yml", "$(F)", "a.yml"},
		{"absolute", "up:\n\tdocker compose -f $(CURDIR)/a.yml up\n", "/repo/a.yml", "$(CURDIR)/a.yml", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			text := []byte(tt.text)
			for _, c := range Parse("Makefile", text).Commands("up") {
				compose, ok := shell.AsCompose(c)
				if !ok {
					continue
				}
				w := compose.FileList(c)[0]
				if got := visible(w.Value); got != tt.value {
					t.Errorf("value is %q, want %q", got, tt.value)
				}
				if got := string(w.Span.Of(text)); got != tt.span {
					t.Errorf("span is %q, want %q", got, tt.span)
				}
				if got := string(w.Origin().Of(text)); got != tt.origin {
					t.Errorf("origin is %q, want %q", got, tt.origin)
				}
				return
			}
			t.Error("no Compose command")
		})
	}
}

func recipesOf(f *File, target string) string {
	var out []string
	for _, r := range f.Rules {
		for _, w := range r.Targets {
			if w.Value != target {
				continue
			}
			for _, rec := range f.Recipes(r, target) {
				line := ""
				if rec.Default {
					line = "*"
				}
				if rec.Via != "" {
					line += rec.Via + ": "
				}
				for i, s := range rec.Scripts {
					if i > 0 {
						line += " / "
					}
					line += visible(s.Text.String())
				}
				out = append(out, line)
			}
		}
	}
	return strings.Join(out, "\n")
}

func TestWays(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"two branches", "ENV ?= dev\nifeq ($(ENV),prod)\nF := p.yml\nelse\nF := d.yml\nendif\nup:\n\tdc $(F)\n", "*dc d.yml\ndc p.yml"},
		{"chain", "ENV ?= test\nifeq ($(ENV),prod)\nF := p\nelse ifeq ($(ENV),test)\nF := t\nelse\nF := d\nendif\nup:\n\tdc $(F)\n", "*dc t\ndc d\ndc p"},
		{"the same test twice", "ifeq ($(E),p)\nA := 1\nelse\nA := 2\nendif\nifneq ($(E),p)\nB := 2\nelse\nB := 1\nendif\nup:\n\tdc $(A) $(B)\n", "*dc 2 2\ndc 1 1"},
		{"tests that exclude each other", "ifeq ($(E),p)\nA := 1\nendif\nifeq ($(E),q)\nA := 2\nendif\nA ?= 3\nup:\n\tdc $(A)\n", "*dc 3\ndc 2\ndc 1"},
		{"in the recipe", "up:\nifdef CI\n\tdc ci\nelse\n\tdc dev\nendif\n\tdc both\n", "*dc dev / dc both\ndc ci / dc both"},
		{"around the rule", "ifdef CI\nup:\n\tdc ci\nelse\nup:\n\tdc dev\nendif\n", "*\ndc ci\n*dc dev\n"},
		{"append in a branch", "F := -f a\nifdef CI\nF += -f b\nendif\nup:\n\tdc $(F)\n", "*dc -f a\ndc -f a -f b"},
		{"handed down", "prod: F = p.yml\nprod: up\nF = d.yml\nup:\n\tdc $(F)\n", "*dc d.yml\nprod: dc p.yml"},
		{"shell is not run", "F := $(shell rm -rf /)\nG != ls\nup:\n\tdc $(F) $(G) $(wildcard *) $(UNDEFINED)\n", "*dc ? ? ? ?"},
		{"no end", "A = $(A)\nB = $(C)\nC = $(B)\nup:\n\tdc $(A) $(B)\n", "*dc ? ?"},
		{"makefile folder", "D := $(dir $(abspath $(lastword $(MAKEFILE_LIST))))\nup:\n\tdc $(D)a.yml $(PWD) $(shell pwd)\n", "*dc /repo/a.yml /repo /repo"},
		{"oneshell", ".ONESHELL:\nup:\n\tcd a\n\tls\n", "*cd a\nls"},
		{"pattern", "%-up:\n\tdc $*.yml $@\n", ""},
		{"computed name", "E = dev\nF_dev = d.yml\nup:\n\tdc $(F_$(E))\n", "*dc d.yml"},
		{"later definition", "up:\n\tdc $(F)\nF = late\n", "*dc late"},
		{"immediate", "A = 1\nB := $(A)\nA = 2\nup:\n\tdc $(A) $(B)\n", "*dc 2 1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := recipesOf(Parse("Makefile", []byte(tt.text)), "up"); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}

func TestProblems(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"none", "a:\n\tls\n", ""},
		{"spaces", "a:\n    docker compose up\n    ls\nb:\n\tls\n", "2:1 missing separator: the recipe line is indented with spaces (spaces)|3:1 missing separator: the recipe line is indented with spaces (spaces)"},
		{"spaces that make reads as a rule", "a:\n    echo x: y\n", ""},
		{"no rule", "hello\n", "1:1 missing separator"},
		{"tab before any rule", "\tls\n", "1:1 recipe commences before first target"},
		{"endif", "endif\n", "1:1 extraneous endif"},
		{"else", "else\n", "1:1 extraneous else"},
		{"if", "ifdef A\n", "1:1 missing endif"},
		{"define", "define A\nx\n", "1:8 missing endef"},
		{"condition", "ifeq A\nendif\n", "1:1 invalid syntax in conditional"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := Parse("Makefile", []byte(tt.text))
			lines := source.NewLines([]byte(tt.text))
			var got []string
			for _, p := range f.Problems {
				s := fmt.Sprintf("%s %s", lines.Position(p.Span.Start), p.What)
				if p.Spaces {
					s += " (spaces)"
				}
				got = append(got, strings.Replace(s, ":1:", ":", 1))
			}
			if g := strings.Join(got, "|"); g != tt.want {
				t.Errorf("got  %s\nwant %s", g, tt.want)
			}
		})
	}
}

func TestTargets(t *testing.T) {
	f := Parse("Makefile", []byte("N = x\n.PHONY: up help\n## Starts it\n## for you\nup: a b | c\n\tls\nhelp: ## Shows this\n$(N)-$(N): ;\n%.o: %.c\n.env:\nifdef CI\nci:\nendif\n$(UNDEF):\nup: d\n"))
	var got []string
	for _, x := range f.Targets() {
		got = append(got, fmt.Sprintf("%s %v %q %v %d", x.Name, x.Phony, x.Doc, x.Conditional, len(x.Rules)))
	}
	want := []string{`up true "Starts it for you" false 2`, `help true "Shows this" false 1`, `x-x false "" false 1`, `.env false "" false 1`, `ci false "" true 1`}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s", strings.Join(got, "\n"))
	}
	if f.DefaultGoal() != "up" || !f.Dynamic() {
		t.Error(f.DefaultGoal(), f.Dynamic())
	}
	if g := Parse("Makefile", []byte(".DEFAULT_GOAL := b\na:\nb:\n")).DefaultGoal(); g != "b" {
		t.Error(g)
	}
}

func patched(t *testing.T, text string, edits []edit.Edit, err error) string {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	out, err := edit.Patch([]byte(text), edits)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func TestAddPhony(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{".PHONY: a # all\na:\nb:\n", ".PHONY: a b # all\na:\nb:\n"},
		{".PHONY: \\\n  a\na:\nb:\n", ".PHONY: \\\n  a b\na:\nb:\n"},
		{".PHONY:\na:\nb:\n", ".PHONY: b\na:\nb:\n"},
		{"X = 1\n\n# about a\na:\nb:\n", "X = 1\n\n.PHONY: b\n# about a\na:\nb:\n"},
		{"ifdef A\na:\nendif\nb:\r\n", ".PHONY: b\nifdef A\na:\nendif\nb:\r\n"},
		{".PHONY: b\nb:\n", ".PHONY: b\nb:\n"},
		{"# c\n.POSIX:\n.SUFFIXES:\nb:\n", "# c\n.POSIX:\n.PHONY: b\n.SUFFIXES:\nb:\n"},
		{"X = 1", "X = 1\n.PHONY: b\n"},
		{".PHONY: a\r\nb:", ".PHONY: a b\r\nb:"},
	} {
		edits, err := Parse("Makefile", []byte(tt.text)).AddPhony("b")
		if got := patched(t, tt.text, edits, err); got != tt.want {
			t.Errorf("%q\n got %q\nwant %q", tt.text, got, tt.want)
		}
	}
}

func TestAddPrerequisite(t *testing.T) {
	for _, tt := range []struct {
		text, want string
		err        error
	}{
		{"a:\n\tls\n", "a: x\n\tls\n", nil},
		{"a: b | c ## d\n", "a: b x | c ## d\n", nil},
		{"a: ; ls\n", "a: x ; ls\n", nil},
		{"a:: b\\\n c\n", "a:: b\\\n c x\n", nil},
		{"a: x\n", "a: x\n", nil},
		{"a: $(B)\n", "a: $(B) x\n", nil},
		{"a b:\n", "", ErrAmbiguous},
		{"c:\n", "", ErrValue},
	} {
		edits, err := Parse("Makefile", []byte(tt.text)).AddPrerequisite("a", "x")
		if tt.err != nil {
			if !errors.Is(err, tt.err) {
				t.Errorf("%q: %v", tt.text, err)
			}
			continue
		}
		if got := patched(t, tt.text, edits, err); got != tt.want {
			t.Errorf("%q\n got %q\nwant %q", tt.text, got, tt.want)
		}
	}
}

func TestReplace(t *testing.T) {
	text := "F := a.yml\nup:\n\tls b.yml\n"
	f := Parse("Makefile", []byte(text))
	inVariable, err := f.Replace(f.Variables[0].Value.Use(0, 5), "x$#", "")
	inRecipe, err2 := f.Replace(source.Span{Start: strings.Index(text, "b.yml"), End: strings.Index(text, "b.yml") + 5}, "y$#", "")
	if got := patched(t, text, []edit.Edit{inVariable, inRecipe}, errors.Join(err, err2)); got != "F := x$$\\#\nup:\n\tls y$$#\n" {
		t.Errorf("%q", got)
	}
	if _, err := f.Replace(source.Span{Start: 0, End: 1}, "a\nb", ""); !errors.Is(err, ErrValue) {
		t.Error(err)
	}
}

func TestAppendTargets(t *testing.T) {
	targets := []NewTarget{{Name: "dev-up", Doc: "Start", Prereqs: []string{"setup"}, Recipe: []string{"@echo $$HOME", "ls"}, Phony: true}, {Name: "x"}}
	block := "# >>> refit DIGEST\n.PHONY: dev-up\n\ndev-up: setup ## Start\n\t@echo $$HOME\n\tls\n\nx:\n# <<< refit\n"
	for _, tt := range []struct{ text, before string }{
		{"", ""}, {"a:\n", "a:\n\n"}, {"a:\n\tls", "a:\n\tls\n\n"}, {"a:\r\n", "a:\r\n\r\n"}, {"A = \\\n", "A = \\\n\n\n"},
	} {
		f := Parse("Makefile", []byte(tt.text))
		edits, err := f.AppendTargets(targets...)
		got := patched(t, tt.text, edits, err)
		want := strings.Replace(block, "DIGEST", got[len(tt.before)+12:len(tt.before)+24], 1)
		if strings.Contains(tt.text, "\r") {
			want = strings.ReplaceAll(want, "\n", "\r\n")
		}
		if got != tt.before+want {
			t.Errorf("%q\n got %q\nwant %q", tt.text, got, tt.before+want)
		}
		again := Parse("Makefile", []byte(got))
		if len(again.Problems) > 0 {
			t.Error(again.Problems)
		}
		if edits, err := again.AppendTargets(targets...); err != nil || edits != nil {
			t.Errorf("a second run changes %v, %v", edits, err)
		}
		fewer, err := again.AppendTargets(targets[1])
		if s := patched(t, got, fewer, err); strings.Contains(s, "dev-up") || !strings.Contains(s, "x:") || !strings.HasPrefix(s, tt.before) {
			t.Errorf("%q", s)
		}
		touched := Parse("Makefile", []byte(strings.Replace(got, "\tls\r\n\r\nx", "\tls -l\r\n\r\nx", 1)))
		if !strings.Contains(got, "\r") {
			touched = Parse("Makefile", []byte(strings.Replace(got, "\tls\n\nx", "\tls -l\n\nx", 1)))
		}
		if _, err := touched.AppendTargets(targets[1]); !errors.Is(err, ErrBlockEdited) {
			t.Errorf("an edited block: %v", err)
		}
	}
	if _, err := Parse("Makefile", []byte("ifdef A\n")).AppendTargets(targets...); !errors.Is(err, ErrUnfinished) {
		t.Error(err)
	}
	f := Parse("Makefile", []byte(".RECIPEPREFIX := >\na:\n>ls\n"))
	edits, err := f.AppendTargets(NewTarget{Name: "b", Recipe: []string{"ls"}})
	if got := patched(t, string(f.text), edits, err); !strings.Contains(got, "\nb:\n>ls\n") {
		t.Errorf("%q", got)
	}
}

func TestHostile(t *testing.T) {
	var doubling, conds strings.Builder
	for i := range 60 {
		fmt.Fprintf(&doubling, "A%d = $(A%d)$(A%d)\n", i, i+1, i+1)
		fmt.Fprintf(&conds, "ifdef X%d\nA += x%d\nendif\n", i, i)
	}
	for name, text := range map[string]string{
		"doubling":   doubling.String() + "A60 = x\nup:\n\tls $(A0)\n",
		"branches":   conds.String() + "up:\n\tls $(A)\n",
		"nested ifs": strings.Repeat("ifdef A\n", 5000) + "up:\n\tls\n",
		"references": "A = " + strings.Repeat("$(", 100_000) + "\nup:\n\tls $(A)\n",
		"targets":    strings.Repeat("a ", 20_000) + ":\n\tls\n",
		"lines":      strings.Repeat("up: a\n", 20_000),
		"appends":    strings.Repeat("A += $(B) x\n", 5_000) + "up:\n\tls $(A)\n",
		"colons":     strings.Repeat(":", 50_000),
	} {
		t.Run(name, func(t *testing.T) {
			start := fuzztest.CPUTime()
			f := Parse("Makefile", []byte(text))
			f.Targets()
			f.Commands("up")
			if d := fuzztest.CPUTime() - start; d > 5*time.Second {
				t.Errorf("took %v", d)
			}
		})
	}
}

// FuzzParse holds what must be true of every makefile: no panic, every span inside of the file, an
// Origin covers its value, and the edits apply.
func FuzzParse(f *testing.F) {
	f.Add(sample)
	f.Add(strings.ReplaceAll(sample, "\n", "\r\n"))
	f.Add("a:\n    ls\n\tls \\\n")
	f.Add("ifeq (a,b)\nelse ifdef x\ndefine y =\nendef\nendif\nexport A=1\n-include $(x)\n.RECIPEPREFIX = >\nb:;c\n>d")
	f.Fuzz(func(t *testing.T, s string) {
		text := []byte(s)
		watchdog := time.AfterFunc(10*time.Second, func() { panic("the makefile takes longer than 10 s") })
		defer watchdog.Stop()
		m := Parse("x/Makefile", text)
		check := func(what string, at source.Span) {
			if at != shell.Nowhere && (at.Start < 0 || at.End < at.Start || at.End > len(text)) {
				t.Errorf("%s: %v of %d", what, at, len(text))
			}
		}
		words := func(list []shell.Word) {
			for _, w := range list {
				check("word", w.Span)
				if !w.Origin().IsZero() && string(w.Origin().Of(text)) != w.Value {
					t.Errorf("origin of %q holds %q", w.Value, w.Origin().Of(text))
				}
			}
		}
		for _, r := range m.Rules {
			check("rule", r.Span)
			check("header", r.Header)
			words(r.Targets)
			words(r.Prereqs)
			words(r.OrderOnly)
			for _, l := range r.Recipe {
				check("line", l.Span)
				check("indent", l.Indent)
			}
		}
		for _, v := range m.Variables {
			check("variable", v.Span)
			check("name", v.NameSpan)
		}
		for _, p := range m.Problems {
			check("problem", p.Span)
		}
		for _, c := range m.Conditionals {
			check("conditional", c.Span)
		}
		for i, target := range m.Targets() {
			if i > 5 {
				break
			}
			for _, c := range m.Commands(target.Name) {
				words(c.Words)
			}
		}
		m.DefaultGoal()
		for _, verb := range []func() ([]edit.Edit, error){
			func() ([]edit.Edit, error) { return m.AddPhony("zz") },
			func() ([]edit.Edit, error) { return m.AddPrerequisite("a", "zz") },
			func() ([]edit.Edit, error) {
				return m.AppendTargets(NewTarget{Name: "zz", Recipe: []string{"ls"}, Phony: true})
			},
		} {
			edits, err := verb()
			if err != nil {
				continue
			}
			if _, err := edit.Patch(text, edits); err != nil {
				t.Error(err)
			}
		}
	})
}

// TestOverrideAndExport: definitions that make ignores, found by asking make.
func TestOverrideAndExport(t *testing.T) {
	for text, want := range map[string]string{
		"override A := a\nA := b\nA += c\nup:\n\techo $(A)\n":        "echo a",
		"override A := a\noverride A += b\nup:\n\techo $(A)\n":       "echo a b",
		"override A := a\nup: A = own\nup:\n\techo $(A)\n":           "echo own",
		"export A\nA ?= b\nup:\n\techo $(A)\n":                       "echo " + shell.Unknown, // what the environment has, or nothing
		"A ?= b\nexport A\nup:\n\techo $(A)\n":                       "echo b",
		"override define A\na\nendef\nA = b\nup:\n\techo $(A)\n":     "echo a",
		"B = b\nup:\n\techo $(and $(UNSET),$(B)) $(and $(B),$(B))\n": "echo " + shell.Unknown + " b",
	} {
		f := Parse("Makefile", []byte(text))
		target, _ := f.Target("up")
		got := f.Recipes(target.Rules[0], "up")[0].Scripts[0].Text.String()
		if got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
