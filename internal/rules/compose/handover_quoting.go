package compose

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"

	"refit/internal/project"
)

// keepQuoted keeps the values that would need quotes in an env file which other programs read too: make
// takes quotes for a part of the value, `#` for a comment and `$` for a variable, and `export $(grep ...
// .env | xargs)` splits at blanks. What they export wins over what Compose reads in the file, so the
// service would start with another password.
// https://www.gnu.org/software/make/manual/html_node/Variables_002fRecursion.html
// https://docs.docker.com/compose/how-tos/environment-variables/envvars-precedence/
func (h *handover) keepQuoted() {
	reader := h.otherReader()
	if reader == "" {
		return
	}
	for _, l := range h.moving() {
		if !unquoted(l.value) {
			l.keep = fmt.Sprintf("%s reads %s too, and not as Compose does where a value needs quotes", reader, h.target)
		}
	}
}

// readByDocker is what stands before an env file that Compose itself reads, or that nobody reads.
var readByDocker = regexp.MustCompile(`(--env-file[ =]|\b(cp|mv|rm|touch|chmod|test)\s[^;&|]*|\[ [^;&|]*)["']?$`)

// otherReader is a Makefile, script or workflow that reads the env file by itself; "" when there is none.
func (h *handover) otherReader() string {
	for _, r := range h.p.ReferencesTo(h.target) {
		switch r.Kind {
		case project.RefMake, project.RefScript, project.RefWorkflow:
		default:
			continue
		}
		text, err := h.p.Files.Read(r.From)
		if err != nil || r.Span.Start > len(text) {
			continue
		}
		line := text[bytes.LastIndexByte(text[:r.Span.Start], '\n')+1 : r.Span.Start]
		if !readByDocker.Match(line) {
			return r.From
		}
	}
	return ""
}

// unquoted says whether every program that reads env files reads the value in the same way.
func unquoted(value string) bool {
	for _, c := range value {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !letter && !strings.ContainsRune("_-./:@%+,=", c) {
			return false
		}
	}
	return true
}
