package context

import (
	_ "embed"
	"errors"
	"path"
	"slices"
	"strings"

	"refit/internal/change"
	"refit/internal/dockerfile"
	"refit/internal/dockerignore"
	"refit/internal/edit"
	"refit/internal/project"
	"refit/internal/rule"
	"refit/internal/source"
	"refit/internal/stack"
)

//go:embed i04_unread_ignore_file.md
var unreadIgnoreFileDoc string

// UnreadIgnoreFile finds ignore files where no builder looks: I04.
var UnreadIgnoreFile = rule.Rule{
	Meta: rule.Meta{ID: "I04", Name: "unread-ignore-file", Theme: rule.Context, Severity: rule.Warning, Since: "0.1.0",
		Summary: "a .dockerignore lies where no builder reads it", Doc: unreadIgnoreFileDoc},
	Check: checkUnreadIgnoreFile,
}

//go:embed i05_shadowed_ignore_file.md
var shadowedIgnoreFileDoc string

// ShadowedIgnoreFile finds ignore files that another one replaces: I05.
var ShadowedIgnoreFile = rule.Rule{
	Meta: rule.Meta{ID: "I05", Name: "shadowed-ignore-file", Theme: rule.Context, Severity: rule.Warning, Since: "0.1.0",
		Summary: "an ignore file beside the Dockerfile replaces the context's, for some builders", Doc: shadowedIgnoreFileDoc},
	Check: checkShadowedIgnoreFile,
}

// unread is the ignore file beside the context's only Dockerfiles that nothing reads; "" when there is none.
func unread(p *project.Project, c *buildContext) string {
	all := contexts(p)
	for _, d := range c.dockerfiles {
		dir := path.Dir(d.Path)
		at := path.Join(dir, ".dockerignore")
		if dir != c.dir && len(d.Builds) > 0 && p.Files.Has(at) && !slices.ContainsFunc(all, func(o *buildContext) bool { return o.dir == dir }) {
			return at
		}
	}
	return ""
}

func checkUnreadIgnoreFile(pass *rule.Pass) {
	p := pass.Project
	reported := map[string]bool{}
	for _, c := range contexts(p) {
		at := unread(p, c)
		if at == "" || reported[at] {
			continue
		}
		reported[at] = true
		pass.Report(rule.Finding{At: place(at), Subject: "unread", Fixes: moveFix(p, c, at),
			Message: "no builder reads this file, because the build context is " + c.dir + "; what it should keep out is sent; it belongs at " + c.rootFile()})
	}
}

// moveFix puts the patterns where they count: the file moves, or its text goes to the end of the one that is there.
func moveFix(p *project.Project, c *buildContext, at string) []rule.Fix {
	root, title := c.rootFile(), "Move the patterns of "+at+" to "+c.rootFile()
	text, err := p.Files.Read(at)
	entry, _ := p.Files.Entry(at)
	if err != nil || !entry.IsRegular() {
		return rule.Manual(title, "it is no ordinary file")
	}
	moves := map[string]string{at: root}
	var ops []edit.Op
	var own []edit.Edit // of the file itself, which may name itself
	for _, r := range p.References {
		if r.To != at {
			continue
		}
		e, changed := r.Rewrite(moves)
		if r.Unsure != "" {
			return rule.Manual(title, r.From+" names it in a way that can't be rewritten: "+r.Unsure)
		}
		switch {
		case changed && r.From == at:
			own = append(own, e)
		case changed:
			ops = append(ops, edit.Text(r.From, e))
		}
	}
	if ofProgram(p, path.Dir(at)) {
		if own, err = fromAbove(p, c, at); err != nil {
			return rule.Manual(title, err.Error())
		}
	}
	text, err = edit.Patch(text, own)
	if err != nil {
		return rule.Manual(title, "it can't be rewritten: "+err.Error())
	}
	after := text
	if p.Files.Has(root) {
		there, err := p.Files.Read(root)
		rootEntry, _ := p.Files.Entry(root)
		if err != nil || !rootEntry.IsRegular() {
			return rule.Manual(title, root+" is no ordinary file")
		}
		added := strings.TrimPrefix(string(text), "\ufeff")
		if eol := source.EOL(there); len(there) > 0 {
			if there[len(there)-1] != '\n' {
				added = eol + added
			}
			added = eol + added
		}
		after = append(slices.Clone(there), added...)
		ops = append(ops, edit.Text(root, edit.Insert(len(there), added, "ignore:merged")), edit.Remove(at))
	} else {
		ops = append(ops, edit.Text(at, own...), edit.Rename(at, root))
	}
	ignore := dockerignore.Parse(root, after)
	if s, breaks := c.broken(p, parsed(p, root), ignore); breaks || len(ignore.Problems) > 0 {
		return rule.Manual(title, "where it counts it would keep out "+s.path+", which a Dockerfile copies; correct its patterns and move it by hand")
	}
	for _, f := range c.installs(p) {
		if ignore.Ignored(f) {
			return rule.Manual(title, "where it counts it would keep out "+f+", which installing reads; correct its patterns and move it by hand")
		}
	}
	return []rule.Fix{{Title: title, Safety: change.Behaviour, Ops: ops,
		Declares: []change.Declared{{Aspect: change.AspectContext, Subject: c.dir, Addr: "*", Before: "sent", Why: "the patterns of " + at + " count now"}, declared(c.dir, root, "the ignore file moved"), declared(c.dir, at, "the ignore file moved")}}}
}

