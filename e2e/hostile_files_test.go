//go:build unix

package e2e_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// TestNoOrdinaryFiles puts pipes, sockets, devices and folders where refit expects files. Nothing is opened,
// nothing is waited for.
func TestNoOrdinaryFiles(t *testing.T) {
	for kind, make := range map[string]func(full string) error{
		"pipe": func(full string) error { return syscall.Mkfifo(full, 0o666) },
		"socket": func(full string) error {
			here, err := os.Getwd()
			if err != nil {
				return err
			}
			if err := os.Chdir(filepath.Dir(full)); err != nil { // the path of a socket must be short
				return err
			}
			l, err := net.ListenUnix("unix", &net.UnixAddr{Name: filepath.Base(full)})
			if err == nil {
				l.SetUnlinkOnClose(false)
				err = l.Close()
			}
			return errors.Join(err, os.Chdir(here))
		},
		"device":        func(full string) error { return unix.Mknod(full, unix.S_IFCHR|0o666, int(unix.Mkdev(1, 5))) }, // zero: it never ends
		"folder":        func(full string) error { return os.Mkdir(full, 0o755) },
		"dangling link": func(full string) error { return os.Symlink("nowhere", full) },
		"link to self":  func(full string) error { return os.Symlink(filepath.Base(full), full) },
		"link to zero":  func(full string) error { return os.Symlink("/dev/zero", full) },
	} {
		t.Run(kind, func(t *testing.T) {
			for _, names := range [][]string{{"compose.yml"}, {"Dockerfile"}, {".refit.yaml"}, slices.DeleteFunc(slices.Clone(configurationNames), needed)} {
				p := newPlace(t)
				p.ordinary()
				before := map[string]os.FileMode{}
				for _, name := range names {
					full := filepath.Join(p.repo, name)
					if err := errors.Join(os.MkdirAll(filepath.Dir(full), 0o755), os.RemoveAll(full)); err != nil {
						t.Fatal(err)
					}
					if err := make(full); err != nil {
						t.Skipf("SKIPPED: %v", err)
					}
					if info, err := os.Lstat(full); err == nil {
						before[full] = info.Mode()
					}
				}
				p.reads()
				p.run("apply", "--yes")
				for full, mode := range before {
					if after, err := os.Lstat(full); err != nil || after.Mode() != mode {
						t.Errorf("%s was %v and is %v, %v", full, mode, after, err)
					}
				}
				p.run("rollback", "--yes")
			}
		})
	}
}

// needed are the names without which there is little to do.
func needed(name string) bool {
	return name == "compose.yml" || name == "Dockerfile" || name == ".refit.yaml"
}

