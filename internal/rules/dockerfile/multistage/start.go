package multistage

import (
	"encoding/json"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"refit/internal/dockerfile"
	"refit/internal/project"
)

// switches are the options of `uv run` without a value, which say how to install or nothing at all about the
// program. https://docs.astral.sh/uv/reference/cli/#uv-run
const switches = `(?:(?:--(?:frozen|locked|no-sync|no-dev|dev|no-project|isolated|quiet|verbose|all-extras|all-groups|exact|active|no-editable|offline|no-config|no-cache)|-q|-v|-n)\s+)*`

// runner is what starts a program through the package manager, which would install again first. What uv is
// given may be a module or a Python file as well as a program.
var runner = regexp.MustCompile(`\b(uv|poetry)\s+run\s+` + switches + `(?:--\s+)?(?:(-m|--module)\s+|([^\s"'&|;]+\.py\b))?`)

// optionOfRunner is an option that the runner has besides.
var optionOfRunner = regexp.MustCompile(`\buv\s+run\s+` + switches + `(-[^\s"',]*)`)

// withoutRunner drops `uv run` and `poetry run`: the environment's programs are on PATH, and uv starts modules
// and Python files by the environment's python.
func withoutRunner(text string) string {
	return runner.ReplaceAllStringFunc(text, func(m string) string {
		part := runner.FindStringSubmatch(m)
		switch {
		case part[1] == "poetry":
			return part[3]
		case part[2] != "":
			return "python -m "
		case part[3] != "":
			return "python " + part[3]
		}
		return ""
	})
}

// runners refuses a start command or a command behind the source copy that gives uv run an option which decides
// what the program sees: another file's variables, another package, further dependencies.
func (s *Split) runners(*project.Project) error {
	for _, p := range slices.Concat(s.parts.after, s.parts.runtime) {
		text := p.text
		if p.in.JSON {
			text = strings.Join(words(p.in), " ")
		}
		for _, m := range optionOfRunner.FindAllStringSubmatch(text, -1) {
			if m[1] != "-m" && m[1] != "--module" && m[1] != "--" {
				return fmt.Errorf("line %d gives uv run the option %s, without which the program may not work; call the environment's program there", p.in.Line, m[1])
			}
		}
	}
	return nil
}

// installedPlace is a program named by the folder that the old install put it into: the system's interpreter
// or a virtual environment. The new one is elsewhere, and on PATH.
var installedPlace = regexp.MustCompile(`(?:/usr(?:/local)?|[\w./${}-]*v?env[\w.-]*)/bin/[\w.-]+`)

// places refuses a start command or a command behind the source copy that names such a program, unless the
// Dockerfile itself copies it there or it is the system's.
func (s *Split) places(*project.Project) error {
	for _, p := range slices.Concat(s.parts.after, s.parts.runtime) {
		text := p.text
		if p.in.JSON {
			text = strings.Join(words(p.in), " ")
		}
		for _, at := range installedPlace.FindAllString(text, -1) {
			if p.in.Keyword == "COPY" || p.in.Keyword == "ADD" || strings.HasPrefix(at, "/usr/bin/") && !strings.Contains(at, "python") || s.copied(at) {
				continue
			}
			return fmt.Errorf("line %d names %s, and the environment is in another folder after a split; call the program by its name", p.in.Line, at)
		}
	}
	return nil
}

// copied says whether an instruction of the Dockerfile copies something to a path or to its folder.
func (s *Split) copied(at string) bool {
	for _, p := range slices.Concat(s.parts.base, s.parts.source, s.parts.after) {
		if p.in.Keyword != "COPY" && p.in.Keyword != "ADD" || len(p.in.Words) == 0 {
			continue
		}
		if to := strings.TrimSuffix(p.in.Words[len(p.in.Words)-1].Value, "/"); to == at || to == path.Dir(at) {
			return true
		}
	}
	return false
}

// words are the words of an exec form.
func words(in *dockerfile.Instruction) []string {
	var argv []string
	for _, w := range in.Words {
		argv = append(argv, w.Value)
	}
	return argv
}

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
	argv := words(p.in)
	if len(argv) > 2 && argv[0] == "poetry" && argv[1] == "run" {
		return p.in.Keyword + " " + quoted(argv[2:])
	}
	if len(argv) > 2 && argv[0] == "uv" && argv[1] == "run" {
		i := 2
		for i < len(argv)-1 && onlySwitch.MatchString(argv[i]+" ") {
			i++
		}
		argv = argv[i:]
		switch {
		case argv[0] == "-m" || argv[0] == "--module":
			argv = append([]string{"python", "-m"}, argv[1:]...)
		case strings.HasSuffix(argv[0], ".py"):
			argv = append([]string{"python"}, argv...)
		}
		return p.in.Keyword + " " + quoted(argv)
	}
	if len(argv) == 3 && argv[1] == "-c" {
		return p.in.Keyword + " " + quoted([]string{argv[0], argv[1], withoutRunner(argv[2])})
	}
	return p.text
}

// onlySwitch is one of uv run's switches, or the end of its options.
var onlySwitch = regexp.MustCompile(`^(?:` + strings.TrimSuffix(switches, "*") + `|--\s)$`)

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
