package project

import (
	"path"
	"regexp"
	"strings"

	"refit/internal/shell"
	"refit/internal/source"
	"refit/internal/workflow"
	"refit/internal/yaml"
)

// workflow finds what a CI definition, a Taskfile, pre-commit or Dependabot configuration names.
func (x *extraction) workflow() {
	x.kind = RefWorkflow
	f, err := workflow.Parse(x.at, x.text)
	if err != nil {
		return
	}
	switch f.Kind {
	case workflow.Task:
		x.kind = RefPackage
	case workflow.PreCommit:
		x.kind = RefHook
	case workflow.Dependabot:
		x.kind = RefBot
	}
	for _, s := range f.Scripts {
		x.workflowScript(f, s)
	}
	for _, list := range f.Filters {
		for _, p := range list.Patterns {
			x.glob(p, ".")
		}
	}
	for _, p := range f.Hashes {
		x.glob(p, ".")
	}
	for _, j := range f.Jobs {
		for _, s := range j.Steps {
			x.step(j, s)
		}
	}
	x.workflowPaths(f)
	for _, h := range f.Hooks {
		x.regex(h.Files)
		x.regex(h.Exclude)
		for _, a := range h.Args {
			if at, ok := a.Inner(); ok && notable(path.Base(a.Value)) {
				x.path(at, a.Value, ".", false, asOperand, false)
			}
		}
	}
	for _, u := range f.Updates {
		x.update(u)
	}
	if f.Kind == workflow.Generic {
		x.keyedPaths()
	}
	x.tokens(tokenRules{comment: anywhere, loose: "refit can't tell what reads it here"})
}

func (x *extraction) workflowScript(f *workflow.File, s workflow.Script) {
	d, ok := s.Dialect()
	if !ok {
		return
	}
	before := x.unsure
	start := s.Start()
	if !s.DirKnown {
		x.unsure, start.Dir = "the folder in which the step runs is not known", "."
	}
	for _, j := range f.Jobs {
		if len(s.Nodes) > 0 && j.Node != nil && j.Node.Full.Contains(s.Nodes[0].Span.Start) {
			x.target = j.ID
		}
	}
	x.script(shell.ParseText(s.Text, d), start)
	x.unsure, x.target = before, ""
	if s.DirAt != nil && s.DirKnown {
		if at, ok := s.DirAt.Inner(); ok {
			x.path(at, s.DirAt.Value, ".", false, asOperand, false)
		}
	}
	for name, v := range s.Vars() {
		x.variable(name, v)
	}
}

// variable notes an environment variable's value that is a path or a list of them.
func (x *extraction) variable(name string, v shell.Text) {
	w := shell.NewWord(v, v.Use(0, v.Len()))
	if name != "COMPOSE_FILE" && name != "COMPOSE_ENV_FILES" && strings.ContainsAny(w.Value, " \n") {
		return
	}
	x.assigned(shell.Assignment{Name: name, Value: w}, ".")
}

// glob notes a path or a pattern over paths from the root.
func (x *extraction) glob(p workflow.Part, base string) {
	value, from := p.Text(), p.From
	if rest, ok := strings.CutPrefix(value, "!"); ok {
		value, from = rest, from+1
	}
	at, ok := p.Node.Sub(from, p.To)
	if !ok {
		return
	}
	x.pattern(at, value, base, asOperand)
}

// pattern notes a path or a glob that is written at a span.
func (x *extraction) pattern(at source.Span, value, base string, w weight) {
	if !isPattern(value) {
		rel := strings.TrimPrefix(value, "/")
		to := path.Join(base, rel)
		if rel == "" || leaves(to) {
			return
		}
		x.add(mention{Reference: Reference{Span: at, Raw: value, To: to, Base: base}, weight: w})
		return
	}
	cut := strings.LastIndexByte(value, '/') + 1
	dir, name := strings.TrimPrefix(value[:cut], "/"), value[cut:]
	if isPattern(dir) || len(strings.Trim(name, "*?.[]")) < 3 || leaves(path.Join(base, dir)) {
		return // "**/*.yml" matches after a move as well, or says nothing of a single file
	}
	x.add(mention{
		Reference: Reference{Span: source.Span{Start: at.Start + cut, End: at.End}, Raw: name, Base: path.Join(base, dir), Escape: EscapePattern},
		weight:    w, pattern: path.Join(base, dir, name),
	})
}

// sends are the actions that copy files to another machine.
var sends = regexp.MustCompile(`(?i)scp|ssh|rsync|ftp|upload|s3|deploy`)

