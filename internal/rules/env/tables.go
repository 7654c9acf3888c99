package env

import (
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"refit/internal/compose"
	"refit/internal/dotenv"
	"refit/internal/layout"
	"refit/internal/project"
	"refit/internal/rule"
	"refit/internal/secret"
)

// readmeBody is the generated part of the env folder's README. It is derived from what git has
// (templates and Compose files), never from env files: it is the same on every machine and shows no secret.
func readmeBody(p *project.Project) string {
	var b strings.Builder
	b.WriteString(beginMark + "\n")
	toMake := copies(p)
	if toMake[0].from == p.Layout.EnvExample && toMake[0].to == p.Layout.EnvPath("dev") {
		fmt.Fprintf(&b, "Values of the environments: one file each, `%s`, that git ignores.", strings.ReplaceAll(p.Layout.Env, "%s", "ENV"))
	} else {
		var files []string
		for _, c := range toMake {
			files = append(files, "`"+c.to+"`")
		}
		fmt.Fprintf(&b, "Values of the environments, in files that git should not have: %s.", rule.Listed(files))
	}
	fmt.Fprintf(&b, " Templates, which git has: `%s`", toMake[0].from)
	for _, e := range p.EnvFiles {
		if e.Example && e.Path != toMake[0].from && e.Env != "" && path.Dir(e.Path) == p.Layout.EnvDir() {
			fmt.Fprintf(&b, ", `%s`", e.Path)
		}
	}
	b.WriteString(".\n\n## Create them\n\n")
	if hasSetup(p) {
		b.WriteString("`make setup` makes the files that are missing, with random secrets. By hand:\n\n")
	}
	b.WriteString("```sh\n")
	for _, c := range toMake {
		fmt.Fprintf(&b, "cp %s %s\nchmod 600 %s\n", c.from, c.to, c.to)
	}
	fmt.Fprintf(&b, "```\n\nReplace every `%s`.\n\n", placeholder)
	b.WriteString("## Variables\n\n| Variable | Meaning | Required | Example | Read by |\n|---|---|---|---|---|\n")
	for _, v := range variables(p) {
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", v.name, cell(v.meaning), v.required, v.example, cell(strings.Join(v.readers, "; ")))
	}
	if rows := ports(p); len(rows) > 0 {
		b.WriteString("\n## Service ports\n\n| Service | Host port | Container port | Protocol | Purpose |\n|---|---|---|---|---|\n")
		for _, r := range rows {
			fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", cell(r.service), cell(strings.Join(r.hosts, "; ")), r.port, r.protocol, cell(r.purpose))
		}
	}
	b.WriteString("\n" + endMark + "\n")
	return b.String()
}

func hasSetup(p *project.Project) bool {
	if p.Makefile == nil {
		return false
	}
	_, ok := p.Makefile.File.Target("setup")
	return ok
}

// cell is text as a cell of a table can have it.
func cell(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	return inCell.Replace(text)
}

var inCell = strings.NewReplacer("|", "\\|", "<", "&lt;")

func code(text string) string {
	if text == "" || strings.ContainsAny(text, "`\r\n") {
		return ""
	}
	return "`" + strings.ReplaceAll(text, "|", "\\|") + "`"
}

// variable is one row of the table.
type variable struct {
	name, meaning, required, example string
	readers                          []string
}

func variables(p *project.Project) []variable {
	var templates []*dotenv.File
	if e := exampleOf(p); e != nil {
		templates = append(templates, e.File)
	}
	if e := p.EnvFile(p.Layout.ProdExample); e != nil {
		templates = append(templates, e.File)
	}
	shared := len(templates)
	for _, e := range p.EnvFiles { // an environment's own
		if e.Example && path.Dir(e.Path) == p.Layout.EnvDir() && !slices.Contains(templates, e.File) {
			templates = append(templates, e.File)
		}
	}
	var names []string
	add := func(name string) {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for _, t := range templates {
		for _, k := range t.Keys() {
			add(k)
		}
	}
	inCompose := composeVariables(p)
	for _, name := range slices.Sorted(maps.Keys(inCompose)) {
		add(name)
	}
	demanded := demandedByCode(p)
	var rows []variable
	for _, name := range names {
		v := variable{name: name, required: "no"}
		for i, t := range templates {
			if _, said := templates[0].Get(name); i < shared || !said { // an environment's value is no example for all
				v.fill(t)
			}
		}
		byCompose := inCompose[name]
		if v.example == "" {
			v.example = code(byCompose.fallback)
		}
		if demanded[name] || byCompose.required {
			v.required = "yes"
		} else if requiresIn(templates, name) {
			v.required = "yes"
		}
		v.readers = append(envFileReaders(p, name), byCompose.readers()...)
		rows = append(rows, v)
	}
	return rows
}

func requiresIn(templates []*dotenv.File, name string) bool {
	for _, t := range templates {
		if requiresValue(t, name) {
			return true
		}
	}
	return false
}

// fill takes the meaning and the example from a template unless another said them.
func (v *variable) fill(t *dotenv.File) {
	at, ok := t.Get(v.name)
	if !ok {
		return
	}
	if v.meaning == "" {
		v.meaning = prose(comment(t, at))
		if commentedOut.Match(at.Lead.Of(t.Text)) {
			v.meaning = ""
		}
	}
	if v.example != "" {
		return
	}
	if secret.IsName(v.name) || secret.Judge(v.name, at.Value).IsLiteral() {
		v.example = "secret"
	} else {
		v.example = code(at.Value)
	}
}

// prose is a comment without its decoration (rulers, boxes) and without variables that are commented out.
func prose(text string) string {
	var lines []string
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if text := strings.TrimSpace(strings.Trim(line, "-=*~#+")); text != "" && !assignment.MatchString(line) {
			lines = append(lines, text)
		}
	}
	return strings.Join(lines, "\n")
}

