package gitrepo

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// lsFiles prints the index as `git ls-files -s` does.
func lsFiles(s *State) string {
	var out strings.Builder
	for _, p := range s.TrackedUnder(".") {
		e, _ := s.Entry(p)
		fmt.Fprintf(&out, "%06o %s %d\t%s\n", e.Mode, hex.EncodeToString(e.Hash), e.Stage, e.Path)
	}
	return out.String()
}

var someFiles = map[string]string{
	"a.txt": "one\n", "app/main.py": "print()\n", "app/main_test.py": "", "app/zz/deep/er.txt": "x", "app.txt": "sorts between", "env/.env.dev": "A=1\r\n",
	"ü ñ.txt": "name", strings.Repeat("long/", 60) + "file": "y",
}

func TestIndexAsGit(t *testing.T) {
	for _, c := range []struct {
		name     string
		initArgs []string
		version  string
	}{{"v2", nil, "2"}, {"v3", nil, "3"}, {"v4", nil, "4"}, {"sha256", []string{"--object-format=sha256"}, "4"}} {
		t.Run(c.name, func(t *testing.T) {
			dir := newRepo(t, someFiles, c.initArgs...)
			if err := os.Symlink("a.txt", filepath.Join(dir, "link")); err != nil {
				t.Fatal(err)
			}
			git(t, dir, "add", "-A")
			git(t, dir, "update-index", "--chmod=+x", "app/main.py")
			writeFiles(t, dir, map[string]string{"later": "content"})
			if c.version != "2" {
				git(t, dir, "add", "-N", "later") // needs version 3
			}
			git(t, dir, "-c", "core.quotePath=off", "update-index", "--index-version", c.version)
			s := open(t, dir)
			if s.Index != nil {
				t.Fatal(s.Index)
			}
			if got, want := lsFiles(s), git(t, dir, "-c", "core.quotePath=off", "ls-files", "-s"); got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
			if s.Branch != "trunk" || !s.Exists {
				t.Errorf("%+v", s)
			}
			if !s.Tracked("app/main.py") || s.Tracked("app") || s.Tracked("nothing") {
				t.Error("Tracked")
			}
			if got := s.TrackedUnder("app"); !slices.Equal(got, []string{"app/main.py", "app/main_test.py", "app/zz/deep/er.txt"}) {
				t.Errorf("under app: %q", got)
			}
			for p, want := range map[string]Status{"a.txt": Clean, "env/.env.dev": Clean, "nothing": Untracked} {
				if got := s.Status(p, []byte(someFiles[p])); got != want {
					t.Errorf("%s is %s", p, got)
				}
			}
			if got := s.Status("a.txt", []byte("two\n")); got != Modified {
				t.Errorf("changed: %s", got)
			}
			if got := s.Status("a.txt", []byte("one\r\n")); got != Clean {
				t.Errorf("line ends converted on checkout: %s", got)
			}
			if got := s.Status("link", []byte("a.txt")); got != Clean {
				t.Errorf("link: %s", got)
			}
			if got := s.Status("later", []byte("content")); c.version != "2" && got != Modified {
				t.Errorf("intent to add: %s", got)
			}
		})
	}
}

func TestSplitIndexIsNamed(t *testing.T) {
	dir := newRepo(t, someFiles)
	git(t, dir, "add", "-A")
	git(t, dir, "update-index", "--split-index")
	s := open(t, dir)
	if s.Index == nil || !strings.Contains(s.Index.Error(), "split index") || s.Status("a.txt", nil) != Unknown {
		t.Errorf("%v", s.Index)
	}
}

func TestSparseIndex(t *testing.T) {
	dir := newRepo(t, someFiles)
	git(t, dir, "add", "-A")
	git(t, dir, "commit", "-qm", "x")
	git(t, dir, "sparse-checkout", "set", "--cone", "--sparse-index", "app")
	s := open(t, dir)
	if s.Index != nil || len(s.sparse) == 0 {
		t.Fatalf("%v %q", s.Index, s.sparse)
	}
	if !s.Tracked("env/.env.dev") || !s.Tracked("app/main.py") || s.Status("env/.env.dev", nil) != Unknown {
		t.Error("files of a folder that is not checked out")
	}
}

