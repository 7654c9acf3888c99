package verify

import (
	"context"
	"errors"
	"strings"
)

// dialer is how a container is made to connect somewhere: with what its image has. Its command is followed by the
// targets, HOST:PORT each; it tries them at the same time and prints a line for each: the target and a code.
type dialer []string

// The codes of the dialers.
const (
	dialed   = "0"
	noName   = "43" // the name is not known
	noAnswer = "44" // nobody takes the connection
)

const pythonDial = `import socket, sys, threading
def dial(target):
    host, port = target.rsplit(":", 1)
    code = 43
    try:
        socket.getaddrinfo(host, int(port), 0, socket.SOCK_STREAM)
        code = 44
        socket.create_connection((host, int(port)), 2).close()
        code = 0
    except OSError:
        pass
    sys.stdout.write("%s %d\n" % (target, code))
for target in sys.argv[1:]:
    threading.Thread(target=dial, args=(target,)).start()
`

const nodeDial = `for (const target of process.argv.slice(1)) {
  const [, host, port] = /(.*):(\d+)$/.exec(target);
  const say = (code) => console.log(target, code);
  require("dns").lookup(host, (failed) => {
    if (failed) return say(43);
    const s = require("net").connect(port, host);
    s.setTimeout(2000, () => s.destroy(new Error("slow")));
    s.on("connect", () => { say(0); s.destroy(); });
    s.on("error", () => say(44));
  });
}`

const bashDial = `command -v getent >/dev/null && command -v timeout >/dev/null || exit 127
for target; do (
  host=${target%:*} port=${target##*:}
  if ! timeout 5 getent hosts "$host" >/dev/null; then echo "$target 43"
  elif timeout 2 bash -c ': </dev/tcp/"$0"/"$1"' "$host" "$port" 2>/dev/null; then echo "$target 0"
  else echo "$target 44"; fi) & done; wait`

// BusyBox's nc does not say whether the name or the connection failed.
const ncDial = `command -v nc >/dev/null || exit 127
for target; do (nc -z -w 2 "${target%:*}" "${target##*:}" 2>/dev/null && echo "$target 0" || echo "$target 44") & done; wait`

const perlDial = `use IO::Socket::INET; for my $t (@ARGV) { next if fork; my ($h, $p) = $t =~ /(.*):(\d+)/;
print "$t ", !gethostbyname($h) ? 43 : IO::Socket::INET->new(PeerAddr=>$h, PeerPort=>$p, Timeout=>2) ? 0 : 44, "\n"; exit } 1 while wait > 0`

var dialers = []dialer{
	{"python3", "-c", pythonDial}, {"python", "-c", pythonDial}, {"node", "-e", nodeDial}, {"bash", "-c", bashDial, "bash"}, {"sh", "-c", ncDial, "sh"}, {"perl", "-e", perlDial},
}

// errNoDialer is the error for an image that has nothing to connect with.
var errNoDialer = errors.New("its image has no program that could open a connection (python, node, bash, nc, perl)")

// dial connects from inside of a container to each of the targets, and says how that came out.
func (r *running) dial(ctx context.Context, b *box, targets []string) (map[string]string, error) {
	if len(targets) == 0 {
		return nil, nil
	}
	candidates := dialers
	if b.dialers != nil {
		candidates = b.dialers
	}
	for i, d := range candidates {
		out, err := r.exec(ctx, b, "", append(append([]string{}, d...), targets...)...)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		codes := map[string]string{}
		for line := range strings.Lines(string(out.Stdout)) {
			if f := strings.Fields(line); len(f) == 2 {
				codes[f[0]] = f[1]
			}
		}
		if err == nil && answersAll(codes, targets) {
			b.dialers = candidates[i : i+1]
			return codes, nil
		}
	}
	b.dialers = []dialer{}
	return nil, errNoDialer
}

func answersAll(codes map[string]string, targets []string) bool {
	for _, t := range targets {
		if c := codes[t]; c != dialed && c != noName && c != noAnswer {
			return false
		}
	}
	return true
}
