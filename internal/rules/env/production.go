package env

import (
	"path"
	"slices"
	"strings"

	"refit/internal/change"
	"refit/internal/compose"
	"refit/internal/dotenv"
	"refit/internal/edit"
	"refit/internal/placement"
	"refit/internal/project"
	"refit/internal/rule"
)

func reportMissingProduction(pass *rule.Pass, example *project.EnvFile) {
	p := pass.Project
	if !p.Layout.Has("prod") || !readInProduction(p) || p.Files.Has(p.Layout.ProdExample) || !placement.Of(p).Move && path.Dir(example.Path) != p.Layout.EnvDir() {
		return
	}
	f := rule.Finding{At: at(p.Layout.ProdExample), Subject: "missing", Severity: rule.Info,
		Message: "production has no template of its own; who starts from development's copies DEBUG, default passwords and addresses of this machine; give it one with placeholders that `refit env check` refuses"}
	title := "Create " + p.Layout.ProdExample + " with what production needs"
	text, err := productionExample(p, example.File)
	if err != nil {
		f.Fixes = rule.Manual(title, "not created: "+err.Error()+"; copy "+example.Path+" and correct it by hand")
	} else {
		f.Fixes = []rule.Fix{{Title: title, Safety: change.Safe, Declares: sentNew(p, p.Layout.ProdExample), Ops: []edit.Op{edit.Create(p.Layout.ProdExample, text, 0o644)}}}
	}
	pass.Report(f)
}

// productionExample is development's template with production's values: debugging off, no secret, no
// address of this machine, without ports that only other environments publish and without what another env file
// of production's has, with what production's Compose file asks for besides.
func productionExample(p *project.Project, example *dotenv.File) (string, error) {
	used, demanded, others := productionVariables(p)
	var edits []edit.Edit
	for _, key := range example.Keys() {
		v, _ := example.Get(key)
		if others[key] && !used[key] && strings.HasSuffix(key, "PORT") || fromAnotherFile(p, key) {
			removed, err := example.Remove(key, true)
			if err != nil {
				return "", err
			}
			edits = append(edits, removed...)
			continue
		}
		if value := forProduction(key, v.Value); value != v.Value {
			e, err := rewritten(example, v, value)
			if err != nil {
				return "", err
			}
			edits = append(edits, e)
		}
	}
	patched, err := edit.Patch(example.Text, edits)
	if err != nil {
		return "", err
	}
	text := withoutHeader(strings.TrimPrefix(strings.ReplaceAll(string(patched), "\r\n", "\n"), "\uFEFF"))
	if text != "" && !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	extra := ""
	for _, name := range demanded {
		if _, known := example.Get(name); !known {
			extra += name + "=" + placeholder + "\n"
		}
	}
	if extra != "" {
		text += "\n# " + p.Layout.ComposePath("prod") + " asks for these\n" + extra
	}
	if own := ownKeys(p, example, demanded); len(own) > 0 {
		text += "\n# " + p.Layout.EnvPath("prod") + " has these as well\n" + strings.Join(own, "="+placeholder+"\n") + "=" + placeholder + "\n"
	}
	header := "# Production. Copy to " + p.Layout.EnvPath("prod") + " on the server, mode 0600, and replace every " + placeholder +
		".\n# Secrets of its own: none that another environment has.\n\n"
	return checked(header + text)
}

// ownKeys are the variables of production's env file that are in nobody else's: names alone, since its values are no template.
func ownKeys(p *project.Project, example *dotenv.File, but []string) []string {
	f := p.EnvFile(p.Layout.EnvPath("prod"))
	if f == nil || len(f.File.Problems) > 0 {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(f.File.Keys()), func(key string) bool {
		return has(example, key) || slices.Contains(but, key) || !dotenv.IsName(key) || strings.HasPrefix(key, "COMPOSE_")
	})
}

// fromAnotherFile says whether production has the variable from another env file than the template's.
func fromAnotherFile(p *project.Project, key string) bool {
	own := p.Layout.EnvPath("prod")
	if f := p.EnvFile(own); f == nil || has(f.File, key) {
		return false
	}
	for _, e := range p.Environments {
		if e.Name != "prod" || e.Model == nil {
			continue
		}
		for _, s := range e.Model.Services {
			for _, read := range s.EnvFiles {
				if f := p.EnvFile(read.Path); f != nil && f.Path != own && has(f.File, key) {
					return true
				}
			}
		}
	}
	return false
}

func has(f *dotenv.File, key string) bool {
	_, ok := f.Get(key)
	return ok
}

// productionVariables are the names that production's Compose files read, those of them that they can't do
// without, and the names that other environments' files read.
func productionVariables(p *project.Project) (used map[string]bool, demanded []string, others map[string]bool) {
	used, others = map[string]bool{}, map[string]bool{}
	known := false
	for _, e := range p.Environments {
		for _, at := range e.Files {
			c := p.ComposeFile(at)
			if c == nil {
				continue
			}
			for _, v := range compose.Variables(c.File) {
				if e.Name != "prod" {
					others[v.Name] = true
					continue
				}
				used[v.Name] = true
				if !v.HasDefault() && !slices.Contains(demanded, v.Name) && !strings.HasPrefix(v.Name, "COMPOSE_") {
					demanded = append(demanded, v.Name)
				}
			}
		}
		known = known || e.Name == "prod"
	}
	if !known {
		others = nil // what production needs is not known
	}
	return used, demanded, others
}

// withoutHeader leaves out the comment at the top that is about the file as a whole: one with an empty line behind it.
func withoutHeader(text string) string {
	rest := text
	for strings.HasPrefix(rest, "#") {
		_, rest, _ = strings.Cut(rest, "\n")
	}
	if rest != text && strings.HasPrefix(rest, "\n") {
		return strings.TrimLeft(rest, "\n")
	}
	return text
}
