package layout

import (
	"bytes"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"refit/internal/change"
	"refit/internal/dockerfile"
	"refit/internal/dockerignore"
	"refit/internal/edit"
	"refit/internal/gitrepo"
	"refit/internal/project"
	"refit/internal/source"
)

func itoa(n int) string { return strconv.Itoa(n) }

const gitignore = ".gitignore"

// gitignore keeps what git ignores ignored and what it does not visible: a secret must not become
// one that can be committed, nor may a template vanish behind a virtualenv's pattern.
func (r *relocation) gitignore() {
	text := []byte{}
	if e, exists := r.p.Files.Entry(gitignore); exists {
		if !e.IsRegular() {
			r.refuse(gitignore + " is a symbolic link, which git does not follow")
			return
		}
		text, _ = e.Bytes()
	}
	before := r.p.GitIgnore()
	var edits []edit.Edit
	for _, from := range slices.Sorted(maps.Keys(r.moves)) {
		to := r.moves[from]
		ignored, rule := before.Match(from, false)
		edits = r.unhide(text, edits, path.Dir(to))
		now, _ := r.ignoreWith(text, edits).Match(to, false)
		switch tracked := r.p.Git.Tracked(from); {
		case ignored && !tracked && !now:
			edits = r.keepIgnored(text, edits, to, rule)
		case (!ignored || tracked) && now:
			edits = append(edits, lineAtEnd(text, "!/"+to))
		}
	}
	if len(edits) == 0 {
		return
	}
	if r.p.Files.Has(gitignore) {
		r.edit(gitignore, edits...)
		return
	}
	if made, err := edit.Patch(nil, edits); err == nil {
		r.creates = append(r.creates, edit.Create(gitignore, string(bytes.TrimLeft(made, "\n")), 0o644))
	}
}

// unhide takes the folder out of the pattern that hides it, on the line behind it.
func (r *relocation) unhide(text []byte, edits []edit.Edit, dir string) []edit.Edit {
	if dir == "." {
		return edits
	}
	edits = r.unhide(text, edits, path.Dir(dir))
	ignored, rule := r.folded(text, edits).Match(dir, true)
	if !ignored || rule == nil {
		return edits
	}
	_, original := r.folded(text, nil).Match(dir, true)
	if original != nil && original.Path == gitignore {
		return append(edits, lineBehind(text, original.Line, "!/"+dir+"/"))
	}
	return append(edits, lineAtEnd(text, "!/"+dir+"/"))
}

// keepIgnored adds the new path behind the pattern that ignored the old one, or at the end when a
// later pattern would take it back.
func (r *relocation) keepIgnored(text []byte, edits []edit.Edit, to string, rule *gitrepo.Rule) []edit.Edit {
	if rule != nil && rule.Path == gitignore {
		with := append(slices.Clone(edits), lineBehind(text, rule.Line, "/"+to))
		if ignored, _ := r.ignoreWith(text, with).Match(to, false); ignored {
			return with
		}
	}
	return append(edits, lineAtEnd(text, "/"+to))
}

// ignoreWith is the matcher as it is after edits of the root's .gitignore.
func (r *relocation) ignoreWith(text []byte, edits []edit.Edit) *gitrepo.Ignore {
	patched, err := edit.Patch(text, edits)
	if err != nil {
		patched = text
	}
	return r.p.Git.Ignore(r.reading(patched))
}

// folded is ignoreWith where "ENV/" hides env/, as on macOS and Windows.
func (r *relocation) folded(text []byte, edits []edit.Edit) *gitrepo.Ignore {
	patched, err := edit.Patch(text, edits)
	if err != nil {
		patched = text
	}
	return gitrepo.NewIgnore(r.reading(patched), r.p.Git.Exclude, true)
}

// reading reads the repository's ignore files, the root's with another text.
func (r *relocation) reading(root []byte) func(string) ([]byte, bool) {
	return func(at string) ([]byte, bool) {
		if at == gitignore {
			return root, true
		}
		e, ok := r.p.Files.Entry(at)
		if !ok || !e.IsRegular() {
			return nil, false
		}
		text, err := e.Bytes()
		return text, err == nil
	}
}

// lineBehind inserts a line behind line n of text, in its line ends.
func lineBehind(text []byte, n int, line string) edit.Edit {
	span := source.NewLines(text).SpanWithEnd(n)
	return newLine(text, span.End, line)
}

func lineAtEnd(text []byte, line string) edit.Edit { return newLine(text, len(text), line) }

func newLine(text []byte, at int, line string) edit.Edit {
	eol := source.EOL(text)
	if at > 0 && text[at-1] != '\n' {
		return edit.Insert(at, eol+line, "ignore:"+line)
	}
	return edit.Insert(at, line+eol, "ignore:"+line)
}

// dockerignores keeps out of the build contexts what was kept out of them.
func (r *relocation) dockerignores() {
	seen := map[string]bool{}
	for _, d := range r.p.Dockerfiles {
		for _, context := range d.Contexts() {
			at, _ := dockerfile.IgnoreFor(d.Path, context, r.p.Files.Has)
			if at == "" || seen[at+"\x00"+context] || len(d.Builds) == 0 {
				continue
			}
			seen[at+"\x00"+context] = true
			text, err := r.p.Files.Read(at)
			if err != nil {
				continue
			}
			f := dockerignore.Parse(at, text)
			for _, from := range slices.Sorted(maps.Keys(r.moves)) {
				r.dockerignore(f, context, from, r.moves[from])
			}
		}
	}
}

func (r *relocation) dockerignore(f *dockerignore.File, context, from, to string) {
	was, inside := below(context, from)
	is, still := below(context, to)
	if !inside || !still {
		return
	}
	ignored, by := f.Match(was)
	now := f.Ignored(is)
	switch {
	case ignored && !now && by != nil && !by.Negated:
		if by.Clean == was && r.p.EnvFile(from) == nil {
			r.edit(f.Path, f.Replace(*by, is))
			return
		}
		// The old line stays: in other clones the secret may still lie at its old place.
		r.edit(f.Path, lineBehind(f.Text, by.Line, is))
	case !ignored && now:
		if slices.ContainsFunc(r.p.References, func(ref project.Reference) bool { return ref.Kind == project.RefDockerfile && ref.To == from }) {
			r.refuse(f.Path + " keeps " + to + " out of the build, and the Dockerfile copies it; take the pattern out first")
			return
		}
		r.declares = append(r.declares, change.Declared{Aspect: change.AspectContext, Subject: context, Addr: from, Before: "sent",
			Why: f.Path + " keeps its new place out of the build context"})
	}
}

// below is p relative to a folder; ok is false when it lies elsewhere.
func below(dir, p string) (rel string, ok bool) {
	if dir == "." {
		return p, true
	}
	return strings.CutPrefix(p, dir+"/")
}
