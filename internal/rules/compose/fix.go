package compose

import (
	"slices"
	"strings"

	"refit/internal/change"
	format "refit/internal/compose"
	"refit/internal/edit"
	"refit/internal/rule"
)

// fix is the fix made of edits of the site's file, or a manual one when they could not be made.
func (s *site) fix(title string, safety change.Safety, edits []edit.Edit, err error, declares ...change.Declared) []rule.Fix {
	if err != nil {
		return rule.Manual(title, "not changed: "+err.Error()+"; edit the file by hand")
	}
	return []rule.Fix{{Title: title, Safety: safety, Ops: []edit.Op{edit.Text(s.file.Path, edits...)}, Declares: s.everywhere(declares)}}
}

// everywhere declares differences for all environments that read the file: those that include or extend
// it as well.
func (s *site) everywhere(declares []change.Declared) []change.Declared {
	list := slices.Clone(declares)
	own := s.subject()
	seen := map[string]bool{own: true}
	for _, e := range s.p.Environments {
		if e.Model == nil || !slices.Contains(e.Model.Files, s.file.Path) || seen[e.Files[0]] {
			continue
		}
		seen[e.Files[0]] = true
		for _, d := range declares {
			if d.Aspect == change.AspectCompose && d.Subject == own {
				d.Subject = e.Files[0]
				list = append(list, d)
			}
		}
	}
	return list
}

// declared is a difference of the environment's model that a fix makes on purpose.
func (s *site) declared(addr, why string) change.Declared {
	return change.Declared{Aspect: change.AspectCompose, Subject: s.subject(), Addr: addr, Why: why}
}

// commentsIn says whether edits would take comments away.
func commentsIn(f *format.File, edits []edit.Edit) bool {
	for _, c := range f.YAML.Comments {
		for _, e := range edits {
			if e.Start <= c.Span.Start && c.Span.End <= e.End && !strings.Contains(e.New, f.YAML.Slice(c.Span)) {
				return true
			}
		}
	}
	return false
}
