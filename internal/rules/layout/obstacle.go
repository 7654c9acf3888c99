package layout

import (
	"path"
	"slices"
	"strings"

	"refit/internal/placement"
	"refit/internal/project"
)

// obstacle says why nothing can be moved from or to the places of pl, "" when it can.
func obstacle(p *project.Project, pl placement.File) string {
	e, ok := p.Files.Entry(pl.From)
	if !ok || e.IsLink() {
		return pl.From + " is a symbolic link; move it and what it points to by hand"
	}
	for _, other := range p.Files.Paths() {
		switch {
		case other == pl.To:
			return pl.To + " exists already; compare the two, merge what both need, and delete one"
		case strings.EqualFold(other, pl.To):
			return other + " exists, which is the same file as " + pl.To + " on macOS and Windows; rename or remove it"
		case e.Path != other && underFold(pl.To, other):
			return other + " is a file, and " + pl.To + " needs a folder of that name"
		case caseClash(other, pl.To) != "":
			return "the folder " + caseClash(other, pl.To) + " exists, which is the same as " + path.Dir(pl.To) + " on macOS and Windows; rename it"
		}
	}
	for _, s := range p.Git.Submodules {
		if s.Path == path.Dir(pl.To) || strings.HasPrefix(pl.To, s.Path+"/") {
			return s.Path + " is a submodule: files in it belong to another repository; choose another place in .refit.yaml (layout)"
		}
	}
	if name := path.Base(pl.To); name != path.Base(pl.From) && pl.Kind == placement.Compose {
		for _, ref := range p.References {
			if ref.Missing && ref.Unsure == "" && ref.To == name {
				return ref.From + " names " + name + ", which is not there and which this file would then seem to be; correct that first"
			}
		}
	}
	if h, hidden := p.InHidden(pl.To); hidden {
		switch h.Why {
		case project.HiddenIgnored:
			if files, _ := p.Contents(h); slices.ContainsFunc(files, virtualenvFile) {
				return h.Path + " is a virtual environment; move it to .venv (or choose another place in .refit.yaml, layout)"
			} else if slices.Contains(files, pl.To) {
				return pl.To + " exists already, ignored by git; compare the two and delete one"
			}
		case project.HiddenGenerated:
			return h.Path + " is a virtual environment or a cache; remove or rename it (or choose another place in .refit.yaml, layout)"
		default:
			return "the folder " + h.Path + " can't be looked into (" + string(h.Why) + "); choose another place in .refit.yaml (layout)"
		}
	}
	return ""
}

func virtualenvFile(p string) bool {
	return path.Base(p) == "pyvenv.cfg" || strings.HasSuffix(p, "/bin/activate") || strings.HasSuffix(p, "/Scripts/activate")
}

// underFold says whether p lies below file, letter case aside.
func underFold(p, file string) bool {
	return strings.HasPrefix(strings.ToLower(p), strings.ToLower(file)+"/")
}

// caseClash is the folder of other that differs from a folder of p in letter case only, or "".
func caseClash(other, p string) string {
	a, b := strings.Split(path.Dir(other), "/"), strings.Split(path.Dir(p), "/")
	for i := 0; i < len(a) && i < len(b); i++ {
		if a[i] == b[i] {
			continue
		}
		if strings.EqualFold(a[i], b[i]) {
			return strings.Join(a[:i+1], "/")
		}
		return ""
	}
	return ""
}
