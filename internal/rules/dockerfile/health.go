package dockerfile

import (
	"errors"
	"fmt"
	"path"
	"refit/internal/dockerfile"
	"refit/internal/source"
	"regexp"
	"strconv"
	"strings"

	"refit/internal/project"
	"refit/internal/shell"
	"refit/internal/stack"
)

// probe is a health check of the image as the words of an exec form: of the health path that the
// source declares, else whether the port takes connections. what says which. The error says why there
// is none that is certain to work.
func (r *running) probe(p *project.Project) (argv []string, what string, err error) {
	s, ok, agree := r.server()
	switch {
	case !r.known:
		return nil, "", fmt.Errorf("which programs are in %s is not known", r.base)
	case ok && !agree:
		return nil, "", errors.New("the services that run the image serve different schemes or ports; give each a healthcheck in its Compose file")
	case ok && s.PortVariable != "":
		return nil, "", fmt.Errorf("the port comes from %s when the container starts", s.PortVariable)
	case ok && s.Socket != "":
		return nil, "", errors.New("it listens on a socket and not on a port")
	}
	port, framework := r.port(), r.frameworkPort()
	switch {
	case ok && s.Port > 0:
		port = s.Port
	case framework > 0 && port > 0 && port != framework:
		return nil, "", fmt.Errorf("the base image tells its programs to serve port %d (ASPNETCORE_HTTP_PORTS), and EXPOSE or Compose says %d; make them agree", framework, port)
	case framework > 0:
		port = framework
	case ok && r.hasVariables():
		return nil, "", errors.New("the port comes from a variable when the container starts")
	}
	if port == 0 {
		return nil, "", errors.New("which port it serves can't be told from its start command nor from EXPOSE")
	}
	if other := r.servesElse(port); other != "" {
		return nil, "", fmt.Errorf("service %s runs the same image and may not serve port %d; give each service a healthcheck in its Compose file", other, port)
	}
	if ok && s.HTTP {
		if u := r.unit(p); u != nil {
			if urlPath, file, found := r.healthPath(p, u); found {
				url, _ := s.Probe(urlPath)
				if argv, err := stack.Probe(r.image, "", url); err == nil {
					return argv, url.String() + " (declared in " + file + ")", nil
				}
			}
		}
	}
	argv, err = r.connect(port)
	return argv, fmt.Sprintf("whether port %d takes connections", port), err
}

// hasVariables says whether a word of the image's start command is only known when the container starts.
func (r *running) hasVariables() bool {
	for _, c := range r.starts(nil) {
		for _, w := range c.Words {
			if !w.Constant || strings.Contains(w.Value, "$") {
				return true
			}
		}
	}
	return false
}

// servesElse names a service that runs the image in another way (a worker, another port) and has no
// health check of its own: the image's would make it unhealthy. "" when there is none.
func (r *running) servesElse(port int) string {
	for i, u := range r.uses {
		if u.service.Healthcheck != nil {
			continue
		}
		if v := u.service.Environment["PORT"]; v != "" && v != strconv.Itoa(port) {
			return u.service.Name
		}
		if u.service.Command == nil && u.service.Entrypoint == nil {
			continue
		}
		if s, ok := server(r.starts(&r.uses[i])); ok && s.Port != port || !ok && !u.publishes(port) {
			return u.service.Name
		}
	}
	return ""
}

// othersFiles says of a file whether the start command of another image of the Dockerfile names it: its
// routes are that service's.
func (r *running) othersFiles(p *project.Project) func(string) bool {
	own, others := map[string]bool{}, map[string]bool{}
	for _, other := range runningStages(p, r.d) {
		names := others
		if other.stage == r.stage {
			names = own
		}
		for _, c := range other.allStarts() {
			for _, w := range c.Words {
				names[path.Base(w.Value)] = true
			}
		}
	}
	return func(file string) bool { b := path.Base(file); return others[b] && !own[b] }
}

