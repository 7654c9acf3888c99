//go:build unix

package engine_test

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestRefitDeclaresAllThatDiffers runs the sample before and after its refit side by side.
func TestRefitDeclaresAllThatDiffers(t *testing.T) {
	s := sample(t)
	s.run("make certs")
	s.run("refit apply --yes --run-steps").shows("done")

	s.now("against the backup and against the commit: nothing but what the refit declared")
	s.run("refit verify dev --against last").shows("runs as appuser and not as root", " 0 undeclared").lacks("made-up-dev")
	s.leavesNothing()

	s.now("production's own layers are at most half of what the image was before")
	s.run("refit env init prod")
	s.run("refit verify prod --before dev --against HEAD --fail-on never --format json >../prod.json")
	s.run(`python3 -c 'import json; r = json.load(open("../prod.json")); own = [i["own"] for side in ("before", "after") for i in r[side]["images"] if i["service"] == "app"]; print("half" if own[1] * 2 <= own[0] else own)'`).is("half")

	s.now("what nobody declared is an error: another command, a value less, a file less")
	s.run(`sed -i 's/--port 8000/--port 8000 --no-access-log/; /^ENV TZ/d' docker/Dockerfile && echo scripts/backup-db.sh >>.dockerignore`)
	s.fails("refit verify dev --against last --images").
		shows("undeclared app: image cmd", "undeclared app: image env.TZ", "undeclared app: files /app/scripts/backup-db.sh").lacks(" 0 undeclared")
	s.leavesNothing()

	s.now("Ctrl-C removes all of it at once, and what a killed one leaves the next one removes")
	s.fails("timeout --signal INT 25 refit verify dev --against last").shows("interrupted")
	s.leavesNothing()
	s.fails("timeout --signal KILL 25 refit verify dev --against last")
	s.fails("timeout --signal INT 15 refit verify dev --against last").shows("a comparison that was killed or interrupted left behind")
	s.leavesNothing()
}

// leavesNothing wants nothing of a comparison to be on the engine or on disk any more.
func (s *scenario) leavesNothing() {
	s.t.Helper()
	folder := filepath.Join(filepath.Dir(s.dir), "home", ".local", "state", "refit", "against")
	if left, _ := filepath.Glob(folder + "/*/*"); len(left) > 0 {
		for _, file := range left { // an interrupted one leaves a reminder for the next
			if name := filepath.Base(file); name != "lock" && name != "engine" {
				s.t.Errorf("left: %s", file)
			}
		}
	}
	for _, kind := range []string{"container", "network", "volume", "image"} {
		list := []string{kind, "ls", "--format", "{{.Name}}"}
		switch kind {
		case "container":
			list = []string{kind, "ls", "--all", "--format", "{{.Names}}"}
		case "image":
			list = []string{kind, "ls", "--format", "{{.Repository}}"}
		}
		out, _ := exec.Command("docker", list...).CombinedOutput()
		for line := range strings.Lines(string(out)) {
			if strings.Contains(line, "refit-against-") {
				s.t.Errorf("left: %s %s", kind, line)
			}
		}
	}
}
