//go:build unix

package e2e_test

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

// TestErrorsOfEveryCommand: whatever goes wrong, stdout is JSON or empty, stderr says why, and the exit code is
// that of the contract.
func TestErrorsOfEveryCommand(t *testing.T) {
	for name, tt := range map[string]struct {
		spoil func(p *place) error
		args  []string
		code  int
		said  string
	}{
		"nothing there":                 {nil, []string{"audit", "--format", "json", "/no/where"}, 2, "no/where"},
		"a device":                      {nil, []string{"audit", "--format", "json", "/dev/zero"}, 2, "zero"},
		"an unknown format":             {nil, []string{"plan", "--format", "yaml"}, 2, "--format"},
		"an unknown rule":               {nil, []string{"plan", "--format", "json", "--only", "X99"}, 2, "X99"},
		"a broken configuration":        {func(p *place) error { p.write(".refit.yaml", "rulez: [\n"); return nil }, []string{"audit", "--format", "json"}, 2, `\.refit\.yaml:\d+:\d+`},
		"a configuration of noise":      {func(p *place) error { p.write(".refit.yaml", "\x00\xff\x1b[2J"); return nil }, []string{"plan", "--format", "json"}, 2, `\.refit\.yaml`},
		"a plan file of noise":          {func(p *place) error { p.write("p.json", "\x00\xff\x1b[2J{{{{"); return nil }, []string{"apply", "--yes", "--plan", "p.json"}, 3, "plan file"},
		"a plan file that nests":        {func(p *place) error { p.write("p.json", strings.Repeat("[", 1<<20)); return nil }, []string{"apply", "--yes", "--plan", "p.json"}, 3, "plan file"},
		"a plan file that is a folder":  {func(p *place) error { return os.Mkdir(p.repo+"/p.json", 0o755) }, []string{"apply", "--yes", "--plan", "p.json"}, 0, "p.json|directory"},
		"a plan file that never ends":   {nil, []string{"apply", "--yes", "--plan", "/dev/zero"}, 3, "plan file"},
		"a plan file that isn't there":  {nil, []string{"apply", "--yes", "--plan", "nope.json"}, 2, "nope.json"},
		"an output that can't be":       {nil, []string{"plan", "--out", "/no/where/p.json"}, 0, "no/where"},
		"an unknown backup":             {nil, []string{"rollback", "--yes", "9999"}, 2, "9999"},
		"nothing to take back":          {nil, []string{"rollback", "--yes"}, 2, "no apply"},
		"an unknown environment":        {nil, []string{"env", "check", "nope", "--format", "json"}, 0, "nope"},
		"no home, to read":              {func(p *place) error { p.env = []string{"HOME=", "XDG_STATE_HOME="}; return nil }, []string{"audit", "--format", "json"}, 1, ""},
		"no home, to write":             {func(p *place) error { p.env = []string{"HOME=", "XDG_STATE_HOME="}; return nil }, []string{"apply", "--yes"}, 3, "XDG_STATE_HOME"},
		"a state folder in the repo":    {func(p *place) error { p.env = []string{"XDG_STATE_HOME=" + p.repo + "/state"}; return nil }, []string{"apply", "--yes"}, 3, "XDG_STATE_HOME"},
		"a state folder that is a file": {func(p *place) error { return os.WriteFile(p.state, nil, 0o600) }, []string{"apply", "--yes"}, 3, "backups"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t)
			p.ordinary()
			if tt.spoil != nil {
				if err := tt.spoil(p); err != nil {
					t.Fatal(err)
				}
			}
			before := p.stats()
			r := p.run(tt.args...)
			if r.code != tt.code && (tt.code != 0 || r.code < 2) {
				t.Errorf("want exit code %d: %v", tt.code, r)
			}
			if !regexp.MustCompile(tt.said).MatchString(r.stderr) {
				t.Errorf("nothing says %s: %v", tt.said, r)
			}
			if after := p.stats(); after != before {
				t.Errorf("it wrote:\n%s", after)
			}
		})
	}
}

