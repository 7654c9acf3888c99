package env

import (
	_ "embed"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"refit/internal/change"
	"refit/internal/dotenv"
	"refit/internal/edit"
	"refit/internal/project"
	"refit/internal/rule"
	"refit/internal/secret"
)

//go:embed e06_example_drift.md
var exampleDriftDoc string

// ExampleDrift finds templates of env files that are missing or lack variables: E06.
var ExampleDrift = rule.Rule{
	Meta: rule.Meta{ID: "E06", Name: "example-drift", Theme: rule.Env, Severity: rule.Warning, Since: "0.1.0",
		Summary: "the template of the env files is missing or lacks variables that they have",
		Aliases: []string{"dotenv-linter diff", "guide Step 6"}, Doc: exampleDriftDoc},
	Check: checkExampleDrift,
}

func checkExampleDrift(pass *rule.Pass) {
	p := pass.Project
	settled := true
	for _, example := range p.EnvFiles {
		if lacking := lacks(p, example); len(lacking) > 0 {
			settled = false
			pass.Report(driftFinding(example, lacking))
		}
	}
	reportNestedTemplates(pass)
	if !inLayout(p) {
		return
	}
	example := exampleOf(p)
	switch {
	case example == nil:
		reportMissingExample(pass)
	case settled:
		reportMissingProduction(pass, example)
		reportMissingTemplates(pass, example)
	}
}

// reportNestedTemplates finds env files with secrets beside Compose files, which the layout has no place for and
// git does not have: a fresh clone can't start those without a template.
func reportNestedTemplates(pass *rule.Pass) {
	p := pass.Project
	for _, e := range valued(p) {
		dir := path.Dir(e.Path)
		read := slices.ContainsFunc(e.Readers, func(r project.Reader) bool { return r.Mechanism != project.ByShell })
		if dir == "." && inLayout(p) || dir == p.Layout.EnvDir() || !read || e.Tracked || !holdsSecrets(e) || slices.ContainsFunc(p.EnvFiles, func(o *project.EnvFile) bool { return o.Example && path.Dir(o.Path) == dir }) {
			continue
		}
		at := e.Path + ".example"
		f := rule.Finding{At: rule.Location{Path: at}, Subject: "missing",
			Message: "there is no template of " + e.Path + "; git must not have env files, so a fresh clone lacks it and nobody knows which variables are needed; commit a template with placeholders"}
		title := "Create " + at + " from " + e.Path + ", secrets left out"
		if text, err := templateOf(e.File); err != nil {
			f.Fixes = rule.Manual(title, "not created: "+err.Error()+"; copy "+e.Path+" and replace every secret by "+placeholder)
		} else {
			f.Fixes = []rule.Fix{{Title: title, Safety: change.Safe, Declares: sentNew(p, at), Ops: []edit.Op{edit.Create(at, text, 0o644)}}}
		}
		pass.Report(f)
	}
}

// templatesPending says whether a template is still to be made or completed by a fix.
func templatesPending(p *project.Project) bool {
	pass := &rule.Pass{Project: p, Meta: &rule.Meta{}}
	checkExampleDrift(pass)
	return slices.ContainsFunc(pass.Found(), func(f rule.Finding) bool {
		return len(f.Fixes) > 0 && f.Fixes[0].Safety != change.Manual
	})
}

// reportMissingTemplates finds environments whose settings differ from the example's, so that an env file
// made from that one would not work: another database, another log level. Development is what the example is about.
func reportMissingTemplates(pass *rule.Pass, example *project.EnvFile) {
	p := pass.Project
	for _, e := range siblings(p, p.Layout.EnvDir()) {
		at := e.Path + ".example"
		differing := differs(e.File, example.File)
		if e.Env == "" || e.Env == "dev" || e.Path != p.Layout.EnvPath(e.Env) || e.Tracked || p.Files.Has(at) || len(differing) == 0 {
			continue
		}
		f := rule.Finding{At: rule.Location{Path: at}, Subject: "missing", Severity: rule.Info,
			Message: e.Env + " has other values than the example for " + rule.Listed(differing) + ", and git does not have " + e.Path + "; an env file made from the example would not fit; give it a template of its own"}
		title := "Create " + at + " from " + e.Path + ", secrets left out"
		text, err := templateOf(e.File)
		if err != nil {
			f.Fixes = rule.Manual(title, "not created: "+err.Error()+"; copy "+e.Path+" and replace every secret by "+placeholder)
		} else {
			f.Fixes = []rule.Fix{{Title: title, Safety: change.Safe, Declares: sentNew(p, at), Ops: []edit.Op{edit.Create(at, text, 0o644)}}}
		}
		pass.Report(f)
	}
}

