package against

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// LendGit gives a copy of a repository what of git's folder tells which files are tracked and which are ignored, while
// during runs: what a refit declares depends on that, and what is built must not. With a commit the files of the
// commit are the tracked ones. A repository without git lends nothing.
func LendGit(ctx context.Context, root, to, commit string, during func() error) error {
	index, err := gitPath(ctx, root, "index")
	if err != nil {
		return during()
	}
	folder := filepath.Join(to, ".git")
	defer os.RemoveAll(folder) //nolint:errcheck // the whole copy is removed in the end
	for _, dir := range []string{"info", "refs", "objects"} {
		if err := os.MkdirAll(filepath.Join(folder, dir), 0o700); err != nil {
			return err
		}
	}
	if err := os.WriteFile(filepath.Join(folder, "HEAD"), []byte("ref: refs/heads/main\n"), 0o600); err != nil {
		return err
	}
	if err := lend(index, filepath.Join(folder, "index")); err != nil {
		return err
	}
	if commit != "" {
		cmd := gitCommand(ctx, root, "read-tree", "--index-output="+filepath.Join(folder, "index"), commit)
		cmd.Env = append(cmd.Env, "GIT_INDEX_FILE="+filepath.Join(folder, "index"))
		if out, err := cmd.CombinedOutput(); err != nil {
			return errors.New(strings.TrimSpace(string(out)))
		}
	}
	for _, name := range []string{"config", "info/exclude"} {
		from, err := gitPath(ctx, root, name)
		if err == nil {
			err = lend(from, filepath.Join(folder, filepath.FromSlash(name)))
		}
		if err != nil {
			return err
		}
	}
	return during()
}

// lend copies a file that may not be there.
func lend(from, to string) error {
	err := copyFile(from, to, 0o600)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

func gitPath(ctx context.Context, root, name string) (string, error) {
	out, err := git(ctx, root, nil, "rev-parse", "--git-path", name)
	at := strings.TrimSpace(string(out))
	if err == nil && !filepath.IsAbs(at) {
		at = filepath.Join(root, at)
	}
	return at, err
}

// gitCommand is a call of the user's git that runs nothing from the repository and fetches nothing.
func gitCommand(ctx context.Context, root string, args ...string) *exec.Cmd {
	safe := []string{"-C", root, "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "protocol.allow=never", "-c", "safe.directory=*"}
	cmd := exec.CommandContext(ctx, "git", append(safe, args...)...) //nolint:gosec // the user's own git
	cmd.Env = append(os.Environ(), "GIT_NO_LAZY_FETCH=1", "GIT_OPTIONAL_LOCKS=0", "GIT_TERMINAL_PROMPT=0")
	return cmd
}
