package packages

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"refit/internal/edit"
	"refit/internal/shell"
	"refit/internal/source"
)

// place is where a command stands, which decides what takes its place.
type place int

const (
	inImage  place = iota // a RUN: the environment is the image's, and its programs are on PATH
	inCI                  // a workflow: the lock is asserted
	inScript              // what people and other programs start
	inText                // what a document shows
)

// verdict is what becomes of a command.
type verdict int

const (
	foreign verdict = iota // it has nothing to do with it
	tool                   // it installs or sets up the package manager itself
	changed                // it gets the edits
	unsure                 // it has no counterpart that is certain; why says so
)

// outcome is what becomes of one command.
type outcome struct {
	verdict verdict
	edits   []edit.Edit
	why     string
	syncs   bool // it installs the dependencies
}

// poetryTools are the commands of Poetry that set up Poetry.
var poetryTools = []string{"config", "self", "about", "cache", "--version", "-V", "env", "check", "help"}

// ofPoetry says what becomes of a command that calls Poetry.
func (m *move) ofPoetry(c shell.Command, all []shell.Command, at place) outcome {
	c = c.Unwrapped()
	w := c.Words
	if strings.HasPrefix(c.Name(), "python") && len(w) > 2 && w[1].Is("-m") && w[2].Is("poetry") {
		w = w[2:]
	}
	start := c.Words[0].Span.Start
	if len(w) < 2 || !w[1].Constant {
		return refuse("what it asks of Poetry is not known before it runs")
	}
	program := source.Span{Start: start, End: w[0].Span.End}
	both := source.Span{Start: start, End: w[1].Span.End}
	switch sub := w[1].Value; sub {
	case "run":
		return m.ofRun(w, both, at)
	case "install", "sync":
		return m.ofInstall(w, program, all, at)
	case "lock":
		return plain(w, both, "uv lock", "--no-update", "--no-cache", "-n", "--no-interaction")
	case "build":
		return plain(w, both, "uv build", "-n", "--no-interaction")
	case "add", "remove":
		return m.ofAdd(w, both, sub)
	case "show":
		return plain(w, both, "uv pip list")
	case "shell":
		if at == inText && len(w) == 2 {
			return replaced(both, "source .venv/bin/activate")
		}
		return refuse("`poetry shell` starts a shell; `source .venv/bin/activate` is how one enters uv's environment")
	case "check":
		if at == inImage {
			return outcome{verdict: tool}
		}
		return plain(w, both, "uv lock --check", "--lock", "--strict")
	case "--version", "-V":
		if at == inImage {
			return outcome{verdict: tool}
		}
		return plain(w, both, "uv --version")
	case "config":
		if at == inScript || at == inText {
			return refuse("Poetry's settings have no counterpart, and most have no use with uv; take the line away")
		}
		return outcome{verdict: tool}
	default:
		if slices.Contains(poetryTools, sub) && at == inImage {
			return outcome{verdict: tool}
		}
		return refuse("`poetry %s` has no counterpart that is certain", sub)
	}
}

func refuse(why string, args ...any) outcome {
	return outcome{verdict: unsure, why: fmt.Sprintf(why, args...)}
}

func replaced(s source.Span, text string) outcome {
	return outcome{verdict: changed, edits: []edit.Edit{edit.Replace(s, text, "")}}
}

// plain replaces program and subcommand where only options that mean nothing to uv follow.
func plain(w []shell.Word, both source.Span, text string, nothing ...string) outcome {
	o := replaced(both, text)
	for i, word := range w[2:] {
		if !slices.Contains(nothing, word.Value) {
			return refuse("%s has no certain counterpart in `%s`", word.Value, text)
		}
		o.edits = append(o.edits, dropWord(w[i+1], word))
	}
	return o
}

// dropWord takes a word away with the blanks before it.
func dropWord(before, word shell.Word) edit.Edit {
	return edit.Delete(source.Span{Start: before.Span.End, End: word.Span.End}, "")
}