// TestLinksOfAllKinds: links that go round, up and out. What is outside is neither read nor written.
func TestLinksOfAllKinds(t *testing.T) {
	p := newPlace(t)
	p.ordinary()
	outside := filepath.Join(filepath.Dir(p.repo), "outside")
	for name, text := range map[string]string{"secret.env": "STOLEN=made-up-outside\n", "compose.yml": "services:\n  stolen:\n    image: made-up-outside\n", "Dockerfile": "FROM made-up-outside\n"} {
		if err := errors.Join(os.MkdirAll(outside, 0o755), os.WriteFile(filepath.Join(outside, name), []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	for name, target := range map[string]string{
		"self": "self", "here": ".", "up": "..", "deep/up": "../..", "a": "b", "b": "a", "dangling": "no/where",
		".env": "../outside/secret.env", "compose.prod.yml": outside + "/compose.yml", "docker/Dockerfile": "../up/outside/Dockerfile",
		"Makefile": "/etc/passwd", ".gitignore": "../outside/secret.env", "services": "../outside", ".refit.yaml": "up/outside/secret.env", ".github": outside,
	} {
		p.link(target, name)
	}
	p.write("compose.dev.yml", "services:\n  a:\n    image: x\n    env_file: [.env, here/here/up/outside/secret.env, a]\n  b:\n    build: {context: services}\n  c:\n    extends: {file: services/compose.yml, service: stolen}\ninclude: []\n")
	said, _ := p.reads("audit")
	diff := p.run("plan", "--format", "diff")
	for _, r := range []ran{p.run("apply", "--yes"), p.run("rollback", "--yes")} {
		said += r.stdout + r.stderr
	}
	if said += diff.stdout + diff.stderr; strings.Contains(said, "made-up-outside") || strings.Contains(said, "root:x:") {
		t.Errorf("something outside of the repository was read:\n%.3000s", said)
	}
	for _, name := range []string{"secret.env", "compose.yml", "Dockerfile"} {
		if text, err := os.ReadFile(filepath.Join(outside, name)); err != nil || !strings.Contains(string(text), "made-up-outside") {
			t.Errorf("%s: %q, %v", name, text, err)
		}
	}
	if entries, err := os.ReadDir(outside); err != nil || len(entries) != 3 {
		t.Errorf("%v, %v", entries, err)
	}
}

// oddNames hold what steers a terminal, ends a line, or passes for an option.
var oddNames = []string{"new\nline", "0 errors, 0 warnings\n\n", "esc\x1b[2Jape", "bell\a", "back\b\b\b\b", "return\rover", "c1\u009b31m", "bidi\u202etxt", "latin\xe9", "bad\xff\xfe",
	"-rf", "--yes", "~", "$(touch pwned)", "`touch pwned`", "; touch pwned;", "a:b", "a b", "quote\"'", "back\\slash", "*", "[x]", "{{x}}", "ünïcödé"}

// TestOddNames: reports stay one line an entry and JSON, patches are taken by git, nothing steers the terminal.
func TestOddNames(t *testing.T) {
	p := newPlace(t)
	for i, name := range oddNames {
		p.write(name+"/compose.yml", "services:\n  a:\n    build: .\n    environment:\n      POSTGRES_PASSWORD: made-up-secret\n")
		p.write(name+"/Dockerfile", "FROM python:3.12\nCOPY . .\nRUN pip install flask\nCMD [\"python\"]\n")
		p.write(name+".Dockerfile", "FROM python\n# \x1b[31m in a comment\nCMD [\"python\"]\n")
		p.write(fmt.Sprintf("broken/%s.Dockerfile", name), "RUNN x\n")
		p.write(fmt.Sprintf("env%d/.env.%s", i, strings.ReplaceAll(name, "/", "_")), "A='open\n")
	}
	before := p.stats()
	p.reads("audit")
	for _, args := range [][]string{{"audit"}, {"plan"}, {"env", "check"}, {"backups"}} {
		r := p.run(args...)
		if at := regexp.MustCompile("(?m)^0 errors, 0 warnings$").FindString(r.stdout); at != "" {
			t.Errorf("a name passes for a line of the report: %v", r)
		}
	}
	diff := p.run("plan", "--format", "diff")
	for _, line := range strings.Split(diff.stdout, "\n") {
		if !strings.HasPrefix(line, " ") && !strings.HasPrefix(line, "+") && !strings.HasPrefix(line, "-") && control.MatchString(line) {
			t.Errorf("a head of the patch has %q", line)
		}
	}
	cmd := exec.Command("git", "apply", "--numstat", "-")
	cmd.Dir = p.repo
	cmd.Stdin = strings.NewReader(diff.stdout)
	if out, err := cmd.CombinedOutput(); err != nil && diff.stdout != "" {
		t.Errorf("git doesn't read the patch: %v, %s", err, out)
	}
	p.run("apply", "--yes")
	p.run("rollback", "--yes")
	if after := p.stats(); strings.Count(after, "\n") != strings.Count(before, "\n") {
		t.Error("files are lost or left over")
	}
	if _, err := os.Lstat(filepath.Join(p.repo, "pwned")); err == nil {
		t.Error("a name was run")
	}
}

// TestOddNamesAsArguments: a path that starts with a dash, and one that is not there.
func TestOddNamesAsArguments(t *testing.T) {
	p := newPlace(t)
	p.write("-rf/compose.yml", "services:\n  a:\n    image: x\n")
	if r := p.run("audit", "--format", "json", "--", "-rf"); r.code > 1 {
		t.Error(r)
	}
	for _, path := range []string{"no\x1b[2Jwhere", "no\nwhere", "-no", "bad\xff"} {
		if r := p.run("audit", "--format", "json", "--", path); r.code != 2 || r.stdout != "" {
			t.Error(r)
		}
	}
}

// TestLetterCase: names that differ in letter case only.
func TestLetterCase(t *testing.T) {
	p := newPlace(t)
	p.ordinary()
	p.write("dockerfile", "FROM python:3.12\nCMD [\"python\"]\n")
	p.write("COMPOSE.yml", "services:\n  b:\n    build: {context: ., dockerfile: dockerfile}\n")
	p.write("Docker/x", "")
	p.write("ENV/x", "")
	p.write("Compose/x", "")
	before := p.stats()
	p.reads()
	p.run("apply", "--yes")
	seen := map[string]string{}
	for _, line := range strings.Split(p.stats(), "\n") {
		name, _, _ := strings.Cut(line, "\" ")
		lower := strings.ToLower(name)
		if other, ok := seen[lower]; ok && name != other && !strings.HasSuffix(lower, "dockerfile") && !strings.HasSuffix(lower, "/compose.yml") {
			t.Errorf("%s and %s", name, other)
		}
		seen[lower] = name
	}
	p.run("rollback", "--yes")
	if after := p.stats(); strings.Count(after, "\n") != strings.Count(before, "\n") {
		t.Errorf("files are lost or left over:\n%s", after)
	}
}

// TestDeepFolders: folders inside one another, 10,000 deep; no path is that long, so they are made step by step.
func TestDeepFolders(t *testing.T) {
	p := newPlace(t)
	p.ordinary()
	at, err := unix.Open(p.repo, unix.O_DIRECTORY|unix.O_RDONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	for range 10_000 {
		if err := unix.Mkdirat(at, "d", 0o755); err != nil {
			t.Skipf("SKIPPED, the file system takes no folders that deep: %v", err)
		}
		below, err := unix.Openat(at, "d", unix.O_DIRECTORY|unix.O_RDONLY, 0)
		unix.Close(at)
		if err != nil {
			t.Fatal(err)
		}
		at = below
	}
	unix.Close(at)
	for _, args := range [][]string{{"audit", "--format", "json"}, {"plan", "--format", "json"}, {"apply", "--yes"}, {"rollback", "--yes"}} {
		if r := p.run(args...); r.code > 1 {
			t.Error(r)
		}
	}
	_ = exec.Command("rm", "-rf", p.repo).Run() // os.RemoveAll opens them all
}

// TestManyFiles: 50,000 small files, or as many as REFIT_MANY_FILES says; 0.3 million is where refit stops listing.
func TestManyFiles(t *testing.T) {
	many := 50_000
	if n := os.Getenv("REFIT_MANY_FILES"); n != "" {
		if _, err := fmt.Sscan(n, &many); err != nil {
			t.Fatal(err)
		}
	}
	p := newPlace(t)
	p.generous = many > 50_000
	p.ordinary()
	p.write("zz/compose.yml", "services:\n  z:\n    image: x\n")
	const each = 1000
	for made := 0; made < many; made += each {
		dir := filepath.Join(p.repo, fmt.Sprintf("data/%d", made/each))
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		for i := range each {
			f, err := os.Create(filepath.Join(dir, fmt.Sprint(i)))
			if err != nil {
				t.Skipf("SKIPPED, no room for %d files: %v", many, err)
			}
			f.Close()
		}
	}
	for _, command := range []string{"audit", "plan"} {
		r := p.run(command, "--format", "json")
		if r.code > 1 && many < 300_000 || many >= 300_000 && !strings.Contains(r.stdout+r.stderr, "more than 300000 files") {
			t.Error(r)
		}
		t.Logf("%s of %d files: %v, %d MiB", command, many, r.cpu, r.memory>>20)
	}
}

// TestFilesThatChange: a writer changes, removes and replaces the files all the while.
func TestFilesThatChange(t *testing.T) {
	p := newPlace(t)
	p.ordinary()
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		full := filepath.Join(p.repo, "compose.yml")
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			switch i % 5 {
			case 0:
				_ = os.WriteFile(full, []byte("services:\n  app:\n    image: x\n"), 0o644)
			case 1:
				_ = os.Remove(full)
			case 2:
				_ = syscall.Mkfifo(full, 0o644)
			case 3:
				_ = os.Remove(full)
				_ = os.Symlink("/dev/zero", full)
			case 4:
				_ = os.Remove(full)
				_ = os.WriteFile(full, []byte("services:\n  app:\n    image: x\n    env_file: ["), 0o644)
			}
		}
	}()
	for i := range 6 {
		p.run([][]string{{"audit", "--format", "json"}, {"plan", "--format", "json"}, {"apply", "--yes"}}[i%3]...)
	}
	close(stop)
	<-stopped
	p.run("rollback", "--yes")
}

// TestPlanFileOfAnotherDay: the files, or what kind they are, change between plan --out and apply --plan.
func TestPlanFileOfAnotherDay(t *testing.T) {
	for name, change := range map[string]func(full string) error{
		"changed": func(full string) error { return os.WriteFile(full, []byte("FROM other\n"), 0o644) },
		"removed": os.Remove,
		"a link out": func(full string) error {
			return errors.Join(os.Rename(full, full+".x"), os.Symlink("/etc/hostname", full))
		},
		"a pipe":   func(full string) error { return errors.Join(os.Remove(full), syscall.Mkfifo(full, 0o644)) },
		"a folder": func(full string) error { return errors.Join(os.Remove(full), os.Mkdir(full, 0o755)) },
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t)
			p.ordinary()
			plan := filepath.Join(filepath.Dir(p.repo), "plan.json")
			if r := p.run("plan", "--out", plan); r.code != 1 {
				t.Fatal(r)
			}
			if text, err := os.ReadFile(plan); err != nil || !json.Valid(text) || strings.Contains(string(text), "made-up-secret") {
				t.Errorf("the plan file: %v, %s", err, text)
			}
			if err := change(filepath.Join(p.repo, "Dockerfile")); err != nil {
				t.Fatal(err)
			}
			before := p.stats()
			if r := p.run("apply", "--yes", "--plan", plan); r.code != 3 {
				t.Error(r)
			}
			if after := p.stats(); after != before {
				t.Errorf("something was written:\n%s", after)
			}
		})
	}
}
