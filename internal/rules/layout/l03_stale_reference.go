package layout

import (
	_ "embed" // the rule's documentation
	"path"
	"slices"
	"strings"

	"refit/internal/change"
	"refit/internal/compose"
	"refit/internal/edit"
	"refit/internal/project"
	"refit/internal/rule"
)

//go:embed l03_stale_reference.md
var staleReferenceDoc string

// StaleReference finds places that name a Compose file or a Dockerfile that is not there.
var StaleReference = rule.Rule{
	Meta: rule.Meta{
		ID: "L03", Name: "stale-reference", Theme: rule.Layout, Severity: rule.Warning, Since: "0.1.0",
		Summary: "Something names a Compose file or a Dockerfile that is not there (any more)", Doc: staleReferenceDoc,
	},
	Check: checkStale,
}

func checkStale(pass *rule.Pass) {
	p := pass.Project
	seen := map[string]bool{}
	for _, ref := range p.References {
		if !ref.Missing || ref.Kind == project.RefIgnore || ref.Unsure != "" || ref.Implicit || ref.Folder || ref.Escape == project.EscapePattern || !dockerFile(ref.To) {
			continue
		}
		if _, hidden := p.InHidden(ref.To); hidden || seen[ref.From+"\x00"+ref.To] {
			continue
		}
		if strings.Contains(ref.From, "{{") || present(p, path.Join(path.Dir(ref.From), ref.Raw)) {
			continue // the file of a template, or of a folder that is a repository of its own elsewhere
		}
		to := namesakes(p, ref.To)
		unknown := !movedAway(p, ref.To, to)
		if unknown && (ref.Kind == project.RefDocs || ref.Kind == project.RefCode) {
			continue // an example, or something that is made at run time
		}
		seen[ref.From+"\x00"+ref.To] = true
		pass.Report(staleFinding(p, ref, to))
	}
}

// dockerFile says whether the path is named like a Compose file or a Dockerfile.
func dockerFile(p string) bool {
	base := strings.ToLower(path.Base(p))
	if strings.HasSuffix(base, ".") {
		return false // "Dockerfile.$VARIANT", of which the end is not known
	}
	return compose.LooksLikeCompose(p, nil) && (strings.HasSuffix(base, ".yml") || strings.HasSuffix(base, ".yaml")) ||
		base == "dockerfile" || strings.HasPrefix(base, "dockerfile.") || strings.HasSuffix(base, ".dockerfile")
}

// namesakes are the Compose files and Dockerfiles of the same name elsewhere.
func namesakes(p *project.Project, missing string) []string {
	var list []string
	for _, c := range p.Compose {
		if path.Base(c.Path) == path.Base(missing) {
			list = append(list, c.Path)
		}
	}
	for _, d := range p.Dockerfiles {
		if path.Base(d.Path) == path.Base(missing) {
			list = append(list, d.Path)
		}
	}
	return list
}

// movedAway says whether the file was at the root, as it seems, and is now where the layout wants
// files of its kind. A file of the same name in any other folder is another file.
func movedAway(p *project.Project, missing string, to []string) bool {
	return len(to) == 1 && atRoot(missing) && (path.Dir(to[0]) == p.Layout.ComposeDir() || path.Dir(to[0]) == p.Layout.DockerDir())
}

func staleFinding(p *project.Project, ref project.Reference, to []string) rule.Finding {
	f := rule.Finding{
		At: rule.Location{Path: ref.From, Span: ref.Span}, Subject: ref.To,
		Message: ref.From + " names " + ref.To + ", which is not there; what it is for fails, or shows what was true once",
	}
	if !movedAway(p, ref.To, to) {
		f.Message += "; write the path that is meant"
		why := "there is no file of that name"
		if len(to) > 0 {
			why = "which of these is meant, if any, the files don't tell: " + rule.Listed(to)
		}
		f.Fixes = []rule.Fix{manual("Name the file that is meant", why)}
		return f
	}
	f.Message += "; write " + to[0]
	title := "Name " + to[0] + " instead of " + ref.To
	var edits []edit.Edit
	for _, other := range p.References { // the same file may be named several times
		if other.From == ref.From && other.To == ref.To && other.Missing && other.Unsure == "" {
			if e, changed := other.Rewrite(map[string]string{ref.To: to[0]}); changed && !slices.Contains(edits, e) {
				edits = append(edits, e)
			}
		}
	}
	switch {
	case ref.Kind == project.RefCompose:
		f.Fixes = []rule.Fix{manual(title, "paths in a Compose file start from its folder; check that the others of this file are right, too")}
	case len(edits) == 0:
		f.Fixes = []rule.Fix{manual(title, "where the name is written, only a part of it can be changed")}
	default:
		f.Fixes = []rule.Fix{{Title: title, Safety: change.Behaviour, Ops: ops(ref.From, edits)}}
	}
	return f
}