// TestNoPermission runs the program as a user who may not read or write what is there.
func TestNoPermission(t *testing.T) {
	const nobody = 65534
	for name, tt := range map[string]struct {
		path string
		mode os.FileMode
		said string // by reading
	}{
		"a file":                  {"compose.yml", 0, `compose\.yml: .*permission denied`},
		"an env file":             {".env.dev", 0, `\.env\.dev: .*permission denied`},
		"an ignore file":          {".gitignore", 0, `\.gitignore: .*permission denied`},
		"a folder":                {"sub", 0, `sub: .*permission denied`},
		"a folder without search": {"sub", 0o644, `sub.*permission denied`},
		"the repository":          {".", 0, `permission denied`},
		"git's folder":            {".git", 0, `\.git: .*permission denied`},
		"a read-only tree":        {".", 0o555, ``},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t)
			p.ordinary()
			p.write(".env.dev", "A=1\n")
			p.write(".gitignore", "x\n")
			p.write("sub/Dockerfile", "FROM python:3.12\nCMD [\"python\"]\n")
			p.git("init", "-q")
			base := filepath.Dir(p.repo)
			if os.Geteuid() == 0 {
				p.uid = nobody
				if out, err := exec.Command("chown", "-R", fmt.Sprint(nobody), base).CombinedOutput(); err != nil {
					t.Fatalf("%v, %s", err, out)
				}
			}
			full := filepath.Join(p.repo, tt.path)
			if err := os.Chmod(full, tt.mode); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = os.Chmod(full, 0o755) })
			if tt.path == "." {
				p.from, p.env = base, []string{"PWD=" + base}
			}
			said, _ := p.reads("audit")
			if !regexp.MustCompile(tt.said).MatchString(said) {
				t.Errorf("nothing says %s:\n%.2000s", tt.said, said)
			}
			before := p.stats()
			r := p.run("apply", "--yes")
			if tt.path != "." {
				if r = p.run("rollback", "--yes"); r.code > 2 {
					t.Error(r)
				}
			} else if r.code < 2 {
				t.Errorf("it is applied: %v", r)
			}
			if after := p.stats(); strings.Count(after, "\n") != strings.Count(before, "\n") {
				t.Errorf("files are lost or left over:\n%s", after)
			}
		})
	}
}

// TestNothingIsOpenedOutside watches the system calls of audit and plan: they open nothing for writing, nothing
// outside of the repository but what the system's libraries need, run nothing, and use no network.
func TestNothingIsOpenedOutside(t *testing.T) {
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("SKIPPED: strace is not installed (apt-get install strace), so what refit opens is not watched")
	}
	p := newPlace(t)
	p.ordinary()
	p.write("Makefile", "include $(shell touch pwned)\nall:\n\tdocker compose up\n")
	p.write(".env", "A=$(touch pwned)\n")
	p.link("/etc/passwd", "compose.dev.yml")
	p.link("../../../../etc/hostname", "docker/Dockerfile")
	p.git("init", "-q")
	p.git("add", ".")
	program, err := built()
	if err != nil {
		t.Fatal(err)
	}
	for _, command := range []string{"audit", "plan"} {
		log := filepath.Join(filepath.Dir(p.repo), "strace."+command)
		cmd := exec.Command(strace, "-f", "-qq", "-y", "-e", "trace=%file,%network,%process,openat2", "-o", log, program, command)
		cmd.Dir = p.repo
		cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + filepath.Dir(p.state), "XDG_STATE_HOME=" + p.state}
		if out, err := cmd.CombinedOutput(); err != nil && cmd.ProcessState.ExitCode() > 1 {
			t.Skipf("SKIPPED: strace can't watch here: %v, %.300s", err, out)
		}
		f, err := os.Open(log)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		calls, programs := 0, 0
		for scan := bufio.NewScanner(f); scan.Scan(); {
			line := scan.Text()
			calls++
			if why := suspicious(line, p.repo, p.state, program, &programs); why != "" {
				t.Errorf("%s %s: %s", command, why, line)
			}
		}
		if calls < 20 || programs != 1 {
			t.Errorf("%s: %d calls were seen, %d programs", command, calls, programs)
		}
	}
}

