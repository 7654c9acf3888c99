package plan_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"refit/examples"
	"refit/internal/audit"
	"refit/internal/change"
	"refit/internal/edit"
	"refit/internal/equivalence"
	"refit/internal/plan"
	"refit/internal/project"
	"refit/internal/rule"
	"refit/internal/source"
)

// stages wires the real discovery, audit and comparison to the given rules.
func stages(base *project.Project, rules ...rule.Rule) plan.Stages {
	cache := project.NewCache()
	return plan.Stages{
		Discover: func(files *source.Snapshot) *project.Project { return project.Discover(files, base, cache) },
		Audit: func(p *project.Project, theme rule.Theme) []rule.Finding {
			var of []rule.Rule
			for _, r := range rules {
				if r.Theme == theme {
					of = append(of, r)
				}
			}
			return audit.Run(p, of).Findings
		},
		Compare: equivalence.Compare,
	}
}

func sample(t *testing.T) *project.Project {
	t.Helper()
	dir := t.TempDir() + "/ledger"
	if err := examples.WriteLedger(dir); err != nil {
		t.Fatal(err)
	}
	p, err := project.Open(dir, project.NewCache())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// swap is a rule that finds old in a file and replaces it by new.
func swap(id, path, old, new string, declares ...change.Declared) rule.Rule {
	return rule.Rule{
		Meta: rule.Meta{ID: id, Name: "swap-" + strings.ToLower(id), Theme: rule.Compose, Severity: rule.Warning},
		Check: func(pass *rule.Pass) {
			text, err := pass.Project.Files.Read(path)
			at := strings.Index(string(text), old)
			if err != nil || at < 0 {
				return
			}
			span := source.Span{Start: at, End: at + len(old)}
			pass.Report(rule.Finding{At: rule.Location{Path: path, Span: span}, Subject: old, Message: old + " is there",
				Fixes: []rule.Fix{{Title: "swap", Safety: change.Safe, Declares: declares, Ops: []edit.Op{edit.Text(path, edit.Replace(span, new, ""))}}}})
		},
	}
}

func refusal(set *change.Set, id string) string {
	for _, r := range set.Refused {
		if r.Rule == id {
			return r.Why
		}
	}
	return ""
}

func TestUndeclaredChangeTakesOnlyItsOwnFixOut(t *testing.T) {
	good := swap("G1", "docker-compose.dev.yml", "LOG_LEVEL: debug", "LOG_LEVEL: info",
		change.Declared{Aspect: change.AspectCompose, Subject: "docker-compose.dev.yml", Addr: "services.*.environment.LOG_LEVEL", Why: "asked for"})
	rogue := swap("R1", "docker-compose.dev.yml", "postgres_data:/var/lib/postgresql/data", "redis_data:/var/lib/postgresql/data")
	p := sample(t)
	made, err := plan.Make(p, stages(p, good, rogue), plan.Choice{})
	if err != nil {
		t.Fatal(err)
	}
	if why := refusal(made.Set, "R1"); !strings.Contains(why, "without saying so") {
		t.Errorf("the rogue fix is refused with %q", why)
	}
	if len(made.Set.Files) != 1 || !strings.Contains(string(made.Set.Files[0].Text), "LOG_LEVEL: info") || strings.Contains(string(made.Set.Files[0].Text), "redis_data:/var/lib") {
		t.Errorf("the good fix alone should be in the plan: %+v", made.Set.Files)
	}
	if len(made.Set.Compare.Declared) == 0 || made.Set.Compare.Declared[0].Rule != "G1" {
		t.Errorf("declared: %+v", made.Set.Compare.Declared)
	}
}

func TestFixThatBreaksTheFileIsRefused(t *testing.T) {
	p := sample(t)
	made, err := plan.Make(p, stages(p, swap("B1", "docker-compose.dev.yml", "services:\n", "services: [\n")), plan.Choice{})
	if err != nil {
		t.Fatal(err)
	}
	if why := refusal(made.Set, "B1"); !strings.Contains(why, "no longer parse") || !made.Set.Empty() {
		t.Errorf("refused with %q, %d files", why, len(made.Set.Files))
	}
}

func TestFixThatContradictsItselfIsRefused(t *testing.T) {
	bad := swap("B1", "docker-compose.dev.yml", "LOG_LEVEL: debug", "LOG_LEVEL: info")
	check := bad.Check
	bad.Check = func(pass *rule.Pass) {
		inner := &rule.Pass{Project: pass.Project, Meta: pass.Meta}
		check(inner)
		for _, f := range inner.Found() {
			f.Fixes[0].Ops = append(f.Fixes[0].Ops, edit.Remove("docker-compose.dev.yml"))
			pass.Report(f)
		}
	}
	base := sample(t)
	made, err := plan.Make(base, stages(base, bad), plan.Choice{})
	if err != nil {
		t.Fatal(err)
	}
	if why := refusal(made.Set, "B1"); !made.Set.Empty() || !strings.Contains(why, "contradict") {
		t.Errorf("refused because %q; %+v", why, made.Set.Files)
	}
}

func TestFixThatDoesNotRepairIsRefused(t *testing.T) {
	p := sample(t)
	made, err := plan.Make(p, stages(p, swap("N1", "Makefile", "clean: ##", "clean: ## now: clean: ##")), plan.Choice{})
	if err != nil {
		t.Fatal(err)
	}
	if why := refusal(made.Set, "N1"); !strings.Contains(why, "still be there") || !made.Set.Empty() {
		t.Errorf("refused with %q, %d files", why, len(made.Set.Files))
	}
}

// One that does not hold among more fixes than there are rounds keeps none of the others out.
func TestOneBadFixAmongMany(t *testing.T) {
	files := map[string]string{}
	var rules []rule.Rule
	for i := range 90 {
		name := fmt.Sprintf("notes/%02d.txt", i)
		files[name] = "old\n"
		text := "new"
		if i == 40 {
			text = "still old"
		}
		rules = append(rules, swap(fmt.Sprintf("M%02d", i), name, "old", text))
	}
	p := projectOf(t, files)
	made, err := plan.Make(p, stages(p, rules...), plan.Choice{})
	if err != nil {
		t.Fatal(err)
	}
	if why := refusal(made.Set, "M40"); len(made.Set.Files) != 89 || !strings.Contains(why, "still be there") {
		t.Errorf("%d files, the bad fix is refused with %q", len(made.Set.Files), why)
	}
}

func projectOf(t *testing.T, files map[string]string) *project.Project {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		at := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	p, err := project.Open(dir, project.NewCache())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestFixesThatUndoEachOtherAreLeftOut(t *testing.T) {
	p := sample(t)
	made, err := plan.Make(p, stages(p,
		swap("P1", "README.md", "A small self-hosted", "A tiny self-hosted"),
		swap("P2", "README.md", "A tiny self-hosted", "A small self-hosted"),
		swap("G1", "README.md", "You need Docker and make.", "You need make and Docker.")), plan.Choice{})
	if err != nil {
		t.Fatal(err)
	}
	if why := refusal(made.Set, "P1"); !strings.Contains(why, "does not come to rest") {
		t.Errorf("P1 is refused with %q", why)
	}
	if len(made.Set.Files) != 1 || !strings.Contains(string(made.Set.Files[0].Text), "You need make and Docker.") || !strings.Contains(string(made.Set.Files[0].Text), "A small self-hosted") {
		t.Errorf("the other fix should be in the plan: %+v", made.Set.Files)
	}
}

func TestSafeOnlyLeavesBehaviourOut(t *testing.T) {
	r := swap("S1", "README.md", "A small self-hosted", "A tiny self-hosted")
	check := r.Check
	r.Check = func(p *rule.Pass) {
		check(p)
		for _, f := range p.Found() {
			f.Fixes[0].Safety = change.Behaviour
		}
	}
	p := sample(t)
	made, err := plan.Make(p, stages(p, r), plan.Choice{SafeOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	if why := refusal(made.Set, "S1"); !made.Set.Empty() || !strings.Contains(why, "only safe fixes") {
		t.Errorf("%q, %d files", why, len(made.Set.Files))
	}
}

// TestRuleMayMoveAndEditInTwoRounds shows that a rename of one round and an edit of a later one
// become one change by the baseline path.
func TestRuleMayMoveAndEditInTwoRounds(t *testing.T) {
	move := rule.Rule{Meta: rule.Meta{ID: "M1", Name: "move", Theme: rule.Layout}, Check: func(p *rule.Pass) {
		if p.Project.Files.Has("README.md") {
			p.Report(rule.Finding{At: rule.Location{Path: "README.md"}, Subject: "place", Message: "misplaced",
				Fixes: []rule.Fix{{Title: "move", Safety: change.Safe, Ops: []edit.Op{edit.Rename("README.md", "docs/README.md")}}}})
		}
	}}
	p := sample(t)
	made, err := plan.Make(p, stages(p, move, swap("E1", "docs/README.md", "A small self-hosted", "A tiny self-hosted")), plan.Choice{Wants: func(*rule.Meta) bool { return true }})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range made.Set.Files {
		if f.From == "README.md" && f.Path == "docs/README.md" && strings.Contains(string(f.Text), "A tiny") && len(f.Causes) == 2 {
			return
		}
	}
	t.Errorf("%+v refused %+v undeclared %+v", made.Set.Files, made.Set.Refused, made.Set.Compare.Undeclared)
}

// TestUnresolvableEnvironmentIsLeftAlone: where Compose can't resolve the model before, nothing can be
// shown of a change, so none is made.
func TestUnresolvableEnvironmentIsLeftAlone(t *testing.T) {
	p := sample(t)
	at := strings.Index(string(text(t, p, "docker-compose.ci.yml")), "services:")
	files, err := edit.Apply(p.Files, []edit.Op{edit.Text("docker-compose.ci.yml", edit.Insert(at, "include:\r\n  - not-there.yml\r\n", ""))})
	if err != nil {
		t.Fatal(err)
	}
	broken := project.Discover(files, p, project.NewCache())
	if e := broken.EnvironmentOf("docker-compose.ci.yml"); e == nil || e.Err == nil {
		t.Fatalf("Compose resolves it: %+v", e)
	}
	made, err := plan.Make(broken, stages(broken, swap("U1", "docker-compose.ci.yml", "max-size: 5m", "max-size: 6m")), plan.Choice{})
	if err != nil {
		t.Fatal(err)
	}
	if why := refusal(made.Set, "U1"); !made.Set.Empty() || !strings.Contains(why, "could not be shown") {
		t.Errorf("%d files, refused with %q", len(made.Set.Files), why)
	}
}

func text(t *testing.T, p *project.Project, path string) []byte {
	t.Helper()
	b, err := p.Files.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestFewTriesForOneCulprit counts discoveries: among many fixes of one round, the one that changes what it does not
// declare is found by halves, and what was decided before it is not decided again.
func TestFewTriesForOneCulprit(t *testing.T) {
	const fixes = 64
	text := "services:\n  app:\n    image: app:1\n    environment:\n"
	var rules []rule.Rule
	for i := range fixes {
		name := fmt.Sprintf("V%02d", i)
		text += "      " + name + ": old\n"
		declared := change.Declared{Aspect: change.AspectCompose, Subject: "compose.yml", Addr: "services.app.environment." + name, Why: "asked for"}
		if i == 40 {
			declared.Addr = "services.app.image"
		}
		rules = append(rules, swap(fmt.Sprintf("R%02d", i), "compose.yml", name+": old", name+": new", declared))
	}
	base := projectOf(t, map[string]string{"compose.yml": text})
	stages := stages(base, rules...)
	discoveries := 0
	discover := stages.Discover
	stages.Discover = func(files *source.Snapshot) *project.Project { discoveries++; return discover(files) }
	made, err := plan.Make(base, stages, plan.Choice{})
	if err != nil {
		t.Fatal(err)
	}
	if refusal(made.Set, "R40") == "" || len(made.Set.Refused) != 1 {
		t.Errorf("refused: %+v", made.Set.Refused)
	}
	if discoveries > 20 { // one a round, and two for each halving
		t.Errorf("%d discoveries for %d fixes", discoveries, fixes)
	}
}

// TestDifferencesThatComeOneByOne: however many fixes are to blame, what others repair stays in the plan.
func TestDifferencesThatComeOneByOne(t *testing.T) {
	const fixes = 40
	text := "services:\n  app:\n    image: app:1\n    environment:\n"
	rules := []rule.Rule{swap("G1", "other.yml", "V: old", "V: new",
		change.Declared{Aspect: change.AspectCompose, Subject: "other.yml", Addr: "services.app.environment.V", Why: "asked for"})}
	for i := range fixes {
		name := fmt.Sprintf("V%02d", i)
		text += "      " + name + ": old\n"
		rules = append(rules, swap(fmt.Sprintf("R%02d", i), "compose.yml", name+": old", name+": new"))
	}
	base := projectOf(t, map[string]string{"compose.yml": text, "other.yml": "services:\n  app:\n    image: app:1\n    environment:\n      V: old\n"})
	stages := stages(base, rules...)
	compare := stages.Compare
	stages.Compare = func(before, after *project.Project, moves map[string]string, declared []change.Declared) change.Comparison {
		c := compare(before, after, moves, declared)
		c.Undeclared = c.Undeclared[:min(1, len(c.Undeclared))]
		return c
	}
	made, err := plan.Make(base, stages, plan.Choice{})
	if err != nil {
		t.Fatal(err)
	}
	if len(made.Set.Refused) != fixes || len(made.Set.Files) != 1 || made.Set.Files[0].Path != "other.yml" {
		t.Errorf("%d are refused, changed is %+v", len(made.Set.Refused), made.Set.Files)
	}
}
