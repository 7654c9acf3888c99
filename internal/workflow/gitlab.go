package workflow

import (
	"slices"

	"refit/internal/shell"
	"refit/internal/yaml"
)

// notJobs are the top-level keys of .gitlab-ci.yml that are no jobs.
// https://docs.gitlab.com/ci/yaml/#global-keywords
var notJobs = map[string]bool{
	"default": true, "include": true, "stages": true, "variables": true, "workflow": true, "spec": true,
	"image": true, "services": true, "cache": true, "before_script": true, "after_script": true, "types": true,
}

// gitlab reads a GitLab CI file. A job's before_script and script run in one shell, after_script in
// another; both start in the root of the repository.
func (f *File) gitlab(doc *yaml.Node) {
	f.Env = append(f.Env, gitlabVars(doc)...)
	members(get(doc, "include"), func(key string, n *yaml.Node) {
		if key == "local" {
			f.Paths = append(f.Paths, parts(n)...)
		}
	})
	items(get(doc, "include"), func(n *yaml.Node) { f.Paths = append(f.Paths, parts(get(n, "local"))...) })
	members(doc, func(id string, n *yaml.Node) {
		if !notJobs[id] && n.Kind == yaml.Mapping && f.room(nil) {
			f.Jobs = append(f.Jobs, f.gitlabJob(doc, id, n))
		}
	})
}

func (f *File) gitlabJob(doc *yaml.Node, id string, n *yaml.Node) Job {
	j := Job{ID: id, Node: n, Env: gitlabVars(n), Root: "."}
	inherited := func(key string) *yaml.Node {
		for _, from := range []*yaml.Node{get(n, key), get(doc, "default", key), get(doc, key)} {
			if from != nil {
				return from
			}
		}
		return nil
	}
	if image := inherited("image"); image != nil {
		c := Container{Node: image, Image: image}
		if image.Kind == yaml.Mapping {
			c.Image = scalar(image, "name")
		}
		j.Container = &c
	}
	items(inherited("services"), func(s *yaml.Node) {
		c := Container{Node: s, Image: s, Name: text(s, "alias")}
		if s.Kind == yaml.Mapping {
			c.Image, c.Env = scalar(s, "name"), vars(get(s, "variables"))
		}
		j.Services = append(j.Services, c)
	})
	env := slices.Concat(f.Env, j.Env)
	if script := get(n, "script"); script != nil {
		f.gitlabScript(&j, env, scalars(inherited("before_script")), scalars(script))
	} else if before := get(n, "before_script"); before != nil {
		f.gitlabScript(&j, env, scalars(before))
	}
	if after := inherited("after_script"); after != nil && get(n, "script") != nil {
		f.gitlabScript(&j, env, scalars(after))
	}
	f.gitlabPaths(id, n)
	return j
}

func (f *File) gitlabScript(j *Job, env []Var, lists ...[]*yaml.Node) {
	s := Script{Dir: ".", DirKnown: true, Env: env, Nodes: slices.Concat(lists...)}
	if len(s.Nodes) == 0 || !f.room(env, s.Nodes...) {
		return
	}
	var lines []shell.Text
	for _, n := range s.Nodes {
		lines = append(lines, whole(n).shellText(), shell.Literal("\n"))
	}
	s.Text = shell.Join(lines...)
	s.scope = scope{workspace: "CI_PROJECT_DIR", file: f}
	f.Scripts = append(f.Scripts, s)
	j.Steps = append(j.Steps, Step{Node: s.Nodes[0].Parent, Script: &s})
}

// gitlabPaths finds the values of a job that name files of the repository.
func (f *File) gitlabPaths(id string, n *yaml.Node) {
	changes := func(c *yaml.Node) {
		list := parts(c)
		if c != nil && c.Kind == yaml.Mapping {
			list = parts(get(c, "paths"))
		}
		if len(list) > 0 {
			f.Filters = append(f.Filters, Filter{Event: id, Patterns: list})
		}
	}
	items(get(n, "rules"), func(rule *yaml.Node) {
		changes(get(rule, "changes"))
		f.Paths = append(f.Paths, parts(get(rule, "exists"))...)
	})
	changes(get(n, "only", "changes"))
	if except := parts(get(n, "except", "changes")); len(except) > 0 {
		f.Filters = append(f.Filters, Filter{Event: id, Ignore: true, Patterns: except})
	}
	f.Paths = append(f.Paths, parts(get(n, "cache", "key", "files"))...)
	f.Paths = append(f.Paths, parts(get(n, "cache", "paths"))...)
	f.Paths = append(f.Paths, parts(get(n, "artifacts", "paths"))...)
}

// gitlabVars are variables: a value, or a mapping with a value and a description.
func gitlabVars(n *yaml.Node) []Var {
	var out []Var
	members(get(n, "variables"), func(name string, v *yaml.Node) {
		if v.Kind == yaml.Mapping {
			v = get(v, "value")
		}
		if v != nil && v.Kind == yaml.Scalar {
			out = append(out, Var{name, v})
		}
	})
	return out
}
