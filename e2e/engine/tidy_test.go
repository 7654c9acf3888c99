//go:build unix

package engine_test

import (
	"bufio"
	"os"
	"os/exec"
	"strings"
)

// tidyUp removes all that the scenario left on the engine and on disk. Of a failed one REFIT_KEEP=1 keeps it.
func (s *scenario) tidyUp(parent string) {
	volumes := s.anonymous()
	if s.t.Failed() && os.Getenv("REFIT_KEEP") == "1" {
		s.t.Logf("kept: %s and the Compose projects %s*", s.dir, s.name)
		return
	}
	s.remove("container", "rm", "--force", "--volumes")
	for volume := range volumes {
		_ = exec.Command("docker", "volume", "rm", volume).Run()
	}
	s.remove("network", "rm")
	s.remove("volume", "rm", "--force")
	s.remove("image", "rm", "--force")
	if os.RemoveAll(parent) == nil {
		return
	}
	// What containers made as root, only root can remove
	_ = exec.Command("docker", "run", "--rm", "--volume", parent+":/scenario", "--entrypoint", "sh", "redis:8.2.1-alpine3.22",
		"-c", "rm -rf /scenario/..?* /scenario/.[!.]* /scenario/*").Run()
	if err := os.RemoveAll(parent); err != nil {
		s.t.Errorf("left on disk: %v", err)
	}
}

// remove removes everything of a kind that belongs to one of the scenario's Compose projects.
func (s *scenario) remove(kind string, action ...string) {
	list := []string{kind, "ls", "--filter", "label=com.docker.compose.project", "--quiet"}
	if kind == "container" {
		list = append(list, "--all")
	}
	out, _ := exec.Command("docker", list...).Output()
	for id := range strings.FieldsSeq(string(out)) {
		labels := "{{.Labels}}"
		if kind == "container" || kind == "image" {
			labels = "{{.Config.Labels}}"
		}
		text, _ := exec.Command("docker", kind, "inspect", "--format", labels, id).Output()
		if strings.Contains(string(text), "com.docker.compose.project:"+s.name) {
			_ = exec.Command("docker", append(append([]string{kind}, action...), id)...).Run()
		}
	}
}

// watchVolumes notes the volumes without a name that the scenario's containers get: `docker compose down`
// leaves them behind, and nothing on them tells whose they were. The function returned ends it.
func (s *scenario) watchVolumes() (anonymous func() map[string]bool) {
	events := exec.Command("docker", "events", "--filter", "type=container", "--filter", "event=start",
		"--format", `{{.ID}} {{index .Actor.Attributes "com.docker.compose.project"}}`)
	pipe, err := events.StdoutPipe()
	if err == nil {
		err = events.Start()
	}
	if err != nil {
		s.t.Fatal(err)
	}
	seen, done := map[string]bool{}, make(chan bool)
	go func() {
		defer close(done)
		for lines := bufio.NewScanner(pipe); lines.Scan(); {
			id, project, _ := strings.Cut(lines.Text(), " ")
			if !strings.HasPrefix(project, s.name) {
				continue
			}
			out, _ := exec.Command("docker", "inspect", "--format", `{{range .Mounts}}{{if eq .Type "volume"}}{{.Name}} {{end}}{{end}}`, id).Output()
			for volume := range strings.FieldsSeq(string(out)) {
				seen[volume] = true
			}
		}
	}()
	return func() map[string]bool {
		_ = events.Process.Kill()
		<-done
		_ = events.Wait()
		return seen
	}
}
