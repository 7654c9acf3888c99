//go:build unix

package engine

import (
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"golang.org/x/term"
)

// aside puts a program into a process group of its own, so that the terminal's Ctrl-C reaches only refit, which
// passes it on once: compose takes a second one for an order to stop at once.
func aside(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// interrupt asks a program to stop.
func interrupt(p *os.Process) error { return p.Signal(syscall.SIGINT) }

// handOver leaves signals to a program on refit's own terminal until release is called. Those of the terminal
// reach it by themselves; others are passed on.
func handOver(p *os.Process) (release func()) {
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	onTerminal := term.IsTerminal(int(os.Stdin.Fd()))
	done := make(chan struct{})
	go func() {
		for {
			select {
			case s := <-signals:
				if s != syscall.SIGINT || !onTerminal {
					_ = p.Signal(s)
				}
			case <-done:
				return
			}
		}
	}()
	return func() { signal.Stop(signals); close(done) }
}

func signalOf(exit *exec.ExitError) int {
	if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return int(status.Signal())
	}
	return 0
}
