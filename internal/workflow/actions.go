package workflow

import (
	"strings"

	"refit/internal/yaml"
)

// Build is a use of docker/build-push-action. Inputs that are not given are nil.
// https://github.com/docker/build-push-action#inputs
type Build struct {
	// Context is the build context. Without one, or with one that is a URL or {{defaultContext}}, the
	// action builds from git at the commit, where only committed files are; the root is the repository's.
	Context *yaml.Node
	// File is the Dockerfile, relative to the workspace; without one it is Dockerfile in the context.
	File      *yaml.Node
	Target    *yaml.Node
	BuildArgs []Part // NAME=VALUE
	Contexts  []Part // build-contexts: NAME=PATH
	SecretsAt []Part // secret-files: ID=PATH
}

// Build is the step as a use of docker/build-push-action; false when it is none.
func (s Step) Build() (Build, bool) {
	if !s.UsesAction("docker/build-push-action") {
		return Build{}, false
	}
	return Build{
		Context:   s.Input("context"),
		File:      s.Input("file"),
		Target:    s.Input("target"),
		BuildArgs: Lines(s.Input("build-args"), ""),
		Contexts:  Lines(s.Input("build-contexts"), ","),
		SecretsAt: Lines(s.Input("secret-files"), ","),
	}, true
}

// Bake is a use of docker/bake-action.
// https://github.com/docker/bake-action#inputs
type Bake struct {
	Workdir *yaml.Node // "workdir", or "source" from version 6 on; relative to the workspace
	Files   []Part
	Targets []Part
	Set     []Part
}

// Bake is the step as a use of docker/bake-action; false when it is none.
func (s Step) Bake() (Bake, bool) {
	if !s.UsesAction("docker/bake-action") {
		return Bake{}, false
	}
	workdir := s.Input("workdir")
	if workdir == nil {
		workdir = s.Input("source")
	}
	return Bake{
		Workdir: workdir,
		Files:   Lines(s.Input("files"), ","),
		Targets: Lines(s.Input("targets"), ","),
		Set:     Lines(s.Input("set"), ""),
	}, true
}

// Text is the variable's value, "" for null.
func (v Var) Text() string {
	if v.Value == nil || v.Value.IsNull() {
		return ""
	}
	return v.Value.Value
}

// IsExpression says whether the value holds a ${{ }} expression, so that only a run knows it.
func (v Var) IsExpression() bool { return strings.Contains(v.Text(), "${{") }
