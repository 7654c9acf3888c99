package make

import (
	_ "embed"
	"slices"
	"strings"

	"refit/internal/change"
	"refit/internal/edit"
	"refit/internal/invocation"
	"refit/internal/project"
	"refit/internal/rule"
)

//go:embed l11_env_file_missing.md
var envFileNotPassedDoc string

// EnvFileNotPassed finds callers that start an environment without the env file whose values its
// Compose file asks for: L11.
var EnvFileNotPassed = rule.Rule{
	Meta: rule.Meta{ID: "L11", Name: "env-file-not-passed", Theme: rule.Make, Severity: rule.Warning, Since: "0.1.0",
		Summary: "an environment is started without the env file that has its Compose file's values", Aliases: []string{"guide Step 5"}, Doc: envFileNotPassedDoc},
	Check: checkEnvFileNotPassed,
}

// starting are the subcommands of docker compose that make containers or images.
var starting = []string{"up", "run", "create", "start", "build", "watch", "restart"}

// insertion is a place at which an option serves one or more calls.
type insertion struct {
	file string
	at   int
}

func checkEnvFileNotPassed(pass *rule.Pass) {
	p := pass.Project
	folders := foldersOf(p)
	seen := map[insertion]bool{}
	subjects := callSubjects{}
	for _, c := range p.Calls {
		files, env := lackedBy(p, c)
		key := insertion{c.From, c.After}
		if len(files) == 0 || c.After > 0 && seen[key] {
			continue
		}
		seen[key] = true
		f := rule.Finding{At: place(c), Subject: subjects.of(c),
			Message: strings.Join(env.Files, ", ") + " takes values from " + strings.Join(files, ", ") + ", which this command does not pass; Compose fills in defaults or nothing, and other callers get something else; add --env-file"}
		f.Fixes = passFix(p, c, env, files, len(folders[key]) < 2)
		pass.Report(f)
	}
}

// foldersOf are the folders in which the calls that share an insertion run.
func foldersOf(p *project.Project) map[insertion][]string {
	folders := map[insertion][]string{}
	for _, c := range p.Calls {
		key := insertion{c.From, c.After}
		if !slices.Contains(folders[key], c.Dir) {
			folders[key] = append(folders[key], c.Dir)
		}
	}
	return folders
}

// lackedBy are the env files that a call should pass and doesn't, with its environment.
func lackedBy(p *project.Project, c project.Call) ([]string, *project.Environment) {
	if c.Kind != project.CallCompose || len(c.EnvFiles) > 0 || len(c.Files) == 0 || !slices.Contains(starting, c.Subcommand) {
		return nil, nil
	}
	var env *project.Environment
	for _, e := range p.Environments {
		if !slices.Equal(e.Files, c.Files) {
			continue
		}
		if env != nil {
			return nil, nil // which of them is meant, only the caller knows
		}
		env = e
	}
	if env == nil || env.Model == nil || env.Name == "" {
		return nil, nil
	}
	files, implicit := invocation.EnvFiles(p, env)
	if implicit || !supplied(p, env, files) {
		return nil, nil
	}
	return files, env
}

func passFix(p *project.Project, c project.Call, env *project.Environment, files []string, oneFolder bool) []rule.Fix {
	title := "Pass " + strings.Join(files, " and ") + " by --env-file"
	declared := invocation.Passing(p, env, files)
	switch {
	case !c.Certain || c.After == 0 || !oneFolder:
		return rule.Manual(title, "refit can't tell from which folder the command runs, or what it is put together from: add `--env-file` with the path seen from that folder, behind the last -f")
	case invocation.IdentityChanges(declared):
		return rule.Manual(title, "the values would give the project or its volumes another name, and the data would seem gone: write the present name into the Compose file first")
	}
	var edits []edit.Edit
	for _, f := range files {
		edits = append(edits, c.Insert("--env-file", project.RelativePath(c.Dir, f)))
	}
	if len(edits) > 1 { // one insertion, since they stand at one place
		for _, e := range edits[1:] {
			edits[0].New += e.New
		}
		edits = edits[:1]
	}
	return []rule.Fix{{Title: title, Safety: change.Behaviour, Declares: declared, Ops: []edit.Op{edit.Text(c.From, edits...)}}}
}
