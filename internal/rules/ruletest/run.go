package ruletest

import (
	"bytes"
	"fmt"
	"sort"
	"strings"
	"testing"

	"refit/internal/change"
	"refit/internal/edit"
	"refit/internal/project"
	"refit/internal/rule"
	"refit/internal/source"
)

// Run executes the examples of every rule's documentation.
func Run(t *testing.T, rules []rule.Rule) {
	for _, r := range rules {
		t.Run(r.ID+"_"+r.Name, func(t *testing.T) { runRule(t, r) })
	}
}

func runRule(t *testing.T, r rule.Rule) {
	cases, err := parse(r.Doc)
	if err != nil {
		t.Fatal(err)
	}
	bad, good := 0, 0
	for _, c := range cases {
		if c.has("bad") {
			bad++
		}
		if c.has("good") {
			good++
		}
		t.Run(c.name, func(t *testing.T) { runCase(t, r, c) })
	}
	if bad == 0 || good == 0 {
		t.Errorf("%s.md needs at least one bad and one good example, has %d and %d", r.Name, bad, good)
	}
	if !strings.HasPrefix(r.Doc, "# "+r.ID+" ") {
		t.Errorf("the documentation must start with %q", "# "+r.ID+" "+r.Name)
	}
}

func runCase(t *testing.T, r rule.Rule, c fixture) {
	if !c.has("bad") { // a negative: everything in it is good
		if found := check(r, discover(t, c.after())); len(found) > 0 {
			t.Fatalf("a good example has findings:\n%s", list(found))
		}
		return
	}
	before := c.before()
	p := discover(t, before)
	copies := copyTexts(p)
	found := check(r, p)
	assertUnchanged(t, p, copies)
	if len(found) != c.expected() {
		t.Fatalf("%d findings, want %d:\n%s", len(found), c.expected(), list(found))
	}
	assertFindings(t, p, found, c)
	if !c.has("good") {
		for _, f := range found {
			if fixable(f) {
				t.Errorf("%s has an applicable fix (%s) but the example shows no good", f.Subject, f.Fixes[0].Title)
			}
		}
		return
	}
	fixed := fixAll(t, r, p)
	assertFiles(t, fixed.Files, c)
	for _, f := range check(r, fixed) {
		if fixable(f) {
			t.Errorf("after the fix there is still %s %s: %s", r.ID, f.Subject, f.Message)
		}
	}
}

func discover(t *testing.T, files map[string]block) *project.Project {
	t.Helper()
	var entries []*source.Entry
	for p, b := range files {
		entries = append(entries, source.NewText(p, b.mode, []byte(b.text)))
	}
	p := project.Discover(source.NewSnapshot(entries, nil), nil, project.NewCache())
	return p
}

// check runs one rule and orders its findings by place.
func check(r rule.Rule, p *project.Project) []rule.Finding {
	pass := &rule.Pass{Project: p, Meta: &r.Meta}
	r.Check(pass)
	found := pass.Found()
	sort.SliceStable(found, func(i, j int) bool {
		a, b := found[i], found[j]
		if a.At.Path != b.At.Path {
			return a.At.Path < b.At.Path
		}
		return a.At.Span.Start < b.At.Span.Start
	})
	for i := range found {
		for n := range found[i].Fixes {
			found[i].Fixes[n] = found[i].Fixes[n].Written()
		}
	}
	return found
}

func fixable(f rule.Finding) bool {
	return len(f.Fixes) > 0 && f.Fixes[0].Safety != change.Manual && len(f.Fixes[0].Ops) > 0
}

// fixAll applies the rule's fixes, round by round, until none is left.
func fixAll(t *testing.T, r rule.Rule, p *project.Project) *project.Project {
	t.Helper()
	for range 12 {
		var fixes [][]edit.Op
		for _, f := range check(r, p) {
			if fixable(f) {
				fixes = append(fixes, f.Fixes[0].Ops)
			}
		}
		if len(fixes) == 0 {
			return p
		}
		winners, _ := edit.Merge(fixes)
		var ops []edit.Op
		for _, w := range winners {
			ops = append(ops, fixes[w]...)
		}
		files, err := edit.Apply(p.Files, ops)
		if err != nil {
			t.Fatalf("the fix can't be applied: %v", err)
		}
		p = project.Discover(files, p, project.NewCache())
		if len(p.Problems) > 0 {
			t.Errorf("after the fix: %v", p.Problems[0])
		}
	}
	t.Fatal("the fix is not idempotent: 12 rounds and still something to do")
	return nil
}

