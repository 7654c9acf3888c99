package make

import (
	"slices"
	"strings"

	"refit/internal/change"
	"refit/internal/invocation"
	"refit/internal/makefile"
	"refit/internal/project"
)

// verbs are what one does with an environment, in the order of the guide.
var verbs = []string{"up", "down", "build", "rebuild", "restart", "status", "logs", "shell", "test"}

// offer is what the marked block should hold.
type offer struct {
	p       *project.Project
	users   *owned          // what there is outside of the block
	block   map[string]bool // targets that the block has today
	targets []makefile.NewTarget
	passing []change.Declared // what changes because the targets pass env files that no caller passed
	extend  string            // the target that the user's own setup should need
}

func newOffer(p *project.Project) *offer {
	o := &offer{p: p, users: ownedBy(p), block: map[string]bool{}}
	if p.Makefile != nil {
		for _, t := range p.Makefile.File.Targets() {
			_, user := o.users.targets[t.Name]
			o.block[t.Name] = !user && len(t.Rules) > 0
		}
	}
	o.help()
	o.tests()
	for _, e := range environments(p) {
		o.environment(e)
	}
	o.setup()
	if len(o.targets) > 0 {
		o.targets[0].Comment = append([]string{"Written from the Compose files by refit, which renews the block until you edit it."}, o.targets[0].Comment...)
	}
	return o
}

// add takes a target into the block unless the user has one of the name.
func (o *offer) add(t makefile.NewTarget) bool {
	if o.users.has(t.Name) {
		return false
	}
	t.Phony = true
	o.targets = append(o.targets, t)
	return true
}

// missing are the targets that the Makefile does not offer yet.
func (o *offer) missing() []string {
	var names []string
	for _, t := range o.targets {
		if !o.block[t.Name] {
			names = append(names, t.Name)
		}
	}
	return names
}

// declares are the targets that come and, when the block is written anew, those that go.
func (o *offer) declares(file string) []change.Declared {
	var list []change.Declared
	wanted := map[string]bool{}
	for _, t := range o.targets {
		wanted[t.Name] = true
		list = append(list, change.Declared{Aspect: change.AspectMake, Subject: file, Addr: t.Name, After: "offered", Why: "a new target: " + t.Doc})
	}
	if o.p.Makefile == nil {
		return list
	}
	renewed := false
	for _, t := range o.p.Makefile.File.Targets() {
		renewed = renewed || o.block[t.Name]
		if o.block[t.Name] && !wanted[t.Name] {
			list = append(list, change.Declared{Aspect: change.AspectMake, Subject: file, Addr: t.Name, Before: "offered", Why: "refit's own target for what is no longer there"})
		}
	}
	if renewed {
		for _, words := range o.blockComments() {
			list = append(list, change.Declared{Aspect: change.AspectComment, Subject: file, Addr: words, Why: "the block that refit wrote is written anew"})
		}
	}
	return list
}

// blockComments are the comments in the block, as the comparison of comments names them: without
// words that name files.
func (o *offer) blockComments() []string {
	f := o.p.Makefile.File
	text, err := o.p.Files.Read(f.Path)
	if err != nil {
		return nil
	}
	list := []string{"refit*"} // the line with the digest
	inside := slices.IndexFunc(f.Rules, f.InBlock)
	if inside < 0 {
		return nil
	}
	for _, comment := range project.Comments(f.Path, text[f.Rules[inside].Span.Start:]) {
		var words []string
		for _, w := range strings.Fields(comment) {
			if w = strings.Trim(w, "#`\"'()[]<>,;:!"); w != "" && !strings.ContainsAny(w, "./") && w != "-f" && w != "--env-file" {
				words = append(words, w)
			}
		}
		list = append(list, strings.Join(words, " "))
	}
	return list
}

// help lists what has a "##" comment. It reads the Makefile by its name: $(MAKEFILE_LIST) breaks where
// the path has a space.
func (o *offer) help() {
	name := "Makefile"
	if o.p.Makefile != nil {
		name = o.p.Makefile.Path
	}
	o.add(makefile.NewTarget{Name: "help", Doc: "List the targets", Recipe: []string{
		`@awk -F ':.*## ' '/^[A-Za-z0-9_.-]+:.*## / { printf "  %-16s %s\n", $$1, $$2 }' ` + fromRoot(name)}})
}

func (o *offer) tests() {
	for _, e := range environments(o.p) {
		if e.Name == "test" && (o.testCommand(e) != nil || o.users.has("test-test")) {
			o.add(makefile.NewTarget{Name: "test", Doc: "Run the tests in containers", Prereqs: []string{"test-test"}})
		}
	}
}

// environment adds the targets of one environment.
func (o *offer) environment(e *project.Environment) {
	files, implicit := invocation.EnvFiles(o.p, e)
	if implicit {
		files = nil
	}
	if changes := invocation.Passing(o.p, e, files); invocation.IdentityChanges(changes) {
		files = nil // the data would seem gone
	} else if len(files) > 0 {
		o.passing = append(o.passing, changes...)
	}
	bare, full := composeCommand(e, nil), composeCommand(e, files)
	if invocation.AlwaysNeeds(o.p, e) {
		bare = full
	}
	service := invocation.MainService(e)
	n, first := e.Name, len(o.targets)
	one := func(verb, doc string, recipe ...string) {
		o.add(makefile.NewTarget{Name: n + "-" + verb, Doc: doc, Recipe: recipe})
	}
	one("up", "Start "+n, "@"+full+" up -d")
	one("down", "Stop "+n+", the data stay", "@"+bare+" down")
	if invocation.Builds(e) {
		one("build", "Build the images of "+n, "@"+full+" build")
		one("rebuild", "Build the images of "+n+" without the cache", "@"+full+" build --no-cache")
	}
	one("restart", "Restart "+n, "@"+full+" restart")
	one("status", "What runs of "+n+", and whether it is healthy", "@"+bare+" ps")
	one("logs", "Follow the logs of "+n, "@"+bare+" logs -f")
	if service != "" {
		one("shell", "A shell in "+service+" of "+n, "@"+bare+" exec "+quote(service)+" sh -c 'if command -v bash >/dev/null; then exec bash; else exec sh; fi'")
	}
	o.test(e, full, bare)
	if len(o.targets) > first {
		o.targets[first].Comment = []string{n + ": " + strings.Join(e.Files, ", ")}
	}
}

// composeCommand is docker compose with the options that name the environment, as a recipe spells it.
func composeCommand(e *project.Environment, envFiles []string) string {
	words := []string{"docker compose"}
	for _, w := range invocation.Options(e, envFiles) {
		words = append(words, quote(w))
	}
	return strings.Join(words, " ")
}
