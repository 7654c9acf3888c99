//go:build unix

package operate

import "syscall"

// alive says whether a process is there.
func alive(pid int) bool { err := syscall.Kill(pid, 0); return err == nil || err == syscall.EPERM }
