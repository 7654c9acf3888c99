package dockerfile

import (
	_ "embed"
	"fmt"
	"strings"

	"refit/internal/change"
	"refit/internal/dockerfile"
	"refit/internal/edit"
	"refit/internal/project"
	"refit/internal/rule"
	"refit/internal/shell"
)

//go:embed d35_apt.md
var aptDoc string

// Apt finds installs of Debian packages that ask questions, install too much or leave lists: D35.
var Apt = rule.Rule{
	Meta: rule.Meta{ID: "D35", Name: "apt-hygiene", Theme: rule.Dockerfile, Severity: rule.Warning, Since: "0.1.0",
		Summary: "apt asks, installs recommendations, keeps its lists or is updated in another layer",
		Aliases: []string{"hadolint DL3014 DL3015 DL3009 DL3027", "trivy DS-0017 DS-0021 DS-0029", "checkov CKV_DOCKER_5 CKV_DOCKER_9", "KICS", "docker-bench 4.7"}, Doc: aptDoc},
	Check: checkApt,
}

func checkApt(pass *rule.Pass) {
	for _, d := range pass.Project.Dockerfiles {
		for _, in := range d.File.Instructions {
			if in.Keyword == "RUN" {
				a := aptRun{d: d, in: in}
				a.read()
				a.report(pass)
			}
		}
	}
}

// aptRun is what one RUN does with apt.
type aptRun struct {
	d                         *project.Dockerfile
	in                        *dockerfile.Instruction
	commands                  []shell.Command
	updates, installs, cleans bool
	upgrades                  shell.Command
	problems                  []string
	edits                     []edit.Edit
	last                      shell.Command // the last install
	borrows                   shell.Command // the first install that no update of this RUN comes before
	byHand                    string        // it leaves the package lists, and why they can't be deleted
}

// read looks at every command; one that stands there once is counted once.
func (a *aptRun) read() {
	seen := map[int]bool{}
	list := commands(a.in)
	for n, i := range installs(a.in) {
		if i == nil {
			continue
		}
		c := list[n]
		u := c.Unwrapped()
		if i.Manager != "apt" && !(i.Action == shell.ActionClean && i.Lists) || seen[c.Span.Start] {
			continue
		}
		seen[c.Span.Start] = true
		a.commands = append(a.commands, u)
		switch i.Action {
		case shell.ActionUpdate:
			a.updates = true
		case shell.ActionClean:
			a.cleans = a.cleans || i.Lists
		case shell.ActionUpgrade:
			a.upgrades = u
		case shell.ActionAdd:
			if !a.updates && a.borrows.Words == nil && i.Word.Value == "install" {
				a.borrows = c
			}
			a.installs, a.last = true, c
			a.options(u, *i)
		}
		if u.Name() == "apt" && u.Words[0].Span.Len() == len("apt") {
			a.problem("apt is for people, its options change", edit.Replace(u.Words[0].Span, "apt-get", ""))
		}
	}
}

func (a *aptRun) problem(what string, edits ...edit.Edit) {
	for _, p := range a.problems {
		if p == what {
			what = ""
		}
	}
	if what != "" {
		a.problems = append(a.problems, what)
	}
	a.edits = append(a.edits, edits...)
}

// options adds what an install lacks behind its subcommand.
func (a *aptRun) options(c shell.Command, i shell.Install) {
	if i.Word.Value != "install" {
		return
	}
	missing := ""
	if !a.assumesYes(c, i) {
		missing += " -y"
		a.problem("it asks, and nobody answers (-y)")
	}
	if !a.noRecommends(c, i) {
		missing += " --no-install-recommends"
		a.problem("it installs recommended packages too (--no-install-recommends)")
	}
	if missing != "" {
		a.edits = append(a.edits, edit.Insert(i.Word.Span.End, missing, ""))
	}
}

func (a *aptRun) assumesYes(c shell.Command, i shell.Install) bool {
	if i.AssumeYes || configured(a.d, "Assume-Yes", "assume-yes") {
		return true
	}
	for _, w := range c.Words {
		if v := w.Value; v == "-qq" || v == "-yq" || v == "-yqq" || v == "-qy" || v == "-qqy" || v == "-q=2" || strings.HasPrefix(v, "-") && !strings.HasPrefix(v, "--") && strings.Contains(v, "y") {
			return true
		}
	}
	return false
}

