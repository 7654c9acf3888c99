//go:build unix

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// makeDebian makes what the other stand-ins are built on: a minimal Debian 13 with this machine's way to
// the package registries.
func (l *lab) makeDebian(key string) error {
	m := readMachine()
	return l.debootstrap("trixie", debianImage, key, m)
}

// debootstrap installs a Debian release in a folder and imports the folder as an image.
func (l *lab) debootstrap(release, name, key string, m machine, packages ...string) error {
	if os.Getuid() != 0 {
		return fmt.Errorf("%s is made with debootstrap, which needs root", name)
	}
	if err := l.installPackages("debootstrap", "debootstrap", "debootstrap"); err != nil {
		return err
	}
	root, err := os.MkdirTemp(l.dir, "root-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(root) }()
	args := []string{"--variant=minbase", "--include=" + strings.Join(append([]string{"ca-certificates"}, packages...), ",")}
	cmd := exec.Command("debootstrap", append(args, release, root)...)
	if mirror := debianMirror(); mirror != "" {
		cmd.Args = append(cmd.Args, mirror)
	}
	if _, err := os.Stat("/usr/share/debootstrap/scripts/" + release); err != nil {
		cmd.Args = append(cmd.Args, "sid") // every release is made the way of the newest
	}
	if err := l.logged("debootstrap-"+release, cmd); err != nil {
		return err
	}
	if err := os.Chmod(root, 0o755); err != nil {
		return err
	}
	if err := m.putInto(root); err != nil {
		return err
	}
	return importRoot(root, name, key, m)
}

func importRoot(root, name, key string, m machine) error {
	if err := os.CopyFS(root, os.DirFS("lab/images/debian")); err != nil {
		return err
	}
	if err := os.Chmod(filepath.Join(root, "usr/sbin/policy-rc.d"), 0o755); err != nil {
		return err
	}
	args := []string{"import", "--change", "LABEL " + keyLabel + "=" + key, "--change", `CMD ["bash"]`,
		"--change", "ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
	for _, variable := range m.env {
		args = append(args, "--change", "ENV "+variable)
	}
	tar := exec.Command("tar", "-C", root, "--numeric-owner", "--exclude=./dev/*", "--exclude=./var/lib/apt/lists/*",
		"--exclude=./var/cache/apt/*", "--exclude=./usr/share/doc/*", "--exclude=./usr/share/man/*", "--exclude=./usr/share/locale/*", "-c", ".")
	load := exec.Command("docker", append(args, "-", name)...)
	return piped(tar, load)
}

// piped runs two commands, the output of the first being the input of the second.
func piped(from, to *exec.Cmd) error {
	pipe, err := from.StdoutPipe()
	if err != nil {
		return err
	}
	to.Stdin = pipe
	if err := from.Start(); err != nil {
		return err
	}
	if out, err := to.CombinedOutput(); err != nil {
		_ = from.Process.Kill()
		_ = from.Wait()
		return fmt.Errorf("%s: %w\n%s", strings.Join(to.Args[:2], " "), err, out)
	}
	return from.Wait()
}
