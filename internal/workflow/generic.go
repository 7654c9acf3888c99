package workflow

import (
	"refit/internal/shell"
	"refit/internal/yaml"
)

// scriptKeys are the keys under which CI systems keep shell commands: CircleCI and Bitbucket, Azure,
// Drone and Woodpecker, Travis, Buildkite.
var scriptKeys = map[string]bool{
	"run": true, "script": true, "scripts": true, "bash": true, "sh": true, "cmd": true, "cmds": true,
	"command": true, "commands": true, "before_script": true, "after_script": true, "before_install": true,
	"install": true, "after_success": true, "startCommand": true, "buildCommand": true, "preDeployCommand": true,
}

// dirKeys are the keys beside a script that name its folder.
var dirKeys = []string{"working_directory", "working-directory", "workingDirectory", "rootDir", "dir"}

// generic finds scripts by the names of their keys. A list of strings is one script, since most
// systems run its lines in one shell.
func (f *File) generic(doc *yaml.Node) {
	if doc.Kind == yaml.Mapping {
		f.Env = append(f.Env, vars(get(doc, "env"))...)
	}
	doc.Walk(func(n *yaml.Node) bool {
		for i := range n.Entries {
			if e := &n.Entries[i]; scriptKeys[e.Key.Value] {
				f.genericScript(n, e.Value.Resolve())
			}
		}
		return true
	})
}

func (f *File) genericScript(parent, value *yaml.Node) {
	s := Script{Dir: ".", DirKnown: true, Env: f.Env}
	switch {
	case value == nil:
		return
	case value.Kind == yaml.Scalar && !value.IsNull():
		s.Nodes = []*yaml.Node{value}
	case value.Kind == yaml.Sequence:
		for _, i := range value.Items {
			if v := i.Value.Resolve(); v != nil && v.Kind == yaml.Scalar && !v.IsNull() {
				s.Nodes = append(s.Nodes, v)
			}
		}
	}
	if len(s.Nodes) == 0 || !f.room(f.Env, s.Nodes...) {
		return
	}
	var lines []shell.Text
	for i, n := range s.Nodes {
		if i > 0 {
			lines = append(lines, shell.Literal("\n"))
		}
		lines = append(lines, whole(n).shellText())
	}
	s.Text = shell.Join(lines...)
	s.scope.file = f
	for _, key := range dirKeys {
		if d := scalar(parent, key); d != nil {
			s.DirAt = d
			s.Dir, s.DirKnown = workingDir(whole(d).shellText(), ".")
			break
		}
	}
	f.Scripts = append(f.Scripts, s)
}
