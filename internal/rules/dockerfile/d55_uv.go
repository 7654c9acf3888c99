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
	"refit/internal/source"
)

//go:embed d55_uv.md
var uvDoc string

// UV finds what goes wrong with uv in images: D55.
var UV = rule.Rule{
	Meta: rule.Meta{ID: "D55", Name: "uv-in-image", Theme: rule.Dockerfile, Severity: rule.Warning, Since: "0.1.0",
		Summary: "uv installs at start-up, links across file systems, or its environment lies elsewhere in the final stage", Doc: uvDoc},
	Check: checkUV,
}

func checkUV(pass *rule.Pass) {
	for _, d := range pass.Project.Dockerfiles {
		for _, r := range runningStages(pass.Project, d) {
			checkUVRun(pass, r)
			checkUVPython(pass, r)
			checkVenvPath(pass, r)
		}
		for _, s := range d.File.Stages {
			checkUVSettings(pass, d, s)
		}
	}
}

// checkUVRun finds `uv run` in the image's start command, or in a script that it starts: it syncs first.
func checkUVRun(pass *rule.Pass, r *running) {
	if v, ok := r.config.Env.Get("UV_NO_SYNC"); ok && v.Value != "" && v.Value != "0" || r.onlyIn("dev") {
		return
	}
	var start *dockerfile.Instruction
	for _, in := range []*dockerfile.Instruction{r.config.Entrypoint.At, r.config.Cmd.At} {
		if in == nil {
			continue
		}
		if start == nil {
			start = in
		}
		if slices.ContainsFunc(commands(in), syncsFirst) {
			pass.Report(uvRunFinding(r, in, "`uv run`"))
			return
		}
	}
	if start != nil && slices.ContainsFunc(r.startScripts(pass.Project), scriptSyncsFirst) {
		pass.Report(uvRunFinding(r, start, "the script that it starts with calls `uv run`, which"))
	}
}

// syncsFirst says whether a command is `uv run` without --no-sync.
func syncsFirst(c shell.Command) bool {
	words := argv(c)
	i := slices.Index(words, "uv")
	return i >= 0 && i+1 < len(words) && words[i+1] == "run" && !slices.Contains(words, "--no-sync")
}

// scriptSyncsFirst says the same of a shell script.
func scriptSyncsFirst(text string) bool {
	if first, _, _ := strings.Cut(text, "\n"); !shellScript.MatchString(first) {
		return false
	}
	all := []byte(text)
	return slices.ContainsFunc(shell.Commands(shell.ParseText(shell.Verbatim(all, source.Span{End: len(all)}), shell.Bash), shell.Start{}), syncsFirst)
}

var shellScript = regexp.MustCompile(`^#!.*\b(sh|bash|ash|dash)\b`)

// uvRunFinding reports what installs at start-up; at is the start command, who its subject in the message.
func uvRunFinding(r *running, in *dockerfile.Instruction, who string) rule.Finding {
	f := rule.Finding{At: at(r.d, in), Subject: stageSubject(r.stage) + "/" + in.Keyword + " uv run",
		Message: who + " installs again whenever the container starts; that takes the network, brings development dependencies back, and fails for an account that can't write the environment; call the environment's programs, or set UV_NO_SYNC=1"}
	edits := in.InsertBefore("ENV UV_NO_SYNC=1")
	f.Fixes = []rule.Fix{{Title: "Set UV_NO_SYNC=1", Safety: change.Behaviour, Ops: []edit.Op{edit.Text(r.d.Path, edits...)},
		Declares: []change.Declared{declaredEverywhere(r.d, "env.UV_NO_SYNC", "`uv run` takes the environment as it is")}}}
	if !r.syncs() {
		f.Fixes = rule.Manual("Install when the image is built", "no `uv sync` stands in the chain of stages, so that the start is what installs; add `RUN uv sync --locked --no-dev` and set UV_NO_SYNC=1")
	}
	return f
}

// syncs says whether the image's own chain, or a stage that it copies the environment from, ran uv
// sync.
func (r *running) syncs() bool {
	for _, s := range r.installers() {
		for _, in := range s.Find("RUN") {
			for _, i := range installs(in) {
				if i != nil && i.Manager == "uv" && i.Action == shell.ActionRestore {
					return true
				}
			}
		}
	}
	return false
}