var (
	opening   = regexp.MustCompile(`^\d+ +(?:open|openat|openat2|creat)\((?:(\S+?<([^>]*)>|AT_FDCWD)[^"]*)?"((?:[^"\\]|\\.)*)", ?(.*)`)
	allowed   = regexp.MustCompile(`^/(sys/|proc/|dev/null$|etc/ld\.so|lib|usr/lib|etc/(localtime|nsswitch\.conf)|usr/(share|local/go/lib)/)`)
	writing   = regexp.MustCompile(`^\d+ +(unlink|rename|mkdir|rmdir|link|symlink|chmod|fchmodat|chown|fchown|truncate|mknod|utime)\w*\(`)
	processes = regexp.MustCompile(`^\d+ +(fork|vfork|clone|clone3)\(`)
	network   = regexp.MustCompile(`^\d+ +(socket|connect|bind|sendto|listen)\(`)
)

// suspicious says what is wrong with a system call, "" when nothing is.
func suspicious(line, repo, state, program string, programs *int) string {
	switch {
	case strings.Contains(line, " execve("):
		if *programs++; *programs > 1 {
			return "runs a program"
		}
	case processes.MatchString(line) && !strings.Contains(line, "CLONE_THREAD"):
		return "starts a process"
	case network.MatchString(line):
		return "uses the network"
	case writing.MatchString(line):
		return "writes"
	}
	m := opening.FindStringSubmatch(line)
	if m == nil {
		return ""
	}
	dir, name, flags := m[2], m[3], m[4]
	if strings.Contains(flags, "O_WRONLY") || strings.Contains(flags, "O_RDWR") || strings.Contains(flags, "O_CREAT") {
		return "opens for writing"
	}
	full := name
	if !filepath.IsAbs(full) {
		if dir == "" {
			dir = repo
		}
		full = filepath.Join(dir, name)
	}
	if full != program && full != repo && !strings.HasPrefix(full, repo+"/") && !strings.HasPrefix(full, state) && !allowed.MatchString(full) && !strings.HasPrefix(repo, full) {
		return "opens " + full
	}
	return ""
}

// TestSignalsToTheProgram ends the real program at many moments of an apply: what is left is before, or after, and
// the next rollback completes it.
func TestSignalsToTheProgram(t *testing.T) {
	for i, sig := range []syscall.Signal{syscall.SIGKILL, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		t.Run(sig.String(), func(t *testing.T) {
			p := newPlace(t)
			p.ordinary()
			original := read(t, p.repo)
			for round := range 4 {
				cmd := p.command(t.Context(), "apply", "--yes")
				if err := cmd.Start(); err != nil {
					t.Fatal(err)
				}
				waitForBegin(p.state, round*(i+1)) // some of them in the middle of it
				_ = cmd.Process.Signal(sig)
				_ = cmd.Wait()
				if r := p.run("rollback", "--yes"); r.code != 0 && r.code != 2 { // 2: nothing had begun
					t.Fatal(r)
				}
				if now := read(t, p.repo); now != original {
					t.Fatalf("round %d: not all as before:\n%s", round, now)
				}
			}
		})
	}
}

// waitForBegin waits until a transaction is on its way, and n polls more.
func waitForBegin(state string, n int) {
	for range 100_000 {
		if found, _ := filepath.Glob(filepath.Join(state, "refit", "*", "[0-9]*")); len(found) > 0 {
			if n--; n < 0 {
				return
			}
		}
	}
}

// read is every file of a folder with its mode and content.
func read(t *testing.T, dir string) string {
	t.Helper()
	var out strings.Builder
	err := filepath.WalkDir(dir, func(name string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, infoErr := d.Info()
		var text []byte
		if d.Type().IsRegular() {
			text, err = os.ReadFile(name)
		}
		fmt.Fprintf(&out, "%s %v %q\n", strings.TrimPrefix(name, dir), info.Mode(), text)
		return errors.Join(err, infoErr)
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.String()
}