func assertFindings(t *testing.T, p *project.Project, found []rule.Finding, c fixture) {
	t.Helper()
	seen := map[string]bool{}
	for _, f := range found {
		if f.Subject == "" || f.Message == "" {
			t.Errorf("a finding needs a subject and a message: %+v", f)
		}
		key := f.At.Path + "\x00" + f.Subject
		if seen[key] {
			t.Errorf("two findings share the identity %s %s", f.At.Path, f.Subject)
		}
		seen[key] = true
		for _, fix := range f.Fixes {
			if fix.Title == "" || fix.Safety == "" || (fix.Safety == change.Manual && fix.Why == "") {
				t.Errorf("%s: a fix needs a title and a safety, a manual one a reason: %+v", f.Subject, fix)
			}
		}
	}
	for _, b := range c.blocks {
		if b.role != "bad" || b.line == 0 {
			continue
		}
		if line := firstLine(p, found, b.path); line != b.line {
			t.Errorf("%s: the first finding is at line %d, want %d", b.path, line, b.line)
		}
	}
}

// firstLine is the line of the first finding in the file, 0 when it has none.
func firstLine(p *project.Project, found []rule.Finding, file string) int {
	for _, f := range found {
		if f.At.Path != file {
			continue
		}
		text, err := p.Files.Read(file)
		if err != nil {
			return 1
		}
		return source.NewLines(text).Position(f.At.Span.Start).Line
	}
	return 0
}

func assertFiles(t *testing.T, files *source.Snapshot, c fixture) {
	t.Helper()
	want := c.after()
	for p, b := range c.before() {
		if _, given := want[p]; !given && !c.moves() {
			want[p] = b
		}
	}
	for _, b := range c.blocks {
		if b.role == "gone" {
			delete(want, b.path)
		}
	}
	for p, b := range want {
		e, ok := files.Entry(p)
		if !ok {
			t.Errorf("%s is missing after the fix; there are %v", p, files.Paths())
			continue
		}
		text, _ := e.Bytes()
		if string(text) != b.text {
			t.Errorf("%s after the fix:\n%s\n--- want:\n%s\n--- difference:\n%s", p, text, b.text, edit.Unified([]byte(b.text), text, "want", "got", 2))
		}
		if e.Mode.Perm() != b.mode {
			t.Errorf("%s has mode %o after the fix, want %o", p, e.Mode.Perm(), b.mode)
		}
	}
	for _, p := range files.Paths() {
		if _, ok := want[p]; !ok {
			text, _ := files.Read(p)
			t.Errorf("%s is there after the fix and not in the example:\n%s", p, text)
		}
	}
}

// moves says whether the case shows files at other paths after the fix, so that a bad file
// without a good one of its path is gone.
func (f fixture) moves() bool {
	before := f.before()
	for p := range f.after() {
		if _, ok := before[p]; !ok {
			return f.has("gone")
		}
	}
	return false
}

func copyTexts(p *project.Project) map[string][]byte {
	copies := map[string][]byte{}
	for _, path := range p.Files.Paths() {
		text, _ := p.Files.Read(path)
		copies[path] = bytes.Clone(text)
	}
	return copies
}

func assertUnchanged(t *testing.T, p *project.Project, copies map[string][]byte) {
	t.Helper()
	for path, want := range copies {
		if text, _ := p.Files.Read(path); !bytes.Equal(text, want) {
			t.Errorf("checking changed %s", path)
		}
	}
}

func list(found []rule.Finding) string {
	var b strings.Builder
	for _, f := range found {
		fmt.Fprintf(&b, "  %s [%d,%d) %s: %s\n", f.At.Path, f.At.Span.Start, f.At.Span.End, f.Subject, f.Message)
	}
	return b.String()
}
