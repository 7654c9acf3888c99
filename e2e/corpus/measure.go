package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strconv"
	"strings"
)

// measureFlag makes the harness run one program and add its peak memory to stderr. Linux counts the
// memory of whoever starts a process to that process's own peak, so the starter must be small.
const measureFlag = "-measured"

const peakMark = "\n-- peak KiB: "

func measure(program string, args []string) int {
	runtime.LockOSThread()      // Linux ends the program with the thread that started it
	signal.Ignore(os.Interrupt) // the program gets it too, and decides
	cmd := exec.Command(program, args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	killWithParent(cmd)
	err := cmd.Run()
	if cmd.ProcessState != nil {
		fmt.Fprintf(os.Stderr, "%s%d", peakMark, peakKiB(cmd.ProcessState))
	}
	if ended := (*exec.ExitError)(nil); errors.As(err, &ended) {
		return ended.ExitCode()
	} else if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 127
	}
	return 0
}

// splitPeak takes the measurement off what a measured program said.
func splitPeak(stderr string) (talk string, peak int64) {
	i := strings.LastIndex(stderr, peakMark)
	if i < 0 {
		return stderr, 0
	}
	peak, _ = strconv.ParseInt(stderr[i+len(peakMark):], 10, 64) // our own output
	return stderr[:i], peak
}
