//go:build unix

package engine_test

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// diagnosis is a finding of refit doctor.
type diagnosis struct {
	Rule, Severity, Subject, Message, Service string
	Evidence                                  []string
	Cure                                      struct {
		Title    string
		Commands []string
		Fixable  bool
	}
}

// ward begins a scenario with these files; NAME and PORT in them are filled in.
func ward(t *testing.T, files map[string]string) *scenario {
	t.Helper()
	s := empty(t)
	s.has(files)
	return s
}

// has gives the scenario files; NAME and PORT in them are filled in.
func (s *scenario) has(files map[string]string) {
	s.t.Helper()
	port := freePort(s.t)
	for at, text := range files {
		s.write(at, strings.NewReplacer("NAME", s.name, "PORT", port).Replace(text))
	}
	s.user.owns(s.t, filepath.Dir(s.dir))
}

// write writes a file as the scenario's user.
func (s *scenario) write(at, text string) {
	s.t.Helper()
	on := filepath.Join(s.dir, at)
	if err := os.MkdirAll(filepath.Dir(on), 0o755); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(on, []byte(text), 0o644); err != nil {
		s.t.Fatal(err)
	}
	if s.user.as != nil {
		for dir := on; len(dir) > len(filepath.Dir(s.dir)) && dir != s.dir; dir = filepath.Dir(dir) {
			_ = os.Lchown(dir, s.user.uid, s.user.gid)
		}
	}
}

// finds lets the doctor look, and wants it to name these causes, each as often as given, and no other: only what is for
// information does not count. Looking changes
// nothing, neither files nor what the engine has of the project; only --build makes images.
func (s *scenario) finds(line string, rules ...string) []diagnosis {
	s.t.Helper()
	before := s.state()
	out, err := s.try(line + " --format json --fail-on error")
	if after := s.state(); after != before && !strings.Contains(line, "--build") {
		s.t.Errorf("$ %s\nchanged something:\n%s\nbefore:\n%s", line, after, before)
	}
	var r struct {
		Schema   string
		Findings []diagnosis
		Notes    []string
	}
	if json.Unmarshal([]byte(out.text[max(0, strings.Index(out.text, "{\n")):]), &r) != nil || r.Schema != "refit.doctor/v1" {
		s.t.Fatalf("$ %s\n%v\n%s", line, err, out.text)
	}
	var list []diagnosis
	var got []string
	errs := 0
	for _, f := range r.Findings {
		if f.Severity == "error" {
			errs++
		}
		if f.Severity != "info" {
			list, got = append(list, f), append(got, f.Rule)
		}
	}
	slices.Sort(got)
	slices.Sort(rules)
	if !slices.Equal(got, rules) || (err != nil) != (errs > 0) {
		s.t.Fatalf("$ %s\nfinds %v, want %v (%v)\n%s", line, got, rules, err, out.text)
	}
	return list
}

// says wants words in what the doctor says of a cause.
func (d diagnosis) says(t *testing.T, words ...string) diagnosis {
	t.Helper()
	text := strings.Join(append(append([]string{d.Message, d.Cure.Title}, d.Evidence...), d.Cure.Commands...), "\n")
	for _, w := range words {
		if !strings.Contains(text, w) {
			t.Errorf("%s does not say %q:\n%s", d.Rule, w, text)
		}
	}
	return d
}

// follow types the commands of a cure.
func (s *scenario) follow(d diagnosis) {
	s.t.Helper()
	for _, line := range d.Cure.Commands {
		s.run(line)
	}
}

// state is a sum of the project's files, and what the engine has of it.
func (s *scenario) state() string {
	s.t.Helper()
	text := s.files() + "\n"
	for _, args := range [][]string{
		{"ps", "-aq", "--no-trunc", "--filter", "label=com.docker.compose.project=" + s.name},
		{"volume", "ls", "-q", "--filter", "name=" + s.name}, {"images", "-q", "--no-trunc", "--filter", "reference=" + s.name + "*"},
		{"network", "ls", "-q", "--filter", "name=" + s.name},
	} {
		out, err := s.docker(args...).Output()
		if err != nil {
			return "" // no engine to look at
		}
		lines := strings.Fields(string(out))
		slices.Sort(lines) // the engine gives them in any order
		text += strings.Join(lines, "\n") + "\n"
	}
	return text
}

// files is a sum of the project's files, their names and modes.
func (s *scenario) files() string {
	s.t.Helper()
	sum := sha256.New()
	err := filepath.WalkDir(s.dir, func(at string, d fs.DirEntry, err error) error {
		if err != nil || strings.Contains(at, "__pycache__") {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		fmt.Fprintln(sum, at, info.Mode())
		if d.Type().IsRegular() {
			text, err := os.ReadFile(at)
			fmt.Fprintf(sum, "%x %v", sha256.Sum256(text), err)
		}
		return nil
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return fmt.Sprintf("%x", sum.Sum(nil))
}

// compose is docker compose as the user calls it by hand.
const compose = "docker compose -f docker-compose.dev.yml "

// The image of most wards: the user 1000 in a Python.
const wardDockerfile = `FROM python:3.13-slim
WORKDIR /app
COPY server.py ./
USER 1000:1000
CMD ["python", "-u", "server.py"]
`

// wardServer serves PORT_IN (8000) after DELAY seconds.
const wardServer = `import http.server, os, time
time.sleep(float(os.environ.get("DELAY", "0")))
http.server.test(http.server.SimpleHTTPRequestHandler, port=8000, bind="0.0.0.0")
`