// connect asks whether a port takes connections, with a program that is in the image.
func (r *running) connect(port int) ([]string, error) {
	number := strconv.Itoa(port)
	node := []string{"node", "-e", "require('net').connect(" + number + ",'127.0.0.1').on('connect',()=>process.exit(0)).on('error',()=>process.exit(1))"}
	switch i := r.image; {
	case i.Language == stack.Node && i.Has("node") && i.Distro != stack.Distroless: // its full variants have a Python too
		return node, nil
	case i.Language == stack.Ruby && i.Has("ruby"):
		return []string{"ruby", "-rsocket", "-e", "TCPSocket.new('127.0.0.1', " + number + ").close"}, nil
	case i.Has("python3") && i.Distro != stack.Distroless:
		python := "python3"
		if i.Has("python") {
			python = "python"
		}
		return []string{python, "-c", "import socket; socket.create_connection(('127.0.0.1', " + number + "), 3).close()"}, nil
	case i.Has("node") && i.Distro != stack.Distroless:
		return node, nil
	case i.Has("busybox") || i.Has("nc"):
		return []string{"nc", "-z", "127.0.0.1", number}, nil
	case i.Has("bash"):
		return []string{"bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/" + number}, nil
	}
	if r.image.Distro == stack.UnknownDistro {
		return nil, fmt.Errorf("which programs are in %s is not known", r.base)
	}
	return nil, fmt.Errorf("%s has no program that could ask; give the service a health command of its own (`SERVER --healthcheck`)", r.base)
}

// healthPrograms are the programs of a HEALTHCHECK: the first word of each command.
func healthPrograms(list []shell.Command) []string {
	var names []string
	for _, c := range list {
		if name := c.Unwrapped().Name(); name != "" && name != "exit" && name != "true" && name != "false" && name != "test" && name != "[" {
			names = append(names, name)
		}
	}
	return names
}

// asked is a URL in a health check.
var asked = regexp.MustCompile(`\b(https?)://(localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1\])(?::(\d+))?(/[^\s'"|)]*)?`)

// askedURL is the URL of the container itself that a health check asks.
func askedURL(command []string) (u stack.ProbeURL, ok bool) {
	m := asked.FindStringSubmatch(strings.Join(command, " "))
	if m == nil {
		return u, false
	}
	u = stack.ProbeURL{Scheme: m[1], Path: m[4], Port: 80}
	if m[1] == "https" {
		u.Port = 443
	}
	if n, err := strconv.Atoi(m[3]); err == nil {
		u.Port = n
	}
	return u, true
}

// hasProgram says whether a program is in the image: known to be, installed, copied or made.
func (r *running) hasProgram(name string) bool {
	if r.image.Has(name) || r.image.Has("busybox") && busyboxApplets[name] {
		return true
	}
	for _, in := range r.instructions() {
		if c, ok := in.Copy(); ok {
			if path.Base(c.Dest.Value) == name {
				return true
			}
			for _, s := range c.Sources {
				if path.Base(s.Value) == name || strings.ContainsAny(s.Value, "*") {
					return true
				}
			}
			continue
		}
		if in.Keyword == "RUN" && strings.Contains(in.ArgsText(), name) {
			return true
		}
	}
	return false
}

var busyboxApplets = map[string]bool{"wget": true, "nc": true, "pgrep": true, "pidof": true, "ps": true, "grep": true, "cat": true, "netstat": true}

// healthPath is stack.HealthPath of the unit without the files of other stages, which takes a look
// into every source file.
func (r *running) healthPath(p *project.Project, u *stack.Unit) (urlPath, file string, ok bool) {
	found := source.Recall(&p.Memo, healthKey{u, r.stage}, func() route {
		urlPath, file, ok := stack.HealthPath(p.Files, u, r.othersFiles(p))
		return route{urlPath, file, ok}
	})
	return found.path, found.file, found.ok
}

// healthKey is the key of a stage's health route.
type healthKey struct {
	unit  *stack.Unit
	stage *dockerfile.Stage
}

// route is a health path and the file that declares it.
type route struct {
	path, file string
	ok         bool
}
