package verify

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/netip"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/moby/moby/api/types/network"
)

func itoa(n int) string { return strconv.Itoa(n) }

// healthURL is what a healthcheck asks inside of its container.
type healthURL struct {
	scheme, path string
	port         int
}

var urlInTest = regexp.MustCompile(`(https?)://(localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1?\])(?::(\d+))?(/[^\s'"<>;|)]*)?`)

// healthURL is the URL in the words of the container's healthcheck.
func (b *box) healthURL() (healthURL, bool) {
	test := b.info.Config.Healthcheck
	if test == nil {
		return healthURL{}, false
	}
	m := urlInTest.FindStringSubmatch(strings.Join(test.Test, " "))
	if m == nil {
		return healthURL{}, false
	}
	u := healthURL{scheme: m[1], path: m[4], port: map[string]int{"http": 80, "https": 443}[m[1]]}
	if port, ok := number(m[3]); ok {
		u.port = port
	}
	if u.path == "" {
		u.path = "/"
	}
	return u, true
}

// published are the addresses of this machine on which a TCP port of the container is reached.
func (b *box) published(port int) []string {
	var list []string
	for at, bindings := range b.ports() {
		if int(at.Num()) == port && at.Proto() == network.TCP {
			for _, binding := range bindings {
				if address, ok := address(binding); ok && !slices.Contains(list, address) {
					list = append(list, address)
				}
			}
		}
	}
	slices.Sort(list)
	return list
}

func (b *box) ports() network.PortMap {
	if b.info.NetworkSettings == nil {
		return nil
	}
	return b.info.NetworkSettings.Ports
}

// address is where a published port is reached from this machine.
func address(binding network.PortBinding) (string, bool) {
	if binding.HostPort == "" || binding.HostPort == "0" {
		return "", false
	}
	ip := binding.HostIP
	switch {
	case !ip.IsValid() || ip == netip.IPv4Unspecified():
		return net.JoinHostPort("127.0.0.1", binding.HostPort), true
	case ip == netip.IPv6Unspecified():
		return "", false // published on IPv4, too; this machine may have no IPv6
	}
	return net.JoinHostPort(ip.String(), binding.HostPort), true
}

// The ways in which a port answers.
const (
	refused = "refuses the connection"
	closed  = "takes the connection and closes it: nobody listens behind it"
	secure  = "speaks TLS"
	plain   = "answers without TLS"
	quiet   = "takes the connection and waits" // a protocol in which the client speaks first, or nobody does
)

// probe is how a port of this machine answers.
type probe struct {
	how         string
	certificate *x509.Certificate // of a TLS server
}

const probeTime = 4 * time.Second

// probe asks a port, once.
func (r *running) probe(ctx context.Context, address string) probe {
	if p, known := r.probes[address]; known {
		return p
	}
	p := ask(ctx, address)
	r.probes[address] = p
	return p
}

func ask(ctx context.Context, address string) probe {
	ctx, cancel := context.WithTimeout(ctx, 2*probeTime)
	defer cancel()
	conn, err := (&net.Dialer{Timeout: probeTime}).DialContext(ctx, "tcp", address)
	if err != nil {
		return probe{how: refused}
	}
	_ = conn.SetDeadline(time.Now().Add(probeTime))
	host, _, _ := net.SplitHostPort(address)
	secured := tls.Client(conn, &tls.Config{InsecureSkipVerify: true, ServerName: host}) //nolint:gosec // R25 compares the certificate
	err = secured.HandshakeContext(ctx)
	chain := secured.ConnectionState().PeerCertificates
	if err == nil {
		_ = secured.Close() // says goodbye: the server's log stays free of us
	}
	_ = conn.Close()
	var notTLS tls.RecordHeaderError
	var alert tls.AlertError
	switch {
	case len(chain) > 0:
		return probe{secure, chain[0]}
	case err == nil || errors.As(err, &alert): // it refuses us, in TLS: it wants a certificate
		return probe{how: secure}
	case errors.As(err, &notTLS):
		return probe{how: plain}
	}
	return askPlain(ctx, address)
}

// askPlain sends what any HTTP server answers.
func askPlain(ctx context.Context, address string) probe {
	conn, err := (&net.Dialer{Timeout: probeTime}).DialContext(ctx, "tcp", address)
	if err != nil {
		return probe{how: refused}
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(probeTime))
	_, _ = fmt.Fprint(conn, "GET / HTTP/1.0\r\nHost: localhost\r\n\r\n")
	_, err = bufio.NewReader(conn).ReadByte()
	switch {
	case err == nil:
		return probe{how: plain}
	case errors.Is(err, os.ErrDeadlineExceeded):
		return probe{how: quiet}
	case errors.Is(err, io.EOF), strings.Contains(err.Error(), "reset"):
		return probe{how: closed}
	}
	return probe{how: quiet}
}

// promise is what the files say of a port.
type promise struct {
	secure bool
	by     string // "its healthcheck asks https://...", "APP_URL of callback"
}

var tlsWords = regexp.MustCompile(`--ssl-(certfile|keyfile)|--certfile|--tls-cert|--tls_cert|ssl_certificate|--cert[= ]`)

// promised is whether the files let a port of a service speak TLS. ok is false when they do not say.
func (r *running) promisedTLS(b *box, target int, published []string) (promise, bool) {
	if u, ok := b.healthURL(); ok && u.port == target {
		return promise{u.scheme == "https", "its healthcheck asks " + u.scheme + "://"}, true
	}
	if found, ok := r.promisedByURL(b.Service, target, published); ok {
		return found, true
	}
	command := strings.Join(append(append([]string{}, b.info.Config.Entrypoint...), b.info.Config.Cmd...), " ")
	if m := tlsWords.FindString(command); m != "" && len(b.tcpPorts()) == 1 {
		return promise{true, "its command has " + m}, true
	}
	return promise{}, false
}

// promisedByURL looks for a URL of the port among the values of the environment.
func (r *running) promisedByURL(service string, target int, published []string) (promise, bool) {
	for _, s := range r.services {
		for _, name := range slices.Sorted(maps.Keys(s.model.Environment)) {
			u, err := url.Parse(s.model.Environment[name])
			if err != nil || u.Scheme != "http" && u.Scheme != "https" {
				continue
			}
			port, ok := number(u.Port())
			if !ok {
				port = map[string]int{"http": 80, "https": 443}[u.Scheme]
			}
			if u.Hostname() == service && port == target || local(u.Hostname()) && slices.ContainsFunc(published, func(a string) bool { return strings.HasSuffix(a, ":"+itoa(port)) }) {
				return promise{u.Scheme == "https", name + " of " + s.name + " is an " + u.Scheme + " URL of it"}, true
			}
		}
	}
	return promise{}, false
}

func local(host string) bool { return host == "localhost" || host == "127.0.0.1" || host == "::1" }

// tcpPorts are the TCP ports of the container that are published, sorted.
func (b *box) tcpPorts() []int {
	var list []int
	for at, bindings := range b.ports() {
		if at.Proto() == network.TCP && len(bindings) > 0 {
			list = append(list, int(at.Num()))
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}
