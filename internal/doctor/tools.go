package doctor

import (
	"bytes"
	"fmt"
	"path"
	"regexp"
	"strconv"
	"strings"

	"refit/internal/rule"
	"refit/internal/stack"
)

// ToolMissing is a program of the machine that the repository needs.
var ToolMissing = meta("M06", "tool-missing-or-old", rule.Warning, "make, git or uv is missing or too old for this repository")

// makeFeatures are what a Makefile may use and since when GNU make has it (its NEWS file). macOS ships 3.81.
var makeFeatures = []struct {
	like         *regexp.Regexp
	what, needed string
}{
	{regexp.MustCompile(`(?m)^[^#\n\t]*[^&\s]\s*&:`), "grouped targets (&:)", "4.3"},
	{regexp.MustCompile(`(?m)^[^#\n\t]*\$\(file `), "$(file ...)", "4.0"},
	{regexp.MustCompile(`(?m)^[\w.]+\s*!=`), "the assignment !=", "4.0"},
	{regexp.MustCompile(`(?m)^\.ONESHELL`), ".ONESHELL", "3.82"},
	{regexp.MustCompile(`(?m)^\.RECIPEPREFIX`), ".RECIPEPREFIX", "3.82"},
}

// gitFeatures are extensions of a repository and since when git reads them (git's release notes).
var gitFeatures = []struct {
	like         *regexp.Regexp
	what, needed string
}{
	{regexp.MustCompile(`(?mi)^\s*refstorage\s*=\s*reftable`), "the reftable format", "2.45"},
	{regexp.MustCompile(`(?mi)^\s*objectformat\s*=\s*sha256`), "SHA-256 objects", "2.29"},
	{regexp.MustCompile(`(?mi)^\s*worktreeconfig\s*=\s*true`), "worktreeConfig", "2.20"},
}

// required is uv's own setting for the version that a project needs (docs.astral.sh/uv/reference/settings/#required-version).
var required = regexp.MustCompile(`(?m)^required-version\s*=\s*"\s*(>=|==|~=)?\s*([\d.]+)`)

func (e *examination) tools() {
	if m := e.Project.Makefile; m != nil {
		needed, what := "", ""
		text, _ := e.Project.Files.Read(m.Path)
		for _, f := range makeFeatures {
			if f.like.Match(text) {
				needed, what = f.needed, f.what
				break
			}
		}
		e.tool("make", m.Path, needed, what, rule.Warning)
	}
	if e.Project.Git.Exists {
		needed, what := "", ""
		for _, f := range gitFeatures {
			if f.like.Match(e.GitConfig) {
				needed, what = f.needed, f.what
				break
			}
		}
		e.tool("git", "", needed, what, rule.Warning)
	}
	for _, u := range e.Project.Units {
		if u.Manager != stack.UV || len(u.Manifests) == 0 {
			continue
		}
		needed, what := "", ""
		for _, at := range []string{path.Join(u.Dir, "uv.toml"), u.Manifests[0]} {
			if text, err := e.Project.Files.Read(at); err == nil && needed == "" {
				if i := bytes.Index(text, []byte("[tool.uv]")); i >= 0 || path.Base(at) == "uv.toml" {
					if m := required.FindSubmatch(text[max(0, i):]); m != nil {
						needed, what = string(m[2]), "required-version of "+at
					}
				}
			}
		}
		e.tool("uv", u.Manifests[0], needed, what, rule.Info)
	}
}

// tool wants a program, and in a version that does.
func (e *examination) tool(name, at, needed, what string, missing rule.Severity) {
	version, there := e.Machine.Program(e.ctx, name)
	d := Diagnosis{Finding: rule.Finding{Subject: name, At: rule.Location{Path: at}}}
	d.Cure = Cure{Title: "Install " + name, Commands: e.install(name)}
	switch {
	case !there:
		d.Severity = missing
		d.Message = fmt.Sprintf("%s is not on PATH; %s", name, lacking[name])
		e.report(&ToolMissing, nil, d)
	case needed != "" && version != "" && older(version, needed):
		d.Message = fmt.Sprintf("%s is %s; this repository uses %s, which needs %s or later; update it", name, version, what, needed)
		d.Cure.Title = "Update " + name
		e.report(&ToolMissing, nil, d)
	}
}

// lacking is what goes wrong without a program, and what to do.
var lacking = map[string]string{
	"make": "the repository's make targets can't be run; install it, or use refit up and the like",
	"git":  "nothing can be committed or compared; install it",
	"uv":   "the lock can't be made anew on this machine; install it, or let refit do it in uv's image (refit apply --run-steps)",
}

func (e *examination) install(name string) []string {
	switch {
	case name == "uv":
		return []string{"curl -LsSf https://astral.sh/uv/install.sh | sh"}
	case e.Machine.System == "darwin":
		return []string{"brew install " + name}
	}
	return []string{"sudo apt-get install " + name}
}

// older compares versions by their numbers: "3.81" is older than "4.0".
func older(a, b string) bool {
	x, y := strings.Split(a, "."), strings.Split(b, ".")
	for i := range max(len(x), len(y)) {
		m, n := 0, 0
		if i < len(x) {
			m, _ = strconv.Atoi(x[i])
		}
		if i < len(y) {
			n, _ = strconv.Atoi(y[i])
		}
		if m != n {
			return m < n
		}
	}
	return false
}
