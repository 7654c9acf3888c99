package stack

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
)

// ProbeURL is what a health probe asks.
type ProbeURL struct {
	Scheme string // "http" or "https"
	Host   string // "" for the container itself
	Port   int    // 0 for the scheme's own
	Path   string // begins with "/"; "" for "/"
}

// String is the URL as a probe inside of the container asks it. An empty host becomes 127.0.0.1:
// some probes (BusyBox's wget, Node before 20) try only the first address of localhost, which can
// be ::1, where a server on 0.0.0.0 doesn't listen.
func (u ProbeURL) String() string {
	host := u.Host
	if host == "" || host == "0.0.0.0" || host == "::" {
		host = "127.0.0.1"
	}
	if u.Port != 0 {
		host = net.JoinHostPort(host, strconv.Itoa(u.Port))
	} else if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	path := u.Path
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	return u.Scheme + "://" + host + path
}

// ErrNoProbe is returned, wrapped, by Probe when no program in the image can ask.
var ErrNoProbe = errors.New("no program in the image can ask the health URL")

// Probe is a health check as the words of an exec form: it ends with 0 when the URL answers with a
// status below 400 and with something else when it doesn't. Its program is one that the image is
// known to have: curl, wget, Python or Node, in this order (the leaner first). A certificate is
// not verified: in development it is self-signed, and the probe stays inside of the container.
//
// python is the interpreter to call when it is not the image's own ("/opt/venv/bin/python"); ""
// otherwise. Probe returns ErrNoProbe, wrapped, with what to do.
func Probe(img Image, python string, u ProbeURL) ([]string, error) {
	if u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("health probe: scheme %q is neither http nor https", u.Scheme)
	}
	url := u.String()
	if strings.ContainsAny(url, "'\"\\\n\r$`") {
		return nil, fmt.Errorf("health probe: %q has characters that a probe's script can't hold", url)
	}
	tls := u.Scheme == "https"
	switch {
	case img.Has("curl"):
		return curlProbe(url, tls), nil
	case img.Has("wget"):
		return wgetProbe(url, tls), nil
	case python != "" || img.Has("python") || img.Has("python3"):
		return pythonProbe(pythonProgram(img, python), url, tls), nil
	case img.Has("node"):
		return nodeProbe(img, u.Scheme, url, tls), nil
	}
	return nil, fmt.Errorf("%w: %s has neither curl, wget, Python nor Node; give the program a health command of its own, or leave the check to Compose or the orchestrator", ErrNoProbe, img.Ref)
}

func pythonProgram(img Image, python string) string {
	switch {
	case python != "":
		return python
	case img.Has("python") && img.Distro != Distroless:
		return "python"
	case img.Distro == Distroless: // PATH can't be counted on
		return img.Programs["python3"]
	}
	return "python3"
}

// curlProbe: -f makes a status of 400 and above a failure. https://curl.se/docs/manpage.html
func curlProbe(url string, tls bool) []string {
	flags := "-fsS"
	if tls {
		flags = "-fsSk"
	}
	return []string{"curl", flags, "-o", "/dev/null", url}
}

// wgetProbe works with GNU's and with BusyBox's wget. It asks with GET: --spider asks with HEAD,
// which a route that is declared for GET alone answers with 405.
func wgetProbe(url string, tls bool) []string {
	words := []string{"wget", "-q", "-O", "/dev/null"}
	if tls {
		words = append(words, "--no-check-certificate")
	}
	return append(words, url)
}

// pythonProbe: urlopen raises for a status of 400 and above and for everything that fails, which
// ends Python with 1.
func pythonProbe(python, url string, tls bool) []string {
	script := fmt.Sprintf("import urllib.request as r; r.urlopen('%s', timeout=3)", url)
	if tls {
		script = fmt.Sprintf("import ssl, urllib.request as r; r.urlopen('%s', timeout=3, context=ssl._create_unverified_context())", url)
	}
	return []string{python, "-c", script}
}

// nodeProbe uses the http module, which every version of Node has; fetch came with 18.
func nodeProbe(img Image, module, url string, tls bool) []string {
	options := ""
	if tls {
		options = "{rejectUnauthorized:false},"
	}
	node := "node"
	if img.Distro == Distroless {
		node = img.Programs["node"]
	}
	return []string{node, "-e", fmt.Sprintf(
		"require('%s').get('%s',%sr=>process.exit(r.statusCode<400?0:1)).on('error',()=>process.exit(1))", module, url, options)}
}
