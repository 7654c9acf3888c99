package ruletest

import (
	"maps"
	"path"
	"slices"
	"strings"
	"testing"

	"refit/internal/edit"
	"refit/internal/fuzztest"
	"refit/internal/project"
	"refit/internal/rule"
	"refit/internal/source"
)

// Fuzz damages the examples of the rules' documentation and holds every rule to what it must keep whatever it
// meets: no panic, spans inside of their files, nothing changed by checking; and the fixes of the example's own
// rule leave files that parse and comments that stay, and come to rest.
func Fuzz(f *testing.F, rules []rule.Rule) {
	type example struct {
		own   rule.Rule
		files map[string]block
	}
	var examples []example
	for _, r := range rules {
		cases, err := parse(r.Doc)
		if err != nil {
			f.Fatal(err)
		}
		for _, c := range cases {
			files := c.before()
			if len(files) == 0 {
				files = c.after()
			}
			f.Add(uint16(len(examples)), fuzztest.Seeds(len(examples) + 1)[len(examples)])
			examples = append(examples, example{r, files})
		}
	}
	f.Fuzz(func(t *testing.T, n uint16, data []byte) {
		ex := examples[int(n)%len(examples)]
		d := fuzztest.New(data)
		files := maps.Clone(ex.files)
		for _, p := range slices.Sorted(maps.Keys(files)) {
			b := files[p]
			b.text = d.Dress(d.Damage(b.text))
			files[p] = b
		}
		p := discover(t, files)
		copies := copyTexts(p)
		for _, r := range rules {
			for _, found := range check(r, p) {
				text := copies[found.At.Path]
				if at := found.At.Span; found.Subject == "" || found.Message == "" || at.Start < 0 || at.Start > at.End || at.End > len(text) {
					t.Errorf("%s: %+v, the file has %d bytes", r.ID, found, len(text))
				}
			}
		}
		assertUnchanged(t, p, copies)
		fixedHolds(t, ex.own, p)
		if t.Failed() {
			for _, name := range slices.Sorted(maps.Keys(files)) {
				t.Logf("-- %s --\n%s", name, files[name].text)
			}
		}
	})
}

// fixedHolds carries the rule's fixes out as a plan does, so one that does not hold is left out.
func fixedHolds(t *testing.T, r rule.Rule, p *project.Project) {
	left := map[string]bool{} // fixes that did not hold
	id := func(f rule.Finding) string { return f.At.Path + "\x00" + f.Subject }
	for range 60 {
		var todo []rule.Finding
		for _, f := range check(r, p) {
			if fixable(f) && !left[id(f)] {
				todo = append(todo, f)
			}
		}
		if len(todo) == 0 {
			return
		}
		one := todo[0]
		files, err := edit.Apply(p.Files, one.Fixes[0].Written().Ops)
		if err != nil {
			t.Errorf("%s %s: the fix can't be applied: %v", r.ID, one.Subject, err)
			return
		}
		next := project.Discover(files, p, project.NewCache())
		if why := parses(p, next, one.Fixes[0].Written().Ops); why != "" {
			t.Errorf("%s %s: %s", r.ID, one.Subject, why)
			return
		}
		notesStay(t, r, p.Files, files)
		for _, f := range check(r, next) {
			if id(f) == id(one) && fixable(f) {
				left[id(f)] = true
			}
		}
		p = next
	}
	t.Errorf("%s does not come to rest", r.ID)
}

// parses says which file no longer parses, "" when all that did still do.
func parses(before, after *project.Project, ops []edit.Op) string {
	known := map[string]bool{}
	for _, p := range before.Problems {
		known[p.Path] = true
	}
	for _, op := range ops {
		if op.Kind == edit.KindRename && known[op.Path] {
			known[op.To] = true
		}
	}
	for _, p := range after.Problems {
		if !known[p.Path] {
			text, _ := after.Files.Read(p.Path)
			return "a file no longer parses: " + p.Error() + "\n" + string(text)
		}
	}
	return ""
}

func notesStay(t *testing.T, r rule.Rule, before, after *source.Snapshot) {
	count := func(s *source.Snapshot) map[string]int {
		found := map[string]int{}
		for _, p := range s.Paths() {
			if strings.HasPrefix(path.Base(p), ".env") { // a template holds the comments of its env file
				continue
			}
			text, _ := s.Read(p)
			for _, note := range fuzztest.Notes(string(text)) {
				found[note]++
			}
		}
		return found
	}
	now := count(after)
	for note, n := range count(before) {
		if now[note] < n {
			t.Errorf("%s: the fix loses %s", r.ID, note)
		}
	}
}
