package equivalence

import (
	"encoding/json"
	"fmt"
	"path"
	"strings"

	"refit/internal/dockerfile"
	"refit/internal/shell"
	"refit/internal/stack"
)

// promised is what an image promises, as a flat map: user, workdir, env.X, expose.P, volume.P,
// label.K, cmd, entrypoint, healthcheck, stopsignal, base; start.STEP for every command that
// starts it; packages.NAME, files.DESTINATION, excluded.PATTERN and run.COMMAND for what its build puts into it.
type promised struct {
	values   map[string]string
	unproven []string
	base     string
}

func promises(s *dockerfile.Stage, args map[string]string) promised {
	config := s.Config(args)
	known, ok := stack.Lookup(config.Base)
	if ok && config.WorkingDir.Value != "" {
		config.StartsIn(known.Workdir)
	}
	p := promised{values: configuration(config), base: config.Base}
	p.start(config)
	for _, stage := range s.Reachable(args) {
		p.contents(stage, args, inChain(s, stage, args))
	}
	if ok && known.UserKnown {
		return p // refit knows the image: its user, and that it has no triggers
	}
	if config.Unknown.User && config.User.Value == "" {
		p.unproven = append(p.unproven, "user")
	}
	if config.Unknown.OnBuild {
		p.unproven = append(p.unproven, "onbuild")
	}
	return p
}

func (p *promised) set(key, value string) {
	if value != "" {
		p.values[key] = value
	}
}

// configuration is what an image says of itself.
func configuration(c dockerfile.Config) map[string]string {
	p := promised{values: map[string]string{}}
	p.set("base", c.Base)
	p.set("user", c.User.Value)
	p.set("workdir", c.WorkingDir.Value)
	p.set("stopsignal", c.StopSignal.Value)
	p.set("entrypoint", words(c.Entrypoint.Argv))
	p.set("cmd", words(c.Cmd.Argv))
	for _, v := range c.Env {
		p.values["env."+v.Name] = v.Value
	}
	for _, v := range c.Labels {
		p.values["label."+v.Name] = v.Value
	}
	for _, v := range c.Volumes {
		p.values["volume."+v.Value] = "declared"
	}
	for _, e := range c.Exposed {
		p.values[fmt.Sprintf("expose.%d-%d/%s", e.First, e.Last, e.Proto)] = "declared"
	}
	if h := c.Healthcheck; h != nil {
		p.set("healthcheck", words(h.Command))
		if h.Disabled {
			p.values["healthcheck"] = "NONE"
		}
	}
	for _, o := range c.OnBuild {
		text := o.File().Text
		p.values["onbuild."+string(o.Span.Of(text))] = "declared"
	}
	return p.values
}

func words(argv []string) string {
	if len(argv) == 0 {
		return ""
	}
	var text strings.Builder
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	_ = e.Encode(argv) // strings always encode
	return strings.TrimSuffix(text.String(), "\n")
}

// start notes every command that ENTRYPOINT and CMD run, without the wrappers that only choose how:
// sh -c, exec, uv run, poetry run. A start-up step that got lost shows as a difference.
func (p *promised) start(c dockerfile.Config) {
	cmd := c.Cmd.Argv
	if len(c.Entrypoint.Argv) > 0 && len(cmd) > 2 && isRunner(cmd[0]) && cmd[1] == "run" { // an entrypoint script's exec "$@"
		cmd = strings.Fields(unwrapped(cmd))
	}
	argv := append(append([]string(nil), c.Entrypoint.Argv...), cmd...)
	for _, step := range steps(argv) {
		p.values["start."+step] = "runs"
	}
}

// steps are the commands that a command line runs, in normal form.
func steps(argv []string) []string {
	if len(argv) == 0 {
		return nil
	}
	if at := script(argv); at > 0 {
		return commandLines(argv[at])
	}
	return []string{unwrapped(argv)}
}

// script is where a shell's command line has the text of its commands: behind -c or -ec, before which are only options. 0 when it
// has none.
func script(argv []string) int {
	if !isShell(argv[0]) {
		return 0
	}
	for i := 1; i+1 < len(argv) && strings.HasPrefix(argv[i], "-"); i++ {
		switch {
		case strings.HasSuffix(argv[i], "c"):
			return i + 1
		case strings.HasSuffix(argv[i], "o"):
			i++ // the name of what it sets
		}
	}
	return 0
}

func isShell(program string) bool {
	switch path.Base(program) {
	case "sh", "bash", "ash", "dash":
		return true
	}
	return false
}

