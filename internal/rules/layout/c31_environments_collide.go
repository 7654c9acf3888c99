package layout

import (
	_ "embed" // the rule's documentation
	"maps"
	"path"
	"slices"
	"strings"

	"refit/internal/change"
	"refit/internal/compose"
	"refit/internal/edit"
	"refit/internal/project"
	"refit/internal/rule"
)

//go:embed c31_environments_collide.md
var collideDoc string

// Collide finds environments that can't run on one machine at the same time, or that use each
// other's data.
var Collide = rule.Rule{
	Meta: rule.Meta{
		ID: "C31", Name: "environments-collide", Theme: rule.Compose, Severity: rule.Warning, Since: "0.1.0",
		Summary: "Two environments share a project, a container name, a volume or a host port", Doc: collideDoc,
	},
	Check: checkCollide,
}

func checkCollide(pass *rule.Pass) {
	p := pass.Project
	for _, e := range p.Environments {
		if e.Model == nil || e.Name == "" {
			continue
		}
		seen, taken := map[string]bool{}, map[string]bool{}
		for _, o := range earlier(p, e) {
			if o.Name == "" || o.Name == e.Name {
				continue
			}
			if elsewhere(e) && o.Files[0] == e.Files[0] {
				continue // one set of files on two machines, under one name
			}
			for _, f := range collisions(p, o, e, taken) {
				if !seen[f.Subject] {
					seen[f.Subject] = true
					if elsewhere(e) {
						f.Severity = rule.Info // another machine, as a rule
						onlyAdvice(f.Fixes, e)
					}
					pass.Report(f)
				}
			}
		}
	}
}

// onlyAdvice leaves the names of an environment that runs elsewhere as they are: what watches it there knows them.
func onlyAdvice(fixes []rule.Fix, e *project.Environment) {
	for i, f := range fixes {
		if f.Safety != change.Manual {
			fixes[i] = manual(f.Title, e.Name+" runs on another machine as a rule, where scripts and monitoring may know the name; where it does not, change it by hand")
		}
	}
}

// elsewhere says whether the environment runs on a machine of its own, as a rule.
func elsewhere(e *project.Environment) bool { return e.Name == "prod" || e.Name == "staging" }

// collisions are what the environment e shares with an earlier one. taken are the host ports that it was
// found to share already.
func collisions(p *project.Project, o, e *project.Environment, taken map[string]bool) []rule.Finding {
	at := rule.Location{Path: e.Files[len(e.Files)-1]}
	var found []rule.Finding
	add := func(subject, message string, fix rule.Fix) {
		found = append(found, rule.Finding{At: at, Subject: subject, Message: message, Fixes: []rule.Fix{fix}})
	}
	pair := o.Name + " and " + e.Name
	volumes := sharedVolumes(o, e)
	ports := slices.DeleteFunc(sharedPorts(o, e), func(port string) bool { return taken[port] })
	for _, port := range ports {
		taken[port] = true
	}
	if e.Model.Name == o.Model.Name {
		if name, ok := nameFor(p, e); ok && name == e.Model.Name || e.ProjectVia != "folder" || p.ComposeFile(e.Files[0]).File.Name != nil {
			add("project:"+e.Model.Name, pair+" are one project, "+e.Model.Name+""+alongWith(volumes, ports)+"; starting one replaces or orphans the containers of the other; give "+e.Name+" a name of its own", projectAdvice(p, e))
			volumes, ports = nil, nil // one decision
		}
	}
	for _, volume := range volumes {
		add("volume:"+volume, pair+" use the same volume, "+volume+"; what one deletes or migrates the other loses; give "+e.Name+" one of its own",
			manual("Separate the volumes", "whose data are in "+volume+" can't be told from the files; decide who keeps it, give the other environment its own project name or volume name, and copy the data that it needs"))
	}
	names := containerNames(o)
	for _, service := range slices.Sorted(maps.Keys(e.Model.Services)) {
		s := e.Model.Services[service]
		if s.ContainerName != "" && names[s.ContainerName] {
			add("container_name:"+s.ContainerName, pair+" both call a container "+s.ContainerName+"; an engine has each name once, so the second does not start; name it after its environment",
				containerFix(p, o, e, service))
		}
	}
	if len(ports) > 0 {
		list := strings.Join(ports, ", ")
		f := manual("Publish other ports", "tests and people may rely on what "+e.Name+" publishes ("+list+"); publish others there, or none: services of one environment reach each other without published ports")
		found = append(found, rule.Finding{At: at, Subject: "ports:" + o.Name, Severity: rule.Info, Fixes: []rule.Fix{f},
			Message: pair + " both publish " + list + " on the host; they can't run at the same time; publish others for " + e.Name + ", or none"})
	}
	return found
}

// sharedPorts are the host ports that both publish, sorted; none where one of them runs elsewhere.
func sharedPorts(o, e *project.Environment) []string {
	if elsewhere(e) || o.Name == "staging" {
		return nil
	}
	theirs := hostPorts(o)
	return slices.Sorted(func(yield func(string) bool) {
		for port := range hostPorts(e) {
			if theirs[port] && !yield(port) {
				return
			}
		}
	})
}

// alongWith is what two environments of one project share with it.
func alongWith(volumes, ports []string) string {
	shared := slices.Clone(volumes)
	for _, port := range ports {
		shared = append(shared, "port "+port)
	}
	if len(shared) == 0 {
		return ""
	}
	return " (and with it " + rule.Listed(shared) + ")"
}

