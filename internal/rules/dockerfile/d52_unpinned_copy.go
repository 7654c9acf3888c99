package dockerfile

import (
	_ "embed"
	"strings"

	"refit/internal/change"
	"refit/internal/dockerfile"
	"refit/internal/edit"
	"refit/internal/project"
	"refit/internal/rule"
	"refit/internal/source"
	"refit/internal/stack"
)

//go:embed d52_unpinned_copy.md
var unpinnedCopyDoc string

// UnpinnedCopy finds images whose files are copied whatever version they have today: D52.
var UnpinnedCopy = rule.Rule{
	Meta: rule.Meta{ID: "D52", Name: "copy-from-unpinned", Theme: rule.Dockerfile, Severity: rule.Warning, Since: "0.1.0",
		Summary: "COPY --from takes files from an image without a version", Doc: unpinnedCopyDoc},
	Check: checkUnpinnedCopy,
}

func checkUnpinnedCopy(pass *rule.Pass) {
	for _, d := range pass.Project.Dockerfiles {
		names, contexts := subjects{}, namedContexts(pass.Project, d)
		for _, in := range d.File.Instructions {
			for _, ref := range in.FromRefs() {
				if r, ok := unpinned(d.File, ref); ok && !contexts[ref.Value] {
					reportUnpinned(pass, d, in, ref, r, names)
				}
			}
		}
	}
}

// namedContexts are the names that builds of the Dockerfile give to further contexts, in the place of
// which no image is fetched (Compose's additional_contexts, docker build --build-context).
func namedContexts(p *project.Project, d *project.Dockerfile) map[string]bool {
	return source.Recall(&p.Memo, namedContextsKey{}, func() map[string]map[string]bool { return allNamedContexts(p) })[d.Path]
}

type namedContextsKey struct{}

// allNamedContexts are the names by the path of the Dockerfile.
func allNamedContexts(p *project.Project) map[string]map[string]bool {
	all := map[string]map[string]bool{}
	for _, e := range p.Environments {
		if e.Model == nil {
			continue
		}
		for _, s := range e.Model.Services {
			if s.Build == nil {
				continue
			}
			for name := range s.Build.Contexts {
				if all[s.Build.Dockerfile] == nil {
					all[s.Build.Dockerfile] = map[string]bool{}
				}
				all[s.Build.Dockerfile][name] = true
			}
		}
	}
	return all
}

// unpinned is the image that a reference names, when that is an image and any version of it.
func unpinned(f *dockerfile.File, ref dockerfile.Word) (stack.ImageRef, bool) {
	if _, stage := f.Stage(ref.Value); stage || strings.Trim(ref.Value, "0123456789") == "" {
		return stack.ImageRef{}, false
	}
	r, err := stack.ParseImage(ref.Value)
	return r, err == nil && r.Pinning() < stack.PinnedByVersion
}

func reportUnpinned(pass *rule.Pass, d *project.Dockerfile, in *dockerfile.Instruction, ref dockerfile.Word, r stack.ImageRef, names subjects) {
	f := rule.Finding{At: at(d, in), Subject: names.of(d, stageSubject(in.Stage)+"/from "+ref.Value),
		Message: in.Keyword + " takes files from " + ref.Value + ", which is another version any day; a build that worked yesterday breaks, or does something else; name a version"}
	known, _ := stack.ParseImage(stack.UVImage)
	if r.Name() != known.Name() || r.Tag != "" && r.Tag != "latest" || ref.Span.IsZero() || string(ref.Span.Of(d.File.Text)) != ref.Value {
		f.Fixes = rule.Manual("Name a version", "which version of "+r.Name()+" you use can't be told from the files; look with `docker run --rm "+ref.Value+" --version` or `docker image inspect`, and write the tag")
		pass.Report(f)
		return
	}
	f.Fixes = []rule.Fix{{Title: "Take uv " + stack.UVVersion, Safety: change.Behaviour,
		Ops: []edit.Op{edit.Text(d.Path, edit.Replace(ref.Span, stack.UVImage, in.Addr()+"/--from"))},
		Declares: []change.Declared{declaredEverywhere(d, "files."+ref.Value+":*", "the same files of a version that has a name"),
			declaredEverywhere(d, "files."+stack.UVImage+":*", "the same files of a version that has a name")}}}
	pass.Report(f)
}