// checkUVPython finds an interpreter that uv downloaded into root's home folder.
func checkUVPython(pass *rule.Pass, r *running) {
	if isRoot(r.config.User.Value) || strings.Contains(r.text(), "UV_PYTHON_INSTALL_DIR") {
		return
	}
	for _, in := range r.instructions() {
		for _, c := range commands(in) {
			w := argv(c)
			if in.Keyword == "RUN" && len(w) > 2 && w[0] == "uv" && w[1] == "python" && w[2] == "install" && isRoot(in.Stage.File().StateAt(in, r.args).User.Value) {
				pass.Report(rule.Finding{At: at(r.d, in), Subject: stageSubject(r.stage) + "/uv python",
					Message: "uv installs Python into root's home folder, which " + r.config.User.Value + " can't read; the service doesn't start; set UV_PYTHON_INSTALL_DIR=/opt/python before",
					Fixes:   rule.Manual("Set UV_PYTHON_INSTALL_DIR", "environments that exist name the old place; put `ENV UV_PYTHON_INSTALL_DIR=/opt/python` before this line and build anew")})
				return
			}
		}
	}
}

// checkVenvPath finds an environment that is copied to another path than it was made at: its programs
// name their interpreter by its path.
func checkVenvPath(pass *rule.Pass, r *running) {
	names := subjects{}
	for _, in := range r.stage.Instructions {
		c, ok := in.Copy()
		if !ok || c.From == "" || len(c.Sources) != 1 {
			continue
		}
		if _, isStage := r.d.File.Stage(c.From); !isStage {
			continue
		}
		src := path.Clean(c.Sources[0].Value)
		target, unproven := c.Target(r.d.File.StateAt(in, r.args))
		if base := path.Base(src); base != ".venv" && base != "venv" || !path.IsAbs(src) || len(unproven) > 0 || path.Clean(target) == src {
			continue
		}
		pass.Report(rule.Finding{At: at(r.d, in), Subject: names.of(r.d, stageSubject(r.stage)+"/"+src), Severity: rule.Error,
			Message: "the environment was made at " + src + " and is copied to " + path.Clean(target) + "; its programs name their interpreter by the old path and don't start; use one path in both stages",
			Fixes:   rule.Manual("Use one path in both stages", "PATH and other settings go with it; make it at "+path.Clean(target)+" (UV_PROJECT_ENVIRONMENT) or copy it to "+src)})
	}
}

// checkUVSettings: links out of a cache mount aren't possible, and bytecode that the image lacks is
// made at every start.
func checkUVSettings(pass *rule.Pass, d *project.Dockerfile, s *dockerfile.Stage) {
	if s.CheckSize(nil) != nil {
		return
	}
	for _, in := range s.Find("RUN") {
		list := commands(in)
		for n, i := range installs(in) {
			if i == nil || i.Manager != "uv" || i.Action != shell.ActionRestore {
				continue
			}
			env := d.File.StateAt(in, nil).Env
			_, linked := env.Get("UV_LINK_MODE")
			_, compiled := env.Get("UV_COMPILE_BYTECODE")
			var missing []string
			if !linked && cacheOf(in, "uv") && !strings.Contains(in.ArgsText(), "link-mode") && !strings.Contains(in.ArgsText(), "UV_LINK_MODE") {
				missing = append(missing, "UV_LINK_MODE=copy")
			}
			if !compiled && !strings.Contains(in.ArgsText(), "compile-bytecode") && !strings.Contains(in.ArgsText(), "UV_COMPILE_BYTECODE") {
				missing = append(missing, "UV_COMPILE_BYTECODE=1")
			}
			if len(missing) == 0 {
				return
			}
			var declares []change.Declared
			for _, m := range missing {
				name, _, _ := strings.Cut(m, "=")
				declares = append(declares, declaredEverywhere(d, "env."+name, "how uv installs"))
			}
			pass.Report(rule.Finding{At: rule.Location{Path: d.Path, Span: spanOf(list[n], in)}, Subject: stageSubject(s) + "/settings", Severity: rule.Info,
				Message: "uv runs without " + strings.Join(missing, " and ") + "; it warns that it can't link out of a cache mount, or the first start compiles every module; set them before the install",
				Fixes: []rule.Fix{{Title: "Set " + strings.Join(missing, " and "), Safety: change.Behaviour, Declares: declares,
					Ops: []edit.Op{edit.Text(d.Path, in.InsertBefore("ENV "+strings.Join(missing, " "))...)}}}})
			return
		}
	}
}

func spanOf(c shell.Command, in *dockerfile.Instruction) source.Span {
	if c.Span.Len() > 0 && c.Span.Start > 0 {
		return c.Span
	}
	return in.Span
}

// cacheOf says whether a cache mount's path names the program.
func cacheOf(in *dockerfile.Instruction, program string) bool {
	for _, m := range in.Mounts() {
		if m.Type == "cache" && strings.Contains(m.Target, program) {
			return true
		}
	}
	return false
}
