package layout

import (
	"maps"
	"path"
	"slices"
	"strings"

	"refit/internal/change"
	"refit/internal/compose"
	"refit/internal/edit"
	"refit/internal/placement"
	"refit/internal/project"
)

// relocation is a move of files with everything that has to change so that all goes on as before.
// A part that can't be done with certainty is a refusal: then nothing is moved.
type relocation struct {
	p        *project.Project
	places   []placement.File
	moves    map[string]string
	edits    map[string][]edit.Edit
	creates  []edit.Op
	declares []change.Declared
	refusals []string
	notes    []string // for the finding's message
	safety   change.Safety
}

// relocate plans the move of pl. Files that one pattern names ("docker-compose.$(ENV).yml") can
// only move together; all are the other misplaced files.
func relocate(p *project.Project, pl placement.File, all []placement.File) *relocation {
	r := &relocation{p: p, moves: map[string]string{}, edits: map[string][]edit.Edit{}, safety: change.Safe}
	r.add(pl)
	r.group(all)
	for _, pl := range r.places {
		switch pl.Kind {
		case placement.Compose:
			r.composeFile(pl)
		case placement.Dockerfile:
			if ignore := pl.From + ".dockerignore"; p.Files.Has(ignore) {
				r.moves[ignore] = pl.To + ".dockerignore"
			}
		}
	}
	r.composePaths()
	r.references()
	r.gitignore()
	r.dockerignores()
	return r
}

func (r *relocation) add(pl placement.File) {
	r.places = append(r.places, pl)
	r.moves[pl.From] = pl.To
	if pl.Keep != "" {
		r.refuse(pl.Keep)
	}
}

func (r *relocation) refuse(why string) {
	if !slices.Contains(r.refusals, why) {
		r.refusals = append(r.refusals, why)
	}
}

// group adds the files that share a pattern with those that move.
func (r *relocation) group(all []placement.File) {
	for again := true; again; {
		again = false
		for _, ref := range r.p.References {
			if ref.Escape != project.EscapePattern || ref.Kind == project.RefDocs || r.moves[ref.To] == "" {
				continue
			}
			for _, sibling := range r.p.References {
				if sibling.From != ref.From || sibling.Span != ref.Span || r.moves[sibling.To] != "" {
					continue
				}
				at := slices.IndexFunc(all, func(pl placement.File) bool { return pl.From == sibling.To })
				if at < 0 || all[at].Keep != "" || obstacle(r.p, all[at]) != "" {
					r.refuse(r.at(ref) + " names it by a pattern that stands for " + sibling.To + " too, which stays")
					continue
				}
				r.add(all[at])
				again = true
			}
		}
	}
}

func (r *relocation) edit(file string, edits ...edit.Edit) {
	for _, e := range edits {
		if !slices.Contains(r.edits[file], e) {
			r.edits[file] = append(r.edits[file], e)
		}
	}
}

// at is where a reference stands, for people.
func (r *relocation) at(ref project.Reference) string { return position(r.p, ref.From, ref.Span.Start) }

// references rewrites the places outside of Compose files' paths that name what moves.
func (r *relocation) references() {
	for _, ref := range r.p.References {
		moves := change.Relocated(ref.To, r.moves) != ref.To || ref.OwnBase && r.moves[ref.From] != ""
		if ref.Kind == project.RefCompose || isIgnoreFile(ref.From) || !moves {
			continue
		}
		if ref.Implicit {
			r.implied(ref)
			continue
		}
		if why := r.hinders(ref); why != "" {
			r.refuse(r.at(ref) + " names " + ref.To + ", but " + why)
			continue
		}
		if e, changed := ref.Rewrite(r.moves); changed {
			r.edit(ref.From, e)
		}
	}
}