func TestMergeConflict(t *testing.T) {
	dir := newRepo(t, map[string]string{"f": "base\n"})
	git(t, dir, "add", "-A")
	git(t, dir, "commit", "-qm", "base")
	git(t, dir, "checkout", "-qb", "other")
	writeFiles(t, dir, map[string]string{"f": "other\n"})
	git(t, dir, "commit", "-qam", "other")
	git(t, dir, "checkout", "-q", "trunk")
	writeFiles(t, dir, map[string]string{"f": "trunk\n"})
	git(t, dir, "commit", "-qam", "trunk")
	if gitCommand(dir, "merge", "other").Run() == nil {
		t.Fatal("no conflict")
	}
	s := open(t, dir)
	if got := s.Status("f", []byte("trunk\n")); s.Index != nil || !s.Tracked("f") || got != Modified || len(s.TrackedUnder(".")) != 1 {
		t.Errorf("%v %s", s.Index, got)
	}
}

func TestWorktreeAndSubmodule(t *testing.T) {
	lib := newRepo(t, map[string]string{"lib.c": "x"})
	git(t, lib, "add", "-A")
	git(t, lib, "commit", "-qm", "x")
	dir := newRepo(t, someFiles)
	git(t, dir, "submodule", "--quiet", "add", "--name", `my "lib"`, lib, "vendor/lib")
	git(t, dir, "add", "-A")
	git(t, dir, "commit", "-qm", "x")
	writeFiles(t, dir, map[string]string{".git/info/exclude": "*.log\n"})
	s := open(t, dir)
	if len(s.Submodules) != 1 || s.Submodules[0].Path != "vendor/lib" || s.Submodules[0].Name != `my "lib"` || s.Submodules[0].URL != lib {
		t.Errorf("%+v", s.Submodules)
	}
	if got := s.Status("vendor/lib", nil); got != Unknown {
		t.Errorf("submodule: %s", got)
	}
	if sub := open(t, filepath.Join(dir, "vendor/lib")); !sub.Tracked("lib.c") || sub.Branch != "trunk" {
		t.Errorf("inside of the submodule: %+v", sub)
	}
	tree := filepath.Join(t.TempDir(), "tree")
	git(t, dir, "worktree", "add", "-q", "-b", "topic/x", tree)
	w := open(t, tree)
	if w.Branch != "topic/x" || !w.Tracked("a.txt") || string(w.Exclude) != "*.log\n" {
		t.Errorf("worktree: %+v", w)
	}
	if _, err := Open(os.DirFS(tree), nil); err == nil || !strings.Contains(err.Error(), "outside") {
		t.Errorf("a worktree's git folder was read without leave: %v", err)
	}
	git(t, dir, "checkout", "-q", "--detach")
	if s := open(t, dir); s.Branch != "" || s.Commit != strings.TrimSpace(git(t, dir, "rev-parse", "HEAD")) {
		t.Errorf("detached: %+v", s)
	}
}

func TestNoRepository(t *testing.T) {
	s, err := Open(fstest.MapFS{"a": {}}, nil)
	if err != nil || s.Exists || s.Tracked("a") || s.Status("a", nil) != Unknown {
		t.Errorf("%+v %v", s, err)
	}
}

func TestGitFolderGone(t *testing.T) {
	gone := func(dir string) (fs.FS, error) { return nil, &fs.PathError{Op: "open", Path: dir, Err: fs.ErrNotExist} }
	s, err := Open(fstest.MapFS{".git": {Data: []byte("gitdir: ../gone\n")}}, gone)
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a work tree without its git folder counts as none: %+v %v", s, err)
	}
}

func TestHostileGitFolders(t *testing.T) {
	for name, files := range map[string]fstest.MapFS{
		"gitdir of nonsense": {".git": {Data: []byte("nonsense")}},
		"gitdir far away":    {".git": {Data: []byte("gitdir: /etc\n")}},
		"no head":            {".git/config": {}},
		"bad head":           {".git/HEAD": {Data: []byte("\x00\xff")}},
		"bad config":         {".git/HEAD": {Data: []byte("ref: refs/heads/x")}, ".git/config": {Data: []byte("[core")}},
		"bad modules":        {".git/HEAD": {Data: []byte("ref: refs/heads/x")}, ".gitmodules": {Data: []byte(`[submodule "x`)}},
	} {
		if s, err := Open(files, nil); err == nil {
			t.Errorf("%s: %+v", name, s)
		}
	}
	s, err := Open(fstest.MapFS{".git/HEAD": {Data: []byte("ref: refs/heads/x\n")}, ".git/index": {Data: []byte("DIRCxxxx")},
		".gitmodules": {Data: []byte("[submodule \"a\"]\npath = ../../etc\n[submodule \"b\"]\npath = /etc\n[submodule \"c\"]\npath = c/\n")}}, nil)
	if err != nil || s.Index == nil || len(s.Submodules) != 1 || s.Submodules[0].Path != "c" {
		t.Errorf("%+v %v", s, err)
	}
}

