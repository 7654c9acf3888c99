package doctor

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"refit/internal/cause"
	"refit/internal/dockerfile"
	"refit/internal/rule"
)

// The causes of a build that fails.
var (
	BuildFileMissing = meta("M20", "build-file-missing", rule.Error, "the build needs a file that is missing, ignored or somewhere else")
	LockStale        = meta("M21", "lock-missing-or-stale", rule.Error, "the lock file is missing or does not fit its manifest")
	BuildNetwork     = meta("M22", "build-network", rule.Error, "a registry or a name server can't be reached")
	BuildFailed      = meta("M23", "build-failed", rule.Error, "the last build failed")
)

// breaking are the audit's findings that make a build fail, with the doctor's cause.
var breaking = map[string]*rule.Meta{"D58": &BuildFileMissing, "I02": &BuildFileMissing, "I07": &BuildFileMissing, "L02": &BuildFileMissing, "C25": &BuildFileMissing, "D60": &LockStale}

// builds reads the files first, then what a failed build said.
func (e *examination) builds() {
	for i := range e.Patients {
		p := &e.Patients[i]
		if p.Model == nil {
			continue
		}
		for _, f := range e.Audit {
			m := breaking[f.Meta.ID]
			if m == nil || f.Severity == rule.Info || !e.built(p, f) {
				continue
			}
			if m == &LockStale && !e.lockStops(f) {
				continue
			}
			e.report(m, p, Diagnosis{Finding: rule.Finding{At: f.At, Subject: f.Subject, Message: f.Message, Severity: e.weight(p, m.Severity)},
				Evidence: []string{f.Meta.ID + " " + f.Meta.Name}, Cure: byAudit(f)})
		}
		e.failedBuild(p)
	}
}

// built says whether a finding is about what the environment builds: its Compose files, or a stage of a Dockerfile that
// one of its services is made of.
func (e *examination) built(p *Patient, f rule.Finding) bool {
	if slices.Contains(p.Source.Files, f.At.Path) {
		return f.Meta.ID == "L02" || strings.Contains(f.Subject, ".build") || strings.Contains(f.Subject, "dockerfile")
	}
	for _, s := range services(p) {
		if s.Build == nil {
			continue
		}
		d := e.Project.Dockerfile(s.Build.Dockerfile)
		switch {
		case d == nil:
		case f.At.Path == d.Path:
			if stage, ok := d.File.Target(s.Build.Target); !ok || needs(stage, f.At.Span.Start) {
				return true
			}
		case f.Meta.ID == "D60" || f.Meta.ID[0] == 'I': // of a lock, a manifest or the ignore file of the context
			if s.Build.Context == "." || strings.HasPrefix(f.At.Path, s.Build.Context+"/") {
				return true
			}
		}
	}
	return false
}

// needs says whether a build of the stage runs the instruction at an offset: one of its own, or of a stage that it is
// built on or copies from.
func needs(stage *dockerfile.Stage, offset int) bool {
	seen := map[*dockerfile.Stage]bool{}
	var visit func(s *dockerfile.Stage) bool
	visit = func(s *dockerfile.Stage) bool {
		if s == nil || seen[s] {
			return false
		}
		seen[s] = true
		for _, in := range s.Instructions {
			if in.Span.Start <= offset && offset < max(in.Span.End, in.Span.Start+1) {
				return true
			}
			if c, ok := in.Copy(); ok && c.From != "" {
				if from, ok := s.File().Stage(c.From); ok && visit(from) {
					return true
				}
			}
		}
		return visit(s.Parent(nil))
	}
	return visit(stage)
}

// lockStops says whether a finding about a lock makes a build fail: it is missing or outdated, and the install asserts it.
func (e *examination) lockStops(f rule.Finding) bool {
	return strings.HasSuffix(f.Subject, " missing") || strings.HasSuffix(f.Subject, " outdated")
}

// buildCauses are those that only a build has, or a build as well.
var buildCauses = map[cause.Kind]bool{cause.Source: true, cause.Manifest: true, cause.Lock: true, cause.Registry: true, cause.Network: true, cause.DiskFull: true}

