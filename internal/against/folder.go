package against

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"refit/internal/engine"
)

// prefix starts the names of the folders and Compose projects of a comparison.
const prefix = "refit-against-"

// Workshop is the folder of one comparison: the copies of both sides and our own files. It is locked while the
// comparison runs, so that what a killed one left is told from what is in use.
type Workshop struct {
	Dir  string
	Name string // starts the names of both Compose projects
	// Interrupted says that a build may have been under way when the comparison ended.
	Interrupted bool
	lock        *os.File
}

// NewWorkshop makes one below a folder of this user's, for work on the engine at a host.
func NewWorkshop(parent, host string) (*Workshop, error) {
	if err := os.MkdirAll(parent, 0o700); err != nil {
		return nil, err
	}
	var id [4]byte
	_, _ = rand.Read(id[:])
	name := prefix + hex.EncodeToString(id[:])
	dir := filepath.Join(parent, name)
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, err
	}
	lock, err := hold(filepath.Join(dir, "lock"))
	if err != nil {
		return nil, err
	}
	w := &Workshop{Dir: dir, Name: name, lock: lock}
	return w, os.WriteFile(filepath.Join(dir, "engine"), []byte(host), 0o600)
}

// Leftovers are the workshops of comparisons on the engine at the host that were killed. They are locked now.
func Leftovers(parent, host string) []*Workshop {
	var list []*Workshop
	dirs, _ := os.ReadDir(parent)
	for _, d := range dirs {
		if !d.IsDir() || !strings.HasPrefix(d.Name(), prefix) {
			continue
		}
		dir := filepath.Join(parent, d.Name())
		if at, err := os.ReadFile(filepath.Join(dir, "engine")); err == nil && string(at) != host {
			continue
		}
		if lock, err := hold(filepath.Join(dir, "lock")); err == nil {
			list = append(list, &Workshop{Dir: dir, Name: d.Name(), lock: lock})
		}
	}
	return list
}

// Project is the Compose project of a side.
func (w *Workshop) Project(side string) string { return w.Name + "-" + side }

// Janitor removes what a comparison made on the engine.
type Janitor interface {
	Images
	RemoveImages(ctx context.Context, project string) error
	Run(ctx context.Context, o engine.RunOptions) (engine.Output, error)
}

// Images tells of images.
type Images interface {
	ImageOf(ctx context.Context, project string) string
}

// Discard removes the containers, networks, volumes and images of both sides, and the folder. compose runs docker
// compose for a project without files.
func (w *Workshop) Discard(ctx context.Context, e Janitor, compose func(dir string, options ...string) Composer) error {
	var failed error
	var spare string // an image to run one more command in
	for _, side := range []string{"before", "after"} {
		project := w.Project(side)
		talk := &progress{}
		code, err := compose(w.Dir, "--progress", "json", "-p", project).Run(ctx, engine.Streams{Out: talk, Err: talk}, "down", "--volumes", "--remove-orphans", "--timeout", "3")
		if err == nil && code != 0 {
			err = fmt.Errorf("docker compose -p %s down: %s", project, talk.lastWords())
		}
		failed = errors.Join(failed, err)
		if image := e.ImageOf(ctx, project); image != "" {
			spare = image
		}
	}
	failed = errors.Join(failed, w.removeFiles(ctx, e, spare))
	failed = errors.Join(failed, w.removeImages(ctx, e))
	if failed != nil {
		return failed
	}
	if w.Interrupted {
		return errors.Join(w.lateImages(ctx, e), w.lock.Close())
	}
	return w.close()
}

func (w *Workshop) removeImages(ctx context.Context, e Janitor) error {
	return errors.Join(e.RemoveImages(ctx, w.Project("before")), e.RemoveImages(ctx, w.Project("after")))
}

// late is how long the engine is watched for images of a build that was interrupted.
const late = 5 * time.Second

// lateImages removes images that come although their build was interrupted: the engine goes on to store what is built.
// Those that come later still, the next comparison removes: the folder, empty but for its lock, stays to remind it.
func (w *Workshop) lateImages(ctx context.Context, e Janitor) error {
	for end := time.Now().Add(late); time.Now().Before(end); time.Sleep(500 * time.Millisecond) {
		if err := w.removeImages(ctx, e); err != nil {
			return err
		}
	}
	for _, side := range []string{"before", "after"} { // the resolved models, which hold secrets
		if err := os.Remove(filepath.Join(w.Dir, side+".json")); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// removeFiles removes the copies. What containers wrote as root into them, an ordinary user can't remove, but a
// container can.
func (w *Workshop) removeFiles(ctx context.Context, e Janitor, image string) error {
	dirs, _ := os.ReadDir(w.Dir)
	remove := func() (err error) {
		for _, d := range dirs {
			if d.IsDir() {
				err = errors.Join(err, os.RemoveAll(filepath.Join(w.Dir, d.Name())))
			}
		}
		return err
	}
	err := remove()
	if err == nil || !errors.Is(err, fs.ErrPermission) || image == "" {
		return err
	}
	_, _ = e.Run(ctx, engine.RunOptions{Image: image, User: "0", Entrypoint: []string{"rm"}, Command: []string{"-rf", "/workshop/before", "/workshop/after"}, Binds: []string{w.Dir + ":/workshop"}, Network: "none"})
	return remove()
}

func (w *Workshop) close() error {
	err := os.RemoveAll(w.Dir)
	return errors.Join(err, w.lock.Close())
}
