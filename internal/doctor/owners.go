package doctor

import (
	"refit/internal/rule"
)

// The causes of "permission denied".
var (
	RootOwnedVolume  = meta("M15", "root-owned-volume", rule.Warning, "a named volume holds files that root made, and the container is not root any more")
	RootOwnedMount   = meta("M16", "root-owned-mount", rule.Warning, "containers have written files of root's into a folder of the host")
	UIDMismatch      = meta("M17", "uid-mismatch", rule.Warning, "the container's account has another id than the user who owns the mounted folder")
	RepairUnfinished = meta("M18", "repair-unfinished", rule.Warning, "a repair of owners was interrupted")
)

// most is how many files of a repair are listed.
const most = 1000

// unfinished is a repair that did not come to its end.
func (e *examination) unfinished() {
	u := e.Journal.Last()
	if u == nil || u.AtWork(e.Machine.Alive) {
		return
	}
	d := Diagnosis{Environment: u.Repair.Environment, Finding: rule.Finding{Subject: u.Repair.Mount,
		Message: u.String() + "; files there may still be root's; go on with it"}}
	for _, c := range e.containers {
		if c.Name == u.Repair.container() {
			d.Evidence = append(d.Evidence, "its container "+c.Name+" was left: "+c.Status)
		}
	}
	r := u.Repair
	d.Cure = Cure{Title: "Go on with the repair", Commands: []string{"docker " + typed(r.Words())}, Repair: &r}
	e.report(&RepairUnfinished, nil, d)
}

// owners looks into what the services of the repository may write.
func (e *examination) owners() {
	done := map[string]bool{}
	if u := e.Journal.Last(); u != nil {
		done[u.Repair.Mount] = true
	}
	for i := range e.Patients {
		p := &e.Patients[i]
		if !p.running && !p.Asked {
			continue
		}
		for _, s := range services(p) {
			a := e.accountOf(p, s)
			if e.err != nil {
				return
			}
			for _, m := range s.Mounts {
				switch {
				case m.ReadOnly || done[m.Source]:
				case m.Type == "bind":
					e.bind(p, s, m, a, done)
				case m.Type == "volume" && m.Source != "" && a.known && a.uid > 0 && e.Engine != nil:
					e.volume(p, s, m, a, done)
				}
				if e.err != nil {
					return
				}
			}
		}
	}
}

// containerOf is the container of a service, of those that are of this environment.
func (e *examination) containerOf(p *Patient, service string) (ward, bool) {
	for _, w := range e.wards() {
		if w.Patient == p && w.Service.Name == service {
			return w, true
		}
	}
	return ward{}, false
}
