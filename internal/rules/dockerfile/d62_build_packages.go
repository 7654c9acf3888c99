package dockerfile

import (
	_ "embed"
	"slices"
	"strings"

	"refit/internal/dockerfile"
	"refit/internal/rule"
	"refit/internal/shell"
	"refit/internal/stack"
)

//go:embed d62_build_packages.md
var buildPackagesDoc string

// BuildPackages finds compilers and headers in what production runs, and libraries that it lacks: D62.
var BuildPackages = rule.Rule{
	Meta: rule.Meta{ID: "D62", Name: "build-packages-in-production", Theme: rule.Dockerfile, Severity: rule.Warning, Since: "0.1.0",
		Summary: "compilers and headers are in the final image, or a library that the builder linked against is not", Doc: buildPackagesDoc},
	Check: checkBuildPackages,
}

func checkBuildPackages(pass *rule.Pass) {
	for _, d := range pass.Project.Dockerfiles {
		for _, r := range runningStages(pass.Project, d) {
			if r.forDevelopment() || !r.known || r.image.Distro == stack.UnknownDistro {
				continue
			}
			reportBuildPackages(pass, r)
			reportMissingLibraries(pass, r)
		}
	}
}

func reportBuildPackages(pass *rule.Pass, r *running) {
	var in *dockerfile.Instruction
	var names []string
	for _, step := range r.instructions() {
		for _, i := range installs(step) {
			if i == nil || i.Action != shell.ActionAdd || !systemManagers[i.Manager] {
				continue
			}
			for _, w := range i.Packages {
				if stack.RoleOf(r.image.Distro, w.Value) == stack.BuildRole && !slices.Contains(names, w.Value) && w.Value != "apt-utils" {
					names = append(names, w.Value)
					if in == nil {
						in = step
					}
				}
			}
		}
	}
	if len(names) == 0 || removing(r.text()) || r.image.Kind == stack.BuildKind {
		return
	}
	split := stack.SplitPackages(r.image.Distro, r.image.Release, names)
	why := "install them in a stage that builds, and copy the result"
	if len(split.Counterparts) > 0 {
		why += "; the final stage needs " + strings.Join(split.Counterparts, " ") + " in their place"
	}
	if len(split.NoCounterpart) > 0 {
		why += "; which run-time packages belong to " + strings.Join(split.NoCounterpart, " ") + " is not known to refit"
	}
	f := rule.Finding{At: at(r.d, in), Subject: stageSubject(r.stage) + "/build packages",
		Message: stageSubject(r.stage) + ", which production runs, has " + some(names) + "; a compiler helps whoever breaks in, and makes the image larger; build in a stage of its own"}
	if in.Stage != r.stage {
		f.At = at(r.d, r.stage.From)
	}
	if fix, ok := r.runtimeOnly(names); ok && r.needsCompilers(pass.Project) == nil {
		f.Fixes = []rule.Fix{fix}
	} else if fix, err := r.apart(pass.Project, names); err == nil {
		f.Fixes = []rule.Fix{fix}
	} else {
		f.Fixes = rule.Manual("Build in a stage of its own", err.Error()+"; "+why)
	}
	pass.Report(f)
}

// removing says whether packages are taken away again.
func removing(text string) bool {
	return strings.Contains(text, "apk del") || strings.Contains(text, "purge") || strings.Contains(text, "apt-get remove") || strings.Contains(text, "autoremove")
}

// reportMissingLibraries finds headers in a stage that an environment is copied from, whose library the
// final image has not.
func reportMissingLibraries(pass *rule.Pass, r *running) {
	chain, have := r.chain(), r.packages()
	for _, p := range slices.Clone(have) {
		have = append(have, stack.Brings(r.image.Distro, p)...)
	}
	if !r.image.HasShell() {
		return
	}
	for _, s := range r.installers() {
		if slices.Contains(chain, s) {
			continue
		}
		other := newRunning(r.d, s, r.args)
		if other.image.Distro != r.image.Distro {
			continue
		}
		var missing []string
		for _, p := range other.packages() {
			libraries, known := r.image.Counterpart(p)
			if stack.RoleOf(r.image.Distro, p) != stack.BuildRole || !known || slices.Contains(have, p) {
				continue
			}
			for _, l := range libraries {
				if !slices.Contains(have, l) && !slices.Contains(missing, l) {
					missing = append(missing, l)
				}
			}
		}
		if len(missing) > 0 {
			pass.Report(rule.Finding{At: at(r.d, r.stage.From), Subject: stageSubject(r.stage) + "/libraries",
				Message: "what " + stageSubject(s) + " builds may be linked against " + strings.Join(missing, ", ") + ", which " + stageSubject(r.stage) + " lacks; it then fails when it is loaded; install the run-time packages",
				Fixes:   rule.Manual("Install the run-time packages", "whether the built packages bring the libraries along (wheels often do) can't be told from the files; if not, install "+strings.Join(missing, " ")+" in "+stageSubject(r.stage))})
			return
		}
	}
}
