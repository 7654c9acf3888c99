package dockerfile

import (
	"slices"
	"strings"

	"refit/internal/compose"
	"refit/internal/shell"
	"refit/internal/source"
	"refit/internal/stack"
)

// starts are the commands that a service's container runs: the service's own, else the image's.
func (r *running) starts(u *use) []shell.Command {
	if u == nil {
		return r.own.Recall(func() []shell.Command { return r.startsOf(nil) })
	}
	return r.startsOf(u)
}

func (r *running) startsOf(u *use) []shell.Command {
	entrypoint, cmd := r.config.Entrypoint.Argv, r.config.Cmd.Argv
	if r.config.Entrypoint.At == nil && r.config.Cmd.At == nil {
		entrypoint, cmd = r.image.Entrypoint, r.image.Cmd
	}
	if u != nil && u.service.Entrypoint != nil {
		entrypoint, cmd = u.service.Entrypoint, nil
	}
	if u != nil && u.service.Command != nil {
		cmd = u.service.Command
	}
	argv := entrypoint
	if len(entrypoint) < 3 || !isShell(entrypoint[0]) {
		argv = slices.Concat(entrypoint, cmd)
	}
	return source.Recall(&r.d.File.Memo, startsKey{strings.Join(argv, "\x00")}, func() []shell.Command { return argvCommands(argv) })
}

// startsKey is the key of the commands of a start command, which many rules ask for.
type startsKey struct{ argv string }

// words are a command's words as RecogniseServer reads them: what a run decides stays a variable.
func words(c shell.Command) []string {
	var list []string
	for _, w := range c.Words {
		list = append(list, strings.ReplaceAll(w.Value, shell.Unknown, "$?"))
	}
	return list
}

// server is what the commands serve; ok is false when no server that refit knows is among them.
func server(list []shell.Command) (s stack.Server, ok bool) {
	for _, c := range list {
		if found, is := stack.RecogniseServer(words(c)); is {
			s, ok = found, true
		}
	}
	return s, ok
}

// servers are what the image serves: by its own start command and by those of the services that
// run it. agree is false when they differ in scheme or port.
func (r *running) server() (s stack.Server, ok, agree bool) {
	s, ok = server(r.starts(nil))
	agree = true
	for i := range r.uses {
		other, is := server(r.starts(&r.uses[i]))
		switch {
		case !is:
		case !ok:
			s, ok = other, true
		case other.Scheme() != s.Scheme() || other.Port != s.Port:
			agree = false
		}
	}
	return s, ok, agree
}

// port is the only TCP port that Compose publishes, else the only one that the image exposes and that
// Compose doesn't contradict; 0 when it can't be told.
func (r *running) port() int {
	published := r.publishedPorts()
	if len(published) == 1 {
		return published[0] // whatever else is exposed, nobody reaches
	}
	exposed := 0
	for _, e := range r.config.Exposed {
		if e.Proto != "tcp" || e.First != e.Last || exposed != 0 && exposed != e.First {
			return 0
		}
		exposed = e.First
	}
	if len(published) == 0 || slices.Contains(published, exposed) {
		return exposed
	}
	return 0
}

// publishedPorts are the container's TCP ports that the services which run the image publish, sorted.
func (r *running) publishedPorts() []int {
	var list []int
	for _, u := range r.uses {
		for _, port := range u.service.Ports {
			if port.Published != "" && port.Protocol != "udp" && !slices.Contains(list, int(port.Target)) {
				list = append(list, int(port.Target))
			}
		}
	}
	slices.Sort(list)
	return list
}

// publishes says whether the service publishes the container's port.
func (u use) publishes(port int) bool {
	return slices.ContainsFunc(u.service.Ports, func(p compose.Port) bool { return int(p.Target) == port && p.Protocol != "udp" })
}

// frameworkPort is the port that the base image tells its programs to serve, where neither the file nor a
// service says another; 0 when there is none. ASP.NET Core's images set it (ASPNETCORE_HTTP_PORTS).
func (r *running) frameworkPort() int {
	if r.image.Language != stack.Dotnet || len(r.image.Ports) != 1 {
		return 0
	}
	for _, name := range []string{"ASPNETCORE_URLS", "ASPNETCORE_HTTP_PORTS", "ASPNETCORE_HTTPS_PORTS", "URLS", "HTTP_PORTS"} {
		if _, ok := r.config.Env.Get(name); ok {
			return 0
		}
		for _, u := range r.uses {
			if _, ok := u.service.Environment[name]; ok {
				return 0
			}
		}
	}
	return r.image.Ports[0]
}
