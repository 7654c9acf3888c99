//go:build unix

package e2e_test

import (
	"bytes"
	"crypto/sha1"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// git runs git in the repository, without the user's own settings.
func (p *place) git(args ...string) {
	p.t.Helper()
	cmd := exec.Command("git", append([]string{"-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "init.defaultBranch=main"}, args...)...)
	cmd.Dir = p.repo
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null")
	if out, err := cmd.CombinedOutput(); err != nil {
		p.t.Fatalf("git %v: %v, %s", args, err, out)
	}
}

// TestNothingOfGitIsRun: hooks, fsmonitor, filters, pagers, includes and aliases of the repository's own
// configuration would all leave a file behind.
func TestNothingOfGitIsRun(t *testing.T) {
	p := newPlace(t)
	p.ordinary()
	p.git("init", "-q")
	p.git("add", ".")
	p.git("commit", "-qm", "x")
	touched := filepath.Join(filepath.Dir(p.repo), "touched")
	program := filepath.Join(filepath.Dir(p.repo), "run.sh")
	if err := os.WriteFile(program, []byte("#!/bin/sh\necho \"$0 $*\" >> "+touched+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	p.write(".git/included", "[core]\n\tfsmonitor = "+program+"\n")
	p.write(".git/config", "[core]\n\trepositoryformatversion = 0\n\tfsmonitor = "+program+"\n\thooksPath = "+filepath.Dir(p.repo)+"\n\tpager = "+program+"\n\teditor = "+program+"\n\tsshCommand = "+program+
		"\n[include]\n\tpath = included\n[includeIf \"gitdir:/\"]\n\tpath = included\n[filter \"x\"]\n\tclean = "+program+"\n\tsmudge = "+program+"\n\trequired = true\n[diff]\n\texternal = "+program+"\n[alias]\n\tstatus = !"+program+"\n[credential]\n\thelper = "+program+"\n")
	p.write(".gitattributes", "* filter=x diff=x merge=x\n")
	for _, hook := range []string{"pre-commit", "post-checkout", "fsmonitor-watchman", "post-index-change", "reference-transaction"} {
		if err := os.Symlink(program, filepath.Join(p.repo, ".git/hooks", hook)); err != nil {
			t.Fatal(err)
		}
	}
	p.reads("audit")
	p.run("apply", "--yes")
	p.run("rollback", "--yes")
	p.run("backup")
	if text, err := os.ReadFile(touched); err == nil {
		t.Errorf("something was run: %s", text)
	}
	p.git("-c", "core.fsmonitor="+program, "-c", "core.hooksPath=/dev/null", "status") // and that it would have been
	if _, err := os.Stat(touched); err != nil {
		t.Error("git itself runs nothing of it: the test can't fail")
	}
}

// TestBrokenGit: every file of .git broken in turn, or something else than a file.
func TestBrokenGit(t *testing.T) {
	for name, breaks := range map[string]func(p *place) error{
		"index of nothing": func(p *place) error { return os.WriteFile(p.repo+"/.git/index", nil, 0o644) },
		"index of noise": func(p *place) error {
			return os.WriteFile(p.repo+"/.git/index", bytes.Repeat([]byte("DIRC"), 1000), 0o644)
		},
		"index cut short":     func(p *place) error { return os.Truncate(p.repo+"/.git/index", 100) },
		"index with 4G files": func(p *place) error { return os.WriteFile(p.repo+"/.git/index", index(2, 1<<32-1, nil), 0o644) },
		"index of version 4": func(p *place) error {
			p.git("update-index", "--index-version", "4")
			return nil
		},
		"index bomb of version 4": func(p *place) error { return os.WriteFile(p.repo+"/.git/index", indexBomb(), 0o644) },
		"huge index":              func(p *place) error { return os.Truncate(p.repo+"/.git/index", 1<<30) },
		"split index": func(p *place) error {
			p.git("update-index", "--split-index")
			return nil
		},
		"index is a pipe": func(p *place) error {
			return errors.Join(os.Remove(p.repo+"/.git/index"), syscall.Mkfifo(p.repo+"/.git/index", 0o644))
		},
		"index is a folder": func(p *place) error {
			return errors.Join(os.Remove(p.repo+"/.git/index"), os.Mkdir(p.repo+"/.git/index", 0o755))
		},
		"index leads out": func(p *place) error {
			return errors.Join(os.Remove(p.repo+"/.git/index"), os.Symlink("/dev/zero", p.repo+"/.git/index"))
		},
		"config is broken": func(p *place) error { return os.WriteFile(p.repo+"/.git/config", []byte("[core\n\x00"), 0o644) },
		"config is huge":   func(p *place) error { return os.Truncate(p.repo+"/.git/config", 100<<20) },
		"HEAD is broken":   func(p *place) error { return os.WriteFile(p.repo+"/.git/HEAD", []byte("\x1b[2J"), 0o644) },
		"HEAD is a pipe": func(p *place) error {
			return errors.Join(os.Remove(p.repo+"/.git/HEAD"), syscall.Mkfifo(p.repo+"/.git/HEAD", 0o644))
		},
		"empty .git": func(p *place) error {
			return errors.Join(os.RemoveAll(p.repo+"/.git"), os.Mkdir(p.repo+"/.git", 0o755))
		},
		".git is a pipe": func(p *place) error {
			return errors.Join(os.RemoveAll(p.repo+"/.git"), syscall.Mkfifo(p.repo+"/.git", 0o644))
		},
		".git names itself": func(p *place) error {
			return errors.Join(os.RemoveAll(p.repo+"/.git"), os.WriteFile(p.repo+"/.git", []byte("gitdir: .git\n"), 0o644))
		},
		".git names /etc": func(p *place) error {
			return errors.Join(os.RemoveAll(p.repo+"/.git"), os.WriteFile(p.repo+"/.git", []byte("gitdir: /etc\n"), 0o644))
		},
		".git names a device": func(p *place) error {
			return errors.Join(os.RemoveAll(p.repo+"/.git"), os.WriteFile(p.repo+"/.git", []byte("gitdir: /dev/zero\n"), 0o644))
		},
		".git is huge": func(p *place) error {
			return errors.Join(os.RemoveAll(p.repo+"/.git"), os.WriteFile(p.repo+"/.git", nil, 0o644), os.Truncate(p.repo+"/.git", 100<<20))
		},
		".git leads to itself": func(p *place) error {
			return errors.Join(os.RemoveAll(p.repo+"/.git"), os.Symlink(".git", p.repo+"/.git"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t)
			p.ordinary()
			p.git("init", "-q")
			p.git("add", ".")
			if err := breaks(p); err != nil {
				t.Fatal(err)
			}
			p.reads()
			before, _ := os.ReadFile(p.repo + "/compose.yml")
			p.run("apply", "--yes")
			p.run("rollback", "--yes")
			if after, _ := os.ReadFile(p.repo + "/compose.yml"); !bytes.Equal(before, after) {
				t.Error("the rollback lost something")
			}
		})
	}
}

// index is a git index of a version that claims n entries.
func index(version, n uint32, entries []byte) []byte {
	text := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32([]byte("DIRC"), version), n)
	text = append(text, entries...)
	sum := sha1.Sum(text)
	return append(text, sum[:]...)
}

// indexBomb is an index whose names build on one another: a hundred bytes a file, 4,000 in memory.
func indexBomb() []byte {
	var entries []byte
	const n = 200_000
	for i := range n {
		entry := make([]byte, 62)
		binary.BigEndian.PutUint32(entry[24:], 0o100644)
		entries = append(entries, entry...)
		name := strings.Repeat("a", 3900)
		entries = append(entries, 0) // strips nothing
		if i > 0 {
			entries[len(entries)-1] = 6
			name = ""
		}
		entries = append(entries, name+fmt.Sprintf("%06d\x00", i)...)
	}
	return index(4, n, entries)
}

// TestRepositoriesInRepositories: what is below another .git is not this repository's.
func TestRepositoriesInRepositories(t *testing.T) {
	p := newPlace(t)
	p.ordinary()
	p.git("init", "-q")
	p.git("add", ".")
	p.git("commit", "-qm", "x")
	p.git("worktree", "add", "-q", "wt")
	p.git("init", "-q", "inner")
	p.write("inner/compose.yml", "services:\n  inner:\n    image: made-up-inner\n")
	p.write("file/.git", "gitdir: ../.git/modules/file\n")
	p.write("file/compose.yml", "services:\n  inner:\n    image: made-up-inner\n")
	p.write("bare.git/HEAD", "ref: refs/heads/main\n")
	p.write("bare.git/config", "[core]\n\tbare = true\n")
	said, codes := p.reads("audit")
	if strings.Contains(said, "made-up-inner") || codes[0] > 1 {
		t.Errorf("exit codes %v: %s", codes, said)
	}
	inner := func() string {
		text, err := exec.Command("sh", "-c", "cd "+p.repo+" && find wt inner file bare.git -type f -not -path '*/.git/*' | sort | xargs sha256sum").Output()
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	before := inner()
	if r := p.run("apply", "--yes"); r.code != 0 {
		t.Error(r)
	}
	if after := inner(); after != before {
		t.Errorf("another repository was changed:\n%s", after)
	}
	p.run("rollback", "--yes")
	if r := p.run("audit", "--format", "json", "wt"); r.code > 1 || !strings.Contains(r.stdout, "compose.yml") { // a worktree is a repository of its own
		t.Error(r)
	}
}
