package main

// evidence is what the checks look at: the repository before and after the apply, and all that refit said.
type evidence struct {
	before, after tree
	plan          plan
	left          audit             // what the audit finds afterwards
	said          map[string][]byte // what was printed, by step
	stacks        []stack           // how the Compose files are started, with the models before and after
	moves         moves             // of the plan
	ignoredBefore map[string]bool   // what git's ignore files leave out
	ignoredAfter  map[string]bool
	checked       map[string]int // how much was looked at: "comments": 312
}

// checks are the second opinions. Each returns the violations that it sees, in words.
var checks = []struct {
	name string
	look func(*evidence) []string
}{
	{"named", unnamedChanges},
	{"parse", newlyUnreadable},
	{"compose", changedModels},
	{"context", changedContexts},
	{"make", lostTargets},
	{"comment", lostComments},
	{"reference", staleReferences},
	{"secret", printedSecrets},
	{"git", lostToGit},
}

// saw counts what a check looked at.
func (e *evidence) saw(what string, n int) {
	if e.checked == nil {
		e.checked = map[string]int{}
	}
	e.checked[what] += n
}

// unnamedChanges are the files that changed though the plan does not say so, and the other way round.
func unnamedChanges(e *evidence) []string {
	said := map[string]bool{}
	for _, c := range e.plan.Changes {
		said[c.Path], said[c.From] = true, true
	}
	var broken []string
	changed := map[string]bool{}
	files := differing(e.before, e.after, false)
	e.saw("changed files", len(files))
	for _, path := range files {
		changed[path] = true
		if !said[path] {
			broken = append(broken, path+" changed and the plan does not say so")
		}
	}
	for _, c := range e.plan.Changes {
		if !changed[c.Path] {
			broken = append(broken, c.Path+" did not change though the plan says so")
		}
	}
	return broken
}