// differs lists the variables that an env file sets to something else than a template, secrets aside.
func differs(f, template *dotenv.File) []string {
	var list []string
	for _, key := range f.Keys() {
		v, _ := f.Get(key)
		t, ok := template.Get(key)
		if ok && withoutPassword(key, v.Value) != withoutPassword(key, t.Value) {
			list = append(list, key)
		}
	}
	return list
}

func withoutPassword(key, value string) string {
	if span, ok := secret.URLPassword(value); ok {
		return value[:span.Start] + value[span.End:]
	}
	if secret.IsName(key) {
		return ""
	}
	return masked(key, value)
}

// sentNew declares that builds receive a file that was not there, until the ignore files keep it out.
func sentNew(p *project.Project, at string) []change.Declared {
	dirs := map[string]bool{}
	for _, d := range p.Dockerfiles {
		for _, dir := range d.Contexts() {
			if dir == "." || strings.HasPrefix(at, dir+"/") {
				dirs[dir] = true
			}
		}
	}
	var list []change.Declared
	for _, dir := range slices.Sorted(maps.Keys(dirs)) {
		list = append(list, change.Declared{Aspect: change.AspectContext, Subject: dir, Addr: at, After: "sent", Why: "the file is new; it has no secrets"})
	}
	return list
}

// exampleOf is the template of the layout's env files: in its place or at the root still; nil when there is none.
func exampleOf(p *project.Project) *project.EnvFile {
	if e := p.EnvFile(p.Layout.EnvExample); e != nil {
		return e
	}
	for _, e := range p.EnvFiles {
		if e.Example && e.Env == "" && (path.Dir(e.Path) == "." || path.Dir(e.Path) == p.Layout.EnvDir()) {
			return e
		}
	}
	return nil
}

// lack is a variable that an env file has and its template lacks.
type lack struct {
	key  string
	file *dotenv.File
}

func (l lack) same() string {
	v, _ := l.file.Get(l.key)
	return sameAs(l.file, l.key, v.Value)
}

// lacks lists what the env files beside a template have and it lacks, development's first. Production's
// own variables belong to production's template.
func lacks(p *project.Project, example *project.EnvFile) []lack {
	if !example.Example {
		return nil
	}
	var list []lack
	for _, e := range siblings(p, path.Dir(example.Path)) {
		if example.Env != "" && e.Path+".example" != example.Path {
			continue
		}
		for _, key := range e.File.Keys() {
			_, known := example.File.Get(key)
			if !known && dotenv.IsName(key) && !strings.HasPrefix(key, "COMPOSE_") && !slices.ContainsFunc(list, func(l lack) bool { return l.key == key }) {
				list = append(list, lack{key, e.File})
			}
		}
	}
	return list
}

// siblings are the env files of a folder that are no templates, development's first, without production's.
func siblings(p *project.Project, dir string) []*project.EnvFile {
	var list []*project.EnvFile
	for _, e := range valued(p) {
		if path.Dir(e.Path) == dir && e.Env != "prod" && len(e.File.Problems) == 0 && strings.HasPrefix(path.Base(e.Path), ".env") {
			list = append(list, e)
		}
	}
	slices.SortStableFunc(list, func(a, b *project.EnvFile) int { return boolInt(b.Env == "dev") - boolInt(a.Env == "dev") })
	return list
}

