package dockerfile

import (
	_ "embed"
	"fmt"
	"path"
	"regexp"
	"slices"

	"refit/internal/change"
	"refit/internal/compose"
	"refit/internal/edit"
	"refit/internal/layout"
	"refit/internal/project"
	"refit/internal/rule"
	"refit/internal/rules/dockerfile/multistage"
	"refit/internal/workflow"
)

//go:embed d50_single_stage.md
var singleStageDoc string

// SingleStage finds a stage that builds, tests and runs in one, and splits it: D50.
var SingleStage = rule.Rule{
	Meta: rule.Meta{ID: "D50", Name: "single-stage", Theme: rule.Dockerfile, Severity: rule.Error, Since: "0.1.0",
		Summary: "one stage has the build tools, the development dependencies and the running service",
		Aliases: []string{"guide Step 4"}, Doc: singleStageDoc},
	Check: checkSingleStage,
}

func checkSingleStage(pass *rule.Pass) {
	var made []*project.Dockerfile // few of many
	for _, d := range pass.Project.Dockerfiles {
		if shipped(d) && !layout.Leftover(d.Path) {
			made = append(made, d)
		}
	}
	rule.Each(pass, pass.Project.Dockerfiles, func(pass *rule.Pass, d *project.Dockerfile) {
		if len(made) > 0 && !shipped(d) && besideProduction(pass.Project, d, made) {
			return // one stage is all that developing needs
		}
		split, err := multistage.Find(pass.Project, d)
		switch {
		case err != nil:
			pass.Report(rule.Finding{
				At: rule.Location{Path: d.Path, Span: d.File.Stages[0].From.Span}, Subject: "stages", Severity: rule.Warning,
				Message: "one stage builds and runs the service; compilers and development dependencies reach production, and every change of the source installs everything again; split it into stages",
				Fixes:   []rule.Fix{{Title: "Split into stages", Safety: change.Manual, Why: "not split: " + err.Error()}},
			})
		case split != nil:
			pass.Report(singleStageFinding(pass.Project, d, split))
		}
	})
}

// shipped says whether a Dockerfile is production's: by its name or its folder, by the environment that builds it, or because
// a workflow does.
func shipped(d *project.Dockerfile) bool {
	if env, _ := compose.EnvironmentOf(d.Path); env == "prod" || env == "staging" {
		return true
	}
	return slices.ContainsFunc(d.Builds, func(b project.Build) bool {
		kind, ci := workflow.KindOf(b.By)
		return b.Env == "prod" || b.Env == "staging" || ci && kind != workflow.Task && kind != workflow.PreCommit
	})
}

// besideProduction says whether another Dockerfile makes the image of the same source that is shipped, one of made. One that a
// Compose file builds for another service is not instead of it: a worker beside a server.
func besideProduction(p *project.Project, d *project.Dockerfile, made []*project.Dockerfile) bool {
	unit := p.Unit(d.Context())
	return slices.ContainsFunc(made, func(o *project.Dockerfile) bool {
		return o != d && !together(p, o, d) && (o.Context() == d.Context() || unit != nil && p.Unit(o.Context()) == unit)
	})
}

// together says whether one Compose file builds both, the second of them not under an environment's name.
func together(p *project.Project, a, b *project.Dockerfile) bool {
	if env, _ := compose.EnvironmentOf(b.Path); env != "" {
		return false
	}
	return slices.ContainsFunc(a.Builds, func(x project.Build) bool {
		return x.Service != "" && p.ComposeFile(x.By) != nil && slices.ContainsFunc(b.Builds, func(y project.Build) bool { return y.By == x.By && y.Service != x.Service && y.Service != "" })
	})
}

