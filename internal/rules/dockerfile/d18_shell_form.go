package dockerfile

import (
	_ "embed"
	"path"
	"regexp"
	"slices"
	"strings"

	"refit/internal/change"
	"refit/internal/dockerfile"
	"refit/internal/edit"
	"refit/internal/project"
	"refit/internal/rule"
	"refit/internal/shell"
	"refit/internal/stack"
)

//go:embed d18_shell_form.md
var shellFormDoc string

// ShellForm finds start commands that a shell keeps signals from: D18.
var ShellForm = rule.Rule{
	Meta: rule.Meta{ID: "D18", Name: "shell-form", Theme: rule.Dockerfile, Severity: rule.Warning, Since: "0.1.0",
		Summary: "CMD or ENTRYPOINT leaves a shell in front of the service, which gets no signals",
		Aliases: []string{"hadolint DL3025", "BuildKit JSONArgsRecommended", "KICS"}, Doc: shellFormDoc},
	Check: checkShellForm,
}

func checkShellForm(pass *rule.Pass) {
	for _, d := range pass.Project.Dockerfiles {
		for _, s := range d.File.Stages {
			for _, keyword := range []string{"ENTRYPOINT", "CMD"} {
				list := s.Find(keyword)
				if len(list) == 0 {
					continue
				}
				if base, _ := s.ExternalBase(nil); stack.OnWindows(base) {
					break // its shell is cmd, and nothing there gets signals
				}
				in := list[len(list)-1]
				if in.JSON {
					checkShellStays(pass, d, in)
					continue
				}
				script, ok := in.Script()
				if !ok || strings.TrimSpace(script.Text) == "" || !runsInShell(in) {
					continue // the exec form, or a shell of another kind
				}
				before := startedBy(in)
				if shell.SignalsAll(before) {
					continue
				}
				f := rule.Finding{At: at(d, in), Subject: stageSubject(s) + "/" + keyword,
					Message: keyword + " of " + stageSubject(s) + " is in shell form; the shell " + lostSignal(before) + "; write it as a JSON array"}
				f.Fixes = []rule.Fix{execForm(pass, in, script, len(s.Find("ENTRYPOINT")) > 0 && keyword == "CMD")}
				pass.Report(f)
			}
		}
	}
}

// runsInShell says whether the shell of a shell form is one that reads scripts as the POSIX one does.
func runsInShell(in *dockerfile.Instruction) bool {
	shell := in.File().ShellAt(in)
	return len(shell) > 0 && isShell(shell[0])
}

// shells are those that stay until their last command ends: dash and BusyBox' ash. bash gives it its own process.
var shells = []string{"sh", "ash", "dash"}

// checkShellStays finds the exec form of a shell that stays: ["sh", "-c", "migrate && serve"].
func checkShellStays(pass *rule.Pass, d *project.Dockerfile, in *dockerfile.Instruction) {
	if len(in.Words) != 3 || !slices.Contains(shells, path.Base(in.Words[0].Value)) || !scriptOption.MatchString(in.Words[1].Value) {
		return
	}
	script := in.Words[2].Value
	tail, program, ok := shell.ParseText(shell.Literal(script), shell.POSIX).Tail()
	if !ok || developing.MatchString(" "+script[tail:]+" ") || program == "sleep" || program == "tail" {
		return // tests end by themselves; sleep and tail take no notice of signals as process 1 either
	}
	before := startedBy(in)
	if shell.SignalsAll(before) {
		return
	}
	f := rule.Finding{At: at(d, in), Subject: stageSubject(in.Stage) + "/" + in.Keyword,
		Message: in.Keyword + " of " + stageSubject(in.Stage) + " starts " + program + " by a shell, which " + lostSignal(before) + "; let `exec` put it in the shell's place"}
	fix := rule.Fix{Title: "Start " + program + " by exec", Safety: change.Behaviour}
	edits, err := in.SetWord(in.Words[2], script[:tail]+"exec "+script[tail:])
	if err != nil {
		f.Fixes = rule.Manual(fix.Title, "it can't be written there: "+err.Error())
	} else {
		fix.Ops = []edit.Op{edit.Text(d.Path, edits...)}
		why := "the same command in the shell's place, so that signals reach it"
		fix.Declares = []change.Declared{declaredEverywhere(d, strings.ToLower(in.Keyword), why)}
		if len(before) > 0 { // the entrypoint gets the shell as arguments
			fix.Declares = append(fix.Declares, declaredEverywhere(d, "start."+strings.Join(before, " ")+" "+in.Words[0].Value+" "+in.Words[1].Value+" *", why))
		}
		f.Fixes = []rule.Fix{fix}
	}
	pass.Report(f)
}

