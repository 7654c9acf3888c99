//go:build unix

package e2e_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// The hostile tests run the real program on input that is broken or meant to harm: docs/hostile.md lists them.
// Its time is what it computes, not what it waits for, so that a busy machine doesn't fail them; what would
// wait for ever is killed.
const (
	maxCPU    = 15 * time.Second
	maxMemory = 1 << 30 // bytes, resident
	maxWall   = 3 * time.Minute
)

// built is the program, built once.
var built = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "refit-binary-")
	if err != nil {
		return "", err
	}
	builtIn = dir
	if err := os.Chmod(dir, 0o755); err != nil { // another user runs it too
		return "", err
	}
	name := filepath.Join(dir, "refit")
	out, err := exec.Command("go", "build", "-o", name, "../cmd/refit").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return name, nil
})

// ran is what one run of the program did.
type ran struct {
	args           []string
	code           int
	stdout, stderr string
	cpu            time.Duration
	memory         int64
}

func (r ran) String() string {
	return fmt.Sprintf("refit %s: exit %d, %v, %d MiB\n%.2000s\n%.2000s", strings.Join(r.args, " "), r.code, r.cpu.Round(time.Millisecond), r.memory>>20, r.stdout, r.stderr)
}

// place is the folders of one test: the repository, and what refit may use beside it.
type place struct {
	t           *testing.T
	repo, state string
	uid         int    // whose account runs it; 0: as we are
	from        string // another folder than the repository to run it from, for one that can't be entered
	env         []string
	generous    bool // four times the time, twice the memory
}

// newPlace makes an empty repository, in memory where there is such a place.
func newPlace(t *testing.T) *place {
	t.Helper()
	parent := ""
	if info, err := os.Stat("/dev/shm"); err == nil && info.IsDir() {
		parent = "/dev/shm"
	}
	base, err := os.MkdirTemp(parent, "refit-hostile-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(base) })
	p := &place{t: t, repo: filepath.Join(base, "repo"), state: filepath.Join(base, "state")}
	if err := errors.Join(os.Mkdir(p.repo, 0o755), os.Chmod(base, 0o755)); err != nil {
		t.Fatal(err)
	}
	return p
}

// write writes a file of the repository.
func (p *place) write(name, text string) {
	p.t.Helper()
	full := filepath.Join(p.repo, name)
	if err := errors.Join(os.MkdirAll(filepath.Dir(full), 0o755), os.WriteFile(full, []byte(text), 0o644)); err != nil {
		p.t.Fatal(err)
	}
}

func (p *place) link(target, name string) {
	p.t.Helper()
	full := filepath.Join(p.repo, name)
	if err := errors.Join(os.MkdirAll(filepath.Dir(full), 0o755), os.Symlink(target, full)); err != nil {
		p.t.Fatal(err)
	}
}

// command is the program, within limits that hold even where it doesn't.
func (p *place) command(ctx context.Context, args ...string) *exec.Cmd {
	p.t.Helper()
	program, err := built()
	if err != nil {
		p.t.Fatal(err)
	}
	cpu, _ := p.limits()
	limited := fmt.Sprintf(`ulimit -t %d; ulimit -f 1048576; exec "$0" "$@"`, int(cpu.Seconds())+5)
	cmd := exec.CommandContext(ctx, "sh", append([]string{"-c", limited, program}, args...)...)
	if cmd.Dir = p.repo; p.from != "" {
		cmd.Dir = p.from
		cmd.Args = append(cmd.Args, p.repo)
	}
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + filepath.Dir(p.state), "XDG_STATE_HOME=" + p.state, "GOTRACEBACK=all"}, p.env...)
	if p.uid != 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(p.uid), Gid: uint32(p.uid)}}
	}
	return cmd
}

