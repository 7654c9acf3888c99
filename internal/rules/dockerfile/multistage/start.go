package multistage

import (
	"encoding/json"
	"regexp"
	"strings"
)

// runner is what starts a program through the package manager, which would install again first.
var runner = regexp.MustCompile(`\b(uv|poetry)\s+run\s+(--\S+\s+)*`)

// withoutRunner drops `uv run` and `poetry run`: the environment's programs are on PATH.
func withoutRunner(text string) string { return runner.ReplaceAllString(text, "") }

// startForm is a start command in exec form that calls the environment's own programs. A shell form
// with several steps keeps its shell, which the last step replaces, so that signals reach it.
func (s *Split) startForm(p part) string {
	in := p.in
	if in.Keyword != "CMD" && in.Keyword != "ENTRYPOINT" {
		return withoutRunner(p.text)
	}
	if in.JSON {
		return s.execForm(p)
	}
	script, ok := in.Script()
	if !ok {
		return p.text
	}
	if strings.ContainsAny(script.Text, "'\"`\n") { // its steps can't be told apart for certain
		return in.Keyword + " " + quoted([]string{"sh", "-c", strings.TrimSpace(withoutRunner(script.Text))})
	}
	steps := strings.Split(withoutRunner(flat(script.Text)), "&&")
	for i := range steps {
		steps[i] = strings.TrimSpace(steps[i])
	}
	last := &steps[len(steps)-1]
	if simple(*last) && !strings.HasPrefix(*last, "exec ") {
		if len(steps) == 1 && plain(*last) {
			return in.Keyword + " " + quoted(strings.Fields(*last))
		}
		*last = "exec " + *last
	}
	return in.Keyword + " " + quoted([]string{"sh", "-c", strings.Join(steps, " && ")})
}

// execForm drops the runner's words from an exec form.
func (s *Split) execForm(p part) string {
	var argv []string
	for _, w := range p.in.Words {
		argv = append(argv, w.Value)
	}
	if len(argv) > 2 && (argv[0] == "uv" || argv[0] == "poetry") && argv[1] == "run" {
		argv = argv[2:]
		for len(argv) > 1 && strings.HasPrefix(argv[0], "--") {
			argv = argv[1:]
		}
		return p.in.Keyword + " " + quoted(argv)
	}
	if len(argv) == 3 && argv[1] == "-c" {
		return p.in.Keyword + " " + quoted([]string{argv[0], argv[1], withoutRunner(argv[2])})
	}
	return p.text
}

// flat joins the lines of a continued command.
func flat(text string) string { return strings.Join(strings.Fields(text), " ") }

// simple says whether a step is one command that exec can replace the shell by.
func simple(step string) bool { return !strings.ContainsAny(step, ";|&<>(){}`") && step != "" }

// plain says whether a command needs no shell at all.
func plain(step string) bool { return simple(step) && !strings.ContainsAny(step, `$"'\*?[]~=#!`) }

func quoted(argv []string) string {
	var b strings.Builder
	b.WriteString("[")
	for i, a := range argv {
		if i > 0 {
			b.WriteString(", ")
		}
		var word strings.Builder
		e := json.NewEncoder(&word)
		e.SetEscapeHTML(false)
		_ = e.Encode(a) // a string always encodes
		b.WriteString(strings.TrimSuffix(word.String(), "\n"))
	}
	return b.String() + "]"
}
