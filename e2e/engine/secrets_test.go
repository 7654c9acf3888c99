//go:build unix

package engine_test

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestNoSecretGetsOut searches all that the sample leaves behind after its refit for the values of its env files.
func TestNoSecretGetsOut(t *testing.T) {
	s := sample(t)
	s.run("make certs")

	s.now("before its refit the search finds them, so it can find")
	s.run("docker compose -f docker-compose.dev.yml --env-file .env.dev build -q")
	before := s.secrets(".env*")
	if got := s.searchImages(before); len(got) == 0 {
		t.Fatal("the image of before has .env.dev in it; the search has not found a value of it")
	}
	s.run("docker image rm --force $(docker image ls -q --filter label=com.docker.compose.project=" + s.name + ")")

	s.now("the refit, and all environments")
	var reports strings.Builder
	say := func(line string) {
		out, _ := s.try(line) // what it finds is not what this is about
		reports.WriteString(out.text)
	}
	say("refit audit --fail-on never; refit plan; refit plan --format json; refit apply --yes --run-steps")
	say("refit env init prod; refit env check dev; refit env check prod; refit env diff dev prod")
	s.freePorts("env/.env.prod")
	secrets := s.secrets("env/.env*")
	say("refit audit --fail-on never --format json; refit explain E01")
	for _, environment := range []string{"dev", "prod"} {
		s.run("refit up " + environment)
		browser := s.visit("env/.env." + environment)
		browser.post("/session", `{"owner": "ada"}`)
		browser.post("/transactions", `{"booked_on": "2026-01-02", "amount": "12.50", "note": "a row"}`)
		say("refit status " + environment + "; refit status --format json " + environment)
		say("refit verify --fail-on never --skip image " + environment + "; refit doctor --fail-on never " + environment)
	}
	s.run("docker compose -f compose/docker-compose.test.yml --env-file env/.env.test build -q")
	s.run("docker compose -f compose/docker-compose.ci.yml --env-file env/.env.ci build -q")
	reports.WriteString(s.words("docker", "ps", "--all", "--no-trunc", "--filter", "label=com.docker.compose.project="+s.name))

	s.now("the images with their layers and histories, the logs, the reports")
	for _, found := range s.searchImages(secrets) {
		t.Error(found)
	}
	for _, container := range strings.Fields(s.words("docker", "ps", "--all", "--quiet", "--filter", "label=com.docker.compose.project="+s.name)) {
		for _, name := range secrets.in(strings.NewReader(s.words("docker", "logs", container))) {
			t.Errorf("%s is in the log of %s", name, container)
		}
	}
	for _, name := range secrets.in(strings.NewReader(reports.String())) {
		t.Errorf("%s is in a report", name)
	}
}

// secretValues are secrets of env files, by file and name.
type secretValues map[string]string

// secretName is what variables are called whose values are secrets.
var secretName = regexp.MustCompile(`(?m)^(\w*(?:SECRET|PASSWORD|TOKEN|KEY|CREDENTIAL)\w*)=["']?([^"'\s#]{6,})`)

// secrets reads those of the env files that fit the pattern, templates left out: their values are in git.
func (s *scenario) secrets(pattern string) secretValues {
	s.t.Helper()
	files, err := filepath.Glob(filepath.Join(s.dir, pattern))
	if err != nil {
		s.t.Fatal(err)
	}
	values := secretValues{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			s.t.Fatal(err)
		}
		for _, m := range secretName.FindAllStringSubmatch(string(text), -1) {
			if !strings.HasSuffix(file, "example") && !strings.Contains(m[1], "FILE") {
				values[filepath.Base(file)+" "+m[1]] = m[2]
			}
		}
	}
	if len(values) < 3 {
		s.t.Fatalf("%s: only %d secrets; has the sample changed?", pattern, len(values))
	}
	return values
}

// masked hides the values in a text.
func (v secretValues) masked(text string) string {
	for _, value := range v {
		text = strings.ReplaceAll(text, value, "********")
	}
	return text
}

// in lists the secrets whose values are in what r reads.
func (v secretValues) in(r io.Reader) (names []string) {
	const overlap = 256
	seen := map[string]bool{}
	buffer := make([]byte, 0, 1<<20)
	in := bufio.NewReaderSize(r, 1<<16)
	for {
		kept := min(len(buffer), overlap)
		copy(buffer, buffer[len(buffer)-kept:])
		n, err := io.ReadFull(in, buffer[kept:cap(buffer)])
		buffer = buffer[:kept+n]
		for name, value := range v {
			if !seen[name] && bytes.Contains(buffer, []byte(value)) {
				seen[name], names = true, append(names, name)
			}
		}
		if err != nil {
			return names
		}
	}
}

// searchImages looks into all images that Compose built for the scenario: what docker save writes, which has each
// layer, also what later ones delete, the configuration and the history, and the history as it is shown.
func (s *scenario) searchImages(secrets secretValues) (found []string) {
	s.t.Helper()
	list := strings.Fields(s.words("docker", "image", "ls", "--quiet", "--no-trunc", "--filter", "label=com.docker.compose.project="+s.name))
	if len(list) == 0 {
		s.t.Fatal("Compose built no image; there is nothing to search")
	}
	for _, image := range list {
		for _, name := range secrets.in(strings.NewReader(s.words("docker", "history", "--no-trunc", image))) {
			found = append(found, name+" is in the history of "+image)
		}
		save := exec.Command("docker", "save", image)
		archive, err := save.StdoutPipe()
		if err = errors.Join(err, save.Start()); err != nil {
			s.t.Fatal(err)
		}
		for _, name := range secrets.in(archive) {
			found = append(found, name+" is in "+image)
		}
		if err := save.Wait(); err != nil {
			s.t.Fatal(err)
		}
	}
	return found
}

// words is what a command prints on both streams.
func (s *scenario) words(name string, args ...string) string {
	s.t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		s.t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}