func TestConfigAsGit(t *testing.T) {
	needGit(t)
	text := "\uFEFF# c\n[Core]\n\tignoreCase = TRUE ; c\r\n\tbare\n[a \"B \\\"q\\\\\"] x = 1 \\\n  2 \"# 3 \" # c\n; c\n[a.Sub]\ny = \"a\\tb\\n\\\"\"\nz =\n"
	file := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := parseConfig([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	for _, c := range got {
		name := c.section + "."
		if c.sub != "" {
			name += c.sub + "."
		}
		if c.section == "a" && c.sub == "Sub" {
			name = strings.ToLower(name) // the old form [a.Sub] folds case
		}
		if c.section == "core" && c.key == "bare" {
			fmt.Fprintf(&out, "%s%s\x00", name, c.key) // git prints no value where none is written
			continue
		}
		fmt.Fprintf(&out, "%s%s\n%s\x00", name, c.key, c.value)
	}
	if want := git(t, t.TempDir(), "config", "-z", "--list", "--file", file); out.String() != want {
		t.Errorf("got  %q\nwant %q", out.String(), want)
	}
}

func FuzzIndex(f *testing.F) {
	dir := newRepo(f, map[string]string{"a": "1", "ab/c": "2", "ab/d": "3"})
	git(f, dir, "add", "-A")
	git(f, dir, "config", "index.skipHash", "true")
	for _, version := range []string{"2", "3", "4"} {
		git(f, dir, "update-index", "--index-version", version)
		text, err := os.ReadFile(filepath.Join(dir, ".git", "index"))
		if err != nil {
			f.Fatal(err)
		}
		copy(text[len(text)-20:], make([]byte, 20)) // no checksum, so that changed bytes are read
		f.Add(text, false)
		f.Add(text, true)
	}
	f.Fuzz(func(t *testing.T, text []byte, long bool) {
		format := sha1Format
		if long {
			format = sha256Format
		}
		entries, err := parseIndex(text, format)
		if err != nil {
			return
		}
		for _, e := range entries {
			if e.Path == "" || len(e.Path) > maxPath || strings.HasPrefix(e.Path, "/") || strings.HasPrefix(e.Path, "../") {
				t.Fatalf("path %q", e.Path)
			}
		}
	})
}

// FuzzConfig: what git reads, we read alike. What it refuses we may read or refuse.
func FuzzConfig(f *testing.F) {
	needGit(f)
	f.Add([]byte("[core]\n\tbare = false\n[submodule \"a\"]\n\tpath = \"x\\\n y\"\n"))
	f.Add([]byte("[a \"\\"))
	f.Add([]byte("[\"]"))
	f.Add([]byte("[core]\n\tbare\n\tx = a ; b\n# c\n[Remote \"O r\"] url = \\\n  \"a;b\" # c\r\n\tfetch = +a:b \\t\n[a.B]\nc=\n"))
	file := filepath.Join(f.TempDir(), "config")
	f.Fuzz(func(t *testing.T, text []byte) {
		got, err := parseConfig(text)
		if bytes.ContainsRune(text, 0) || len(text) > 2000 {
			return
		}
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
		want, refused := gitCommand(filepath.Dir(file), "config", "-z", "--no-includes", "--list", "--file", file).Output()
		if refused != nil {
			return
		}
		if err != nil {
			t.Fatalf("%q: git reads it: %v", text, err)
		}
		var out strings.Builder
		for _, c := range got {
			if c.section == "" {
				return // git reads it, and nothing is named so
			}
			name := ""
			for _, part := range []string{c.section, c.sub} {
				if part != "" {
					name += part + "."
				}
			}
			fmt.Fprintf(&out, "%s%s=%s\x00", name, c.key, c.value)
		}
		var theirs strings.Builder
		for _, line := range strings.SplitAfter(string(want), "\x00") {
			if line == "" {
				continue
			}
			key, value, has := strings.Cut(strings.TrimSuffix(line, "\x00"), "\n")
			if !has {
				value = "true" // git prints no value where none is written
			}
			theirs.WriteString(key + "=" + value + "\x00")
		}
		// The old form [a.Sub] folds case, which is not told from [a "Sub"] any more. Blanks inside of a value
		// became spaces before git 2.45.
		blanks := strings.NewReplacer("\t", " ", "\r", " ", "..", ".") // and an empty name is none
		if !strings.EqualFold(blanks.Replace(out.String()), blanks.Replace(theirs.String())) {
			t.Errorf("%q:\ngot  %q\nwant %q", text, out.String(), theirs.String())
		}
	})
}
