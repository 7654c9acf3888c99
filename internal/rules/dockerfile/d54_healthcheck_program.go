package dockerfile

import (
	_ "embed"
	"strings"

	"refit/internal/change"
	"refit/internal/dockerfile"
	"refit/internal/edit"
	"refit/internal/project"
	"refit/internal/rule"
	"refit/internal/stack"
)

//go:embed d54_healthcheck_program.md
var healthcheckProgramDoc string

// HealthcheckProgram finds health checks whose program is not in the image: D54.
var HealthcheckProgram = rule.Rule{
	Meta: rule.Meta{ID: "D54", Name: "healthcheck-program-missing", Theme: rule.Dockerfile, Severity: rule.Error, Since: "0.1.0",
		Summary: "the HEALTHCHECK calls a program that is not in the image", Doc: healthcheckProgramDoc},
	Check: checkHealthcheckProgram,
}

// probing are programs that health checks call and slim images lack. Of others it isn't known
// whether they are there.
var probing = map[string]bool{"curl": true, "wget": true, "nc": true, "node": true, "python": true, "python3": true, "pgrep": true, "ss": true, "netstat": true}

func checkHealthcheckProgram(pass *rule.Pass) {
	for _, d := range pass.Project.Dockerfiles {
		seen := map[*dockerfile.Instruction]bool{}
		for _, r := range runningStages(pass.Project, d) {
			h := r.config.Healthcheck
			if h == nil || h.Disabled || !r.known || r.image.Programs == nil && r.image.Distro != stack.Scratch && r.image.Distro != stack.Distroless || seen[h.At] {
				continue
			}
			missing := r.missingProgram()
			if missing == "" {
				continue
			}
			seen[h.At] = true
			f := rule.Finding{At: at(d, h.At), Subject: stageSubject(r.stage) + "/HEALTHCHECK",
				Message: "the HEALTHCHECK of " + stageSubject(r.stage) + " calls " + missing + ", which is not in " + r.base + "; every check fails, and the container counts as unhealthy though it works; ask with a program that is there"}
			f.Fixes = []rule.Fix{r.otherProbe(pass.Project)}
			pass.Report(f)
		}
	}
}

// missingProgram is a program of the HEALTHCHECK that the image lacks, "" when there is none.
func (r *running) missingProgram() string {
	h := r.config.Healthcheck
	if h.ShellForm && !r.image.HasShell() {
		return "a shell"
	}
	for _, name := range healthPrograms(commands(h.At)) {
		if probing[name] && !r.hasProgram(name) {
			return name
		}
	}
	return ""
}

// otherProbe asks the same URL with a program that is in the image.
func (r *running) otherProbe(p *project.Project) rule.Fix {
	h := r.config.Healthcheck
	fix := rule.Fix{Title: "Ask with a program that is in the image", Safety: change.Behaviour}
	var argv []string
	url, ok := askedURL(h.Command)
	err := error(nil)
	if ok {
		argv, err = stack.Probe(r.image, "", url)
	} else {
		argv, _, err = r.probe(p)
	}
	if err != nil {
		fix.Safety, fix.Why = change.Manual, err.Error()
		return fix
	}
	edits := h.At.Replace(healthInstruction(h.At, argv))
	fix.Ops = []edit.Op{edit.Text(r.d.Path, edits...)}
	fix.Declares = []change.Declared{declaredEverywhere(r.d, "healthcheck", "the check calls a program that the image has")}
	return fix
}

// healthInstruction is the HEALTHCHECK with its own flags and another command.
func healthInstruction(in *dockerfile.Instruction, argv []string) string {
	text := "HEALTHCHECK"
	for _, f := range in.Flags {
		text += " " + string(f.Span.Of(in.Stage.File().Text))
	}
	if len(in.Flags) == 0 {
		return text + " CMD " + jsonForm(argv)
	}
	if strings.Contains(string(in.Span.Of(in.Stage.File().Text)), "\n") {
		return in.Stage.File().Multiline(text, "CMD "+jsonForm(argv))
	}
	return text + " CMD " + jsonForm(argv)
}