// hinders says why a reference can't be rewritten and must not be left behind either.
func (r *relocation) hinders(ref project.Reference) string {
	isEnv := false
	for _, pl := range r.places {
		isEnv = isEnv || (pl.Kind == placement.Env || pl.Kind == placement.Example) && pl.From == ref.To
	}
	switch {
	case ref.Kind == project.RefDocs || ref.Kind == project.RefIgnore:
		return "" // prose and review rules break nothing; what stays behind is reported as stale
	case ref.Kind == project.RefCode && isEnv:
		return "program code reads it, perhaps inside of a container; change the code and move the file by hand"
	case ref.Kind == project.RefDockerfile && path.Base(ref.To) != path.Base(change.Relocated(ref.To, r.moves)):
		return "copies it under its name, which would change"
	case ref.Unsure != "":
		return ref.Unsure + "; rewrite the place by hand"
	case ref.Broken(r.moves):
		return "only a part of the name is written there, and the name changes; rewrite the place by hand"
	}
	return ""
}

// implied names the file in a command line that found it by default.
func (r *relocation) implied(ref project.Reference) {
	for _, c := range r.p.Calls {
		if c.From != ref.From || c.Program != ref.Span || !c.Implicit {
			continue
		}
		files := c.Files
		if c.Kind == project.CallBuild {
			files = []string{c.Dockerfile}
		}
		if !slices.Contains(files, ref.To) {
			continue
		}
		if ref.Kind == project.RefDocs && (c.After == 0 || !c.Certain) {
			return
		}
		if c.After == 0 || !c.Certain {
			r.refuse(r.at(ref) + " uses " + ref.To + " by default, and where to name it is not certain; add -f " + r.moves[ref.To] + " there")
			return
		}
		for _, f := range files {
			r.edit(c.From, c.Insert("-f", project.RelativePath(c.Dir, change.Relocated(f, r.moves))))
		}
		return
	}
	if ref.Kind != project.RefDocs {
		r.refuse(r.at(ref) + " uses " + ref.To + " by default; name the new path " + r.moves[ref.To] + " there")
	}
}

// composePaths rewrites the paths in every Compose file that moves or names what moves.
func (r *relocation) composePaths() {
	for _, c := range r.p.Compose {
		if !r.concerns(c) {
			continue
		}
		from := projectDir(r.p, c)
		to := from
		if r.moves[c.Path] != "" {
			to = path.Dir(r.moves[c.Path])
		}
		edits, unmovable, err := compose.Relocate(c.File, compose.Relocation{
			FromDir: from, ToDir: to, Files: r.p.Files.Paths(),
			Moved: func(at string) string { return change.Relocated(at, r.moves) },
		})
		if err != nil {
			r.refuse(err.Error())
			continue
		}
		for _, u := range unmovable {
			what := u.Field.Addr + " of " + c.Path + " can't be rewritten: " + u.Why
			if u.Guess != "" {
				what += "; it would usually become " + u.Guess
			}
			r.refuse(what)
		}
		r.edit(c.Path, edits...)
	}
}

func (r *relocation) concerns(c *project.ComposeFile) bool {
	return r.moves[c.Path] != "" || slices.ContainsFunc(r.p.References, func(ref project.Reference) bool {
		return ref.Kind == project.RefCompose && ref.From == c.Path && change.Relocated(ref.To, r.moves) != ref.To
	})
}

// projectDir is the folder that relative paths in the Compose file start from.
func projectDir(p *project.Project, c *project.ComposeFile) string {
	for _, e := range p.Environments {
		if e.Files[0] == c.First && slices.Contains(e.Files, c.Path) {
			return e.Dir
		}
	}
	return path.Dir(c.Path)
}

// ops is everything as one fix.
func (r *relocation) ops() []edit.Op {
	var ops []edit.Op
	for _, from := range slices.Sorted(maps.Keys(r.moves)) {
		ops = append(ops, edit.Rename(from, r.moves[from]))
	}
	for _, file := range slices.Sorted(maps.Keys(r.edits)) {
		if len(r.edits[file]) > 0 {
			ops = append(ops, edit.Text(file, r.edits[file]...))
		}
	}
	return append(ops, r.creates...)
}

func isIgnoreFile(p string) bool {
	return path.Base(p) == ".gitignore" || strings.HasSuffix(p, ".dockerignore")
}
