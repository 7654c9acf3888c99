//go:build unix

package engine_test

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"refit/examples"
)

// scenario is a copy of the sample in a folder of its own, and the person who works in it. The folder's
// name is unlike any other, so that the Compose project, its volumes, images and containers are too.
type scenario struct {
	t *testing.T
	// name is the folder's and so the project's; dir is its path.
	name, dir string
	user      account
	started   time.Time
	// anonymous are the volumes without a name that its containers had.
	anonymous func() map[string]bool
	// transcript keeps what is typed and seen; nil where nobody wants it.
	transcript *strings.Builder
}

// sample begins a scenario with the sample before its refit, committed to git, on ports that are free.
func sample(t *testing.T) *scenario {
	t.Helper()
	s := empty(t)
	if err := examples.WriteLedger(s.dir); err != nil {
		t.Fatal(err)
	}
	s.ownContainerNames()
	s.ownPorts()
	s.freePorts(".env.dev")
	s.user.owns(t, filepath.Dir(s.dir))
	s.run("git init -q && git add -A && git -c user.name=Ada -c user.email=ada@example.com commit -q -m 'The sample'")
	return s
}

// empty begins a scenario with an empty folder.
func empty(t *testing.T) *scenario {
	t.Helper()
	onRequest(t)
	t.Parallel() // they mostly wait for healthchecks
	return inFolder(t)
}

// onRequest skips what needs an engine where nobody has asked for it.
func onRequest(t *testing.T) {
	t.Helper()
	if refit == "" {
		t.Skip("set REFIT_ENGINE=1, or run `make e2e`, for the scenarios on a real Docker Engine")
	}
}

func inFolder(t *testing.T) *scenario {
	t.Helper()
	// Not t.TempDir: its parent is closed to other users
	parent, err := os.MkdirTemp("", "refit-scenario-")
	if err != nil {
		t.Fatal(err)
	}
	name := "shop" + strings.TrimPrefix(filepath.Base(parent), "refit-scenario-")
	s := &scenario{t: t, name: name, dir: filepath.Join(parent, name), started: time.Now()}
	if err := os.Chmod(parent, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(s.dir, 0o755); err != nil {
		t.Fatal(err)
	}
	home := filepath.Join(parent, "home")
	if err := os.Mkdir(home, 0o755); err != nil {
		t.Fatal(err)
	}
	s.anonymous = s.watchVolumes()
	t.Cleanup(func() { s.tidyUp(parent) })
	s.user = ordinaryUser(t, home)
	return s
}

// ownContainerNames lets two copies of the sample run on one engine: it names its containers ledger-...
func (s *scenario) ownContainerNames() {
	for _, environment := range []string{"dev", "test"} {
		s.rewrite(filepath.Join(s.dir, "docker-compose."+environment+".yml"), func(text string) string {
			return strings.ReplaceAll(text, "container_name: ledger-", "container_name: "+s.name+"-")
		})
	}
}

// fixedPort is a line of a Compose file that publishes a port under a number that no setting moves.
var fixedPort = regexp.MustCompile(`(?m)^(\s+- "?)\d+(:\d+"?\r?)$`)

// ownPorts lets two copies of the sample's test and ci environments run at the same time.
func (s *scenario) ownPorts() {
	for _, environment := range []string{"test", "ci"} {
		s.rewrite(filepath.Join(s.dir, "docker-compose."+environment+".yml"), func(text string) string {
			return fixedPort.ReplaceAllStringFunc(text, func(line string) string {
				return fixedPort.ReplaceAllString(line, "${1}"+freePort(s.t)+"${2}")
			})
		})
	}
}

// leaveFor goes on in another folder, as somebody who has no refit.
func (s *scenario) leaveFor(dir string) {
	s.dir = filepath.Join(s.dir, dir)
	s.user.refit = false
}

var portLine = regexp.MustCompile(`(?m)^([A-Z]+_PORT)=\d+$`)

// freePorts puts ports that nobody listens on into an env file.
func (s *scenario) freePorts(envFile string) {
	s.rewrite(filepath.Join(s.dir, envFile), func(text string) string {
		return portLine.ReplaceAllStringFunc(text, func(line string) string {
			name, _, _ := strings.Cut(line, "=")
			return name + "=" + freePort(s.t)
		})
	})
}

func (s *scenario) rewrite(file string, change func(string) string) {
	s.t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		s.t.Fatal(err)
	}
	changed := change(string(text))
	if changed == string(text) {
		s.t.Fatalf("%s: nothing to change for the scenario; has the sample changed?", file)
	}
	if err := os.WriteFile(file, []byte(changed), 0o600); err != nil { // the mode stays
		s.t.Fatal(err)
	}
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}

