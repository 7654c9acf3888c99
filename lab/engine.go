//go:build unix

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// engineVersion is the version of the Docker Engine that the user's client talks to, by DOCKER_HOST, its
// context or the default socket; "" when none answers.
func engineVersion() string {
	return ask(10*time.Second, "docker", "version", "--format", "{{.Server.Version}}")
}

// startEngine starts a Docker Engine on this machine, installed from Debian's packages if need be, unless
// one answers.
func (l *lab) startEngine() error {
	if version := engineVersion(); version != "" {
		say("Docker Engine %s answers", version)
		return nil
	}
	if host := os.Getenv("DOCKER_HOST"); host != "" {
		return fmt.Errorf("no Docker Engine answers at DOCKER_HOST=%s; unset it to use one on this machine", host)
	}
	if context := ask(5*time.Second, "docker", "context", "show"); context != "" && context != "default" {
		return fmt.Errorf("no Docker Engine answers in the context %s; `docker context use default` uses one on this machine", context)
	}
	if os.Getuid() != 0 {
		return fmt.Errorf("no Docker Engine answers; start yours, or run this as root to install and start one")
	}
	// A second one would remove the first one's bridge.
	if pid := dockerd(); pid != 0 {
		return fmt.Errorf("dockerd runs (process %d) but `docker version` gets no answer; look at its log", pid)
	}
	if err := l.installPackages("engine", "dockerd", "docker.io", "iptables"); err != nil {
		return err
	}
	// From Debian 13 on the client is a package of its own.
	if err := l.installPackages("client", "docker", "docker-cli"); err != nil {
		return err
	}
	if _, err := os.Stat("/run/systemd/system"); err == nil {
		say("starting the Docker Engine with systemctl")
		if err := l.logged("systemctl", exec.Command("systemctl", "start", "docker")); err != nil {
			return err
		}
		return waitForEngine("journalctl -u docker", make(chan error))
	}
	return l.startDockerd()
}

// startDockerd starts dockerd apart from this process and its terminal, so that it outlives both.
func (l *lab) startDockerd() error {
	log := l.path("logs", "dockerd.log")
	say("starting dockerd, its log is %s", log)
	f, err := os.OpenFile(log, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o644)
	if err != nil {
		return err
	}
	defer f.Close()
	cmd := exec.Command("dockerd")
	cmd.Dir, cmd.Stdout, cmd.Stderr = "/", f, f
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return err
	}
	if err := os.WriteFile(l.path("dockerd.pid"), []byte(strconv.Itoa(cmd.Process.Pid)), 0o644); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	return waitForEngine(log, ended)
}

func waitForEngine(log string, ended <-chan error) error {
	deadline := time.After(90 * time.Second)
	for {
		if version := engineVersion(); version != "" {
			say("Docker Engine %s answers", version)
			return nil
		}
		select {
		case err := <-ended:
			return fmt.Errorf("dockerd ended: %w\n%s", err, tail(log, 15))
		case <-deadline:
			return fmt.Errorf("dockerd does not answer after 90 seconds; see %s\n%s", log, tail(log, 15))
		case <-time.After(300 * time.Millisecond):
		}
	}
}

// stopEngine stops the dockerd that startDockerd started, and no other.
func (l *lab) stopEngine() error {
	text, err := os.ReadFile(l.path("dockerd.pid"))
	if err != nil {
		say("no engine was started here")
		return nil
	}
	pid, err := strconv.Atoi(string(text))
	if err == nil && pid == dockerd() {
		say("stopping dockerd (process %d)", pid)
		if err := syscall.Kill(pid, syscall.SIGTERM); err != nil {
			return err
		}
		for range 300 {
			if dockerd() != pid {
				break
			}
			time.Sleep(100 * time.Millisecond)
		}
		if dockerd() == pid {
			return fmt.Errorf("dockerd (process %d) is still stopping; see %s", pid, l.path("logs", "dockerd.log"))
		}
	}
	return os.Remove(l.path("dockerd.pid"))
}

// dockerd is the process of the engine of this machine, 0 when there is none. Those inside of containers
// are seen from here too; they live in a process namespace of their own.
func dockerd() int {
	own, _ := os.Readlink("/proc/self/ns/pid")
	names, _ := filepath.Glob("/proc/[0-9]*/comm")
	for _, name := range names {
		if text, err := os.ReadFile(name); err != nil || string(text) != "dockerd\n" {
			continue
		}
		process := filepath.Dir(name)
		if space, _ := os.Readlink(filepath.Join(process, "ns", "pid")); space != own {
			continue
		}
		pid, _ := strconv.Atoi(filepath.Base(process))
		return pid
	}
	return 0
}

// installPackages installs Debian packages unless the program that they bring is there.
func (l *lab) installPackages(log, program string, packages ...string) error {
	if _, err := exec.LookPath(program); err == nil {
		return nil
	}
	if _, err := exec.LookPath("apt-get"); err != nil {
		return fmt.Errorf("%s is missing and there is no apt-get to install it with; install it by hand", program)
	}
	if os.Getuid() != 0 {
		return fmt.Errorf("%s is missing; install %s, or run this as root", program, strings.Join(packages, " "))
	}
	say("installing %s", strings.Join(packages, " "))
	if err := l.logged("apt-update", exec.Command("apt-get", "update", "-q")); err != nil {
		say("apt-get update failed, going on with the lists that are there (%s)", l.path("logs", "apt-update.log"))
	}
	cmd := exec.Command("apt-get", append([]string{"install", "-y", "-q", "--no-install-recommends"}, packages...)...)
	cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
	return l.logged("apt-"+log, cmd)
}
