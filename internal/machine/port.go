// Package machine looks at the machine that refit runs on: who holds a port, how much of a disk is free.
package machine

import (
	"errors"
	"net"
	"strconv"
	"syscall"
)

// Holder is the program that listens on a port. Its fields are empty where they can't be seen: only root sees the
// programs of others.
type Holder struct {
	PID  int
	Name string // "nginx"
}

// PortHolder says whether somebody listens on a port of this machine, and who. ip is the address that is wanted,
// "" for all of them; protocol is "tcp" or "udp".
func PortHolder(protocol, ip string, port int) (h Holder, taken bool) {
	if !busy(protocol, net.JoinHostPort(ip, strconv.Itoa(port))) {
		return Holder{}, false
	}
	return holderOf(protocol, port), true
}

// busy tries to listen. A port below 1024 that may not be opened is not known to be taken.
func busy(protocol, address string) bool {
	var err error
	if protocol == "udp" {
		var c net.PacketConn
		if c, err = net.ListenPacket("udp", address); err == nil {
			_ = c.Close()
		}
	} else {
		var l net.Listener
		if l, err = net.Listen("tcp", address); err == nil {
			_ = l.Close()
		}
	}
	return errors.Is(err, syscall.EADDRINUSE)
}