var assignment = regexp.MustCompile(`^(?:export\s+)?[A-Z_][A-Z0-9_]*=\S*$`)

// composeUse is where Compose files take a variable in.
type composeUse struct {
	required bool
	fallback string
	envs     map[string]map[string]bool // service ("" outside of services) -> environments
}

func composeVariables(p *project.Project) map[string]composeUse {
	found := map[string]composeUse{}
	for _, e := range p.Environments {
		for _, file := range e.Files {
			c := p.ComposeFile(file)
			if c == nil {
				continue
			}
			for _, v := range compose.Variables(c.File) {
				use, ok := found[v.Name]
				if !ok {
					use.envs = map[string]map[string]bool{}
				}
				use.required = use.required || v.Required
				if use.fallback == "" && v.Default != "" && !strings.Contains(v.Default, "$") && !secret.Judge(v.Name, v.Default).IsLiteral() && !secret.IsName(v.Name) {
					use.fallback = v.Default
				}
				service := ""
				if keys := strings.SplitN(v.Addr, ".", 3); len(keys) > 1 && keys[0] == "services" {
					service = keys[1]
				}
				if use.envs[service] == nil {
					use.envs[service] = map[string]bool{}
				}
				use.envs[service][envName(e)] = true
				found[v.Name] = use
			}
		}
	}
	return found
}

func (u composeUse) readers() []string {
	var list []string
	for _, service := range slices.Sorted(maps.Keys(u.envs)) {
		who := service
		if who == "" {
			who = "Compose"
		}
		list = append(list, who+" (interpolation: "+strings.Join(inOrder(u.envs[service]), ", ")+")")
	}
	return list
}

func envName(e *project.Environment) string {
	if e.Name == "" {
		return first(e.Files)
	}
	return e.Name
}

// inOrder sorts environments as the guide names them, others behind.
func inOrder(envs map[string]bool) []string {
	var list []string
	for _, e := range append(slices.Clone(layout.Default().Environments), slices.Sorted(maps.Keys(envs))...) {
		if envs[e] && !slices.Contains(list, e) {
			list = append(list, e)
		}
	}
	return list
}

// envFileReaders says which services get the variable by env_file or by a mounted env file, provided that
// the file's template has it. Which services read a file is written in the Compose files, so the file need not
// be there.
func envFileReaders(p *project.Project, name string) []string {
	by := map[string]map[string]bool{} // "app (env_file" -> environments
	note := func(who string, e *project.Environment) {
		if by[who] == nil {
			by[who] = map[string]bool{}
		}
		by[who][envName(e)] = true
	}
	for _, e := range p.Environments {
		if e.Model == nil {
			continue
		}
		for service, s := range e.Model.Services {
			for _, f := range s.EnvFiles {
				if templateHas(p, f.Path, name) {
					note(service+" (env_file", e)
				}
			}
			for _, m := range s.Mounts {
				if m.Type == "bind" && templateHas(p, m.Source, name) {
					note(service+" (mounted file", e)
				}
			}
		}
	}
	var list []string
	for _, who := range slices.Sorted(maps.Keys(by)) {
		list = append(list, who+": "+strings.Join(inOrder(by[who]), ", ")+")")
	}
	return list
}

// templateHas says whether the template that an env file is made from has a variable: its own, else the
// one beside it. A file that git has is not made from any.
func templateHas(p *project.Project, file, name string) bool {
	if f := p.EnvFile(file); f != nil && f.Tracked {
		_, ok := f.File.Get(name)
		return ok
	}
	template := p.EnvFile(file + ".example")
	if template == nil {
		template = exampleOf(p)
		if template == nil || path.Dir(template.Path) != path.Dir(file) || path.Base(file) != ".env" && path.Dir(file) != p.Layout.EnvDir() {
			return false
		}
	}
	_, ok := template.File.Get(name)
	return ok
}
