package layout

import (
	_ "embed" // the rules' documentation
	"path"
	"regexp"
	"slices"
	"strings"

	"refit/internal/change"
	"refit/internal/compose"
	"refit/internal/project"
	"refit/internal/rule"
)

//go:embed l04_project_name_by_folder.md
var nameByFolderDoc string

//go:embed c02_project_name_missing.md
var nameMissingDoc string

// NameByFolder finds environments whose volumes are named after the folder that happens to hold the
// Compose file.
var NameByFolder = rule.Rule{
	Meta: rule.Meta{
		ID: "L04", Name: "project-name-by-folder", Theme: rule.Layout, Severity: rule.Warning, Since: "0.1.0",
		Summary: "The names of volumes with data follow the name of a folder", Doc: nameByFolderDoc,
	},
	Check: func(pass *rule.Pass) { checkNames(pass, true) },
}

// NameMissing finds the other Compose files without a project name.
var NameMissing = rule.Rule{
	Meta: rule.Meta{
		ID: "C02", Name: "project-name-missing", Theme: rule.Layout, Severity: rule.Info, Since: "0.1.0",
		Summary: "A Compose file has no top-level name", Doc: nameMissingDoc, Aliases: []string{"dclint require-project-name-field"},
	},
	Check: func(pass *rule.Pass) { checkNames(pass, false) },
}

// checkNames reports environments whose project name is that of a folder; data says whether those
// with volumes named after the project are meant or the others.
func checkNames(pass *rule.Pass, data bool) {
	p := pass.Project
	reported := map[string]bool{}
	for _, e := range p.Environments {
		if e.Model == nil || e.ProjectVia != "folder" || ownsData(e) != data || reported[e.Files[0]] {
			continue
		}
		c := p.ComposeFile(e.Files[0])
		if c == nil || c.File.Name != nil || c.Role == compose.RoleExample || strings.Contains(c.Path, "{{") || namedByTemplate(p, e) || p.Swarm(c.Path) {
			continue
		}
		reported[c.Path] = true
		f := rule.Finding{At: rule.Location{Path: c.Path}, Subject: "name", Message: nameMessage(e)}
		switch folder := path.Base(e.Dir); {
		case e.Dir == "." || e.Dir == p.Layout.ComposeDir() || shared(p, e):
			f.Fixes = []rule.Fix{nameFix(p, c, e)}
		case commonFolders[strings.ToLower(folder)]:
			f.Severity = rule.Info
			f.Message = commonMessage(e)
			f.Fixes = rule.Manual("Name the project", commonSteps(p, e))
		default:
			continue // the folder has the same name in every clone, and it is this repository's own
		}
		if isTemplate(p) {
			f.Severity = rule.Info
			f.Fixes = rule.Manual("Name the project", "the repository is a template: a name written here would be that of everything that is made from it, and on one machine these would share containers and volumes. Whoever starts from it writes name: "+e.Model.Name+" or the like")
		}
		pass.Report(f)
	}
}

// templateName and templateText are how a repository says that others start from it.
var (
	templateName = regexp.MustCompile(`(?i)(^|[-_.])(template|boilerplate|starter|skeleton|scaffold|cookiecutter)s?([-_.]|$)`)
	templateText = regexp.MustCompile(`(?i)\buse this template\b|\bupdating the template\b|github\.com/[\w.-]+/[\w.-]+/generate\b`)
)

// isTemplate says whether the repository is one that others start from: by its name or by its README.
func isTemplate(p *project.Project) bool {
	if templateName.MatchString(p.Name) {
		return true
	}
	text, err := p.Files.Read("README.md")
	return err == nil && templateText.Match(text)
}

// commonFolders are names of folders that half of all repositories have: their projects have the same name on one machine.
var commonFolders = map[string]bool{
	"docker": true, ".docker": true, "compose": true, "docker-compose": true, "deploy": true, "deployment": true, "deployments": true,
	"infra": true, "infrastructure": true, "devops": true, "ops": true, "build": true, "scripts": true, "env": true, "environment": true,
	"local": true, "dev": true, "development": true, "test": true, "tests": true, "testing": true, "e2e": true, "ci": true,
	"prod": true, "production": true, "staging": true, "server": true, "backend": true, "frontend": true, "app": true, ".devcontainer": true,
}

