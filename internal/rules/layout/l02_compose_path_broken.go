package layout

import (
	_ "embed" // the rule's documentation
	"path"
	"strings"

	"refit/internal/change"
	"refit/internal/compose"
	"refit/internal/project"
	"refit/internal/rule"
)

//go:embed l02_compose_path_broken.md
var pathBrokenDoc string

// PathBroken finds Compose files that were moved into a folder without their paths.
var PathBroken = rule.Rule{
	Meta: rule.Meta{
		ID: "L02", Name: "compose-path-broken-by-place", Theme: rule.Layout, Severity: rule.Error, Since: "0.1.0",
		Summary: "Paths of a Compose file start from the wrong folder", Doc: pathBrokenDoc,
	},
	Check: func(pass *rule.Pass) {
		for _, c := range pass.Project.Compose {
			if f, ok := pathBroken(pass.Project, c); ok {
				pass.Report(f)
			}
		}
	},
}

// pathBroken looks for paths that are not there seen from the file's folder and are there seen from
// the folder above.
func pathBroken(p *project.Project, c *project.ComposeFile) (f rule.Finding, found bool) {
	dir := projectDir(p, c)
	if dir == "." || c.First != c.Path || dir != path.Dir(c.Path) {
		return f, false
	}
	above := path.Dir(dir)
	var broken []string
	right := ""
	for _, ref := range p.References {
		if ref.From != c.Path || ref.Kind != project.RefCompose || strings.Contains(ref.Raw, "$") {
			continue
		}
		rest, below := strings.CutPrefix(ref.To, dir+"/")
		switch there := present(p, ref.To); {
		case !below && ref.To != dir || ref.To == dir: // "../x" is right, and "." is a folder in any case
			if !below && ref.To != dir && there {
				right = ref.To
			}
		case there:
			right = ref.To
		case present(p, path.Join(above, rest)):
			broken = append(broken, rest)
		}
	}
	if len(broken) == 0 {
		return f, false
	}
	f = rule.Finding{
		At: rule.Location{Path: c.Path}, Subject: "paths",
		Message: "paths in " + c.Path + " start from " + dir + ", where " + strings.Join(broken, ", ") + " is not; they would be right from " + folder(above) +
			", where the file once was; write them from " + dir,
	}
	const title = "Write the paths from the file's folder"
	if right != "" {
		f.Fixes = []rule.Fix{manual(title, right+" is right as it is written, so it can't be told which of the other paths are wrong on purpose; write "+project.RelativePath(dir, above)+"/ before those that are missing")}
		return f, true
	}
	edits, unmovable, err := compose.Relocate(c.File, compose.Relocation{
		FromDir: above, ToDir: dir, Files: p.Files.Paths(), Moved: func(at string) string { return at },
	})
	if err != nil || len(unmovable) > 0 {
		why := "a path can't be rewritten with certainty"
		if err != nil {
			why = err.Error()
		} else {
			why += ": " + unmovable[0].Field.Addr + ": " + unmovable[0].Why
		}
		f.Fixes = []rule.Fix{manual(title, why)}
		return f, true
	}
	fix := rule.Fix{Title: title, Safety: change.Behaviour, Ops: ops(c.Path, edits)}
	for _, addr := range []string{"*.context", "*.dockerfile", "*.source", "*.file", "*.path", "*.environment.*", "*.additional_contexts.*"} {
		fix.Declares = append(fix.Declares, change.Declared{Aspect: change.AspectCompose, Subject: c.Path, Addr: addr, Why: "the paths started from a folder in which nothing of the kind is"})
	}
	f.Fixes = []rule.Fix{fix}
	return f, true
}

func present(p *project.Project, at string) bool {
	if p.Files.Has(at) || p.Files.IsDir(at) {
		return true
	}
	_, hidden := p.InHidden(at)
	return hidden
}

func folder(dir string) string {
	if dir == "." {
		return "the root"
	}
	return dir
}