// now says what the following lines show.
func (s *scenario) now(what string) {
	s.t.Helper()
	s.t.Logf("%4.0fs  %s", time.Since(s.started).Seconds(), what)
}

// run types a command line; it has to succeed.
func (s *scenario) run(line string) output {
	s.t.Helper()
	out, err := s.try(line)
	if err != nil {
		s.t.Fatalf("$ %s\n%s\n%v%s", line, out.text, err, s.lastWords())
	}
	return out
}

// fails types a command line that has to fail.
func (s *scenario) fails(line string) output {
	s.t.Helper()
	out, err := s.try(line)
	if err == nil {
		s.t.Fatalf("$ %s\n%s\nsucceeded; it should have failed", line, out.text)
	}
	return out
}

func (s *scenario) try(line string) (output, error) {
	s.t.Helper()
	var text bytes.Buffer
	out, end := turn(line, &text)
	defer end()
	begin := time.Now()
	cmd := s.user.command(s.dir, line)
	cmd.Stdout, cmd.Stderr = out, out
	timer := time.AfterFunc(8*time.Minute, func() {
		fmt.Fprintln(&text, "ended after 8 minutes")
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
	})
	defer timer.Stop()
	err := cmd.Run()
	s.t.Logf("       $ %s   (%.1fs)", line, time.Since(begin).Seconds())
	s.note(line, text.String())
	return output{s.t, line, text.String()}, err
}

// eventually types a command line again and again until it succeeds and shows want.
func (s *scenario) eventually(limit time.Duration, line, want string) output {
	s.t.Helper()
	deadline := time.Now().Add(limit)
	for {
		cmd := s.user.command(s.dir, line)
		text, err := cmd.CombinedOutput()
		if err == nil && strings.Contains(string(text), want) {
			return output{s.t, line, string(text)}
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("$ %s\n%s\n%v: after %s it does not show %q%s", line, text, err, limit, want, s.lastWords())
		}
		time.Sleep(500 * time.Millisecond)
	}
}

// lastWords are the ends of the logs of the containers that are not well.
func (s *scenario) lastWords() string {
	var words strings.Builder
	out, _ := s.docker("ps", "-a", "--format", `{{.Names}}|{{.Label "com.docker.compose.project"}}|{{.Status}}`).Output()
	for line := range strings.Lines(string(out)) {
		parts := strings.Split(strings.TrimSpace(line), "|")
		if len(parts) == 3 && strings.HasPrefix(parts[1], s.name) && !strings.Contains(parts[2], "(healthy)") {
			log, _ := s.docker("logs", "--tail", "15", parts[0]).CombinedOutput()
			fmt.Fprintf(&words, "\n-- %s: %s\n%s", parts[0], parts[2], log)
		}
	}
	return words.String()
}

// docker is a call of docker behind the user's back, on their engine.
func (s *scenario) docker(args ...string) *exec.Cmd {
	cmd := exec.Command("docker", args...)
	if s.user.engine != "" {
		cmd.Env = append(os.Environ(), "DOCKER_HOST="+s.user.engine)
	}
	return cmd
}

// output is what a command printed. What it checks ends the scenario, so that the reason stands at the end of its log.
type output struct {
	t          *testing.T
	line, text string
}

func (o output) shows(words ...string) output {
	o.t.Helper()
	for _, want := range words {
		if !strings.Contains(o.text, want) {
			o.t.Fatalf("$ %s\n%s\ndoes not show %q", o.line, o.text, want)
		}
	}
	return o
}

func (o output) lacks(words ...string) output {
	o.t.Helper()
	for _, word := range words {
		if strings.Contains(o.text, word) {
			o.t.Fatalf("$ %s\n%s\nshows %q", o.line, o.text, word)
		}
	}
	return o
}

// is checks all of the output, but for the space around it.
func (o output) is(want string) output {
	o.t.Helper()
	if got := strings.TrimSpace(o.text); got != want {
		o.t.Fatalf("$ %s\n%s\nwant %q", o.line, got, want)
	}
	return o
}