// step notes what the Docker actions are given.
func (x *extraction) step(j workflow.Job, s workflow.Step) {
	unsure := ""
	if s.Uses != nil && sends.MatchString(s.Uses.Value) {
		unsure = "the action copies it to another machine, where its place is another"
	}
	for _, v := range append(append([]workflow.Var{}, s.With...), s.Env...) {
		if v.IsExpression() || v.Value == nil {
			continue
		}
		for _, p := range workflow.Lines(v.Value, ",") {
			if at, ok := p.Span(); ok && (strings.ContainsAny(p.Text(), "./") || notable(path.Base(p.Text()))) && !strings.ContainsAny(p.Text(), " $") {
				x.add(mention{Reference: Reference{Span: at, Raw: p.Text(), To: path.Join(".", p.Text()), Base: ".", Unsure: unsure}, weight: asValue, fileOnly: !strings.Contains(p.Text(), "/")})
			}
		}
	}
	if s.UsesAction("dorny/paths-filter") {
		x.pathsFilter(s.Input("filters"))
	}
	if b, ok := s.Build(); ok {
		x.buildAction(j, s, b)
	}
	if b, ok := s.Bake(); ok {
		base := "."
		if b.Workdir != nil && !strings.Contains(b.Workdir.Value, "$") {
			base = path.Join(".", b.Workdir.Value)
		}
		for _, p := range b.Files {
			if at, ok := p.Span(); ok {
				x.path(at, p.Text(), base, false, asOperand, true)
			}
		}
	}
}

// pathsFilter notes the patterns of dorny/paths-filter, which are a YAML text in a string.
// https://github.com/dorny/paths-filter
func (x *extraction) pathsFilter(n *yaml.Node) {
	for _, p := range workflow.Lines(n, "") {
		item, ok := strings.CutPrefix(p.Text(), "-")
		if !ok {
			continue
		}
		value := strings.Trim(item, " '\"")
		from := p.From + strings.Index(p.Text(), value)
		if value != "" {
			x.glob(workflow.Part{Node: n, From: from, To: from + len(value)}, ".")
		}
	}
}

// buildAction notes the context and the Dockerfile of docker/build-push-action, and the call that it is.
func (x *extraction) buildAction(j workflow.Job, s workflow.Step, b workflow.Build) {
	call := command{Call: Call{
		Kind: CallBuild, From: x.at, Span: s.Uses.Span, Program: source.Span{}, After: s.Uses.Span.End, Dir: ".", Target: j.ID,
		Context: ".", Certain: true, Subcommand: "build",
	}, kind: x.kind}
	written := func(n *yaml.Node) (string, bool) {
		if n == nil {
			return "", false
		}
		to := path.Join(".", n.Value)
		if strings.Contains(n.Value, "${{") || strings.Contains(n.Value, "://") || path.IsAbs(n.Value) || leaves(to) {
			call.Certain = false
			return "", false
		}
		if at, ok := n.Inner(); ok {
			x.path(at, n.Value, ".", false, asOperand, n == b.File)
		}
		return to, true
	}
	if to, ok := written(b.Context); ok {
		call.Context = to
	} else if b.Context != nil && !strings.Contains(b.Context.Value, "defaultContext") {
		call.Context = ""
	}
	if to, ok := written(b.File); ok {
		call.Dockerfile = to
	} else if b.File == nil && call.Context != "" {
		call.Dockerfile, call.Implicit = joined(call.Context, "Dockerfile"), true
		call.Program = s.Uses.Span
	}
	if b.Target != nil && !strings.Contains(b.Target.Value, "${{") {
		call.Stage = b.Target.Value
	}
	x.calls = append(x.calls, call)
}

// workflowPaths notes the other values that name files: local actions and workflows, included files,
// sources.
func (x *extraction) workflowPaths(f *workflow.File) {
	base := "."
	if f.Kind == workflow.Task {
		base = x.dir()
	}
	if f.Kind == workflow.Dependabot {
		return
	}
	for _, p := range f.Paths {
		x.glob(p, base)
	}
}

// update notes the files that a Dependabot entry looks for in its folders.
func (x *extraction) update(u workflow.Update) {
	var names []string
	switch u.Ecosystem {
	case "docker":
		names = []string{"*ockerfile*", "*ontainerfile*"}
	case "docker-compose":
		names = []string{"*compose*.yml", "*compose*.yaml"}
	}
	for _, p := range u.Directories {
		at, ok := p.Span()
		if !ok || isPattern(p.Text()) {
			continue
		}
		dir := path.Join(".", strings.TrimPrefix(p.Text(), "/"))
		if len(names) == 0 && dir != "." {
			x.add(mention{Reference: Reference{Span: at, Raw: p.Text(), To: dir, Base: "."}, weight: asOperand})
		}
		for _, name := range names {
			x.add(mention{Reference: Reference{Span: at, Raw: p.Text(), Base: ".", Folder: true}, weight: asOperand, pattern: path.Join(dir, name)})
		}
	}
}
