// Package engine is the only speaker to Docker.
package engine

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
)

// RunTool runs argv in a throw-away container of a toolchain image, for whoever lacks the program:
// root, an absolute folder, is mounted at /src, and the command runs in dir below it, as the caller, so
// that what it makes is the caller's. The engine pulls the image when it lacks it. Output goes to w.
func RunTool(image, root, dir string, argv []string, w io.Writer) error {
	docker, err := exec.LookPath("docker")
	if err != nil {
		return fmt.Errorf("docker is not on PATH either: %w", err)
	}
	cmd := exec.Command(docker, toolArgs(image, root, dir, argv)...)
	cmd.Stdout, cmd.Stderr = w, w
	return cmd.Run()
}

// toolArgs are the arguments of docker. HOME is a folder that any account may write: the caller has no
// account in the image.
func toolArgs(image, root, dir string, argv []string) []string {
	args := []string{"run", "--rm", "--volume", root + ":/src", "--workdir", path.Join("/src", dir), "--env", "HOME=/tmp"}
	if uid := os.Getuid(); uid >= 0 { // not on Windows, where the mount has no owners
		args = append(args, "--user", fmt.Sprintf("%d:%d", uid, os.Getgid()))
	}
	return append(append(args, image), argv...)
}