// startedBy is the entrypoint that gets a CMD as its arguments.
func startedBy(in *dockerfile.Instruction) []string {
	if in.Keyword != "CMD" {
		return nil
	}
	return in.Stage.Config(nil).Entrypoint.Argv
}

// lostSignal says what a stop does to a program behind a shell: an init gives the signal to the shell alone.
func lostSignal(before []string) string {
	if shell.IsInit(before) {
		return "ends by the SIGTERM that the init gives to it alone, and the program is killed at once"
	}
	return "is process 1 and does not pass SIGTERM on, so a stop takes ten seconds and ends in SIGKILL"
}

var scriptOption = regexp.MustCompile(`^-[a-z]*c$`)

// execForm is the fix: the words where no shell is needed, else a shell that the last step replaces.
func execForm(_ *rule.Pass, in *dockerfile.Instruction, script dockerfile.Script, argument bool) rule.Fix {
	key := strings.ToLower(in.Keyword)
	fix := rule.Fix{Title: "Write " + in.Keyword + " as a JSON array", Safety: change.Behaviour}
	if argument {
		fix.Safety, fix.Why = change.Manual, "the stage has an ENTRYPOINT, which gets the words `/bin/sh -c ...` as arguments so far; write the words that it shall get as a JSON array"
		return fix
	}
	if in.Keyword == "ENTRYPOINT" && len(in.Stage.Find("CMD")) > 0 {
		fix.Safety, fix.Why = change.Manual, "an ENTRYPOINT in shell form ignores CMD, and in exec form it would get it as arguments; drop one of the two, or write both as JSON arrays"
		return fix
	}
	text := in.Keyword + " " + jsonForm(execWords(script.Text, in.Stage.File().ShellAt(in)))
	if comments(in) {
		fix.Safety, fix.Why = change.Manual, "it has comments between its lines, which a JSON array can't hold; move them above and write `"+text+"`"
		return fix
	}
	if in.EndLine > in.Line && strings.Contains(text, "    ") {
		fix.Safety, fix.Why = change.Manual, "its lines would run together into one that nobody can read; put the text into a script, copy that into the image, end it with `exec`, and name it in a JSON array"
		return fix
	}
	fix.Ops = []edit.Op{edit.Text(in.Stage.File().Path, in.Replace(text)...)}
	fix.Declares = []change.Declared{
		{Aspect: change.AspectImage, Subject: in.Stage.File().Path + ":*", Addr: key, Why: "the same command without a shell around it, so that signals reach it"},
	}
	return fix
}

// comments says whether comment lines stand between the lines of an instruction.
func comments(in *dockerfile.Instruction) bool {
	for i, line := range strings.Split(string(in.Span.Of(in.Stage.File().Text)), "\n") {
		if i > 0 && strings.HasPrefix(strings.TrimSpace(line), "#") {
			return true
		}
	}
	return false
}

// execWords are the words of the exec form of a shell text. Where that is one command of plain words
// they are its words; one that the shell is needed for, or that it ends with, is run by exec where that changes nothing
// else; any other text is given to the shell as it is.
func execWords(text string, sh []string) []string {
	text = strings.TrimSpace(text)
	if !strings.ContainsAny(text, "'\"\n\\`") {
		text = strings.Join(strings.Fields(text), " ") // what continued lines leave
	}
	parsed := shell.ParseText(shell.Literal(text), shell.POSIX)
	if list := shell.Commands(parsed, shell.Start{}); len(parsed.Problems) == 0 && len(list) == 1 && plainWords(text, list[0]) {
		return argv(list[0])
	}
	if at, _, ok := parsed.Tail(); ok {
		last := text[at:]
		if !strings.ContainsAny(last, "'\"\n\\`") {
			last = strings.Join(strings.Fields(last), " ")
		}
		text = strings.TrimSpace(strings.TrimRight(text[:at], " \t") + " exec " + last)
	}
	return append(slices.Clone(sh), text)
}

// programsToo are those of a shell's own commands that are there as programs as well.
var programsToo = []string{"[", "echo", "false", "kill", "printf", "pwd", "test", "true"}

// plainWords says whether a command's words are what stands there: no variables, patterns or
// assignments.
func plainWords(text string, c shell.Command) bool {
	if len(c.Env) > 0 || len(c.Redirects) > 0 || shell.IsBuiltIn(c.Name()) && !slices.Contains(programsToo, c.Name()) || strings.ContainsAny(text, ";|&<>(){}`#$*?[~!\\") {
		return false
	}
	for _, w := range c.Words {
		if !w.Constant || w.Glob || w.Open {
			return false
		}
	}
	return c.Words[0].Value != "exec"
}
