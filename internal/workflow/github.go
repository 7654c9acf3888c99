package workflow

import (
	"path"
	"slices"
	"strings"

	"refit/internal/shell"
	"refit/internal/yaml"
)

// github reads a workflow.
// https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax
func (f *File) github(doc *yaml.Node) {
	f.Env = append(f.Env, vars(get(doc, "env"))...)
	f.triggers(get(doc, "on"))
	members(get(doc, "jobs"), func(id string, n *yaml.Node) {
		if n.Kind == yaml.Mapping && f.room(nil) {
			f.Jobs = append(f.Jobs, f.job(doc, id, n))
		}
	})
	f.hashes(doc)
}

// action reads a composite action. Its scripts start in the caller's workspace.
func (f *File) action(doc *yaml.Node) {
	if steps := get(doc, "runs", "steps"); steps != nil {
		f.Jobs = append(f.Jobs, f.job(doc, "runs", get(doc, "runs")))
	}
	f.hashes(doc)
}

func (f *File) triggers(on *yaml.Node) {
	members(on, func(event string, n *yaml.Node) {
		for _, key := range []string{"paths", "paths-ignore"} {
			if list := parts(get(n, key)); len(list) > 0 {
				f.Filters = append(f.Filters, Filter{event, key == "paths-ignore", list})
			}
		}
	})
}

func (f *File) job(doc *yaml.Node, id string, n *yaml.Node) Job {
	j := Job{ID: id, Node: n, Env: vars(get(n, "env")), Uses: scalar(n, "uses"), With: vars(get(n, "with"))}
	if c := get(n, "container"); c != nil {
		job := container("", c)
		j.Container = &job
	}
	members(get(n, "services"), func(name string, c *yaml.Node) { j.Services = append(j.Services, container(name, c)) })
	f.local(j.Uses)
	env := slices.Concat(f.Env, j.Env)
	j.Root = checkout(get(n, "steps"))
	items(get(n, "steps"), func(s *yaml.Node) {
		step := Step{Node: s, Name: text(s, "name"), Uses: scalar(s, "uses"), With: vars(get(s, "with")), Env: vars(get(s, "env"))}
		if !f.room(slices.Concat(step.With, step.Env)) {
			return
		}
		f.local(step.Uses)
		if run := scalar(s, "run"); run != nil && f.room(env, run) {
			step.Script = f.script(doc, j, step, env, run)
			f.Scripts = append(f.Scripts, *step.Script)
		}
		j.Steps = append(j.Steps, step)
	})
	return j
}

// local records an action or workflow of the repository itself.
func (f *File) local(uses *yaml.Node) {
	if uses != nil && strings.HasPrefix(uses.Value, "./") {
		f.Paths = append(f.Paths, whole(uses))
	}
}

func (f *File) script(doc *yaml.Node, j Job, step Step, env []Var, run *yaml.Node) *Script {
	s := &Script{Nodes: []*yaml.Node{run}, Env: env}
	if len(step.Env) > 0 {
		s.Env = slices.Concat(env, step.Env)
	}
	s.scope = f.githubScope(s.Env, j.Root)
	s.Text = s.scope.of(run)
	levels := []*yaml.Node{get(step.Node), get(j.Node, "defaults", "run"), get(doc, "defaults", "run")}
	for _, level := range levels {
		if s.DirAt == nil {
			s.DirAt = scalar(level, "working-directory")
		}
		if s.Shell == "" {
			s.Shell = text(level, "shell")
		}
	}
	for _, label := range scalars(get(j.Node, "runs-on")) {
		s.windows = s.windows || strings.HasPrefix(strings.ToLower(label.Value), "windows")
	}
	s.Dir, s.DirKnown = workingDir(shell.Literal("."), j.Root)
	if s.DirAt != nil {
		s.Dir, s.DirKnown = workingDir(s.scope.of(s.DirAt), j.Root)
	}
	return s
}

// githubScope resolves ${{ github.workspace }} and ${{ env.NAME }}.
func (f *File) githubScope(env []Var, checkout string) scope {
	s := scope{open: "${{", shut: "}}", file: f}
	if checkout == "." {
		s.workspace = "GITHUB_WORKSPACE"
	}
	s.value = func(expression string) (*yaml.Node, shell.Text, bool) {
		if expression == "github.workspace" && checkout == "." {
			return nil, root, true
		}
		if name, ok := strings.CutPrefix(expression, "env."); ok {
			for i := len(env) - 1; i >= 0; i-- {
				if env[i].Name == name {
					return env[i].Value, shell.Text{}, true
				}
			}
		}
		return nil, shell.Text{}, false
	}
	return s
}

// checkout is the folder of the workspace that holds the job's own repository.
func checkout(steps *yaml.Node) string {
	at := "."
	items(steps, func(n *yaml.Node) {
		used, _, _ := strings.Cut(text(n, "uses"), "@")
		dir := text(n, "with", "path")
		if strings.EqualFold(used, "actions/checkout") && dir != "" && get(n, "with", "repository") == nil && !strings.Contains(dir, "${{") {
			at = path.Clean(strings.TrimPrefix(dir, "/"))
		}
	})
	return at
}

func container(name string, n *yaml.Node) Container {
	c := Container{Name: name, Node: n}
	if n.Kind == yaml.Scalar {
		c.Image = n
		return c
	}
	c.Image, c.Options = scalar(n, "image"), scalar(n, "options")
	c.Env, c.Volumes, c.Ports = vars(get(n, "env")), scalars(get(n, "volumes")), scalars(get(n, "ports"))
	return c
}
