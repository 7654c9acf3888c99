package main

import (
	"crypto/sha256"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

type files map[string]string

func (f files) tree() tree {
	t := tree{}
	for p, text := range f {
		t[p] = entry{mode: 0o644, sum: sha256.Sum256([]byte(text)), text: text}
	}
	return t
}

// between is the evidence of a plan that names every change; moved maps old paths to new ones.
func between(before, after files, moved moves) *evidence {
	e := &evidence{before: before.tree(), after: after.tree(), moves: moved, said: map[string][]byte{}}
	for from, to := range moved {
		e.plan.Changes = append(e.plan.Changes, change{Path: to, From: from, Op: "rename"})
	}
	for _, p := range differing(e.before, e.after, false) {
		e.plan.Changes = append(e.plan.Changes, change{Path: p, Op: "edit"})
	}
	return e
}

// sees holds a check to what it must report of the evidence: one violation with the words, or none for "".
func sees(t *testing.T, check func(*evidence) []string, e *evidence, words string) {
	t.Helper()
	got := check(e)
	if words == "" {
		if len(got) > 0 {
			t.Errorf("reported %q of what is right", got)
		}
	} else if len(got) != 1 || !strings.Contains(got[0], words) {
		t.Errorf("reported %q, want one violation with %q", got, words)
	}
}

func TestUnnamedChange(t *testing.T) {
	e := between(files{"a": "1"}, files{"a": "2"}, nil)
	sees(t, unnamedChanges, e, "")
	e.plan.Changes = nil
	sees(t, unnamedChanges, e, "a changed and the plan does not say so")
	e = between(files{"a": "1"}, files{"a": "1"}, nil)
	e.plan.Changes = []change{{Path: "a"}}
	sees(t, unnamedChanges, e, "a did not change though the plan says so")
	e = between(files{"a": "1"}, files{"a": "1"}, nil)
	e.after["a"] = entry{mode: 0o755, sum: e.after["a"].sum}
	sees(t, unnamedChanges, e, "a changed")
}

func TestUnreadableFileOfEachKind(t *testing.T) {
	for p, text := range map[string][2]string{
		"compose.yml":    {"a: 1\n", "a: 1\na: 2\n"},
		"second.yml":     {"a: 1\n---\nb: 1\n", "a: 1\n---\nb: [\n"},
		"Dockerfile":     {"FROM a\nRUN b\n", "FROM a\nRUM b\n"},
		"x.Dockerfile":   {"FROM a\nUSER b\n", "FROM a\nUSER\n"},
		".dockerignore":  {"a\n", "[\n"},
		".env.dev":       {"A=1\n", "A='1\n"},
		"run.sh":         {"if a; then b; fi\n", "if a; then b\n"},
		"bin/run":        {"#!/bin/sh\na\n", "#!/bin/sh\n(a\n"},
		"package.json":   {"{}\n", "{,}\n"},
		"pyproject.toml": {"a = 1\n", "a =\n"},
		"Makefile":       {"a:\n\techo\n", "a:\n    echo\n"},
	} {
		sees(t, newlyUnreadable, between(files{p: text[0]}, files{p: strings.Replace(text[0], "a", "aa", 1)}, nil), "")
		got := newlyUnreadable(between(files{p: text[0]}, files{p: text[1]}, nil))
		if len(got) == 0 || !strings.Contains(got[0], p+" can't be read") {
			t.Errorf("%s: reported %q", p, got)
		}
		sees(t, newlyUnreadable, between(files{p: text[1]}, files{p: text[1] + "\n"}, nil), "") // as bad as before
	}
}

// TestMakeRunsNothing shows make everything that could start a program or write a file.
func TestMakeRunsNothing(t *testing.T) {
	if _, err := exec.LookPath("make"); err != nil {
		t.Fatal(err)
	}
	mark := filepath.Join(t.TempDir(), "mark")
	for _, text := range []string{
		"X := $(shell touch MARK)\na:\n\techo\n",
		"X != touch MARK\na:\n\techo\n",
		"$(info ${shell touch MARK})\na:\n\techo\n",
		"refit-no-such-target:\n\t+touch MARK\n",
		"refit-no-such-target:\n\ttouch MARK # $(MAKE)\n",
		"refit-no-such-target: ; +touch MARK\n",
		"Makefile:\n\ttouch MARK\n.PHONY: Makefile\n",
		"Makefile: other\n\ttouch MARK\nother: ; touch MARK\n.PHONY: other\n",
		"%: ; touch MARK\n",
		".DEFAULT: ; +touch MARK\n",
		"$(file >MARK,x)\n",
		"$(eval X := $$(shell touch MARK))\n",
		"override SHELL := /bin/sh\nrefit-no-such-target: ; +touch MARK\n",
		"SHELL := /bin/sh\nrefit-no-such-target: ; +touch MARK\n",
		"MAKEFLAGS += SHELL=/bin/sh\nrefit-no-such-target: ; +touch MARK\n",
		"-include MARK\nMARK: ; touch $@\n",
	} {
		_ = readMakefile(strings.ReplaceAll(text, "MARK", mark)) // what it says of them does not matter
		if _, err := os.Stat(mark); err == nil {
			t.Errorf("make ran something of %q", text)
			_ = os.Remove(mark)
		}
	}
}

func TestLostTarget(t *testing.T) {
	before := files{"Makefile": "X := a:b\nup down: dep\n\techo a: b\n.env.dev:\n\ttouch $@\n.PHONY: up\n"}
	sees(t, lostTargets, between(before, files{"Makefile": "down up: dep\n\techo\nenv/.env.dev:\n\ttouch $@\n"}, moves{".env.dev": "env/.env.dev"}), "")
	sees(t, lostTargets, between(before, files{"Makefile": "up:\n\tdown: x\n.env.dev:\n"}, nil), "target down is gone")
	sees(t, lostTargets, between(before, before, nil), "")
	sees(t, lostTargets, between(files{"a.mk": "all:\n"}, files{}, nil), "target all is gone")
}

func TestLostComment(t *testing.T) {
	before := files{"compose.yml": "# top\na: 1 # why\nb: \"# none\"\n# see .env.dev.\n", "Makefile": "# top\nup: # with docker-compose -f compose.dev.yml\n"}
	moved := moves{".env.dev": "env/.env.dev", "compose.dev.yml": "compose/compose.dev.yml"}
	sees(t, lostComments, between(before, files{"compose.yml": "b: 2\n#  why\n# see env/.env.dev.\n# top\n",
		"Makefile": "up: # with docker compose -f compose/compose.dev.yml --env-file env/.env.dev\n# top\n"}, moved), "")
	for _, c := range []struct{ old, new, lost string }{
		{"# top", "", "compose.yml: lost: top"},
		{" # why", "", "compose.yml: lost: why"},
		{"# see .env.dev", "# see nothing", "lost: see .env.dev"},
	} {
		after := files{"compose.yml": strings.Replace(before["compose.yml"], c.old, c.new, 1), "Makefile": before["Makefile"]}
		sees(t, lostComments, between(before, after, nil), c.lost)
	}
	sees(t, lostComments, between(files{"Dockerfile": "RUN a && \\\n  # inner\n  b\n"}, files{"Dockerfile": "RUN a && \\\n  b\n"}, nil), "lost: inner")
}

func TestStaleReference(t *testing.T) {
	moved := moves{"docker-compose.dev.yml": "compose/docker-compose.dev.yml", "Dockerfile": "docker/Dockerfile", "deploy/.env.prod": "env/.env.prod"}
	for text, stale := range map[string]bool{
		"docker compose -f docker-compose.dev.yml up": true,
		"file: ./docker-compose.dev.yml":              true,
		"cat $ROOT/docker-compose.dev.yml":            false, // a variable's name ends where?
		"cat ${ROOT}/docker-compose.dev.yml":          true,
		"cat $(ROOT)/docker-compose.dev.yml.":         true,
		"compose/docker-compose.dev.yml":              false,
		"docker-compose.dev.yml.bak":                  false,
		"my-docker-compose.dev.yml":                   false,
		"docker-compose.dev.yml*":                     false,
		"https://a.example/docker-compose.dev.yml":    false,
		"/srv/docker-compose.dev.yml":                 false,
		"deploy/.env.prod":                            true,
		"docker build -f Dockerfile .":                true,
		"# the Dockerfile":                            false,
	} {
		after := files{"run.sh": text, "compose/docker-compose.dev.yml": "", "docker/Dockerfile": "", "env/.env.prod": ""}
		e := between(files{"run.sh": text}, after, moved)
		want := ""
		if stale {
			want = "run.sh:1 names"
		}
		sees(t, staleReferences, e, want)
	}
	text := files{"deploy/notes.md": "see ../docker-compose.dev.yml", "docs/a.md": "a Dockerfile"}
	e := between(text, text, moved)
	sees(t, staleReferences, e, "deploy/notes.md:1 names docker-compose.dev.yml")
	e.plan.Refused = []refusal{{Rule: "L03", Path: "deploy/notes.md", Subject: "docker-compose.dev.yml"}}
	sees(t, staleReferences, e, "")
	e.plan.Refused = nil
	e.left.Findings = []finding{{Rule: "L03", Path: "deploy/notes.md", Line: 1}}
	sees(t, staleReferences, e, "")
	e.left.Findings = nil
	e.after["deploy/notes.md"] = entry{link: "../Dockerfile"}
	sees(t, staleReferences, e, "link deploy/notes.md points to Dockerfile")
}

func TestTitlesAndHistoryAreNotStale(t *testing.T) {
	text := files{"CHANGELOG.md": "Add compose.yml", "README.md": "[compose.yml](deploy/compose.yml)", "a.py": "# as compose.yml has it", "deploy/compose.yml": ""}
	sees(t, staleReferences, between(text, text, moves{"compose.yml": "deploy/compose.yml"}), "")
	text["a.py"] = "open('compose.yml')"
	sees(t, staleReferences, between(text, text, moves{"compose.yml": "deploy/compose.yml"}), "a.py:1 names compose.yml")
}

func TestDeletedFileIsStale(t *testing.T) {
	e := between(files{"a.sh": "cat b.txt", "b.txt": "x"}, files{"a.sh": "cat b.txt"}, nil)
	e.plan.Changes = []change{{Path: "b.txt", Op: "delete"}}
	sees(t, staleReferences, e, "a.sh:1 names b.txt, which is at no place now")
}

func TestLostToGit(t *testing.T) {
	before, after := files{".env.ci": "DB_PASSWORD=c0rrect-horse\n"}, files{"env/.env.ci": "DB_PASSWORD=c0rrect-horse\n", "env/.env.dev": "DB_PASSWORD=c0rrect-horse\n"}
	e := between(before, after, moves{".env.ci": "env/.env.ci"})
	e.ignoredAfter = map[string]bool{"env/.env.dev": true}
	sees(t, lostToGit, e, "")
	e.ignoredAfter["env/.env.ci"] = true
	sees(t, lostToGit, e, "git add -A would lose it")
	e.plan.Refused = []refusal{{Rule: "E09", Path: "env/.env.ci"}}
	sees(t, lostToGit, e, "git add -A would lose it")
	e.after["env/.env.ci.example"] = entry{text: "DB_PASSWORD=\n"}
	sees(t, lostToGit, e, "")
	e.ignoredAfter["env/.env.ci.example"] = true
	sees(t, lostToGit, e, "git add -A would lose it")
	e.ignoredBefore = map[string]bool{".env.ci": true}
	sees(t, lostToGit, e, "")
	e.ignoredAfter = nil
	sees(t, lostToGit, e, "git would take the new file with DB_PASSWORD (env/.env.dev:1)")
}

func TestPrintedSecret(t *testing.T) {
	for _, f := range []files{
		{".env": "DB_PASSWORD=c0rrect-horse # mine\nUSER=somebody1\n"},
		{"compose.yml": "services:\n  db:\n    environment:\n      DB_PASSWORD: \"c0rrect-horse\"\n      DB_USER: somebody1\n"},
		{"docker-compose.dev.yaml": "services:\n  db:\n    environment:\n      - API_KEY=c0rrect-horse\n"},
	} {
		e := between(f, f, nil)
		e.said["plan.diff"] = []byte("+ postgres://somebody1:c0rrect-horse@db/x")
		sees(t, printedSecrets, e, "is printed in plan.diff")
		e.said["plan.diff"] = []byte("+ postgres://somebody1:********@db/x, c0rrect-horses")
		sees(t, printedSecrets, e, "")
	}
	template := files{".env.example": "DB_PASSWORD=c0rrect-horse\n"}
	e := between(template, template, nil)
	e.said["plan.diff"] = []byte("c0rrect-horse")
	sees(t, printedSecrets, e, "")
	open := files{".env": "DB_PASSWORD=example1\nDB_NAME=example1\nA_TOKEN=changethis\n"}
	e = between(open, open, nil)
	e.said["plan.diff"] = []byte("example1 changethis")
	sees(t, printedSecrets, e, "")
}