// aBuild is what a build says that failed: BuildKit's words, and the classic builder's.
var aBuild = regexp.MustCompile(`failed to solve|did not complete successfully|The command '[^\n]*' returned a non-zero code|Dockerfile parse error|dockerfile parse error`)

// failedBuild reads what the last build that failed said.
func (e *examination) failedBuild(p *Patient) {
	lines := p.Build.Lines
	c, ok := cause.OfCompose(lastError(lines), lines)
	if len(lines) == 0 || !buildCauses[c.Kind] && !aBuild.MatchString(strings.Join(lines, "\n")) {
		return // a start that failed: its containers tell why
	}
	d := Diagnosis{Finding: rule.Finding{Subject: "build"}, Evidence: last(lines, 4)}
	d.Cure = Cure{Title: "Build again when that is mended", Commands: []string{command(p, "build")}}
	if !ok || !buildCauses[c.Kind] {
		d.Message = "the last build failed: " + lastError(lines) + "; read its last lines, or let it be tried again with refit doctor --build"
		if !e.readBefore(p) {
			e.report(&BuildFailed, p, d)
		}
		return
	}
	d.Evidence = []string{c.Line}
	d.Message = "the build failed: " + c.Text
	m := &BuildFailed
	switch c.Kind {
	case cause.Source, cause.Manifest, cause.Lock:
		m = &BuildFileMissing
		if c.Kind == cause.Lock {
			m = &LockStale
			d.Cure = Cure{Title: "Make the lock anew, and build again", Commands: append(e.lockCommands(), command(p, "build"))}
		}
		if e.addEvidence(p, c.Line, &BuildFileMissing, &LockStale) {
			return
		}
	case cause.Network, cause.Registry:
		m = &BuildNetwork
		d.Cure = Cure{Title: "See what the engine reaches, and build again", Commands: []string{"docker pull hello-world", "docker info --format '{{.HTTPProxy}} {{.HTTPSProxy}}'", command(p, "build")}}
		if c.Kind == cause.Registry {
			d.Cure.Commands = []string{"docker login", command(p, "build")}
		}
	case cause.DiskFull:
		m = &DiskFull
		d.Message = "the build failed: a disk was full"
		if free, ok := e.Machine.DiskFree(e.info.DockerRootDir); ok && e.local() {
			d.Message += fmt.Sprintf("; the engine's disk has %d MB left now, so it was freed since or it was a smaller one (a tmpfs, a quota)", free>>20)
		}
		d.Message += "; free what nothing uses"
		d.Cure = e.cureOf(p, Obstacle{Kind: "disk"})
	}
	e.report(m, p, d)
}

// readBefore says whether the files themselves told why a build must fail.
func (e *examination) readBefore(p *Patient) bool {
	return e.addEvidence(p, "", &BuildFileMissing, &LockStale)
}

// addEvidence adds a line to a finding of these causes, if there is one already.
func (e *examination) addEvidence(p *Patient, line string, metas ...*rule.Meta) bool {
	for i := range e.found {
		d := &e.found[i]
		if d.Environment == p.Name && slices.Contains(metas, d.Meta) {
			if line != "" {
				d.Evidence = append(d.Evidence, "the build said: "+e.Mask(line))
			}
			return true
		}
	}
	return false
}

func (e *examination) lockCommands() []string {
	for _, u := range e.Project.Units {
		if u.Lock != "" {
			return []string{string(u.Manager) + " lock"}
		}
	}
	return nil
}

// lastError is the line in which a build says what went wrong.
func lastError(lines []string) string {
	if len(lines) == 0 {
		return ""
	}
	for i := len(lines) - 1; i >= 0; i-- {
		for _, mark := range []string{"failed to solve: ", "ERROR: ", "error: "} {
			if _, rest, found := strings.Cut(lines[i], mark); found {
				return rest
			}
		}
	}
	return strings.TrimSpace(lines[len(lines)-1])
}
