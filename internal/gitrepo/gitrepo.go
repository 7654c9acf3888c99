// Package gitrepo reads what git knows of a work tree — branch, tracked files, submodules, ignore
// rules, attributes — straight from git's files. No git is run: `git status` executes hooks,
// fsmonitor programs and filters that a repository brings along. Every file is taken to be hostile:
// reads are bounded and errors are values.
package gitrepo

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
)

// State is what git knows of one work tree. The zero State is a folder without git.
type State struct {
	Exists bool   // there is a repository
	Branch string // the branch checked out, without refs/heads/; "" when detached or unknown
	Commit string // the commit, as hex, when HEAD is detached; else ""
	// Index says why the tracked files are unknown; nil when they are known. A repository without
	// an index has no tracked files, which is no error.
	Index      error
	Submodules []Submodule
	FoldCase   bool   // core.ignoreCase: names that differ in case only are one file
	Exclude    []byte // .git/info/exclude

	entries map[string]Entry
	paths   []string // sorted
	sparse  []string // folders that the index holds as a whole, with a slash at the end
	format  hashFormat
}

// Submodule is one entry of .gitmodules.
type Submodule struct {
	Name, Path, URL, Branch string // Path is clean and inside of the repository
}

// limits on what is read, in bytes.
const (
	maxSmallFile = 1 << 20
	maxIndex     = 128 << 20
)

// Open reads the repository whose work tree is root. elsewhere opens a folder outside of root, named
// absolutely or relative to root: the git folder of a linked worktree or a submodule lies there. With
// a nil elsewhere such repositories are an error. Global and system configuration is not read, so
// the ignore rules of a user's own excludes file are not known.
func Open(root fs.FS, elsewhere func(dir string) (fs.FS, error)) (*State, error) {
	info, err := fs.Lstat(root, ".git")
	if errors.Is(err, fs.ErrNotExist) {
		return &State{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf(".git: %w", err)
	}
	gitDir, commonDir, err := findGit(root, info, elsewhere)
	if err != nil {
		return nil, fmt.Errorf(".git: %w", err)
	}
	s := &State{Exists: true}
	if err := s.readHead(gitDir); err != nil {
		return nil, err
	}
	if err := s.readConfig(commonDir); err != nil {
		return nil, err
	}
	if s.Exclude, err = readSmall(commonDir, "info/exclude"); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf(".git/info/exclude: %w", err)
	}
	if s.Submodules, err = readModules(root); err != nil {
		return nil, err
	}
	s.readIndex(gitDir)
	return s, nil
}

// findGit finds the git folder and, for a linked worktree, the one it shares with the others. info is
// what .git is.
func findGit(root fs.FS, info fs.FileInfo, elsewhere func(string) (fs.FS, error)) (gitDir, commonDir fs.FS, err error) {
	var at string
	switch {
	case info.IsDir():
		gitDir = below{root, ".git"}
		return gitDir, gitDir, nil
	case info.Mode()&fs.ModeSymlink != 0:
		if at, err = fs.ReadLink(root, ".git"); err != nil {
			return nil, nil, err
		}
	default:
		text, err := readSmall(root, ".git")
		if err != nil {
			return nil, nil, err
		}
		rest, ok := strings.CutPrefix(string(text), "gitdir:")
		if !ok {
			return nil, nil, errors.New(`a file that does not start with "gitdir:"`)
		}
		at = strings.TrimSpace(rest)
	}
	if elsewhere == nil {
		return nil, nil, errors.New("the git folder lies outside of the work tree")
	}
	if gitDir, err = elsewhere(at); err != nil {
		return nil, nil, fmt.Errorf("the git folder that it names: %w", err)
	}
	text, err := readSmall(gitDir, "commondir")
	if err != nil {
		return gitDir, gitDir, nil // not a linked worktree
	}
	common := strings.TrimSpace(string(text))
	if !path.IsAbs(common) {
		common = path.Join(at, common)
	}
	if commonDir, err = elsewhere(common); err != nil {
		return nil, nil, fmt.Errorf("the git folder shared with other worktrees: %w", err)
	}
	return gitDir, commonDir, nil
}

