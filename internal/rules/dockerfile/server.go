package dockerfile

import (
	"strings"

	"refit/internal/shell"
	"refit/internal/stack"
)

// starts are the commands that a service's container runs: the service's own, else the image's.
func (r *running) starts(u *use) []shell.Command {
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
	if len(entrypoint) >= 3 && isShell(entrypoint[0]) {
		return argvCommands(entrypoint)
	}
	return argvCommands(append(append([]string(nil), entrypoint...), cmd...))
}

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

// port is the only TCP port that the image exposes, 0 when there is none or several.
func (r *running) port() int {
	port := 0
	for _, e := range r.config.Exposed {
		if e.Proto != "tcp" || e.First != e.Last || port != 0 && port != e.First {
			return 0
		}
		port = e.First
	}
	return port
}
