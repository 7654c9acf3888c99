package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

// lostTargets are the targets of changed Makefiles that no changed Makefile has afterwards.
func lostTargets(e *evidence) []string {
	changed := differing(e.before, e.after, false)
	offered := map[string]bool{}
	for _, p := range changed {
		if kindOf(p, "") == kindMake {
			for _, t := range targetsOf(e.after[p].text) {
				offered[t] = true
			}
		}
	}
	var broken []string
	for _, p := range changed {
		if kindOf(p, "") != kindMake {
			continue
		}
		for _, t := range targetsOf(e.before[p].text) {
			e.saw("make targets", 1)
			if !offered[t] && !offered[e.moves.now(t)] {
				broken = append(broken, fmt.Sprintf("%s: target %s is gone", p, t))
			}
		}
	}
	return broken
}

// ruleLine is a line that begins a rule: names, one or two colons, no assignment.
var ruleLine = regexp.MustCompile(`^([^\s#:=][^:=#]*?)\s*:{1,2}(?:[^:=]|$)`)

// targetsOf are the names in front of the colons, read from the text: make would run $(shell ...).
func targetsOf(text string) []string {
	var list []string
	defining := false
	for line := range strings.Lines(strings.ReplaceAll(text, "\\\n", " ")) {
		switch first, _, _ := strings.Cut(strings.TrimSpace(line)+" ", " "); first {
		case "define":
			defining = true
		case "endef":
			defining = false
		}
		found := ruleLine.FindStringSubmatch(strings.TrimRight(line, "\r\n"))
		if defining || found == nil {
			continue
		}
		for _, name := range strings.Fields(found[1]) {
			if !strings.HasPrefix(name, ".") || strings.Contains(name, "/") || strings.HasPrefix(name, ".env") {
				list = append(list, name)
			}
		}
	}
	return list
}

// readMakefile lets make parse a Makefile, and nothing else: recipes, includes and what would start a
// program are taken out of the text first, and the shell is a program that only fails. A text that could
// get around that is not shown to make.
func readMakefile(text string) error {
	if runsByItself.MatchString(text) {
		return nil
	}
	dir, err := os.MkdirTemp("", "refit-make-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }() // in the system's temporary folder
	if err := os.WriteFile(filepath.Join(dir, "Makefile"), []byte(inert(text)), 0o600); err != nil {
		return err
	}
	cmd := exec.Command("make", "-rRpq", "SHELL=/bin/false", "-f", "Makefile", "refit-no-such-target")
	cmd.Dir, cmd.Env = dir, []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C"}
	out, err := cmd.CombinedOutput()
	if errors.Is(err, exec.ErrNotFound) {
		return err
	}
	for line := range strings.Lines(string(out)) {
		if strings.HasPrefix(line, "Makefile:") && strings.Contains(line, "***") {
			return errors.New(strings.TrimSpace(line))
		}
	}
	return nil
}

// runsByItself is what could make GNU make do more than parse an inert text.
var runsByItself = regexp.MustCompile(`\$[({](?:file|guile|eval|call|foreach)\b|(?m:^\s*-?load\b|^\s*override\s+(?:SHELL|define)|MAKEFLAGS|^\.(?:DEFAULT|RECIPEPREFIX|ONESHELL)\b|^%)`)

var (
	recipe    = regexp.MustCompile(`(?m)^\t.*$`)
	including = regexp.MustCompile(`(?m)^[ ]*[-s]?include\b.*$`)
	shellCall = regexp.MustCompile(`\$([({])shell\b`)
	shellSet  = regexp.MustCompile(`(?m)^([^\t#\n]*?)!=`)
)

// inert is a Makefile's text without recipes' commands, includes and shell calls, its lines where they were.
func inert(text string) string {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	text = recipe.ReplaceAllString(text, "\t@:")
	text = including.ReplaceAllString(text, "")
	text = shellCall.ReplaceAllString(text, "$${1}no-shell")
	return shellSet.ReplaceAllString(text, "${1}:=")
}
