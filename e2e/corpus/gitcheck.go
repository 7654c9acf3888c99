package main

import (
	"bytes"
	"fmt"
	"os/exec"
	"path"
	"strings"
)

// ignored asks git which of the paths its ignore files leave out, whether it tracks them or not.
func (t *trial) ignored(paths []string) map[string]bool {
	cmd := exec.CommandContext(t.ctx, "git", "-C", t.dir, "check-ignore", "--no-index", "-z", "--stdin")
	cmd.Stdin = strings.NewReader(strings.Join(paths, "\x00"))
	var out bytes.Buffer
	cmd.Stdout = &out
	if err := cmd.Run(); err != nil && cmd.ProcessState.ExitCode() != 1 { // 1: none of them
		t.breaks("harness", "git check-ignore: %v", err)
	}
	ignored := map[string]bool{}
	for _, p := range strings.Split(strings.TrimSuffix(out.String(), "\x00"), "\x00") {
		ignored[p] = true
	}
	return ignored
}

// replaced says whether refit tells that a file leaves git and a template is there to make it from.
func (e *evidence) replaced(p string) bool {
	for _, name := range []string{p + ".example", path.Join(path.Dir(p), ".env.example")} {
		if !e.after[name].isText() || e.ignoredAfter[name] {
			continue
		}
		for _, r := range e.plan.Refused {
			if r.Path == p || r.Path == e.moves.was(p) {
				return true
			}
		}
	}
	return false
}

// lostToGit are the files that git had and would ignore at their new place, and the new files with
// secrets that it would take.
func lostToGit(e *evidence) []string {
	var broken []string
	for _, from := range keysOf(e.moves) {
		e.saw("moved files that git has", 1)
		if to := e.moves[from]; e.ignoredAfter[to] && !e.ignoredBefore[from] && !e.replaced(to) {
			broken = append(broken, fmt.Sprintf("git has %s and ignores it at %s: git add -A would lose it", from, to))
		}
	}
	for _, p := range keysOf(e.after) {
		if _, existed := e.before[e.moves.was(p)]; existed || e.ignoredAfter[p] {
			continue
		}
		secrets := map[string]string{}
		collectSecrets(p, e.after[p], secrets)
		for _, value := range keysOf(secrets) {
			if kindOf(p, "") == kindEnv && !ordinary.MatchString(value) {
				broken = append(broken, fmt.Sprintf("git would take the new file with %s", secrets[value]))
				break
			}
		}
	}
	return broken
}
