package dockerfile

import (
	_ "embed"
	"fmt"
	"path"
	"slices"
	"strings"

	"refit/internal/change"
	"refit/internal/dockerfile"
	"refit/internal/dockerignore"
	"refit/internal/edit"
	"refit/internal/project"
	"refit/internal/rule"
)

//go:embed d63_tests_in_production.md
var testsInProductionDoc string

// TestsInProduction finds the tests in an image that only production runs: D63.
var TestsInProduction = rule.Rule{
	Meta: rule.Meta{ID: "D63", Name: "tests-in-production", Theme: rule.Dockerfile, Severity: rule.Warning, Since: "0.1.0",
		Summary: "production's image has the tests in it, which another stage runs",
		Doc:     testsInProductionDoc},
	Check: checkTestsInProduction,
}

func checkTestsInProduction(pass *rule.Pass) {
	for _, d := range pass.Project.Dockerfiles {
		seen := map[int]bool{}
		for _, r := range runningStages(pass.Project, d) {
			if !r.onlyForProduction(pass.Project) {
				continue
			}
			for _, in := range r.instructions() {
				folders := r.testsCopied(pass.Project, in)
				if len(folders) == 0 || seen[in.Span.Start] {
					continue
				}
				seen[in.Span.Start] = true
				pass.Report(rule.Finding{At: at(d, in), Subject: stageSubject(in.Stage) + "/tests",
					Message: fmt.Sprintf("%s, which production runs, gets the tests (%s); nothing runs them there, their made-up data and accounts are in what is shipped, and each change of a test makes a new image; leave them out of the copy",
						stageSubject(r.stage), rule.Listed(folders)),
					Fixes: []rule.Fix{r.withoutTests(pass.Project, in, folders)}})
			}
		}
	}
}

// onlyForProduction says whether nothing but production runs the image, and development or tests have a stage of
// their own.
func (r *running) onlyForProduction(p *project.Project) bool {
	if r.forDevelopment() || !r.onlyIn("prod", "staging") && (len(r.uses) > 0 || !productionNames[r.stage.Name]) {
		return false
	}
	return slices.ContainsFunc(runningStages(p, r.d), func(other *running) bool { return other.onlyIn("dev", "test", "ci") })
}

// renames says whether the stage is only another name for r's, under which nothing but production runs it.
func (r *running) renames(of *running) bool {
	return r.stage.Parent(r.args) == of.stage && len(r.stage.Instructions) == 1 && len(r.uses) == 0 && !developmentName.MatchString(r.stage.Name)
}

// testFolders are the folders that hold tests by their names, at the root of what is copied.
var testFolders = []string{"tests", "test", "spec", "__tests__"}

// testsCopied are the test folders that a copy of the whole source brings, itself or out of a stage that has it.
func (r *running) testsCopied(p *project.Project, in *dockerfile.Instruction) []string {
	c, ok := in.Copy()
	if !ok || c.Parents || !r.takesSource(c) {
		return nil
	}
	out := dockerignore.Parse("", []byte(strings.Join(c.Exclude, "\n"))).Matcher()
	var list []string
	from, _ := r.d.File.Stage(c.From)
	for _, name := range testFolders {
		folder := path.Join(r.d.Context(), name)
		if p.Files.IsDir(folder) && !out.Ignored(name) && !r.deletes(from, name) && holdsTests(r.sent(p), folder) {
			list = append(list, name)
		}
	}
	return list
}

// takesSource says whether a copy takes the whole build context, or the folder to which another stage copied it.
func (r *running) takesSource(c dockerfile.Copy) bool {
	if len(c.Sources) != 1 || c.Sources[0].Heredoc != nil {
		return false
	}
	if c.From == "" {
		return path.Clean(c.Sources[0].Value) == "." || c.Sources[0].Value == "/"
	}
	from, ok := r.d.File.Stage(c.From)
	if !ok {
		return false
	}
	for _, in := range (&running{stage: from, args: r.args}).instructions() {
		inner, is := in.Copy()
		if !is || inner.From != "" || len(inner.Exclude) > 0 || !r.takesSource(inner) {
			continue
		}
		to, unproven := inner.Target(r.d.File.StateAt(in, r.args))
		source, unknown := from.Config(r.args).WorkingDir.Value, len(unproven) > 0
		if name := c.Sources[0].Value; path.IsAbs(name) {
			source = name
		} else {
			source = path.Join(source, name)
		}
		if !unknown && path.Clean(to) == path.Clean(source) {
			return true
		}
	}
	return false
}

// sent is what the stage's build receives; nil where several contexts make that uncertain.
func (r *running) sent(p *project.Project) []string {
	dir := r.d.Context()
	if slices.ContainsFunc(r.d.Builds, func(b project.Build) bool { return b.Context != dir }) {
		return nil
	}
	return p.BuildContext(r.d.Path, dir)
}

// withoutTests is the fix: a stage of its own deletes the folders, and production copies what is left. COPY --exclude would be
// shorter, and engines before 23 take no notice of it.
func (r *running) withoutTests(p *project.Project, in *dockerfile.Instruction, folders []string) rule.Fix {
	fix := rule.Fix{Title: "Leave " + rule.Listed(folders) + " out of what production copies", Safety: change.Behaviour}
	refuse := func(why string) rule.Fix {
		fix.Safety = change.Manual
		fix.Why = why + "; once that is no more, delete " + rule.Listed(folders) + " in a stage that has the source, and copy from there"
		return fix
	}
	for _, other := range runningStages(p, r.d) {
		if !other.onlyForProduction(p) && !other.renames(r) && slices.Contains(other.stage.Reachable(other.args), in.Stage) {
			return refuse(stageSubject(other.stage) + " uses this copy too")
		}
	}
	for _, folder := range folders {
		if why := r.needsTests(p, folder); why != "" {
			return refuse(why)
		}
	}
	stage, err := r.sourceStage(in, folders)
	if err != nil {
		return refuse(err.Error())
	}
	edits, err := stage.edits()
	if err != nil {
		return refuse(err.Error())
	}
	fix.Ops = []edit.Op{edit.Text(r.d.Path, edits...)}
	fix.Declares = stage.declares(r)
	return fix
}
