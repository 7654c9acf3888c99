//go:build unix

package engine_test

import (
	"fmt"
	"os"
	"os/user"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestTheGuidesExamplesAsWritten types the commands of the guide's examples, verification and troubleshooting on the refitted
// sample, with no refit on PATH, and wants its expected outputs. REFIT_TRANSCRIPT names a file to write what was seen to.
func TestTheGuidesExamplesAsWritten(t *testing.T) {
	s := sample(t)
	s.run("refit apply --yes --run-steps").shows("done")
	s.user.refit = false
	s.run("make setup")
	t.Cleanup(s.records(t))

	s.section("Example 1: starting the development environment")
	s.run("make dev-up")
	app := "https://localhost:" + s.setting("env/.env.dev", "APP_PORT")
	s.eventually(3*time.Minute, "curl -sk "+app+"/health", `"status":"ok"`)
	s.eventually(time.Minute, "docker compose -f compose/docker-compose.dev.yml ps callback", "(healthy)")
	s.run("make dev-status").shows("NAME", "SERVICE", "STATUS", "PORTS", "->8000/tcp", "->5432/tcp").healthy("app", "callback", "postgres", "redis")
	s.fails("timeout 4 make dev-logs").shows("Application startup complete")
	s.run("make dev-down").shows("Removed")

	s.section("Example 2: rebuilding after changes")
	s.run("make dev-down")
	s.run("make dev-rebuild")
	s.run("make dev-up")
	s.eventually(time.Minute, "docker compose -f compose/docker-compose.dev.yml ps callback", "(healthy)")
	s.run("make dev-status").healthy("app", "callback", "postgres", "redis")

	s.section("Check 1: the container's user")
	s.run("docker compose -f compose/docker-compose.dev.yml exec app whoami").is("appuser")

	s.section("Check 2: health")
	s.run("curl -k " + app + "/health").shows(`"status":"ok"`)
	s.run("docker compose -f compose/docker-compose.dev.yml ps").healthy("app", "callback", "postgres", "redis")

	s.section("Check 3: logs")
	s.run("docker compose -f compose/docker-compose.dev.yml logs app").
		shows("Application startup complete").lacks("Permission denied", "Traceback", "ERROR")

	s.section("Issue 1: permission denied")
	s.run("docker compose -f compose/docker-compose.dev.yml exec app ls -la /app").shows("appuser appuser").lacks("root root")

	s.section("Issue 2: environment variables not loading")
	s.run("ls -la env/.env.dev").shows("-rw-------")
	s.run("docker compose -f compose/docker-compose.dev.yml exec app env | grep POSTGRES").shows("POSTGRES_PASSWORD=")

	s.section("Issue 3: build failures")
	s.run("ls -la pyproject.toml uv.lock").shows("pyproject.toml", "uv.lock")
	s.run("docker compose -f compose/docker-compose.dev.yml build --no-cache")
}

// healthy wants each service's line of docker compose ps to say so.
func (o output) healthy(services ...string) output {
	o.t.Helper()
	for _, service := range services {
		if !regexp.MustCompile(`(?m)^\S+ .*\s` + service + `\s.*\(healthy\)`).MatchString(o.text) {
			o.t.Errorf("$ %s\n%s\ndoes not show %s as healthy", o.line, o.text, service)
		}
	}
	return o
}

// section begins a part of the transcript.
func (s *scenario) section(title string) {
	s.t.Helper()
	s.now(title)
	if s.transcript != nil {
		fmt.Fprintf(s.transcript, "\n## %s\n", title)
	}
}

// records keeps what is typed and seen from now on, when somebody wants it. The function returned writes the file.
func (s *scenario) records(t *testing.T) (write func()) {
	at := os.Getenv("REFIT_TRANSCRIPT")
	if at == "" {
		return func() {}
	}
	s.transcript = &strings.Builder{}
	return func() {
		if t.Failed() {
			return
		}
		text := s.secrets("env/.env.*").masked(s.transcript.String())
		text = s.calledLedger(text)
		if me, err := user.LookupId(strconv.Itoa(s.user.uid)); err == nil {
			text = strings.ReplaceAll(text, " "+me.Username+" "+me.Username+" ", " ada ada ")
		}
		if err := os.WriteFile(at, []byte(transcriptHead+text), 0o644); err != nil {
			t.Error(err)
		}
	}
}

// calledLedger gives the folder and the project in a text the name that they would have; columns stay columns.
func (s *scenario) calledLedger(text string) string {
	text = strings.ReplaceAll(text, s.dir, "/home/ada/ledger")
	cell := regexp.MustCompile(s.name + `(\S*)(  +)?`)
	return cell.ReplaceAllStringFunc(text, func(found string) string {
		name := "ledger" + strings.TrimPrefix(found, s.name)
		if strings.HasSuffix(found, "  ") {
			name += strings.Repeat(" ", len(found)-len(name))
		}
		return name
	})
}

const transcriptHead = `# The guide's commands, as typed and seen

Written by ` + "`REFIT_TRANSCRIPT=FILE make e2e RUN=TheGuidesExamples`" + `: the sample after ` + "`refit apply`" + `, in a shell that has no refit.
Ports are free ones of that machine, secrets are masked, the progress of builds is left out. Why the COMMAND column is not the
guide's is said in [guide.md](guide.md).
`

// progressLine is what docker compose and BuildKit say while they work.
var progressLine = regexp.MustCompile(`^(#\d+|time=|\s*(Container|Network|Volume|Image) \S+\s+(Creating|Starting|Stopping|Removing|Waiting|Building)|\s*$|  % Total|.*Dload|.*--:--:--)`)

// note adds a command and what it printed to the transcript.
func (s *scenario) note(line, text string) {
	if s.transcript == nil {
		return
	}
	fmt.Fprintf(s.transcript, "\n```console\n$ %s\n", line)
	for l := range strings.Lines(text) {
		if !progressLine.MatchString(l) {
			s.transcript.WriteString(strings.TrimRight(l, " \r\n") + "\n")
		}
	}
	s.transcript.WriteString("```\n")
}
