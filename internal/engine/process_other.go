//go:build !unix

package engine

import (
	"os"
	"os/exec"
	"os/signal"
)

// aside does nothing here: the console hands Ctrl-C to every program that runs on it.
func aside(*exec.Cmd) {}

// interrupt does nothing here: the console has told the program already.
func interrupt(*os.Process) error { return nil }

// handOver leaves Ctrl-C to the program until release is called.
func handOver(*os.Process) (release func()) {
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, os.Interrupt)
	return func() { signal.Stop(signals) }
}

func signalOf(*exec.ExitError) int { return 0 }