func commonMessage(e *project.Environment) string {
	message := e.Files[0] + " has no name:, so its project is called " + e.Model.Name + " after the folder, as that of any other repository with such a folder; " +
		"`down --remove-orphans` in one takes the other's containers away"
	if volumes := dataVolumes(e); len(volumes) > 0 {
		message += ", and the two share " + rule.Listed(volumes)
	}
	return message + "; name it after the repository"
}

// commonSteps say how a project that runs already gets another name without the loss of its data.
func commonSteps(p *project.Project, e *project.Environment) string {
	steps := "write `name: " + compose.NormalizeName(p.Name) + "` or the like at the top, and start it again after a `docker compose down` under the old name"
	if volumes := dataVolumes(e); len(volumes) > 0 {
		steps += "; the volumes keep their data when each is given the name that it has now (`name: " + volumes[0] + "` below it)"
	}
	return steps
}

// shared says whether another environment of the folder, of other files, has the same project name.
func shared(p *project.Project, e *project.Environment) bool {
	return slices.ContainsFunc(p.Environments, func(o *project.Environment) bool {
		return o.Model != nil && o.Dir == e.Dir && o.Files[0] != e.Files[0] && o.Model.Name == e.Model.Name
	})
}

// namedByTemplate says whether the template of the .env file that Compose loads by itself sets
// COMPOSE_PROJECT_NAME: whoever has made that file has a name already, and it wins over name:.
func namedByTemplate(p *project.Project, e *project.Environment) bool {
	for _, t := range p.EnvFiles {
		_, sets := t.File.Get("COMPOSE_PROJECT_NAME")
		beside := strings.HasPrefix(t.Path, path.Join(e.Dir, ".env.")) && t.Env == ""
		if sets && t.Example && (beside || t.Path == p.Layout.EnvExample) {
			return true
		}
	}
	return false
}

func nameMessage(e *project.Environment) string {
	message := e.Files[0] + " has no name:, so its project is called " + e.Model.Name + " after the folder"
	if volumes := dataVolumes(e); len(volumes) > 0 {
		return message + "; in a folder of another name, or after a move of the file, " + strings.Join(volumes, ", ") +
			" would be other volumes, and the data seem gone; write the name that is in effect into the file"
	}
	return message + "; containers and networks change their names with the folder, and environments in one folder share them; write a name into the file"
}

func nameFix(p *project.Project, c *project.ComposeFile, e *project.Environment) rule.Fix {
	name, ok := nameFor(p, e)
	if other, at := otherName(p, e); other != "" {
		return rule.Fix{Title: "Write the project's name", Safety: change.Manual, Why: at + " runs it in a folder called " + other + ", and its volumes are called " + other +
			"_... there: name: " + e.Model.Name + " would start that one with empty volumes; write the name of the place whose data count, and move the data of the others"}
	}
	if !ok {
		return rule.Fix{Title: "Write the project's name", Safety: change.Manual, Why: "the name that is in effect is not known; write name: with the one that `docker compose ls` shows"}
	}
	for _, o := range p.Environments { // a base of several stacks names them all
		if o != e && o.Files[0] == e.Files[0] && (o.Model == nil || o.Model.Name != e.Model.Name) {
			return rule.Fix{Title: "Write the project's name", Safety: change.Manual, Why: "the file is the base of several environments that have different project names"}
		}
		if o != e && o.Files[0] == e.Files[0] {
			name = e.Model.Name
		}
	}
	edits, err := c.File.SetTopLevelName(name)
	if err != nil {
		return rule.Fix{Title: "Write the project's name", Safety: change.Manual, Why: "name: can't be written into the file: " + err.Error()}
	}
	fix := rule.Fix{Title: "Name the project " + name, Safety: change.Safe, Ops: ops(c.Path, edits)}
	if name != e.Model.Name {
		fix.Safety, fix.Declares = change.Behaviour, renamed(e, e.Model.Name, name)
	}
	return fix
}

// earlier are the environments before e in the order of the layout that are not the same files.
func earlier(p *project.Project, e *project.Environment) []*project.Environment {
	rank := func(o *project.Environment) int {
		if at := slices.Index(p.Layout.Environments, o.Name); at >= 0 {
			return at
		}
		return len(p.Layout.Environments)
	}
	var list []*project.Environment
	for i, o := range p.Environments {
		at := slices.Index(p.Environments, e)
		if o.Model != nil && !slices.Equal(o.Files, e.Files) && (rank(o) < rank(e) || rank(o) == rank(e) && i < at) {
			list = append(list, o)
		}
	}
	slices.SortStableFunc(list, func(a, b *project.Environment) int { return rank(a) - rank(b) })
	return list
}