// ofRun: the programs of an image's environment are on PATH; elsewhere uv finds them.
func (m *move) ofRun(w []shell.Word, both source.Span, at place) outcome {
	if len(w) < 3 || !w[2].Constant || strings.HasPrefix(w[2].Value, "-") {
		return refuse("what it runs is not known")
	}
	switch w[2].Value {
	case "pip":
		if at == inImage && len(w) == 4 && w[3].Is("--version") {
			return outcome{verdict: tool}
		}
		if len(w) == 4 && w[3].Is("check") {
			return replaced(source.Span{Start: both.Start, End: w[3].Span.End}, "uv pip check")
		}
		return refuse("uv's environment has no pip; `uv pip` takes its place")
	case "poetry":
		if len(w) == 4 && w[3].Is("check") {
			return replaced(source.Span{Start: both.Start, End: w[3].Span.End}, "uv lock --check")
		}
		return refuse("it calls Poetry by Poetry")
	}
	if at == inImage {
		return outcome{verdict: changed, edits: []edit.Edit{edit.Delete(source.Span{Start: both.Start, End: w[2].Span.Start}, "")}}
	}
	return replaced(both, "uv run")
}

// ofAdd: poetry add -G dev x.
func (m *move) ofAdd(w []shell.Word, both source.Span, sub string) outcome {
	o := replaced(both, "uv "+sub)
	for i := 2; i < len(w); i++ {
		v := w[i].Value
		switch {
		case v == "-G" || v == "-D" || v == "--dev":
			to := "--group"
			if v != "-G" {
				to = "--dev"
			}
			o.edits = append(o.edits, edit.Replace(w[i].Span, to, ""))
		case v == "--group" || strings.HasPrefix(v, "--group="):
		case strings.HasPrefix(v, "-") || strings.ContainsAny(v, "@^~*"):
			return refuse("%s has no certain counterpart in `uv %s`", v, sub)
		}
	}
	return o
}

// withoutDev are the options of an install that leaves the groups out.
func (m *move) withoutDev() string {
	for _, g := range m.out.groups {
		if !g.optional && g.name != "dev" {
			return "--no-default-groups"
		}
	}
	return "--no-dev"
}

// onlyMain is --only with the main group among its values.
var onlyMain = regexp.MustCompile(`^--only=(?:.*,)?main(?:,|$)`)

// nothingToUV are options of `poetry install` that uv needs no counterpart of.
var nothingToUV = []string{"-n", "--no-interaction", "--no-ansi", "--ansi", "--sync", "--remove-untracked", "-v", "-vv", "-vvv", "--verbose", "--no-cache", "--no-plugins"}

// sameInUV are options that uv has under the same name.
var sameInUV = []string{"--all-extras", "--all-groups", "-q", "--quiet", "--dry-run"}

// ofInstall turns `poetry install` into `uv sync`, word by word, so that continued lines and comments stay.
func (m *move) ofInstall(w []shell.Word, program source.Span, all []shell.Command, at place) outcome {
	o := outcome{verdict: changed, syncs: true, edits: []edit.Edit{edit.Replace(program, "uv", "")}}
	command := "sync"
	if at == inImage || at == inCI {
		command = "sync --locked"
	}
	if m.active {
		command += " --active"
	}
	o.edits = append(o.edits, edit.Replace(w[1].Span, command, ""))
	m.onlyMain = slices.ContainsFunc(w, func(one shell.Word) bool { return onlyMain.MatchString(one.Value) }) || slices.ContainsFunc(w[1:], func(one shell.Word) bool { return one.Is("main") })
	for i := 2; i < len(w); i++ {
		word := w[i]
		if !word.Constant {
			more, ok := m.echoed(word, all)
			if !ok {
				return refuse("some of its options are only known when it runs")
			}
			o.edits = append(o.edits, more...)
			continue
		}
		name, value, given := strings.Cut(word.Value, "=")
		end := word
		if !given && slices.Contains([]string{"--only", "--with", "--without", "-E", "--extras"}, name) {
			if i++; i == len(w) || !w[i].Constant {
				return refuse("the value of %s is not known", name)
			}
			value, end = w[i].Value, w[i]
		}
		text, err := m.option(name, value)
		switch {
		case err != nil:
			return refuse("%v", err)
		case text == "":
			o.edits = append(o.edits, edit.Delete(source.Span{Start: w[i-1].Span.End, End: end.Span.End}, ""))
			if end.Span != word.Span {
				o.edits[len(o.edits)-1].Start = w[i-2].Span.End
			}
		case text != word.Value || end.Span != word.Span:
			o.edits = append(o.edits, edit.Replace(source.Span{Start: word.Span.Start, End: end.Span.End}, text, ""))
		}
	}
	return o
}

