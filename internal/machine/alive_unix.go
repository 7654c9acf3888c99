//go:build unix

package machine

import "syscall"

// Alive says whether a process is there.
func Alive(pid int) bool { err := syscall.Kill(pid, 0); return err == nil || err == syscall.EPERM }