func (a *aptRun) noRecommends(c shell.Command, i shell.Install) bool {
	if i.NoRecommends || configured(a.d, "Install-Recommends") {
		return true
	}
	for _, w := range c.Words {
		if strings.Contains(w.Value, "Install-Recommends") || w.Value == "--install-recommends" {
			return true
		}
	}
	return false
}

// configured says whether the file writes an apt setting somewhere.
func configured(d *project.Dockerfile, names ...string) bool {
	for _, n := range names {
		if strings.Contains(string(d.File.Text), n) {
			return true
		}
	}
	return false
}

func (a *aptRun) report(pass *rule.Pass) {
	subject := stageSubject(a.in.Stage) + "/" + strings.TrimPrefix(a.in.Addr(), a.in.Stage.Addr()+"/")
	if a.upgrades.Words != nil {
		pass.Report(rule.Finding{At: at(a.d, a.in), Subject: subject + "/upgrade", Severity: rule.Info,
			Message: "the packages of the base image are upgraded; two builds of one commit differ, and the layer holds everything twice; take a newer base image",
			Fixes:   rule.Manual("Take a newer base image", "which packages rely on it can't be told; pull the base image anew (`docker build --pull`) and drop the upgrade")})
	}
	if a.updates && !a.installs && a.upgrades.Words == nil && !a.cachedLists() {
		if others := a.relying(); len(others) > 0 {
			pass.Report(a.updateAlone(pass.Project, subject, others))
		}
	}
	if a.borrows.Words != nil && !a.cachedLists() && a.lender() {
		if e, ok := a.ownLists(); ok {
			a.problem("it installs from the package lists of another layer, which may be old (apt-get update in the same RUN)", e)
			a.updates = true
		}
	}
	if a.installs && !a.cleans && !a.cachedLists() && a.updates {
		a.clean(pass.Project)
	}
	if a.byHand != "" {
		pass.Report(rule.Finding{At: at(a.d, a.in), Subject: subject + "/lists",
			Message: "apt leaves the package lists in the layer; nobody needs them there, and they are soon out of date; delete them in the same RUN",
			Fixes:   rule.Manual("Delete the package lists in the same RUN", a.byHand+"end the RUN with `&& rm -rf /var/lib/apt/lists/*`")})
	}
	if len(a.problems) == 0 {
		return
	}
	f := rule.Finding{At: at(a.d, a.in), Subject: subject, Message: fmt.Sprintf("apt as written makes a larger or unsure image: %s; say so on the command line", strings.Join(a.problems, "; "))}
	for i := range a.edits {
		if a.edits[i].Addr == "" {
			a.edits[i].Addr = fmt.Sprintf("%s/apt/%d", a.in.Addr(), i)
		}
	}
	f.Fixes = []rule.Fix{{Title: "Install without questions, recommendations and lists", Safety: change.Behaviour, Ops: []edit.Op{edit.Text(a.d.Path, a.edits...)},
		Declares: []change.Declared{{Aspect: change.AspectImage, Subject: a.d.Path + ":*", Addr: "run.rm*", Why: "the package lists are deleted"}}}}
	pass.Report(f)
}

// cachedLists says whether the lists lie in a cache mount, or in a stage that is thrown away.
func (a *aptRun) cachedLists() bool {
	for _, m := range a.in.Mounts() {
		if m.Type == "cache" && (strings.HasPrefix(m.Target, "/var/lib/apt") || strings.HasPrefix(m.Target, "/var/cache/apt")) {
			return true
		}
	}
	return false
}

// updateAlone is the finding of an update in a RUN of its own: the installs that read its lists get an
// update of theirs, and when nothing else is in the RUN it goes.
func (a *aptRun) updateAlone(p *project.Project, subject string, others []*aptRun) rule.Finding {
	f := rule.Finding{At: at(a.d, a.in), Subject: subject + "/update",
		Message: "apt-get update stands in a RUN of its own; its layer comes from the cache while the install below is new, and then asks for packages that are gone; put both into one RUN"}
	edits, ok := lend(others)
	if len(commands(a.in)) != 1 || len(a.in.Flags) > 0 || !ok || a.script(p) != "" {
		f.Fixes = rule.Manual("Put update and install into one RUN", "join it by hand with the RUN that installs: RUN apt-get update && apt-get install ...")
		return f
	}
	edits = append(edits, a.in.Delete(false)...)
	f.Fixes = []rule.Fix{{Title: "Update the lists in the RUN that installs", Safety: change.Behaviour, Ops: []edit.Op{edit.Text(a.d.Path, edits...)}}}
	return f
}