// below is a folder of a file system. fs.Sub is one too, but asks what a file is by opening it, and opening a
// pipe waits for ever.
type below struct {
	root fs.FS
	dir  string
}

// Open, Stat, Lstat and ReadLink are those of the file system.
func (b below) Open(name string) (fs.File, error)     { return b.root.Open(path.Join(b.dir, name)) }
func (b below) Stat(name string) (fs.FileInfo, error) { return fs.Stat(b.root, path.Join(b.dir, name)) }
func (b below) Lstat(name string) (fs.FileInfo, error) {
	return fs.Lstat(b.root, path.Join(b.dir, name))
}
func (b below) ReadLink(name string) (string, error) {
	return fs.ReadLink(b.root, path.Join(b.dir, name))
}

func (s *State) readHead(gitDir fs.FS) error {
	text, err := readSmall(gitDir, "HEAD")
	if err != nil {
		return fmt.Errorf(".git/HEAD: %w", err)
	}
	head := strings.TrimSpace(string(text))
	if ref, ok := strings.CutPrefix(head, "ref:"); ok {
		// A repository with the reftable backend keeps its branch elsewhere and says .invalid here.
		if branch, ok := strings.CutPrefix(strings.TrimSpace(ref), "refs/heads/"); ok && branch != ".invalid" {
			s.Branch = branch
		}
		return nil
	}
	if !isHash(head) {
		return errors.New(".git/HEAD: neither a branch nor a commit")
	}
	s.Commit = head
	return nil
}

func isHash(s string) bool {
	return (len(s) == 40 || len(s) == 64) && strings.Trim(s, "0123456789abcdef") == ""
}

func (s *State) readConfig(commonDir fs.FS) error {
	text, err := readSmall(commonDir, "config")
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf(".git/config: %w", err)
	}
	settings, err := parseConfig(text)
	if err != nil {
		return fmt.Errorf(".git/config: %w", err)
	}
	for _, c := range settings {
		switch c.section + "." + c.key {
		case "core.ignorecase":
			s.FoldCase = isTrue(c.value)
		case "extensions.objectformat":
			if strings.EqualFold(c.value, "sha256") {
				s.format = sha256Format
			}
		}
	}
	return nil
}

func readModules(root fs.FS) ([]Submodule, error) {
	if info, err := fs.Lstat(root, ".gitmodules"); err != nil || !info.Mode().IsRegular() {
		return nil, nil // git follows no link here either
	}
	text, err := readSmall(root, ".gitmodules")
	if err != nil {
		return nil, fmt.Errorf(".gitmodules: %w", err)
	}
	settings, err := parseConfig(text)
	if err != nil {
		return nil, fmt.Errorf(".gitmodules: %w", err)
	}
	var all []Submodule
	at := map[string]int{}
	for _, c := range settings {
		if c.section != "submodule" || c.sub == "" {
			continue
		}
		if _, ok := at[c.sub]; !ok {
			at[c.sub] = len(all)
			all = append(all, Submodule{Name: c.sub})
		}
		m := &all[at[c.sub]]
		switch c.key {
		case "path":
			if p := path.Clean(c.value); fs.ValidPath(p) && p != "." {
				m.Path = p
			}
		case "url":
			m.URL = c.value
		case "branch":
			m.Branch = c.value
		}
	}
	usable := all[:0]
	for _, m := range all {
		if m.Path != "" {
			usable = append(usable, m)
		}
	}
	return usable, nil
}

func readSmall(dir fs.FS, name string) ([]byte, error) { return read(dir, name, maxSmallFile) }

// read reads an ordinary file of at most limit bytes. What a device or a pipe would do on opening
// is not waited for.
func read(dir fs.FS, name string, limit int64) ([]byte, error) {
	info, err := fs.Stat(dir, name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("not an ordinary file")
	}
	f, err := dir.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(text)) > limit {
		err = fmt.Errorf("more than %d bytes", limit)
	}
	return text, err
}