// option is the counterpart of one option of `poetry install`; "" for one that uv needs none of.
// https://python-poetry.org/docs/cli/#install, https://docs.astral.sh/uv/concepts/projects/sync/
func (m *move) option(name, value string) (string, error) {
	list := strings.FieldsFunc(value, func(r rune) bool { return r == ',' || r == ' ' })
	each := func(option string) string {
		var out []string
		for _, v := range list {
			out = append(out, option+" "+v)
		}
		return strings.Join(out, " ")
	}
	switch {
	case slices.Contains(nothingToUV, name):
		return "", nil
	case slices.Contains(sameInUV, name):
		return name, nil
	case name == "--no-root":
		return "--no-install-project", nil
	case name == "--no-dev":
		return m.withoutDev(), nil
	case name == "--compile":
		return "--compile-bytecode", nil
	case name == "--with":
		return each("--group"), nil
	case name == "--without" && len(list) == 1 && list[0] == "dev":
		return "--no-dev", nil
	case name == "--without":
		return each("--no-group"), nil
	case name == "-E" || name == "--extras":
		return each("--extra"), nil
	case name == "--only" && !slices.Contains(list, "main") && m.onlyMain:
		return each("--group"), nil
	case name == "--only" && !slices.Contains(list, "main"):
		return each("--only-group"), nil
	case name == "--only" && len(list) == 1:
		return m.withoutDev(), nil
	case name == "--only":
		list = slices.DeleteFunc(list, func(s string) bool { return s == "main" })
		return "--no-default-groups " + each("--group"), nil
	}
	return "", fmt.Errorf("%s has no certain counterpart in `uv sync`", name)
}

// echoed translates options that a substitution prints: $(test "$ENV" = prod && echo "--only main").
func (m *move) echoed(word shell.Word, all []shell.Command) (edits []edit.Edit, ok bool) {
	for _, c := range all {
		if c.Name() != "echo" || c.Span.Start < word.Span.Start || c.Span.End > word.Span.End {
			continue
		}
		var text []string
		var options []string
		for _, w := range c.Words[1:] {
			if !w.Constant {
				return nil, false
			}
			options = append(options, strings.Fields(w.Value)...)
		}
		for i := 0; i < len(options); i++ {
			name, value, given := strings.Cut(options[i], "=")
			if !given && i+1 < len(options) && !strings.HasPrefix(options[i+1], "-") {
				i++
				value = options[i]
			}
			one, err := m.option(name, value)
			if err != nil {
				return nil, false
			}
			text = append(text, one)
		}
		if len(c.Words) < 2 {
			continue
		}
		span := source.Span{Start: c.Words[1].Span.Start, End: c.Words[len(c.Words)-1].Span.End}
		e := edit.Replace(span, "'"+strings.Join(text, " ")+"'", "")
		if !slices.Contains(edits, e) {
			edits = append(edits, e)
		}
	}
	return edits, len(edits) > 0
}
