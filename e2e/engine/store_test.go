//go:build linux

package engine_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// storeFiles are a service that is built here and keeps rows and papers in a volume.
var storeFiles = map[string]string{
	"docker-compose.dev.yml": `name: NAME
services:
  store:
    build: .
    environment:
      HOLD: ${HOLD:-}
    volumes: ["data:/keep"]
    healthcheck:
      test: ["CMD-SHELL", "redis-cli ping && test -z \"$$HOLD\""]
      interval: 1s
      start_period: 300s
volumes:
  data:
`,
	"Dockerfile": `FROM redis:8.2.1-alpine3.22
COPY --chmod=755 chown /usr/local/bin/
WORKDIR /keep
RUN /bin/chown 1000:1000 /keep
COPY install.sh /
RUN sh /install.sh
USER 1000:1000
ENTRYPOINT ["redis-server", "--appendonly", "yes", "--appendfsync", "always", "--save", ""]
CMD []
`,
	"install.sh": "true\n",
	"chown": `#!/bin/sh
# As chown, but after each file it waits as long as the volume holds a file that is called wait
option=$1 owner=$2
shift 2
for file; do
  /bin/chown "$option" "$owner" "$file"
  while [ -e /mnt/refit/wait ]; do sleep 0.1; done
done
`,
}

// papers is how many files the volume holds beside the rows.
const papers = 12

// store is a scenario with a service that keeps things, on an engine of its own.
type store struct {
	*scenario
	engine *ownEngine
	rows   []string
	// files are the sum of the repository, content of the papers.
	files, content string
	working        *os.Process
}

// openStore begins one that is up and holds rows and papers.
func openStore(t *testing.T, e *ownEngine) *store {
	t.Helper()
	s := &store{scenario: inFolder(t), engine: e}
	s.user.engine = e.address()
	s.has(storeFiles)
	t.Cleanup(func() { _ = s.docker("rm", "--force", "--volumes", s.name+"-store-1").Run() })
	s.files = s.scenario.files()
	s.run("refit up dev").shows("dev is up")
	s.run(compose + fmt.Sprintf(`exec -T store sh -c 'mkdir papers && for i in $(seq %d); do echo "paper $i" > papers/$i; done'`, papers))
	s.keep("row-1", "row-2", "row-3")
	_, s.content = s.papers()
	if strings.Count(s.content, "\n") != papers {
		t.Fatalf("the volume holds\n%s", s.content)
	}
	return s
}

// in goes on as part of another test.
func (s *store) in(t *testing.T) { s.t, s.engine.t = t, t }

// write writes a file of the repository: from then on it has to stay like that.
func (s *store) write(at, text string) {
	s.t.Helper()
	s.scenario.write(at, text)
	s.files = s.scenario.files()
}

// keep keeps rows: what the database has confirmed has to be there for ever.
func (s *store) keep(rows ...string) {
	s.t.Helper()
	line := compose + "exec -T store redis-cli mset"
	for _, row := range rows {
		line += " " + row + " " + row
	}
	s.run(line).is("OK")
	s.rows = append(s.rows, rows...)
}

// papersAreRoots makes the papers root's, as a container that was root would have left them. A repair will wait after the
// first one.
func (s *store) papersAreRoots() {
	s.t.Helper()
	s.run(compose + "exec -T --user root store sh -c 'touch wait && /bin/chown 1000:1000 wait && /bin/chown 0:0 papers/*'")
	s.handedOver(none)
}

// repairGoesOn lets it wait no longer.
func (s *store) repairGoesOn() {
	s.t.Helper()
	if err := os.Remove(filepath.Join(s.engine.volume(s.name+"_data"), "wait")); err != nil {
		s.t.Fatal(err)
	}
}

// papers are how many belong to the service's account, and a sum of each with its name and mode.
func (s *store) papers() (owned int, sums string) {
	s.t.Helper()
	folder := filepath.Join(s.engine.volume(s.name+"_data"), "papers")
	list, err := os.ReadDir(folder)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, f := range list {
		info, err := f.Info()
		if err != nil {
			s.t.Fatal(err)
		}
		text, err := os.ReadFile(filepath.Join(folder, f.Name()))
		if err != nil {
			s.t.Fatal(err)
		}
		switch owner := info.Sys().(*syscall.Stat_t); {
		case owner.Uid == 1000 && owner.Gid == 1000:
			owned++
		case owner.Uid != 0 || owner.Gid != 0:
			s.t.Errorf("%s is of %d:%d", f.Name(), owner.Uid, owner.Gid)
		}
		sums += fmt.Sprintf("%s %s %x\n", f.Name(), info.Mode(), sha256.Sum256(text))
	}
	return owned, sums
}