func driftFinding(example *project.EnvFile, lacking []lack) rule.Finding {
	var keys []string
	for _, l := range lacking {
		keys = append(keys, l.key)
	}
	f := rule.Finding{At: at(example.Path), Subject: "drift",
		Message: fmt.Sprintf("the template lacks %s, which the env files beside it have; who starts from it finds out by an error; add them", rule.Listed(keys))}
	title := "Add " + rule.Listed(keys) + " to " + example.Path + ", without secrets"
	edits, err := additions(example.File, lacking)
	if err != nil {
		f.Fixes = rule.Manual(title, "not added: "+err.Error()+"; add the names with a placeholder by hand")
		return f
	}
	f.Fixes = []rule.Fix{{Title: title, Safety: change.Safe, Ops: []edit.Op{edit.Text(example.Path, edits...)}}}
	return f
}

func reportMissingExample(pass *rule.Pass) {
	p := pass.Project
	var files []*project.EnvFile
	for _, dir := range []string{p.Layout.EnvDir(), "."} {
		if files = siblings(p, dir); len(files) > 0 {
			break
		}
	}
	files = append(files, madeFromIt(p, files)...)
	if len(files) == 0 {
		return
	}
	f := rule.Finding{At: at(p.Layout.EnvExample), Subject: "missing",
		Message: "there is no template of " + files[0].Path + "; git must not have env files, so a fresh clone lacks them and nobody knows which variables are needed; commit a template with placeholders"}
	title := "Create " + p.Layout.EnvExample + " from the variables of every environment, secrets left out"
	text, err := newExample(p, files)
	if err != nil {
		f.Fixes = rule.Manual(title, "not created: "+err.Error()+"; copy "+files[0].Path+" and replace every secret by "+placeholder)
	} else {
		f.Fixes = []rule.Fix{{Title: title, Safety: change.Safe, Declares: sentNew(p, p.Layout.EnvExample), Ops: []edit.Op{edit.Create(p.Layout.EnvExample, text, 0o644)}}}
	}
	pass.Report(f)
}

// madeFromIt are the env files of other folders that people make from the layout's template all the same, such as the
// .env at the root that Compose finds by its name.
func madeFromIt(p *project.Project, but []*project.EnvFile) []*project.EnvFile {
	var list []*project.EnvFile
	for _, c := range copies(p) {
		if e := p.EnvFile(c.to); e != nil && c.from == p.Layout.EnvExample && len(e.File.Problems) == 0 && !slices.Contains(but, e) {
			list = append(list, e)
		}
	}
	return list
}

// newExample is the template of several env files: the first one's text, then what the others have more.
func newExample(p *project.Project, files []*project.EnvFile) (string, error) {
	text, err := templateOf(files[0].File)
	if err != nil {
		return "", err
	}
	use := "Copy it to "
	if hasSetup(p) {
		use = "`make setup` makes them from it; or copy it to "
	}
	header := "# Template of the env files. " + use + copies(p)[0].to + " and fill in.\n# No secrets here: git has this file.\n\n"
	text = header + strings.TrimPrefix(strings.ReplaceAll(text, "\r\n", "\n"), "\uFEFF")
	if !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	base, err := dotenv.Parse(p.Layout.EnvExample, []byte(text))
	if err != nil {
		return "", err
	}
	var lacking []lack
	for _, e := range files[1:] {
		for _, key := range e.File.Keys() {
			_, known := base.Get(key)
			if !known && dotenv.IsName(key) && !slices.ContainsFunc(lacking, func(l lack) bool { return l.key == key }) {
				lacking = append(lacking, lack{key, e.File})
			}
		}
	}
	edits, err := additions(base, lacking)
	if err != nil {
		return "", err
	}
	out, err := edit.Patch(base.Text, edits)
	if err != nil {
		return "", err
	}
	return checked(string(out))
}

// requiresValue says whether a template asks for a value of the variable.
func requiresValue(f *dotenv.File, key string) bool {
	v, ok := f.Get(key)
	return ok && secret.Judge(key, v.Value).Class == secret.Placeholder
}