// run runs the program in the repository and checks what holds for any input.
func (p *place) run(args ...string) ran {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), maxWall)
	defer cancel()
	cmd := p.command(ctx, args...)
	var out, talk bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &talk
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		p.t.Fatal(err)
	}
	if ctx.Err() != nil {
		p.t.Fatalf("refit %v hangs: %s%s", args, out.String(), talk.String())
	}
	usage := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	r := ran{args: args, code: cmd.ProcessState.ExitCode(), stdout: out.String(), stderr: talk.String(),
		cpu: cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), memory: usage.Maxrss * 1024}
	if runtime.GOOS == "darwin" {
		r.memory /= 1024
	}
	p.check(r)
	return r
}

var (
	trace   = regexp.MustCompile(`goroutine \d+ \[|panic:|fatal error:|runtime\.go:\d+|internal error`)
	control = regexp.MustCompile("[\x00-\x08\x0b-\x0c\x0e-\x1f\x7f]|\u009b|\r[^\n]")
)

// limits are what one run may take: of the processor, and of memory in bytes.
func (p *place) limits() (cpu time.Duration, memory int64) {
	if p.generous {
		return 4 * maxCPU, 2 * maxMemory
	}
	return maxCPU, maxMemory
}

func (p *place) check(r ran) {
	p.t.Helper()
	if r.code < 0 || r.code > 4 {
		p.t.Errorf("it died: %v", r)
	}
	cpu, memory := p.limits()
	if r.cpu > cpu || r.memory > memory {
		p.t.Errorf("too much: %v", r)
	}
	if at := trace.FindString(r.stdout + r.stderr); at != "" {
		p.t.Errorf("%q reaches the user: %v", at, r)
	}
	patch := strings.Contains(strings.Join(r.args, " "), "--format diff")
	if at := control.FindString(r.stderr); at != "" {
		p.t.Errorf("%q is let through: %v", at, r)
	}
	if at := control.FindString(r.stdout); at != "" && !patch {
		p.t.Errorf("%q is let through: %v", at, r)
	}
	if len(r.stderr) > 256<<10 {
		p.t.Errorf("%d bytes of talk: %v", len(r.stderr), r)
	}
	if r.code >= 2 && r.stdout+r.stderr == "" {
		p.t.Errorf("it fails and says nothing: %v", r)
	}
	if !strings.Contains(strings.Join(r.args, " "), "--format json") {
		return
	}
	switch {
	case r.stdout == "":
		if r.code < 2 || r.stderr == "" {
			p.t.Errorf("no JSON, and no reason: %v", r)
		}
	case !json.Valid([]byte(r.stdout)):
		p.t.Errorf("no JSON: %v", r)
	}
}

// reads runs the commands that only read, and checks that they wrote nothing. It returns what they said. Without
// others it is plan, which audits too.
func (p *place) reads(others ...string) (said string, codes []int) {
	p.t.Helper()
	before := p.stats()
	for _, command := range append(others, "plan") {
		r := p.run(command, "--format", "json")
		said += r.stdout + r.stderr
		codes = append(codes, r.code)
	}
	if after := p.stats(); after != before {
		p.t.Errorf("reading changed files:\n%s", after)
	}
	if _, err := os.Lstat(p.state); err == nil {
		p.t.Error("reading made a state folder")
	}
	return said, codes
}

// stats is every file of the repository with what changes when it is written.
func (p *place) stats() string {
	p.t.Helper()
	var out strings.Builder
	_ = filepath.WalkDir(p.repo, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return fs.SkipDir
		}
		if info, err := d.Info(); err == nil {
			fmt.Fprintf(&out, "%q %v %d %d\n", name, info.Mode(), info.Size(), info.ModTime().UnixNano())
		}
		return nil
	})
	return out.String()
}

// ordinary fills the repository with a service that has something to repair.
func (p *place) ordinary() {
	p.write("compose.yml", "services:\n  app:\n    build: .\n    ports: [\"8000:8000\"]\n    environment:\n      POSTGRES_PASSWORD: made-up-secret\n")
	p.write("Dockerfile", "FROM python:3.12-slim\nWORKDIR /app\nCOPY . .\nRUN pip install -r requirements.txt\nCMD [\"python\", \"app.py\"]\n")
	p.write("requirements.txt", "flask\n")
	p.write("app.py", "print()\n")
}
