package dockerfile

import (
	_ "embed"
	"fmt"
	"strings"

	"refit/internal/change"
	"refit/internal/dockerfile"
	"refit/internal/edit"
	"refit/internal/rule"
	"refit/internal/stack"
)

//go:embed d61_healthcheck_target.md
var healthcheckTargetDoc string

// HealthcheckTarget finds health checks that ask another scheme or port than is served: D61.
var HealthcheckTarget = rule.Rule{
	Meta: rule.Meta{ID: "D61", Name: "healthcheck-wrong-target", Theme: rule.Dockerfile, Severity: rule.Error, Since: "0.1.0",
		Summary: "the HEALTHCHECK asks a scheme or port that the start command doesn't serve", Doc: healthcheckTargetDoc},
	Check: checkHealthcheckTarget,
}

func checkHealthcheckTarget(pass *rule.Pass) {
	for _, d := range pass.Project.Dockerfiles {
		seen := map[*dockerfile.Instruction]bool{}
		for _, r := range runningStages(pass.Project, d) {
			h := r.config.Healthcheck
			s, ok, agree := r.server()
			if h == nil || h.Disabled || !ok || !agree || !s.HTTP || s.Port == 0 || s.PortVariable != "" || seen[h.At] {
				continue
			}
			url, ok := askedURL(h.Command)
			if !ok || url.Port == s.Port && url.Scheme == s.Scheme() || r.hasOtherListeners(url.Port) {
				continue
			}
			seen[h.At] = true
			served := fmt.Sprintf("%s on port %d", s.Scheme(), s.Port)
			f := rule.Finding{At: at(d, h.At), Subject: stageSubject(r.stage) + "/HEALTHCHECK",
				Message: fmt.Sprintf("the HEALTHCHECK of %s asks %s on port %d, and the start command serves %s; every check fails though the service works; ask what is served", stageSubject(r.stage), url.Scheme, url.Port, served)}
			f.Fixes = []rule.Fix{r.retarget(s, url, served)}
			pass.Report(f)
		}
	}
}

// hasOtherListeners says whether something else than the known server may listen on the port: the
// image exposes it, or several programs are started.
func (r *running) hasOtherListeners(port int) bool {
	for _, e := range r.config.Exposed {
		if e.First <= port && port <= e.Last {
			s, _, _ := r.server()
			return port != s.Port
		}
	}
	return false
}

// retarget asks the same path of what is served. Only the URL changes, unless the check has to accept
// a certificate that nobody signed: then it is written anew.
func (r *running) retarget(s stack.Server, url stack.ProbeURL, served string) rule.Fix {
	h := r.config.Healthcheck
	fix := rule.Fix{Title: "Ask " + served, Safety: change.Behaviour,
		Declares: []change.Declared{declaredEverywhere(r.d, "healthcheck", "the check asks what is served: "+served)}}
	want := stack.ProbeURL{Scheme: s.Scheme(), Port: s.Port, Path: url.Path}
	if want.Scheme == url.Scheme {
		raw := string(h.At.Span.Of(r.d.File.Text))
		at := asked.FindStringSubmatchIndex(raw)
		if at != nil {
			host := raw[at[4]:at[5]]
			end := at[5]
			if at[7] > 0 {
				end = at[7]
			}
			span := h.At.Span
			span.Start, span.End = h.At.Span.Start+at[0], h.At.Span.Start+end
			fix.Ops = []edit.Op{edit.Text(r.d.Path, edit.Replace(span, fmt.Sprintf("%s://%s:%d", want.Scheme, host, want.Port), h.At.Addr()))}
			return fix
		}
	}
	argv, err := stack.Probe(r.image, "", want)
	if err != nil || !r.known {
		fix.Safety, fix.Declares = change.Manual, nil
		fix.Why = "which program of " + r.base + " could ask is not known; ask " + strings.TrimSpace(want.String())
		return fix
	}
	fix.Ops = []edit.Op{edit.Text(r.d.Path, h.At.Replace(healthInstruction(h.At, argv))...)}
	return fix
}
