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
				in := list[len(list)-1]
				if in.JSON {
					checkShellStays(pass, d, in)
					continue
				}
				script, ok := in.Script()
				if !ok || strings.TrimSpace(script.Text) == "" || len(d.File.StateAt(in, nil).Shell) == 0 || !isShell(d.File.StateAt(in, nil).Shell[0]) {
					continue // the exec form, or a shell of another kind
				}
				f := rule.Finding{At: at(d, in), Subject: stageSubject(s) + "/" + keyword,
					Message: keyword + " of " + stageSubject(s) + " is in shell form; the shell is process 1 and does not pass SIGTERM on, so a stop takes ten seconds and ends in SIGKILL; write it as a JSON array"}
				f.Fixes = []rule.Fix{execForm(pass, in, script, len(s.Find("ENTRYPOINT")) > 0 && keyword == "CMD")}
				pass.Report(f)
			}
		}
	}
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
	f := rule.Finding{At: at(d, in), Subject: stageSubject(in.Stage) + "/" + in.Keyword,
		Message: in.Keyword + " of " + stageSubject(in.Stage) + " starts " + program + " by a shell, which stays process 1 and does not pass SIGTERM on, so a stop takes ten seconds and ends in SIGKILL; let `exec` put it in the shell's place"}
	fix := rule.Fix{Title: "Start " + program + " by exec", Safety: change.Behaviour}
	edits, err := in.SetWord(in.Words[2], script[:tail]+"exec "+script[tail:])
	if err != nil {
		f.Fixes = rule.Manual(fix.Title, "it can't be written there: "+err.Error())
	} else {
		fix.Ops = []edit.Op{edit.Text(d.Path, edits...)}
		fix.Declares = []change.Declared{declaredEverywhere(d, strings.ToLower(in.Keyword), "the same command in the shell's place, so that signals reach it")}
		f.Fixes = []rule.Fix{fix}
	}
	pass.Report(f)
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
	text := in.Keyword + " " + jsonForm(execWords(script.Text, in.Stage.File().StateAt(in, nil).Shell))
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
// they are its words; one that needs the shell for its variables, or comes last in a list of steps,
// is run by exec; a text with anything else is given to the shell as it is.
func execWords(text string, sh []string) []string {
	text = strings.TrimSpace(text)
	if !strings.ContainsAny(text, "'\"\n\\`") {
		text = strings.Join(strings.Fields(text), " ") // what continued lines leave
	}
	bare := expansion.ReplaceAllString(text, "$$x")
	whole := append(append([]string(nil), sh...), text)
	parsed := shell.ParseText(shell.Literal(text), shell.POSIX)
	list := shell.Commands(parsed, shell.Start{})
	if len(parsed.Problems) > 0 || len(list) == 0 || strings.ContainsAny(bare, ";|<>(){}`\n#") || strings.Contains(strings.ReplaceAll(bare, "&&", ""), "&") {
		return whole
	}
	if len(list) == 1 && plainWords(text, list[0]) {
		return argv(list[0])
	}
	steps := strings.Split(text, "&&")
	last := strings.TrimSpace(steps[len(steps)-1])
	if len(list) != len(steps) {
		return whole
	}
	switch program := list[len(list)-1]; {
	case strings.HasPrefix(last, "exec "), len(program.Env) > 0, builtins[program.Name()], program.Name() == "":
		return whole
	}
	cut := strings.LastIndex(text, "&&")
	head := ""
	if cut >= 0 {
		head = strings.Join(strings.Fields(text[:cut]), " ") + " && "
		if strings.ContainsAny(text[:cut], `'"`) {
			head = strings.TrimSpace(text[:cut]) + " && "
		}
	}
	if !strings.ContainsAny(last, `'"`) {
		last = strings.Join(strings.Fields(last), " ")
	}
	return append(append([]string(nil), sh...), head+"exec "+last)
}

// expansion is a variable in braces without anything that the shell would have to run.
var expansion = regexp.MustCompile(`\$\{\w+(:?[-?+=][^{}$()'"&|;<>]*)?\}`)

// builtins are commands that exec can't run.
var builtins = map[string]bool{"cd": true, "export": true, ".": true, "source": true, "set": true, "eval": true, "exit": true, "wait": true, "trap": true, "ulimit": true, "umask": true, "if": true, "while": true, "for": true}

// plainWords says whether a command's words are what stands there: no variables, patterns or
// assignments.
func plainWords(text string, c shell.Command) bool {
	if len(c.Env) > 0 || len(c.Redirects) > 0 || builtins[c.Name()] || strings.ContainsAny(text, "$*?[~!\\") {
		return false
	}
	for _, w := range c.Words {
		if !w.Constant || w.Glob || w.Open {
			return false
		}
	}
	return c.Words[0].Value != "exec"
}
