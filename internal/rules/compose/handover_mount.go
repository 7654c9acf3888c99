package compose

import (
	"bytes"
	"path"
	"slices"
	"strings"

	format "refit/internal/compose"
)

// judgeMounts says which mounts stay, and why.
func (h *handover) judgeMounts() {
	for _, m := range h.mounts {
		s := h.service(m.service)
		switch {
		case s == nil || s.Build == nil:
			m.keep = "the image is ready-made: only its makers know how it reads the file"
		case h.p.EnvFile(m.source) == nil:
			m.keep = m.source + " is not there, so that its values can't be compared"
		case h.p.EnvFile(m.source).Example:
			m.keep = m.source + " is a template"
		case slices.Contains(s.Command, "source") || h.namesFile(m, s):
			m.keep = "the start command reads " + m.def.Target
		default:
			m.keep = h.uncovers(m, s)
		}
		if m.keep == "" {
			m.keep = h.readsOnlyTheFile(m)
		}
	}
}

// namesFile says whether the start command names the mounted file.
func (h *handover) namesFile(m *envMount, s *format.Service) bool {
	words := strings.Join(append(slices.Clone(s.Command), s.Entrypoint...), " ")
	if stage, build := h.stage(m.service); stage != nil {
		c := stage.Config(build.Args)
		words += " " + strings.Join(c.Cmd.Argv, " ") + " " + strings.Join(c.Entrypoint.Argv, " ")
	}
	for _, w := range strings.FieldsFunc(words, func(r rune) bool { return strings.ContainsRune(" \t\n;&|'\"=()", r) }) {
		if path.Base(w) == path.Base(m.def.Target) {
			return true
		}
	}
	return false
}

// uncovers says what a container would see at the mount's place without it.
func (h *handover) uncovers(m *envMount, s *format.Service) string {
	for _, other := range s.Mounts {
		if other.Type != "bind" || path.Clean(other.Target) == path.Clean(m.def.Target) || !within(other.Target, m.def.Target) {
			continue
		}
		below := path.Join(other.Source, strings.TrimPrefix(path.Clean(m.def.Target), path.Clean(other.Target)))
		if h.p.Files.Has(below) {
			return "without it the container would read " + below + ", which another mount brings"
		}
	}
	return ""
}

// readers of the file that don't look into the environment: without the file they fail.
var onlyTheFile = []string{"dotenv_values(", "RepositoryEnv(", "Dotenv::createImmutable", "Dotenv::createMutable"}

// maxProgram bounds the program code that is looked into, in bytes: people don't write longer files.
const maxProgram = 512 << 10

func (h *handover) readsOnlyTheFile(m *envMount) string {
	context := "."
	if s := h.service(m.service); s.Build != nil && !s.Build.Remote {
		context = s.Build.Context
	}
	for _, p := range h.p.Files.Under(context) {
		switch path.Ext(p) {
		case ".py", ".php", ".js", ".ts", ".mjs", ".rb":
		default:
			continue
		}
		if e, ok := h.p.Files.Entry(p); ok && e.Size > maxProgram {
			continue
		}
		text, err := h.p.Files.Read(p)
		if err != nil {
			continue
		}
		for _, call := range onlyTheFile {
			if bytes.Contains(text, []byte(call)) {
				return p + " reads the file itself and not the environment (" + strings.TrimSuffix(call, "(") + ")"
			}
		}
	}
	return ""
}
