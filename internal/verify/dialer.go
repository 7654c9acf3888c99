package verify

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"refit/internal/engine"
)

// dialer is how a container is made to connect somewhere: with what its image has.
type dialer struct {
	name    string
	command func(host, port string) []string
}

// The exit codes of the dialers' scripts; another one is the dialer's own trouble.
const (
	dialed   = 0
	noName   = 43 // the name is not known
	noAnswer = 44 // nobody takes the connection
)

const pythonDial = `import socket, sys
try: socket.getaddrinfo(sys.argv[1], int(sys.argv[2]), 0, socket.SOCK_STREAM)
except OSError: sys.exit(43)
try: socket.create_connection((sys.argv[1], int(sys.argv[2])), 3).close()
except OSError: sys.exit(44)
`

const nodeDial = `const [host, port] = process.argv.slice(1);
require("dns").lookup(host, (failed) => {
  if (failed) process.exit(43);
  const s = require("net").connect(port, host, () => process.exit(0));
  s.setTimeout(3000, () => process.exit(44));
  s.on("error", () => process.exit(44));
});`

const bashDial = `getent hosts "$0" >/dev/null || exit 43; timeout 3 bash -c ': </dev/tcp/"$0"/"$1"' "$0" "$1" 2>/dev/null || exit 44`

const perlDial = `use IO::Socket::INET; gethostbyname($ARGV[0]) or exit 43; IO::Socket::INET->new(PeerAddr=>$ARGV[0],PeerPort=>$ARGV[1],Timeout=>3) or exit 44;`

// BusyBox's nc does not say whether the name or the connection failed.
const ncDial = `nc -z -w 3 "$0" "$1" 2>/dev/null || exit 44`

var dialers = []dialer{
	{"python3", func(h, p string) []string { return []string{"python3", "-c", pythonDial, h, p} }},
	{"python", func(h, p string) []string { return []string{"python", "-c", pythonDial, h, p} }},
	{"node", func(h, p string) []string { return []string{"node", "-e", nodeDial, h, p} }},
	{"bash", func(h, p string) []string { return []string{"bash", "-c", bashDial, h, p} }},
	{"nc", func(h, p string) []string {
		return []string{"sh", "-c", "command -v nc >/dev/null || exit 127; " + ncDial, h, p}
	}},
	{"perl", func(h, p string) []string { return []string{"perl", "-e", perlDial, h, p} }},
}

// errNoDialer is the error for an image that has nothing to connect with.
var errNoDialer = errors.New("its image has no program that could open a connection (python, node, bash, nc, perl)")

// dial connects from inside of a container. The code is one of dialed, noName and noAnswer.
func (r *running) dial(ctx context.Context, b *box, host string, port int) (int, error) {
	if b.dialer != nil && b.dialer.name == "" {
		return 0, errNoDialer
	}
	candidates := dialers
	if b.dialer != nil {
		candidates = []dialer{*b.dialer}
	}
	for _, d := range candidates {
		out, err := r.exec(ctx, b, "", d.command(host, strconv.Itoa(port))...)
		if ctx.Err() != nil {
			return 0, ctx.Err()
		}
		if err == nil && (out.Code == dialed || out.Code == noName || out.Code == noAnswer) && !lacks(out) {
			b.dialer = &d
			return out.Code, nil
		}
	}
	b.dialer = &dialer{}
	return 0, errNoDialer
}

// lacks says whether the script itself lacked a program, which looks like a connection that failed.
func lacks(out engine.Output) bool {
	return strings.Contains(string(out.Stderr), "not found") || strings.Contains(string(out.Stderr), "No such file")
}
