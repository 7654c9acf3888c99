package project

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"refit/internal/gitrepo"
	"refit/internal/source"
)

// Open discovers the repository at root, a folder on this machine. Nothing is run or written, no
// link is followed out of root, and only configuration files are loaded. What can't be read or
// parsed is in Project.Problems; the error says that root itself is no folder that can be read.
func Open(root string, c *Cache) (*Project, error) {
	root, err := filepath.Abs(root)
	if err != nil {
		return nil, err
	}
	disk, err := os.OpenRoot(root)
	if err != nil {
		return nil, fmt.Errorf("%s: can't be opened: %s; name a folder that holds a repository", root, reason(err))
	}
	git, problem := openGit(disk, root)
	seen := walk(disk, git)
	if len(seen.entries) == 0 && len(seen.folders) == 0 && len(seen.problems) > 0 {
		return nil, fmt.Errorf("%s: %w", root, seen.problems[0].Original)
	}
	base := &Project{Name: filepath.Base(root), Git: git, hidden: seen.hidden, lister: newLister(disk)}
	base.unlisted = seen.problems
	if problem != nil {
		base.unlisted = append(base.unlisted, problem)
	}
	base.unlisted = append(base.unlisted, unreadIgnores(seen.entries)...)
	return Discover(source.NewSnapshot(seen.entries, seen.folders), base, c), nil
}

// unreadIgnores are the ignore files that can't be read: without them refit takes for sent, or for
// committed, what isn't.
func unreadIgnores(entries []*source.Entry) []*source.Problem {
	var problems []*source.Problem
	for _, e := range entries {
		if name := path.Base(e.Path); !e.IsRegular() || name != ".gitignore" && !strings.HasSuffix(name, ".dockerignore") {
			continue
		}
		if _, err := e.Bytes(); err != nil {
			problems = append(problems, &source.Problem{
				Path: e.Path, What: "can't be read: " + reason(err), Why: "its rules are left out", Advice: "make it readable", Original: err,
			})
		}
	}
	return problems
}

// openGit reads git's state. A repository that can't be read counts as none, with a problem.
func openGit(disk *os.Root, root string) (*gitrepo.State, *source.Problem) {
	state, err := gitrepo.Open(disk.FS(), func(dir string) (fs.FS, error) { return gitFolder(root, dir) })
	if err == nil {
		return state, nil
	}
	return &gitrepo.State{}, &source.Problem{
		Path: ".git", What: "the state of git can't be read: " + err.Error(), Why: "refit treats the folder as one outside of git", Original: err,
	}
}

// gitFolder opens the git folder of a linked worktree or a submodule, the one place outside of the
// repository that is read. To be one, it must lie below a folder named .git, hold a HEAD, and not be
// reached through links.
func gitFolder(root, dir string) (fs.FS, error) {
	if !filepath.IsAbs(dir) {
		dir = filepath.Join(root, dir)
	}
	dir = filepath.Clean(dir)
	if !slices.ContainsFunc(strings.Split(filepath.ToSlash(dir), "/"), func(part string) bool { return strings.HasSuffix(part, ".git") }) {
		return nil, errors.New("is no git folder by its name")
	}
	if real, err := filepath.EvalSymlinks(dir); err != nil || real != dir {
		return nil, errors.New("is not there or is reached through a link")
	}
	info, err := os.Lstat(filepath.Join(dir, "HEAD"))
	if err != nil || !info.Mode().IsRegular() {
		return nil, errors.New("holds no HEAD")
	}
	outside, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	return outside.FS(), nil
}
