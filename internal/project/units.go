package project

import (
	"bytes"
	"slices"

	"refit/internal/stack"
)

// units finds the language units. Which package manager a folder uses is sometimes only said by who
// calls it, so the programs in Dockerfiles, the Makefile, workflows and scripts are handed on.
func (d *discovery) units() {
	d.p.Units = stack.Detect(d.p.Files, stack.Hints{Programs: d.programs()})
	for _, u := range d.p.Units {
		for _, p := range u.Problems {
			d.problem(p)
		}
	}
}

// programs are the package managers that the repository's commands call, sorted.
func (d *discovery) programs() []string {
	var called []string
	for _, f := range d.p.Dockerfiles {
		called = append(called, d.programsIn(f.Path)...)
	}
	for _, w := range d.p.Workflows {
		called = append(called, d.programsIn(w.Path)...)
	}
	for _, s := range d.p.Scripts {
		called = append(called, d.programsIn(s.Path)...)
	}
	if d.p.Makefile != nil {
		called = append(called, d.programsIn(d.p.Makefile.Path)...)
	}
	slices.Sort(called)
	return slices.Compact(called)
}

var managerNames = bytes.Fields([]byte("uv poetry pipenv pdm hatch rye conda pip npm yarn pnpm bun bundle composer mvn gradle cargo dotnet"))

// programsIn are the package managers that one file calls, comments left out.
func (d *discovery) programsIn(at string) []string {
	found, _ := parsedAs(d.c, d.entry(at), "programs", func(_ string, text []byte) ([]string, error) {
		names := commandsOf(text, managerNames)
		if len(names) == 0 {
			return nil, nil
		}
		var found []string
		for line := range bytes.Lines(text) {
			if !slices.ContainsFunc(names, func(name []byte) bool { return bytes.Contains(line, name) }) {
				continue
			}
			if h := hash(line, anywhere); h >= 0 {
				line = line[:h]
			}
			found = append(found, managersIn(line, names)...)
		}
		return found, nil
	})
	return found
}

// commandsOf are the names that stand in the text where a command may stand.
func commandsOf(text []byte, names [][]byte) [][]byte {
	var first [256]bool // the first letters of names
	for _, name := range names {
		first[name[0]] = true
	}
	found := make([]bool, len(names))
	for i, b := range text {
		if first[b] && (i == 0 || beforeCommand[text[i-1]]) {
			for n, name := range names {
				found[n] = found[n] || bytes.HasPrefix(text[i:], name)
			}
		}
	}
	var there [][]byte
	for n, name := range names {
		if found[n] {
			there = append(there, name)
		}
	}
	return there
}

// beforeCommand are the blanks and signs behind which a command may stand.
var beforeCommand = func() (set [256]bool) {
	for _, b := range []byte(" \t\n\f\r;&|(\"'@/") {
		set[b] = true
	}
	return set
}()

// managersIn are those of the names that stand in a line like commands: at its start or behind a blank or a sign, and with
// a word behind them, which is none itself ("uv pip install" is one of uv).
func managersIn(line []byte, names [][]byte) (found []string) {
	for i := 0; i < len(line); i++ {
		if i > 0 && !beforeCommand[line[i-1]] {
			continue
		}
		n := slices.IndexFunc(names, func(name []byte) bool { return argument(line[i:], name) > 0 })
		if n >= 0 {
			found = append(found, string(names[n]))
			i += argument(line[i:], names[n]) // the sign before the next one is behind it
		}
	}
	return found
}

// argument is where the first letter of the word behind a command ends, 0 when the text does not start with the command or
// no word is behind it.
func argument(text, command []byte) int {
	rest, ok := bytes.CutPrefix(text, command)
	word := bytes.TrimLeft(rest, " \t\n\f\r")
	if !ok || len(word) == 0 || len(word) == len(rest) || word[0] != '-' && (word[0] < 'a' || word[0] > 'z') {
		return 0
	}
	return len(text) - len(word) + 1
}
