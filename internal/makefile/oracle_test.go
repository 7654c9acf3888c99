package makefile

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"refit/internal/fuzztest"
	"refit/internal/shell"
)

// sample is a makefile with most of what the parser knows; every target is asked of make itself.
const sample = `# a comment \
  that goes on
SHELL := /bin/sh
COMPOSE_DEV := docker-compose.dev.yml # the file
ENV ?= dev
FILE = compose.$(ENV).yml
DC = docker compose -f $(FILE)
LIST := a \
   b \
	c
ADD := x
ADD += y
LATE = $(LATER)
LATER = z
HASH := a\#b
Q := @
run = docker run $(1) --name $(2)
ifeq ($(ENV),prod)
TARGET := production
else ifeq ($(ENV),test)
TARGET := testing
else
TARGET := development
endif
ifdef NOTHING
OPTS := --some
endif
ifndef NOTHING
EXTRA := --extra
endif
ifneq "$(ADD)" "x y"
BAD := bad
endif
empty :=
define canned
@echo one
echo two \
  three
endef
define args =
first $(1)
endef

.PHONY: up down help
up: ## Start it
	@$(DC) up -d
down: up | order ; $(DC) down
	-docker   ps

order:
	@ - echo order
build test-all:
	docker build --target $(TARGET) -t $@ .
	docker build $(LIST) $(ADD) $(LATE) $(HASH)
continued:
	docker compose \
	  -f $(COMPOSE_DEV) \
up
dollar:
	for f in a b; do echo $$f "$${HOME}"; done
canned:
	$(canned)
	echo after
called:
	$(call run,--rm,it now)
	$(call args,x)
funcs:
	echo $(strip  a   b ) $(firstword a b) $(lastword a b) $(addprefix -f ,a b) $(addsuffix .yml,a b) $(dir a/b c) $(notdir a/b c)
	echo $(subst a,b,banana) $(if x,yes,no) $(if ,yes,no) $(or ,b) $(and a,b) $(abspath x/../y) $(CURDIR)
	$(Q)echo quiet
	echo $(empty)x # not a comment of make
cond:
ifeq ($(ENV),dev)
	echo dev
else
	echo other
endif
	echo both
out/x.txt: dep
	echo $@ $(@D) $(@F) $< $^
dep:
	echo dep
double::
	echo first
double::
	echo second
%.o: %.c
	cc $<
a.obj b.obj: %.obj: dep
	echo $@
own: VAR = local
own: export OTHER := exported
own:
	echo $(VAR) $(OTHER)
oneline: ; @echo one; echo two
spaced	:
	echo spaced
multi\:colon:
	echo
`

func makeOutput(t *testing.T, text string, args ...string) (string, string) {
	t.Helper()
	bin, err := exec.LookPath("make")
	if err != nil {
		t.Skip("make is not installed")
	}
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "Makefile"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(bin, args...)
	cmd.Dir = dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C"}
	var out, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &stderr
	_ = cmd.Run() // -q answers by its exit code
	if strings.Contains(stderr.String(), "Makefile:") {
		t.Fatalf("make: %s", stderr.String())
	}
	return out.String(), dir
}