// ofProgram says whether a folder is a program's own, with its manifest: its ignore file speaks of what
// lies in it. One beside a Dockerfile in docker/ speaks of the repository.
func ofProgram(p *project.Project, dir string) bool {
	return slices.ContainsFunc(p.Units, func(u *stack.Unit) bool { return u.Dir == dir })
}

// fromAbove are the edits that make patterns which are meant from a folder mean the same from the context's.
func fromAbove(p *project.Project, c *buildContext, at string) ([]edit.Edit, error) {
	folder, inside := c.inside(path.Dir(at))
	file := parsed(p, at)
	if !inside || file == nil {
		return nil, errors.New("its folder lies outside of the build context")
	}
	var edits []edit.Edit
	for _, pattern := range file.Patterns {
		if strings.HasPrefix(pattern.Clean, "..") {
			return nil, errors.New("the pattern " + pattern.Text + " leaves its folder")
		}
		text := folder + "/" + strings.TrimPrefix(strings.TrimPrefix(strings.TrimPrefix(pattern.Text, "!"), "/"), "./")
		if pattern.Negated {
			text = "!" + text
		}
		edits = append(edits, edit.Replace(pattern.Span, text, ""))
	}
	return edits, nil
}

func checkShadowedIgnoreFile(pass *rule.Pass) {
	p := pass.Project
	for _, c := range contexts(p) {
		root := parsed(p, c.rootFile())
		if root == nil {
			continue
		}
		for _, d := range c.dockerfiles {
			at, kind := dockerfile.IgnoreFor(d.Path, c.dir, p.Files.Has)
			beside := parsed(p, at)
			if kind != dockerfile.IgnoreBeside || beside == nil {
				continue
			}
			strict, loose := root.Matcher(), beside.Matcher()
			taken := map[string]bool{} // what the Dockerfile names is sent on purpose
			for _, s := range sources(d) {
				if !s.broad() {
					for _, f := range c.matches(p, s) {
						taken[f] = true
					}
				}
			}
			var more, less []string
			for _, f := range p.Files.Under(c.dir) {
				switch in, _ := c.inside(f); {
				case loose.Ignored(in) && !strict.Ignored(in):
					more = append(more, in)
				case strict.Ignored(in) && !loose.Ignored(in) && !taken[in]:
					less = append(less, in)
				}
			}
			if len(less) > 0 {
				pass.Report(rule.Finding{At: place(at), Subject: "context:" + c.dir,
					Message: "BuildKit reads this file in the place of " + c.rootFile() + " and not beside it, so builds of " + d.Path + " receive " + rule.Listed(less) + ", which that one keeps out; say it here too",
					Fixes:   rule.Manual("Keep out what "+c.rootFile()+" keeps out", "whether "+d.Path+" needs those files is not known; add the patterns of "+c.rootFile()+" to "+at+", or delete "+at+" when it is the only Dockerfile of the context")})
				continue
			}
			if len(more) == 0 {
				continue
			}
			pass.Report(rule.Finding{At: place(at), Subject: "context:" + c.dir,
				Message: "BuildKit reads this file in the place of " + c.rootFile() + ", the classic builder reads that one alone and sends " + rule.Listed(more) + "; what is kept out depends on the builder; let the root's file be the stricter",
				Fixes:   rule.Manual("Make "+c.rootFile()+" the stricter", "which of the files the other Dockerfiles of the context need is not known; add the patterns of "+at+" to "+c.rootFile()+" or, with one Dockerfile, keep that file alone")})
		}
	}
}
