//go:build unix

package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// lab is the folder that holds what up made: logs, the keys of what is up to date, plugins.
type lab struct{ dir string }

// open finds the state folder, $XDG_STATE_HOME/refit-lab, and makes it when it is missing.
func open() (*lab, error) {
	state := os.Getenv("XDG_STATE_HOME")
	if state == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return nil, fmt.Errorf("neither XDG_STATE_HOME nor a home folder: %w", err)
		}
		state = filepath.Join(home, ".local", "state")
	}
	l := &lab{filepath.Join(state, "refit-lab")}
	return l, os.MkdirAll(l.path("logs"), 0o755)
}

func (l *lab) path(parts ...string) string {
	return filepath.Join(append([]string{l.dir}, parts...)...)
}

// lock waits until no other lab works on this machine. The system frees it when the process ends.
func (l *lab) lock() (func(), error) {
	// Beside the folder and not in it: clean removes the folder while it holds the lock.
	f, err := os.OpenFile(l.dir+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	fd := int(f.Fd())
	if err := syscall.Flock(fd, syscall.LOCK_EX|syscall.LOCK_NB); errors.Is(err, syscall.EWOULDBLOCK) {
		say("waiting for another lab that works on this machine")
		err = syscall.Flock(fd, syscall.LOCK_EX)
		if err != nil {
			return nil, err
		}
	} else if err != nil {
		return nil, fmt.Errorf("%s: %w", f.Name(), err)
	}
	return func() { _ = f.Close() }, nil
}

var started = time.Now()

// say prints one line of progress with the seconds since the start.
func say(format string, args ...any) {
	fmt.Printf("lab %4.0fs  %s\n", time.Since(started).Seconds(), fmt.Sprintf(format, args...))
}

// logged runs a long command with its output in logs/NAME.log, and shows the end of it when it fails.
func (l *lab) logged(name string, cmd *exec.Cmd) error {
	file := l.path("logs", name+".log")
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	cmd.Stdout, cmd.Stderr = f, f
	err = errors.Join(cmd.Run(), f.Close())
	if err != nil {
		return fmt.Errorf("%s: %w\n%s\nthe whole log: %s", strings.Join(cmd.Args, " "), err, tail(file, 25), file)
	}
	return nil
}

func tail(file string, lines int) string {
	text, err := os.ReadFile(file)
	if err != nil {
		return err.Error()
	}
	all := bytes.Split(bytes.TrimRight(text, "\n"), []byte("\n"))
	if len(all) > lines {
		all = all[len(all)-lines:]
	}
	return string(bytes.Join(all, []byte("\n")))
}

// ask runs a short command and returns what it prints, trimmed; "" when it fails or takes too long.
func ask(limit time.Duration, name string, args ...string) string {
	cmd := exec.Command(name, args...)
	timer := time.AfterFunc(limit, func() {
		if cmd.Process != nil {
			_ = cmd.Process.Kill()
		}
	})
	defer timer.Stop()
	out, err := cmd.Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}
