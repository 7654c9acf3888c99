package against

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
)

// CopyTree copies a repository: files and links with their modes and, for root, owners. Git's folder is left out.
func CopyTree(ctx context.Context, from, to string) error {
	return filepath.WalkDir(from, func(p string, d fs.DirEntry, err error) error {
		if err != nil || ctx.Err() != nil {
			return errors.Join(err, ctx.Err())
		}
		rel, err := filepath.Rel(from, p)
		if err != nil {
			return err
		}
		if d.Name() == ".git" && rel != "." {
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		return copyEntry(p, filepath.Join(to, rel), d)
	})
}

func copyEntry(p, to string, d fs.DirEntry) error {
	info, err := d.Info()
	if err != nil {
		return err
	}
	switch {
	case d.IsDir():
		err = os.MkdirAll(to, info.Mode().Perm()|0o700)
	case d.Type()&fs.ModeSymlink != 0:
		var target string
		if target, err = os.Readlink(p); err == nil {
			err = os.Symlink(target, to)
		}
	case d.Type().IsRegular():
		err = copyFile(p, to, info.Mode().Perm())
	}
	if err != nil {
		return err
	}
	return keepOwner(to, info)
}

func copyFile(p, to string, mode fs.FileMode) error {
	in, err := os.Open(p)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, mode)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close(), os.Chmod(to, mode))
}

// File is a file to be put into a tree; without Text, and with Gone, one to be removed from it.
type File struct {
	Path string
	Mode fs.FileMode
	Text []byte
	Gone bool
}

// Overlay puts files into a copy of a repository. It never follows a link out of it.
func Overlay(dir string, files []File) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	for _, f := range files {
		if err := put(root, f); err != nil {
			return fmt.Errorf("%s: %w", f.Path, err)
		}
	}
	return nil
}

func put(root *os.Root, f File) error {
	if err := root.RemoveAll(f.Path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if f.Gone {
		for dir := path.Dir(f.Path); dir != "."; dir = path.Dir(dir) { // folders that it leaves empty
			if root.Remove(dir) != nil {
				break
			}
		}
		return nil
	}
	if err := root.MkdirAll(path.Dir(f.Path), 0o755); err != nil {
		return err
	}
	if f.Mode&fs.ModeSymlink != 0 {
		return root.Symlink(string(f.Text), f.Path)
	}
	if err := root.WriteFile(f.Path, f.Text, f.Mode.Perm()); err != nil {
		return err
	}
	return root.Chmod(f.Path, f.Mode.Perm())
}

// maxGitFile bounds a file that is read from git, in bytes.
const maxGitFile = 256 << 20

// GitTree reads the files of a commit as git keeps them: no hook, filter or line-end conversion runs, nothing is fetched,
// and neither the index nor the work tree is touched. commit is its full name.
func GitTree(ctx context.Context, root, ref string) (commit string, files []File, err error) {
	out, err := git(ctx, root, nil, "rev-parse", "--verify", "--quiet", "--end-of-options", ref+"^{commit}")
	if err != nil {
		return "", nil, err
	}
	commit = strings.TrimSpace(string(out))
	list, err := git(ctx, root, nil, "ls-tree", "-r", "-z", "--full-tree", commit)
	if err != nil {
		return commit, nil, err
	}
	var ask bytes.Buffer
	for line := range strings.SplitSeq(strings.TrimRight(string(list), "\x00"), "\x00") {
		head, name, ok := strings.Cut(line, "\t")
		fields := strings.Fields(head)
		if !ok || len(fields) != 3 || fields[1] != "blob" || !filepath.IsLocal(name) { // a submodule is no blob
			continue
		}
		f := File{Path: name, Mode: 0o644}
		switch fields[0] {
		case "100755":
			f.Mode = 0o755
		case "120000":
			f.Mode = fs.ModeSymlink | fs.ModePerm
		}
		files = append(files, f)
		fmt.Fprintln(&ask, fields[2])
	}
	contents, err := git(ctx, root, &ask, "cat-file", "--batch")
	if err != nil {
		return commit, nil, err
	}
	return commit, files, fill(files, contents)
}

// fill gives the files what git cat-file --batch printed for them.
func fill(files []File, contents []byte) error {
	r := bufio.NewReader(bytes.NewReader(contents))
	for i := range files {
		head, err := r.ReadString('\n')
		if err != nil {
			return err
		}
		fields := strings.Fields(head)
		if len(fields) != 3 {
			return fmt.Errorf("%s: git does not have it: %s", files[i].Path, strings.TrimSpace(head))
		}
		size, err := strconv.Atoi(fields[2])
		if err != nil || size < 0 || size > maxGitFile {
			return fmt.Errorf("%s: %s bytes are too many", files[i].Path, fields[2])
		}
		files[i].Text = make([]byte, size)
		if _, err := io.ReadFull(r, files[i].Text); err != nil {
			return err
		}
		if _, err := r.Discard(1); err != nil {
			return err
		}
	}
	return nil
}

// git runs a command of git that only reads objects.
func git(ctx context.Context, root string, in io.Reader, args ...string) ([]byte, error) {
	cmd := gitCommand(ctx, root, args...)
	cmd.Stdin = in
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil && said.Len() > 0 {
		err = errors.New(strings.TrimSpace(said.String()))
	}
	return out, err
}