// share is how many of the papers a repair has handed over.
type share string

const (
	none share = "none"
	some share = "some"
	all  share = "all"
)

func (s *store) handedOver(want share) {
	s.t.Helper()
	got := some
	switch owned, _ := s.papers(); owned {
	case 0:
		got = none
	case papers:
		got = all
	}
	if got != want {
		s.t.Errorf("%s of the papers are handed over, want %s", got, want)
	}
}

func (s *store) someHandedOver(string) bool {
	owned, _ := s.papers()
	return owned > 0
}

// isWhole holds that no file of the repository and none of the volume's papers is another one now.
func (s *store) isWhole() {
	s.t.Helper()
	if now := s.scenario.files(); now != s.files {
		s.t.Error("files of the repository have changed")
	}
	if _, now := s.papers(); now != s.content {
		s.t.Errorf("the volume held\n%s\nand holds\n%s", s.content, now)
	}
}

// isWell holds that the service is healthy and has every row, and that all is whole.
func (s *store) isWell() {
	s.t.Helper()
	s.run("refit status dev").shows("(healthy)").lacks("did not finish")
	s.run(compose + "exec -T store redis-cli mget " + strings.Join(s.rows, " ")).is(strings.Join(s.rows, "\n"))
	s.isWhole()
}

// meanwhile types a command line, lets something happen in the middle of it, and returns what it has printed in the end.
func (s *store) meanwhile(line string, middle func(shown string) bool, happens func()) output {
	s.t.Helper()
	began := time.Now()
	if !strings.Contains(line, "exec ") {
		line = "exec " + line // the process is refit's own
	}
	cmd, shown := s.user.command(s.dir, line), &screen{}
	cmd.Stdout, cmd.Stderr = shown, shown
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.working = cmd.Process
	ended := make(chan struct{})
	go func() { _ = cmd.Wait(); close(ended) }()
	for deadline := time.After(time.Minute); !middle(shown.String()); {
		select {
		case <-ended:
			s.t.Fatalf("$ %s\n%s\nended before its middle", line, shown)
		case <-deadline:
			_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
			s.t.Fatalf("$ %s\n%s\ndid not come to its middle", line, shown)
		case <-time.After(50 * time.Millisecond):
		}
	}
	happens()
	select {
	case <-ended:
	case <-time.After(time.Minute):
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		s.t.Fatalf("$ %s\n%s\ngoes on for ever", line, shown)
	}
	s.t.Logf("       $ %s   (%.1fs)", line, time.Since(began).Seconds())
	return output{s.t, line, fmt.Sprintf("%scode %d\n", shown, cmd.ProcessState.ExitCode())}
}

// ctrlC is what the terminal does.
func (s *store) ctrlC() {
	s.t.Helper()
	if err := s.working.Signal(syscall.SIGINT); err != nil {
		s.t.Fatal(err)
	}
}

func shows(word string) func(string) bool {
	return func(shown string) bool { return strings.Contains(shown, word) }
}

// screen is what a command has shown so far.
type screen struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// holdsUpRepairs puts a docker in front of the real one that waits before it starts the container of a repair.
func (s *store) holdsUpRepairs() {
	s.t.Helper()
	s.write("../bin/docker", `#!/bin/sh
folder=$(cd "$(dirname "$0")" && pwd)
case "$*" in *"run --rm --name refit-repair"*)
  : > "$folder/held"
  while [ -e "$folder/held" ]; do sleep 0.1; done
esac
PATH=${PATH#*:}
exec docker "$@"
`)
	if err := os.Chmod(filepath.Join(s.dir, "../bin/docker"), 0o755); err != nil {
		s.t.Fatal(err)
	}
}

func (s *store) held() string { return filepath.Join(s.dir, "../bin/held") }

func (s *store) repairIsHeldUp(string) bool {
	_, err := os.Stat(s.held())
	return err == nil
}

func (s *store) letsRepairsGoOn() {
	s.t.Helper()
	if err := os.Remove(s.held()); err != nil {
		s.t.Fatal(err)
	}
}
