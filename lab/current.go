//go:build unix

package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

// A second, current engine: Debian's newest docker.io in a container of the first. A second dockerd on the
// host itself would remove the first one's bridge. What runs on it, its ports and its bind mounts are
// inside of that container, so the scenarios run there as well.
const (
	currentName  = "refit-lab-current"
	currentImage = "refit-lab/engine:current"
	// currentFolder holds the engine's socket; others than root can reach it there.
	currentFolder = "/run/refit-lab"
	currentHost   = "unix://" + currentFolder + "/docker.sock"
)

// currentPackages are the engine and what the scenarios type.
var currentPackages = []string{"docker.io", "docker-cli", "iptables", "git", "make", "openssl", "curl", "procps"}

// upCurrent brings the first engine up, and the current one inside of it with the same base images.
func upCurrent(l *lab) error {
	if err := up(l); err != nil {
		return err
	}
	m := readMachine()
	sum := sha256.Sum256([]byte(strings.Join(currentPackages, " ") + m.key()))
	key := hex.EncodeToString(sum[:])[:16]
	if label, _ := imageLabel(currentImage); label != key {
		say("making %s", currentImage)
		if err := l.debootstrap("forky", currentImage, key, m, currentPackages...); err != nil {
			return err
		}
	}
	if currentVersion() == "" {
		if err := startCurrent(); err != nil {
			return err
		}
	}
	say("Docker Engine %s answers at %s", currentVersion(), currentHost)
	if registryAnswers() {
		return nil
	}
	if err := handOver(); err != nil {
		return err
	}
	say("export DOCKER_HOST=%s talks to it; its ports and folders are those of the container %s", currentHost, currentName)
	return nil
}

func currentVersion() string {
	return ask(10*time.Second, "docker", "--host", currentHost, "version", "--format", "{{.Server.Version}}")
}

// startCurrent starts the container. It gets every capability but SYS_RESOURCE, which machines that are
// containers themselves lack: a plain --privileged asks for that one too and fails there.
func startCurrent() error {
	_ = exec.Command("docker", "rm", "--force", currentName).Run()
	script := "rm -f /var/run/docker.pid; mount -o remount,rw /proc/sys; " +
		"exec dockerd --host " + currentHost + " --host unix:///var/run/docker.sock --group docker"
	out, err := exec.Command("docker", "run", "--detach", "--name", currentName, "--hostname", currentName,
		"--cgroupns=host", "--volume", "/sys/fs/cgroup:/sys/fs/cgroup:rw",
		"--cap-add", "ALL", "--cap-drop", "SYS_RESOURCE",
		"--security-opt", "seccomp=unconfined", "--security-opt", "apparmor=unconfined", "--security-opt", "systempaths=unconfined",
		"--volume", currentName+":/var/lib/docker", "--volume", currentFolder+":"+currentFolder,
		"--volume", pluginFolder()+":/usr/local/lib/docker/cli-plugins:ro",
		currentImage, "sh", "-c", script).CombinedOutput()
	if err != nil {
		return fmt.Errorf("docker run %s: %w\n%s", currentImage, err, out)
	}
	for range 200 {
		if currentVersion() != "" {
			return nil
		}
		time.Sleep(300 * time.Millisecond)
	}
	log, _ := exec.Command("docker", "logs", "--tail", "15", currentName).CombinedOutput()
	return fmt.Errorf("the engine in %s does not answer:\n%s", currentName, log)
}

// handOver copies the stand-ins that the current engine lacks.
func handOver() error {
	var missing []string
	for _, i := range images {
		for _, name := range i.names {
			id := ask(10*time.Second, "docker", "image", "inspect", "--format", "{{.Id}}", name)
			if id != ask(10*time.Second, "docker", "--host", currentHost, "image", "inspect", "--format", "{{.Id}}", name) {
				missing = append(missing, name)
			}
		}
	}
	if len(missing) == 0 {
		return nil
	}
	say("handing %d images over", len(missing))
	save := exec.Command("docker", append([]string{"save"}, missing...)...)
	load := exec.Command("docker", "--host", currentHost, "load", "--quiet")
	return piped(save, load)
}

func downCurrent(*lab) error {
	say("stopping %s; its images stay", currentName)
	if out, err := exec.Command("docker", "rm", "--force", currentName).CombinedOutput(); err != nil {
		return fmt.Errorf("docker rm %s: %w\n%s", currentName, err, out)
	}
	return os.RemoveAll(currentFolder)
}

func cleanCurrent(l *lab) error {
	if err := downCurrent(l); err != nil {
		return err
	}
	_ = exec.Command("docker", "volume", "rm", "--force", currentName).Run()
	return exec.Command("docker", "image", "rm", "--force", currentImage).Run()
}
