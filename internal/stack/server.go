package stack

import (
	"net"
	"path"
	"regexp"
	"strconv"
	"strings"
)

// Server is what a start command serves.
type Server struct {
	Program string // "uvicorn", "gunicorn", ...: the server, not what calls it
	// Start is the index of the word that the server's own command begins with, behind wrappers such
	// as "uv run" or "exec": words[Start:] runs in a stage whose PATH has the environment.
	Start int
	Host  string // address that it listens on; "" when unknown
	Port  int    // 0 when unknown
	// PortVariable is the variable that the port is taken from (PORT of "${PORT:-8000}"); Port is
	// then its default in the command, or 0.
	PortVariable string
	TLS          bool   // it serves HTTPS itself
	CertFile     string // as written
	KeyFile      string
	Reload       bool // restarts on changed files, or debugs: not for production
	Workers      int  // 0 when the command doesn't say
	App          string
	Socket       string // a Unix socket that it listens on instead of a port
	// HTTP says that it answers HTTP requests; php-fpm speaks FastCGI, a worker nothing.
	HTTP bool
	// Development says that the program is not made for production, whatever its options.
	Development bool
}

// Scheme is "https", "http", or "" for a program that doesn't speak HTTP.
func (s Server) Scheme() string {
	switch {
	case !s.HTTP:
		return ""
	case s.TLS:
		return "https"
	}
	return "http"
}

// RecogniseServer reads a start command, split into words as a shell does. ok is false when no
// word names a server that refit knows; a program of the repository's own is one of those.
func RecogniseServer(words []string) (s Server, ok bool) {
	start := skipWrappers(words)
	if start >= len(words) {
		return Server{}, false
	}
	name, used := serverName(words[start:])
	fact, known := serverFacts[name]
	if !known {
		return Server{}, false
	}
	s = Server{Program: name, Start: start, Host: fact.host, Port: fact.port, HTTP: !fact.noHTTP && fact.port != 0, Development: fact.development}
	if name == "caddy" || name == "node" || name == "npm" || name == "dotnet" || name == "java" || name == "nodemon" {
		s.HTTP = true // most likely, on a port that its code decides
	}
	s.Reload = fact.development && name != "http.server"
	s.read(fact, words[start+used:])
	switch name {
	case "django":
		s.Reload = !contains(words, "--noreload")
		s.positional(words[start+used:])
	case "http.server":
		s.positional(words[start+used:])
	}
	return s, true
}

// read goes through the arguments.
func (s *Server) read(f serverFact, args []string) {
	boundBy := false
	for i := 0; i < len(args); i++ {
		option, value, joined := strings.Cut(args[i], "=")
		if !strings.HasPrefix(option, "-") {
			if f.app && s.App == "" {
				s.App = args[i]
			}
			continue
		}
		if !joined && len(option) > 2 && option[1] != '-' && takesValue(f, option[:2]) {
			option, value, joined = option[:2], option[2:], true // -b0.0.0.0:80
		}
		if contains(f.reload, option) {
			s.Reload = value != "false" && value != "False"
			continue
		}
		if contains(f.flags, option) {
			if option == "--no-reload" || option == "--noreload" {
				s.Reload = false
			}
			continue
		}
		if !joined && i+1 < len(args) && (takesValue(f, option) || !strings.HasPrefix(args[i+1], "-")) {
			i++
			value = args[i]
		}
		switch {
		case contains(f.bind, option):
			if !boundBy { // gunicorn takes several; the first is the one to probe
				s.listen(value)
			}
			boundBy = true
		case contains(f.hosts, option):
			s.Host = value
		case contains(f.ports, option):
			s.port(value)
		case contains(f.certs, option):
			s.CertFile, s.TLS = value, true
		case contains(f.keys, option):
			s.KeyFile = value
		case contains(f.sockets, option):
			s.Socket, s.Port = value, 0
		case contains(f.workers, option):
			s.Workers, _ = strconv.Atoi(value)
		}
	}
}

func takesValue(f serverFact, option string) bool {
	for _, l := range [][]string{f.bind, f.hosts, f.ports, f.certs, f.keys, f.workers, f.sockets, f.values} {
		if contains(l, option) {
			return true
		}
	}
	return false
}

var variable = regexp.MustCompile(`^\$(?:\{(\w+)(?::?-([^}]*))?\}|(\w+))$`)

// port reads "8000", "$PORT" and "${PORT:-8000}".
func (s *Server) port(text string) {
	if m := variable.FindStringSubmatch(text); m != nil {
		s.PortVariable, text = m[1]+m[3], m[2]
	}
	s.Port = 0
	if n, err := strconv.Atoi(text); err == nil && n > 0 && n < 1<<16 {
		s.Port = n
	}
}

// listen reads "host:port", "[::]:port", ":port", "port", "unix:/path", puma's "tcp://host:port".
func (s *Server) listen(text string) {
	if socket, ok := strings.CutPrefix(text, "unix:"); ok {
		s.Socket, s.Port = socket, 0
		return
	}
	if rest, ok := strings.CutPrefix(text, "ssl://"); ok {
		s.TLS, text = true, rest
	}
	text, _, _ = strings.Cut(strings.TrimPrefix(text, "tcp://"), "?")
	i := strings.LastIndexByte(text, ':')
	if j := strings.Index(text, ":${"); j >= 0 {
		i = j
	}
	switch {
	case i < 0:
		s.port(text)
		if s.Port == 0 && s.PortVariable == "" {
			s.Host = text
		}
	default:
		if host := strings.Trim(text[:i], "[]"); host != "" {
			s.Host = host
		}
		s.port(text[i+1:])
	}
}

// positional reads an argument that says where to listen: "0.0.0.0:8000", "8000", "[::]:8000".
func (s *Server) positional(args []string) {
	for i, a := range args {
		if !strings.HasPrefix(a, "-") && (i == 0 || !takesValue(serverFacts[s.Program], args[i-1])) {
			s.listen(a)
			return
		}
	}
}

// Probe is the URL that the server answers at, with a path of the application's.
func (s Server) Probe(urlPath string) (ProbeURL, bool) {
	if !s.HTTP || s.Port == 0 {
		return ProbeURL{}, false
	}
	u := ProbeURL{Scheme: s.Scheme(), Port: s.Port, Path: urlPath}
	if ip := net.ParseIP(s.Host); ip != nil && !ip.IsUnspecified() {
		u.Host = s.Host
	}
	return u, true
}

// base is a program's name without its folder and the version of an interpreter: "python3.13" is
// "python".
func base(word string) string {
	b := path.Base(word)
	if strings.HasPrefix(b, "python") && strings.Trim(b[len("python"):], "0123456789.") == "" {
		return "python"
	}
	return b
}