// offered asks make for its targets.
func offered(t *testing.T, text string) []string {
	out, _ := makeOutput(t, text, "-pRrq")
	_, files, _ := strings.Cut(out, "\n# Files\n")
	files, _, _ = strings.Cut(files, "\n# files hash-table stats")
	var names []string
	skip := false
	for line := range strings.SplitSeq(files, "\n") {
		switch {
		case line == "# Not a target:":
			skip = true
		case line == "", line[0] == '#', line[0] == '\t':
		case strings.Contains(line, ":"):
			if name, _, _ := strings.Cut(line, ":"); !skip && !special[name] && !strings.Contains(line, " := ") && !strings.Contains(line, " = ") {
				names = append(names, name)
			}
			skip = false
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func TestTargetsAsMake(t *testing.T) {
	text := strings.ReplaceAll(sample, "multi\\:colon:\n\techo\n", "")
	for name, text := range map[string]string{"unix": text, "crlf": strings.ReplaceAll(text, "\n", "\r\n"), "no final newline": strings.TrimSuffix(text, "\n"), "bom": "\ufeff" + text} {
		t.Run(name, func(t *testing.T) {
			f := Parse("Makefile", []byte(text))
			for _, p := range f.Problems {
				t.Errorf("problem: %s at %q", p.What, p.Span.Of(f.text))
			}
			var got []string
			for _, target := range f.Targets() {
				got = append(got, target.Name)
			}
			slices.Sort(got)
			if want := offered(t, text); !slices.Equal(got, want) {
				t.Errorf("got  %q\nmake %q", got, want)
			}
		})
	}
}

func TestRecipesAsMake(t *testing.T) {
	for name, text := range map[string]string{"unix": sample, "crlf": strings.ReplaceAll(sample, "\n", "\r\n")} {
		t.Run(name, func(t *testing.T) {
			f := Parse("Makefile", []byte(text))
			for _, target := range f.Targets() {
				if target.Name == "multi\\:colon" || target.Name == "help" {
					continue
				}
				want, dir := makeOutput(t, text, "-n", "-B", "-r", "-R", "--no-print-directory", target.Name)
				var lines []string
				for _, needed := range closure(f, target.Name, map[string]bool{}) {
					lines = append(lines, needed...)
				}
				got := strings.ReplaceAll(strings.Join(lines, "\n")+"\n", shell.Root, dir)
				if strings.ReplaceAll(want, "make: Nothing to be done for '"+target.Name+"'.\n", "\n") != got {
					t.Errorf("%s\ngot\n%s\nmake\n%s", target.Name, got, want)
				}
			}
		})
	}
}

// closure is what make prints for a target: first its prerequisites' recipes, then its own.
func closure(f *File, name string, done map[string]bool) [][]string {
	if done[name] {
		return nil
	}
	done[name] = true
	target, _ := f.Target(name)
	var out [][]string
	for _, r := range target.Rules {
		for _, w := range append(slices.Clone(r.Prereqs), r.OrderOnly...) {
			out = append(out, closure(f, w.Value, done)...)
		}
		for _, rec := range f.Recipes(r, name) {
			if !rec.Default {
				continue
			}
			var lines []string
			for _, s := range rec.Scripts {
				lines = append(lines, s.Text.String())
			}
			if lines != nil {
				out = append(out, lines)
			}
		}
	}
	return out
}

// blocks are pieces of makefiles in which nothing is run, whatever their order.
var blocks = []string{
	"A := one\n", "A = $(B)$(B)\n", "A ?= two\n", "A += three\n", "B := x # c\n", "B = $(C:a=b)\n", "C := aa ba\\\n  ca\n", "C := $(A)\n", "D = $(word 2,$(C)) $(words $(C)) $(filter a%,$(C))\n", "E := $(if $(F),f,no)\n", "F :=\n", "undefine F\n", "G := $$x $(notdir a/b) $(basename a.b)\n", "export A\n", "unexport B\n", "override A := four\n",
	"one:\n\techo $(A) $(B)\n", "two: one\n\techo $(C) $@ $^\n\t@echo $(D)\n", "three: A = mine\nthree: | four\n\t-echo $(A) $<\n", "four four-b: ; echo $(E) # no\n", "five:\n\techo a \\\n\t  b \\\n  c\n\n# between\n\n\techo d\n",
	".PHONY: one two\n", ".PHONY: three four four-b five\n", "six: $(B)six\n$(B)six:\n\techo six\n", "seven::\n\techo 7\nseven::\n\techo 8\n", "%.out: %.in\n\techo $*\n",
	"ifdef A\nB := set\nelse\nB := unset\nendif\n", "ifeq ($(A),one)\neight: ; echo y\nelse ifeq \"$(A)\" \"two\"\neight: ; echo z\nelse\neight:\n\techo n\nendif\n", "ifneq ($(strip $(B)),)\nC := cc\nendif\n", "ifndef H\nH := h\nendif\n",
	"define I\necho i $(A)\n@echo j\nendef\nnine:\n\t$(I)\n", "define J =\nx$(1)y\nendef\nten:\n\techo $(call J,$(A))\n", "# comment \\\n goes on\n", "\n", "K := $(subst a,b,$(C)) $(patsubst %a,%z,$(C)) $(sort b a b) $(join a b,1 2)\neleven:\n\techo $(K)\n", "twelve:\n\t$(foreach v,$(C),echo $(v);)\n", "L = $(or $(F),$(A)) $(and $(A),$(B))\nthirteen: $(addsuffix -x,$(H))\n\techo $(L)\nh-x:\n\techo hx\n",
	"M := a\\\n\nfourteen:\n\techo [$(M)]\n", "N := $(A:%=<%>)\nfifteen: ; @echo $(N) $(origin A) $(flavor A)\n", ".DEFAULT_GOAL := two\n", ".ONESHELL_:\n", "private P := 1\n", "Q::=q\nsixteen:\n\techo $(Q)$(value B)\n", "R := $(lastword $(C)) $(firstword $(C)) $(wordlist 1,2,$(C)) $(findstring a,$(C))\nseventeen:\n\techo $(R)\n",
}

// FuzzAsMake compares with make on makefiles drawn from blocks: its targets, and what each would run. Only what
// stands in blocks reaches make.
func FuzzAsMake(f *testing.F) {
	for _, seed := range fuzztest.Seeds(12) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		d := fuzztest.New(data)
		var b strings.Builder
		used := map[string]bool{}
		for range 2 + d.N(14) {
			block := d.Of(blocks...)
			if !used[block] { // make warns of a recipe that is overridden
				used[block] = true
				b.WriteString(block)
			}
		}
		text := d.Dress(b.String())
		file := Parse("Makefile", []byte(text))
		var got []string
		for _, target := range file.Targets() {
			got = append(got, target.Name)
		}
		slices.Sort(got)
		named := !slices.ContainsFunc(file.Rules, func(r *Rule) bool {
			return slices.ContainsFunc(r.Targets, func(w shell.Word) bool { return !w.Parts.Known() })
		})
		if want := offered(t, text); named && !slices.Equal(got, want) {
			t.Fatalf("got  %q\nmake %q\nof %q", got, want, text)
		}
		for _, name := range got {
			want, dir := makeOutput(t, text, "-n", "-B", "-r", "-R", "-k", "--no-print-directory", name)
			lines, known := commands(file, name, map[string]bool{})
			if !known {
				continue
			}
			// a part that is left to a run may be anything
			pattern := "^" + strings.ReplaceAll(regexp.QuoteMeta(strings.Join(lines, "\n")+"\n"), shell.Unknown, "(?s:.*)") + "$"
			pattern = strings.ReplaceAll(pattern, regexp.QuoteMeta(shell.Root), regexp.QuoteMeta(dir))
			want = strings.ReplaceAll(want, "make: Nothing to be done for '"+name+"'.\n", "\n")
			if !regexp.MustCompile(pattern).MatchString(want) {
				t.Errorf("%s of %q\ngot\n%q\nmake\n%q", name, text, pattern, want)
			}
		}
	})
}

// commands is what make prints for a target, and whether all that it needs is known.
func commands(f *File, name string, done map[string]bool) (lines []string, known bool) {
	if target, ok := f.Target(name); ok && !done[name] {
		for _, r := range target.Rules {
			for _, w := range append(slices.Clone(r.Prereqs), r.OrderOnly...) {
				if _, ok := f.Target(w.Value); !ok || !w.Parts.Known() {
					return nil, false
				}
				if _, known := commands(f, w.Value, map[string]bool{name: true}); !known {
					return nil, false
				}
			}
		}
	}
	for _, needed := range closure(f, name, done) {
		lines = append(lines, needed...)
	}
	return lines, true
}