// isRunner says whether a program starts others in a project's environment.
func isRunner(program string) bool {
	return program == "uv" || program == "poetry" || program == "pipenv" || program == "pdm"
}

// commandLines are the simple commands of a shell text, in normal form.
func commandLines(script string) []string {
	var list []string
	parsed := shell.ParseText(shell.Literal(script), shell.POSIX)
	for _, cmd := range shell.Commands(parsed, shell.Start{}) {
		var argv []string
		for _, w := range cmd.Words {
			argv = append(argv, strings.ReplaceAll(w.Value, shell.Unknown, "?"))
		}
		list = append(list, unwrapped(argv))
	}
	return list
}

// unwrapped drops what only chooses how a command is run.
func unwrapped(argv []string) string {
	for len(argv) > 1 {
		switch {
		case argv[0] == "exec" || argv[0] == "command":
			argv = argv[1:]
		case isRunner(argv[0]) && argv[1] == "run":
			uv := argv[0] == "uv"
			argv = argv[2:]
			for len(argv) > 1 && strings.HasPrefix(argv[0], "--") && argv[0] != "--module" {
				argv = argv[1:]
			}
			switch { // uv starts modules and Python files by python
			case uv && (argv[0] == "-m" || argv[0] == "--module"):
				argv = append([]string{"python", "-m"}, argv[1:]...)
			case uv && strings.HasSuffix(argv[0], ".py"):
				argv = append([]string{"python"}, argv...)
			}
		default:
			argv = append([]string{path.Base(argv[0])}, argv[1:]...)
			return strings.Join(argv, " ")
		}
	}
	return strings.Join(argv, " ")
}

// inChain says whether stage is s or one that it builds FROM.
func inChain(s, stage *dockerfile.Stage, args map[string]string) bool {
	for at := s; at != nil; at = at.Parent(args) {
		if at == stage {
			return true
		}
	}
	return false
}

// contents notes what a stage's instructions put into the image. Packages count only in the chain
// of FROMs: those of a stage that is merely copied from are not in the image.
func (p *promised) contents(s *dockerfile.Stage, args map[string]string, chain bool) {
	for _, in := range s.Instructions {
		state := s.File().StateAt(in, args)
		switch in.Keyword {
		case "RUN":
			p.run(in, chain)
		case "COPY", "ADD":
			if image, ok := stack.Lookup(state.Base); ok {
				state.StartsIn(image.Workdir)
			}
			if chain {
				p.copied(in, state)
			}
		}
	}
}

// copied notes where each source ends up. What comes from another stage is that stage's doing.
func (p *promised) copied(in *dockerfile.Instruction, state dockerfile.State) {
	c, ok := in.Copy()
	if !ok {
		return
	}
	dest, _ := c.Target(state)
	for _, src := range c.Sources {
		from, _ := state.Expand(src.Value)
		if c.From != "" {
			from = c.From + ":" + from
		}
		p.values["files."+from+" -> "+dest] = "copied"
		for _, pattern := range c.Exclude {
			p.values["excluded."+pattern+" of "+from+" -> "+dest] = "left out"
		}
	}
}

// run notes the commands of a RUN: packages that it installs, and every other command.
func (p *promised) run(in *dockerfile.Instruction, chain bool) {
	script, ok := in.Script()
	if !ok {
		var argv []string
		for _, w := range in.Words {
			argv = append(argv, w.Value)
		}
		p.set("run."+unwrapped(argv), "runs")
		return
	}
	parsed := shell.ParseText(shell.Literal(script.Text), shell.POSIX)
	for _, cmd := range shell.Commands(parsed, shell.Start{}) {
		p.command(cmd, chain)
	}
}

// command notes one command of a RUN by what it does.
func (p *promised) command(cmd shell.Command, chain bool) {
	var argv []string
	for _, w := range cmd.Words {
		argv = append(argv, strings.ReplaceAll(w.Value, shell.Unknown, "?"))
	}
	i, ok := shell.Installs(cmd)
	if !ok {
		p.values["run."+unwrapped(argv)] = "runs"
		return
	}
	for _, r := range i.Requirements { // however they are installed, what a file lists must not get lost
		p.values["requirements."+path.Clean(r.Value)] = i.Manager
	}
	if i.Action == shell.ActionAdd && chain {
		for _, w := range i.Packages {
			p.values["packages."+w.Value] = i.Manager
		}
	}
	if i.Action == shell.ActionRestore || len(i.Requirements) > 0 {
		p.values["install."+unwrapped(argv)] = "runs"
	}
}