func singleStageFinding(p *project.Project, d *project.Dockerfile, split *multistage.Split) rule.Finding {
	name := multistage.StageName(split.Stage)
	f := rule.Finding{
		At: rule.Location{Path: d.Path, Span: split.Stage.From.Span}, Subject: "stage:" + name,
		Message: "stage " + name + " builds and runs the service in one; compilers and development dependencies reach production, " +
			"and every change of the source installs everything again; split it into base, tools, builder, development, testing and production",
	}
	fix := rule.Fix{
		Title:  "Split stage " + name + " into base, tools, builder, development, testing and production, run as " + split.User(),
		Safety: change.Behaviour, Declares: split.Declares(), Steps: split.Steps(),
		Ops: []edit.Op{edit.Text(d.Path, split.Edits()...)},
	}
	targets, err := composeTargets(p, d, split)
	if err == nil && split.LeavesCompilers() {
		for _, r := range runningStages(p, d) {
			if r.stage == split.Stage {
				err = r.needsCompilers(p)
			}
		}
	}
	if err != nil {
		f.Severity = rule.Warning
		f.Fixes = []rule.Fix{{Title: fix.Title, Safety: change.Manual, Why: "not split: " + err.Error()}}
		return f
	}
	for _, t := range targets {
		fix.Ops = append(fix.Ops, edit.Text(t.file, t.edits...))
		fix.Declares = append(fix.Declares, change.Declared{Aspect: change.AspectCompose, Subject: t.file,
			Addr: compose.Addr("services", t.service, "build", "target"), Why: "each environment builds the stage made for it"})
	}
	f.Fixes = []rule.Fix{fix}
	return f
}

// target is the change of one service's build.target.
type target struct {
	file, service string
	edits         []edit.Edit
}

// composeTargets makes every service that builds the stage build the one for its environment.
func composeTargets(p *project.Project, d *project.Dockerfile, split *multistage.Split) ([]target, error) {
	var targets []target
	wanted := map[[2]string]string{} // file and service -> stage
	for _, b := range d.Builds {
		file := p.ComposeFile(b.By)
		if file == nil || b.Service == "" {
			continue
		}
		if s, ok := d.File.Target(b.Target); !ok || s != split.Stage {
			continue
		}
		want := multistage.StageFor(b.Env)
		if b.Env == "" && mountsSource(p, b, split) {
			want = multistage.Development
		}
		if at := testedInside(p, p.EnvironmentOf(b.By), b.Service); want == multistage.Production && at != "" {
			return nil, fmt.Errorf("%s runs tests inside of service %s, for which production would lack the tools; give the tests an environment of their own", at, b.Service)
		}
		place := [2]string{b.By, b.Service}
		if first, known := wanted[place]; known && first != want {
			return nil, fmt.Errorf("several environments build service %s by what %s says, one the stage %s and another the stage %s; give each a build.target in a file of its own",
				b.Service, b.By, first, want)
		} else if known {
			continue
		}
		wanted[place] = want
		edits, err := file.File.SetBuildTarget(b.Service, want, false)
		if err != nil {
			return nil, fmt.Errorf("the target of service %s in %s can't be set: %w", b.Service, b.By, err)
		}
		targets = append(targets, target{b.By, b.Service, edits})
	}
	return targets, nil
}

// testedInside is the file that runs tests in the containers of an environment's service, by docker compose exec or run; "" when
// none does.
func testedInside(p *project.Project, env *project.Environment, service string) string {
	for _, c := range p.Calls {
		if c.Certain && env != nil && slices.ContainsFunc(c.Files, func(f string) bool { return !slices.Contains(env.Files, f) }) {
			continue // of another environment
		}
		at := slices.Index(c.Args, service)
		if (c.Subcommand == "exec" || c.Subcommand == "run") && at >= 0 && slices.ContainsFunc(c.Args[at+1:], testWord.MatchString) {
			return c.From
		}
	}
	return ""
}

var testWord = regexp.MustCompile(`(?:^|[/._-])(?:tests?|pytest)(?:[/._-]|$)`)

// mountsSource says whether the service mounts its build context over the work directory, as one
// does to develop.
func mountsSource(p *project.Project, b project.Build, split *multistage.Split) bool {
	env := p.EnvironmentOf(b.By)
	if env == nil || env.Model == nil || env.Model.Services[b.Service] == nil {
		return false
	}
	for _, m := range env.Model.Services[b.Service].Mounts {
		if m.Type == "bind" && path.Clean(m.Target) == split.Workdir() {
			return true
		}
	}
	return false
}
