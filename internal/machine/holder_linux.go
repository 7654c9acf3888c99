package machine

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// holderOf finds the program by /proc: the socket that listens on the port in /proc/net, then the process that has
// it open (proc(5)).
func holderOf(protocol string, port int) Holder {
	for _, table := range []string{"/proc/net/" + protocol, "/proc/net/" + protocol + "6"} {
		inode := listening(table, protocol, port)
		if inode == "" {
			continue
		}
		if h := owner(inode); h.PID != 0 {
			return h
		}
	}
	return Holder{}
}

// The states of a socket in /proc/net/tcp and udp (include/net/tcp_states.h); one of UDP that waits is "closed".
const (
	stateListen = "0A"
	stateClosed = "07"
)

// listening is the inode of the socket that waits on the port, "" when the table has none.
func listening(table, protocol string, port int) string {
	f, err := os.Open(table)
	if err != nil {
		return ""
	}
	defer func() { _ = f.Close() }()
	state := stateListen
	if protocol == "udp" {
		state = stateClosed
	}
	suffix := fmt.Sprintf(":%04X", port)
	for lines := bufio.NewScanner(f); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if len(fields) > 9 && strings.HasSuffix(fields[1], suffix) && fields[3] == state && fields[9] != "0" {
			return fields[9]
		}
	}
	return ""
}

// owner is the process that has the socket open, as far as this user may look.
func owner(inode string) Holder {
	links, _ := filepath.Glob("/proc/[0-9]*/fd/*")
	for _, link := range links {
		if to, err := os.Readlink(link); err != nil || to != "socket:["+inode+"]" {
			continue
		}
		process := strings.Split(link, "/")[2]
		pid, _ := strconv.Atoi(process)
		name, _ := os.ReadFile("/proc/" + process + "/comm")
		return Holder{PID: pid, Name: strings.TrimSpace(string(name))}
	}
	return Holder{}
}
