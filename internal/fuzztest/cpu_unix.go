//go:build unix

package fuzztest

import (
	"syscall"
	"time"
)

// CPUTime is the processor time that this process has taken. Limits on it hold on a busy machine, too.
func CPUTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