// lend gives every RUN an update of its own.
func lend(others []*aptRun) (edits []edit.Edit, ok bool) {
	for _, o := range others {
		e, ok := o.ownLists()
		if !ok {
			return nil, false
		}
		edits = append(edits, e)
	}
	return edits, true
}

// clean deletes the lists at the end of the RUN, and gives later installs that would read them their own.
func (a *aptRun) clean(p *project.Project) {
	if f := a.script(p); f != "" {
		a.byHand = f + " installs packages in a later RUN and has no update of its own: write one there; then "
		return
	}
	others := a.relying()
	lent, ok := lend(others)
	if !ok {
		a.byHand = fmt.Sprintf("line %d installs from them: give it an update of its own; then ", others[0].in.Line)
		return
	}
	e, ok := a.deletion()
	if !ok {
		a.byHand = "where the command ends can't be told; "
		return
	}
	a.problem("it leaves the package lists in the layer (rm -rf /var/lib/apt/lists/*)", append(lent, e)...)
}

// deletion deletes the lists at the end of the RUN, when that is a chain of commands, or on a line of its
// own in a heredoc.
func (a *aptRun) deletion() (e edit.Edit, ok bool) {
	const command = "rm -rf /var/lib/apt/lists/*"
	if len(a.in.Heredocs) > 0 {
		return a.nextLine(command)
	}
	script, ok := a.in.Script()
	if !ok || strings.ContainsAny(script.Text, ";|&{}()") && strings.Contains(strings.ReplaceAll(script.Text, "&&", ""), "&") {
		return e, false
	}
	if strings.ContainsAny(strings.ReplaceAll(script.Text, "&&", ""), ";|(){}") { // after the install, wherever that stands
		end := a.last.Span.End
		return edit.Insert(end, a.joint(command), ""), end > 0
	}
	return edit.Insert(a.in.Span.End, a.joint(command), ""), true
}

// nextLine puts a command behind the last install of a heredoc, when that has its line for itself.
func (a *aptRun) nextLine(command string) (e edit.Edit, ok bool) {
	text, end := string(a.d.File.Text), a.last.Span.End
	start := strings.LastIndexByte(text[:a.last.Span.Start], '\n') + 1
	rest, _, found := strings.Cut(text[end:], "\n")
	indent := text[start:a.last.Span.Start]
	if !found || strings.TrimSpace(rest) != "" || strings.TrimSpace(indent) != "" {
		return e, false
	}
	eol := "\n"
	if strings.HasSuffix(rest, "\r") {
		eol = "\r\n"
	}
	return edit.Insert(end+len(strings.TrimRight(rest, "\r")), eol+indent+command, ""), true
}

// joint is a further command, on a line of its own where the RUN has several.
func (a *aptRun) joint(command string) string {
	text := string(a.in.Span.Of(a.d.File.Text))
	lines := strings.Split(text, "\n")
	if len(lines) == 1 {
		return " && " + command
	}
	indentOf := func(line string) string { return line[:len(line)-len(strings.TrimLeft(line, " \t"))] }
	indent := indentOf(lines[1])
	eol := "\n"
	if strings.HasSuffix(lines[0], "\r") {
		eol = "\r\n"
	}
	escape := string(rune(a.d.File.Escape))
	for i, line := range lines[:len(lines)-1] { // whoever writes && at the end of lines gets it there
		if before, continued := strings.CutSuffix(strings.TrimRight(line, " \t\r"), escape); continued && strings.HasSuffix(strings.TrimRight(before, " \t"), "&&") {
			return " && " + escape + eol + indentOf(lines[i+1]) + command
		}
	}
	return " " + escape + eol + indent + "&& " + command
}
