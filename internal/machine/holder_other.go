//go:build !linux

package machine

// holderOf is not known here: it takes a program of the system to tell (lsof, netstat).
func holderOf(string, int) Holder { return Holder{} }
