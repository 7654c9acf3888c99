package workflow

import (
	"path"
	"slices"
	"strings"

	"refit/internal/shell"
	"refit/internal/yaml"
)

// task reads a Taskfile. Each command runs in a shell of its own, in the task's dir, which is relative
// to the Taskfile. https://taskfile.dev/reference/schema/
func (f *File) task(doc *yaml.Node) {
	f.Env = append(f.Env, vars(get(doc, "env"))...)
	f.Paths = append(f.Paths, parts(get(doc, "dotenv"))...)
	members(get(doc, "includes"), func(_ string, n *yaml.Node) {
		if n.Kind == yaml.Mapping {
			n = get(n, "taskfile")
		}
		f.Paths = append(f.Paths, parts(n)...)
	})
	f.taskVars(doc, doc, nil)
	members(get(doc, "tasks"), func(id string, n *yaml.Node) {
		j := Job{ID: id, Node: n, Env: vars(get(n, "env")), Root: "."}
		cmds := n // a task may be just its command or commands
		if n.Kind == yaml.Mapping {
			if cmds = get(n, "cmds"); cmds == nil {
				cmds = get(n, "cmd")
			}
			for _, key := range []string{"sources", "generates", "dotenv"} {
				f.taskPaths(get(n, key))
			}
			f.taskVars(doc, n, j.Env)
			for _, status := range scalars(get(n, "status")) {
				f.taskScript(doc, &j, n, status)
			}
			items(get(n, "preconditions"), func(p *yaml.Node) {
				if sh := scalar(p, "sh"); sh != nil {
					p = sh
				}
				f.taskScript(doc, &j, n, p)
			})
		}
		if cmds != nil && cmds.Kind != yaml.Sequence {
			f.taskScript(doc, &j, n, cmds)
		}
		items(cmds, func(c *yaml.Node) {
			for _, key := range []string{"cmd", "defer"} {
				if v := scalar(c, key); v != nil {
					c = v
				}
			}
			f.taskScript(doc, &j, n, c)
		})
		f.Jobs = append(f.Jobs, j)
	})
}

// taskPaths records patterns; an item may be {exclude: pattern}.
func (f *File) taskPaths(n *yaml.Node) {
	f.Paths = append(f.Paths, parts(n)...)
	items(n, func(i *yaml.Node) { f.Paths = append(f.Paths, parts(get(i, "exclude"))...) })
}

// taskVars finds the variables that are the output of a command.
func (f *File) taskVars(doc, n *yaml.Node, env []Var) {
	for _, key := range []string{"vars", "env"} {
		members(get(n, key), func(_ string, v *yaml.Node) {
			if sh := scalar(v, "sh"); sh != nil {
				f.taskScript(doc, &Job{Env: env}, n, sh)
			}
		})
	}
}

func (f *File) taskScript(doc *yaml.Node, j *Job, task, cmd *yaml.Node) {
	if cmd.Kind != yaml.Scalar || cmd.IsNull() {
		return
	}
	s := Script{Nodes: []*yaml.Node{cmd}, Env: slices.Concat(f.Env, j.Env), scope: f.taskScope(doc, task)}
	if !f.room(s.Env, cmd) {
		return
	}
	s.Text = s.scope.of(cmd)
	s.Dir, s.DirKnown = path.Dir(f.Path), true
	if s.DirAt = scalar(task, "dir"); s.DirAt != nil {
		s.Dir, s.DirKnown = workingDir(shell.Join(shell.Literal(s.Dir+"/"), s.scope.of(s.DirAt)), ".")
	}
	f.Scripts = append(f.Scripts, s)
	j.Steps = append(j.Steps, Step{Node: cmd, Script: &s})
}

// taskScope resolves {{.NAME}} to a variable of the task or the file that has a plain value.
func (f *File) taskScope(doc, task *yaml.Node) scope {
	return scope{open: "{{", shut: "}}", file: f, value: func(expression string) (*yaml.Node, shell.Text, bool) {
		if name, ok := strings.CutPrefix(expression, "."); ok {
			for _, from := range []*yaml.Node{task, doc} {
				if v := scalar(from, "vars", name); v != nil {
					return v, shell.Text{}, true
				}
			}
		}
		return nil, shell.Text{}, false
	}}
}