func manual(title, why string) rule.Fix {
	return rule.Fix{Title: title, Safety: change.Manual, Why: why}
}

func projectAdvice(p *project.Project, e *project.Environment) rule.Fix {
	file := e.Files[0]
	for _, o := range p.Environments {
		if o != e && slices.Contains(o.Files, file) {
			file = e.Files[len(e.Files)-1] // the last file's name: counts
		}
	}
	if ownsData(e) {
		return manual("Separate the projects", "the data of "+strings.Join(dataVolumes(e), ", ")+" stay with the old name; where "+e.Name+" doesn't need them, write name: "+
			e.Model.Name+"-"+e.Name+" into "+file)
	}
	return manual("Separate the projects", "the name "+e.Model.Name+" is given by "+e.ProjectVia+" on purpose, perhaps; write "+e.Model.Name+"-"+e.Name+" there")
}

// sharedVolumes are the real names of the volumes that services of both mount, of which at least one
// is not external, sorted.
func sharedVolumes(a, b *project.Environment) []string {
	mounted := func(e *project.Environment) map[string]bool {
		names := map[string]bool{}
		for key, v := range e.Model.Volumes {
			if len(e.Model.VolumeUsers(key)) > 0 {
				names[v.Name] = true
			}
		}
		return names
	}
	theirs := mounted(a)
	var shared []string
	for name := range mounted(b) {
		if theirs[name] {
			shared = append(shared, name)
		}
	}
	slices.Sort(shared)
	return shared
}

func containerNames(e *project.Environment) map[string]bool {
	names := map[string]bool{}
	for _, s := range e.Model.Services {
		if s.ContainerName != "" {
			names[s.ContainerName] = true
		}
	}
	return names
}

func hostPorts(e *project.Environment) map[string]bool {
	ports := map[string]bool{}
	for _, s := range e.Model.Services {
		for _, port := range s.Ports {
			if s.Enabled && port.Published != "" && port.Published != "0" {
				ports[port.Published] = true
			}
		}
	}
	return ports
}

// containerFix names the container after its environment: ledger-app of test becomes ledger-test-app.
func containerFix(p *project.Project, o, e *project.Environment, service string) rule.Fix {
	const title = "Name the container after its environment"
	old := e.Model.Services[service].ContainerName
	name := old + "-" + e.Name
	if rest, ok := strings.CutPrefix(old, o.Model.Name+"-"); ok {
		name = o.Model.Name + "-" + e.Name + "-" + rest
	}
	for _, other := range p.Environments {
		if other.Model != nil && containerNames(other)[name] {
			return manual(title, "the name "+name+" is taken, too")
		}
	}
	if file := mentions(p, old); file != "" {
		return manual(title, file+" names the container "+old+", of which environment can't be told; rename it there and write container_name: "+name)
	}
	c, def := definition(p, e, service)
	if c == nil {
		return manual(title, "where its name is written can't be told; write container_name: "+name)
	}
	for _, user := range p.Environments {
		if user != e && user.Model != nil && slices.Contains(user.Model.Files, c.Path) {
			return manual(title, c.Path+" serves "+user.Name+" too; write container_name: "+name+" into a file that only "+e.Name+" uses")
		}
	}
	edits, err := c.File.SetServiceValue(compose.Addr("services", def, "container_name"), name, false)
	if err != nil {
		return manual(title, err.Error())
	}
	return rule.Fix{Title: title + ": " + name, Safety: change.Behaviour, Ops: ops(c.Path, edits), Declares: []change.Declared{{
		Aspect: change.AspectCompose, Subject: e.Files[0], Addr: compose.Addr("services", service, "container_name"), Before: old, After: name,
		Why: o.Name + " has a container of that name",
	}}}
}

// definition is the file of the environment that gives the service its container name.
func definition(p *project.Project, e *project.Environment, service string) (c *project.ComposeFile, name string) {
	for _, file := range slices.Backward(e.Files) {
		if c := p.ComposeFile(file); c != nil {
			if d := c.File.Service(service); d != nil && d.ContainerName != nil && d.ContainerName.Text == e.Model.Services[service].ContainerName {
				return c, service
			}
		}
	}
	return nil, ""
}

// mentions is a file that runs things and holds the word, "" when there is none.
func mentions(p *project.Project, word string) string {
	for _, at := range p.Files.Paths() {
		ext := path.Ext(at)
		if p.ComposeFile(at) != nil || ext == ".md" || !p.Configures(at) {
			continue
		}
		if text, err := p.Files.Read(at); err == nil && hasWord(string(text), word) {
			return at
		}
	}
	return ""
}

func hasWord(text, word string) bool {
	isWord := func(b byte) bool {
		return b == '-' || b == '_' || b == '.' || '0' <= b && b <= '9' || 'a' <= b|0x20 && b|0x20 <= 'z'
	}
	for at := 0; ; {
		i := strings.Index(text[at:], word)
		if i < 0 {
			return false
		}
		at += i
		end := at + len(word)
		if (at == 0 || !isWord(text[at-1])) && (end == len(text) || !isWord(text[end])) {
			return true
		}
		at = end
	}
}

func ops(file string, edits []edit.Edit) []edit.Op {
	if len(edits) == 0 {
		return nil
	}
	return []edit.Op{edit.Text(file, edits...)}
}
