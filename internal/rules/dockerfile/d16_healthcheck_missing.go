package dockerfile

import (
	_ "embed"
	"slices"
	"strings"

	"refit/internal/change"
	"refit/internal/dockerfile"
	"refit/internal/edit"
	"refit/internal/rule"
	"refit/internal/stack"
)

//go:embed d16_healthcheck_missing.md
var healthcheckMissingDoc string

// HealthcheckMissing finds services that nobody asks whether they work: D16.
var HealthcheckMissing = rule.Rule{
	Meta: rule.Meta{ID: "D16", Name: "healthcheck-missing", Theme: rule.Dockerfile, Severity: rule.Warning, Since: "0.1.0",
		Summary: "a service has no health check, neither in its image nor in Compose",
		Aliases: []string{"hadolint DL3057", "trivy DS-0026", "checkov CKV_DOCKER_2", "KICS Healthcheck Instruction Missing", "docker-bench 4.6"}, Doc: healthcheckMissingDoc},
	Check: checkHealthcheckMissing,
}

func checkHealthcheckMissing(pass *rule.Pass) {
	for _, d := range pass.Project.Dockerfiles {
		given := map[*dockerfile.Stage]string{} // the checks that stages get, which those that build on them inherit
		for _, r := range runningStages(pass.Project, d) {
			if r.config.Healthcheck != nil || !r.serves() || r.startsNothing() || r.checkedByCompose() || r.known && r.image.Kind == stack.ServiceKind && len(r.uses) == 0 {
				continue
			}
			f := rule.Finding{At: at(d, r.stage.From), Subject: stageSubject(r.stage),
				Message: stageSubject(r.stage) + " has no HEALTHCHECK, nor have its services one in Compose; the engine takes it for working as long as its process lives, and depends_on can't wait for it; add a check"}
			host, before := r.healthHost()
			argv, what, err := host.probe(pass.Project)
			if err != nil && !r.saysPort() {
				continue // published, and nothing in the image says what for or could ask
			}
			if err != nil {
				f.Severity = rule.Info
				f.Fixes = rule.Manual("Add a HEALTHCHECK", err.Error()+"; write `HEALTHCHECK CMD [\"program\", \"argument\"]` with a program that is in the image and ends with 0 when the service works")
				pass.Report(f)
				continue
			}
			given[r.stage] = jsonForm(argv)
			if slices.ContainsFunc(r.chain(), func(s *dockerfile.Stage) bool { return s != r.stage && given[s] == given[r.stage] }) {
				continue
			}
			// Ten seconds, not Docker's thirty: the first check comes an interval after the start, and what depends on it waits
			text := r.d.File.Multiline("HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=5", "CMD "+jsonForm(argv))
			f.Fixes = []rule.Fix{{Title: "Check " + what, Safety: change.Behaviour, Later: func() ([]edit.Op, []change.Declared) {
				edits := []edit.Edit(nil)
				if before != nil {
					edits = before.InsertBefore(text)
				} else {
					edits = r.stage.Append(text)
				}
				return []edit.Op{edit.Text(d.Path, edits...)}, []change.Declared{declaredEverywhere(d, "healthcheck", "the engine asks whether the service works")}
			}}}
			pass.Report(f)
		}
	}
}

// healthHost is where the check belongs: the stage of the chain whose start command counts, so that the
// stages that build on it share it, and the instruction before which it goes. before is nil when the
// base image starts the service.
func (r *running) healthHost() (host *running, before *dockerfile.Instruction) {
	for _, in := range []*dockerfile.Instruction{r.config.Entrypoint.At, r.config.Cmd.At} {
		if in != nil && (before == nil || in.Stage.Index > before.Stage.Index || in.Stage == before.Stage && in.Span.Start < before.Span.Start) {
			before = in
		}
	}
	if before == nil || before.Stage == r.stage {
		return r, before
	}
	host = newRunning(r.d, before.Stage, r.args)
	host.uses = r.uses
	return host, before
}

// serves says whether the image answers on a port: it exposes one, its server is known or Compose
// publishes one.
func (r *running) serves() bool { return r.saysPort() || len(r.publishedPorts()) > 0 }

// saysPort says whether the image itself tells that it answers on a port.
func (r *running) saysPort() bool {
	if s, ok, _ := r.server(); ok && (s.Port > 0 || s.PortVariable != "" && s.HTTP) {
		return true
	}
	for _, e := range r.config.Exposed {
		if e.Proto == "tcp" {
			return true
		}
	}
	return false
}

// checkedByCompose says whether a service that runs the image has a health check of its own, and each other
// one has too or starts another program, which a check in the image would not fit: a worker, a task.
func (r *running) checkedByCompose() bool {
	checked := false
	for _, u := range r.uses {
		h := u.service.Healthcheck
		has := h != nil && (h.Disabled || len(h.Test) > 0 && !strings.EqualFold(h.Test[0], "NONE"))
		if !has && u.service.Command == nil && u.service.Entrypoint == nil {
			return false
		}
		checked = checked || has
	}
	return checked
}
