package project

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"refit/internal/compose"
	"refit/internal/source"
)

// settler looks up which of the mentioned files exist.
type settler struct {
	p       *Project
	notable []string            // files that refit moves
	started map[string][]string // script -> folders in which other files start it
	cloned  string              // what documents call the repository, see clonedAs
}

func newSettler(p *Project, all []*found) *settler {
	s := &settler{p: p, started: map[string][]string{}}
	known := map[string]bool{}
	add := func(at string) {
		if !known[at] {
			known[at] = true
			s.notable = append(s.notable, at)
		}
	}
	for _, at := range p.Files.Paths() {
		if notable(path.Base(at)) {
			add(at)
		}
	}
	for _, c := range p.Compose {
		add(c.Path)
	}
	for _, d := range p.Dockerfiles {
		add(d.Path)
	}
	slices.Sort(s.notable)
	s.cloned = clonedAs(all)
	for _, f := range all {
		for _, m := range f.mentions {
			if m.runs && p.Files.Has(m.To) && !slices.Contains(s.started[m.To], m.dir) {
				s.started[m.To] = append(s.started[m.To], m.dir)
			}
		}
	}
	return s
}

// references are the mentions of a file that name something: of each place the heaviest, of several
// folders that it may be read from the one in which the file is there.
func (s *settler) references(f *found) []Reference {
	type settled struct {
		Reference
		weight  weight
		variant int
	}
	var list []settled
	for _, m := range f.mentions {
		if !s.own(m.clone) {
			continue
		}
		if m.pattern != "" || m.regex != nil {
			for _, to := range s.meant(m) {
				r := m.Reference
				r.To = to
				list = append(list, settled{r, m.weight, m.variant})
			}
			continue
		}
		there := s.p.present(m.To)
		if !there && !m.keep || m.fileOnly && there && s.p.Files.IsDir(m.To) {
			continue
		}
		m.Missing = !there
		list = append(list, settled{m.Reference, m.weight, m.variant})
	}
	likely := s.likeliest(f)
	slices.SortStableFunc(list, func(a, b settled) int {
		return cmp.Or(cmp.Compare(b.weight, a.weight), boolInt(a.Missing)-boolInt(b.Missing),
			boolInt(a.variant != likely)-boolInt(b.variant != likely), cmp.Compare(a.variant, b.variant),
			cmp.Compare(a.Span.Start, b.Span.Start), cmp.Compare(b.Span.End, a.Span.End))
	})
	type taken struct {
		at      source.Span
		weight  weight
		variant int
		missing bool
	}
	var kept []Reference
	var index []taken
	for _, r := range list {
		drop := false
		for i, k := range index {
			if r.Implicit || kept[i].Implicit || !k.at.Overlaps(r.Span) {
				continue
			}
			switch {
			case k.at != r.Span || k.weight != r.weight || k.missing != r.Missing:
				drop = true
			case k.variant != r.variant:
				drop = true
				if kept[i].To != r.To && r.Kind != RefDocs && kept[i].Unsure == "" && !s.decided(f.from, k.variant) {
					kept[i].Unsure = "it depends on the folder from which it is run whether this is " + kept[i].To + " or " + r.To
				}
			case kept[i].To != r.To && r.Escape != EscapePattern && r.Escape != EscapeMatch && !r.Folder:
				why := "the same words name " + kept[i].To + " and " + r.To
				kept[i].Unsure, r.Unsure = why, why
			}
			if drop {
				break
			}
		}
		if !drop {
			kept = append(kept, r.Reference)
			index = append(index, taken{r.Span, r.weight, r.variant, r.Missing})
		}
	}
	for i := range kept {
		if kept[i].Kind == RefDocs {
			kept[i].Unsure = ""
		}
	}
	return kept
}

// own says whether a clone of the repository of that name is this one.
func (s *settler) own(clone string) bool {
	return clone == "" || strings.EqualFold(clone, s.p.Name) || strings.EqualFold(clone, s.cloned)
}

// clonedAs is the name of the only repository in whose clone the documents do something, "" where there are several: people
// call the checkout's folder as they like, and what a README has them clone is its own repository.
func clonedAs(all []*found) string {
	name, several := "", false
	note := func(clone string) {
		several = several || clone != "" && name != "" && !strings.EqualFold(clone, name)
		name = cmp.Or(name, clone)
	}
	for _, f := range all {
		if !IsDocument(f.from) {
			continue
		}
		for _, m := range f.mentions {
			note(m.clone)
		}
		for _, c := range f.calls {
			note(c.clone)
		}
	}
	if several {
		return ""
	}
	return name
}

// abroad is a call in the clone of another repository: what it names is in a folder that is not here.
func (s *settler) abroad(c command) command {
	if s.own(c.clone) {
		return c
	}
	there := func(at string) string {
		if at == "" {
			return ""
		}
		return path.Join(c.clone, at)
	}
	c.Dir, c.Context, c.Dockerfile = there(c.Dir), there(c.Context), there(c.Dockerfile)
	c.Files, c.EnvFiles = slices.Clone(c.Files), slices.Clone(c.EnvFiles)
	for _, list := range [][]string{c.Files, c.EnvFiles} {
		for i := range list {
			list[i] = there(list[i])
		}
	}
	return c
}

// decided says whether all who start a script do it in the folder of the variant: 0 is the root.
func (s *settler) decided(script string, variant int) bool {
	dirs := s.started[script]
	if len(dirs) == 0 {
		return false
	}
	want := "."
	if variant != 0 {
		want = path.Dir(script)
	}
	for _, d := range dirs {
		if d != want {
			return false
		}
	}
	return true
}

// likeliest is the variant that counts when a name is there in more than one.
func (s *settler) likeliest(f *found) int {
	if s.decided(f.from, 1) {
		return 1
	}
	return 0
}

// meant are the notable files that a pattern or a regular expression matches.
func (s *settler) meant(m mention) []string {
	if m.regex == nil {
		return s.matches(m.pattern)
	}
	var all []string
	for _, at := range s.notable {
		if m.regex.MatchString(at) {
			all = append(all, at)
		}
	}
	return all
}

// matches are the notable files that a pattern matches.
func (s *settler) matches(pattern string) []string {
	var all []string
	for _, at := range s.notable {
		if ok, err := path.Match(pattern, at); ok && err == nil {
			all = append(all, at)
		}
	}
	return all
}

// calls looks up the files of a file's calls, and gives the references to those that a call implies.
func (s *settler) calls(f *found) (refs []Reference, calls []Call) {
	type place struct {
		at     source.Span
		prog   source.Span
		target string
	}
	best := map[place]int{} // the variant that counts
	score := map[place]int{}
	likely := s.likeliest(f)
	commands := make([]command, len(f.calls))
	for i, c := range f.calls {
		commands[i] = s.abroad(c)
	}
	for _, c := range commands {
		at, n := place{c.Span, c.Program, c.Target}, 2*s.score(c)+boolInt(c.variant == likely)
		if old, ok := score[at]; !ok || n > old {
			best[at], score[at] = c.variant, n
		}
	}
	seen := map[string]bool{}
	for _, c := range commands {
		if best[place{c.Span, c.Program, c.Target}] != c.variant {
			continue
		}
		for _, call := range s.expand(c) {
			if key := describeCall(call); !seen[key] {
				seen[key] = true
				calls = append(calls, call)
				refs = append(refs, s.implied(call, c.kind)...)
			}
		}
	}
	return refs, calls
}

// score is how much of what a call names is there.
func (s *settler) score(c command) int {
	if c.Kind == CallBuild {
		return boolInt(c.Dockerfile != "" && s.p.present(c.Dockerfile))
	}
	if !c.listed {
		return boolInt(len(s.implicit(c.Call)) > 0)
	}
	n := 0
	for _, at := range c.Files {
		n += boolInt(at != "" && s.p.present(at))
	}
	return n
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// maxStacks bounds the stacks that one call with unknown parts is taken for.
const maxStacks = 16

// expand are the calls that a command may be: with unknown parts in a name, one for each file that
// it may mean.
func (s *settler) expand(c command) []Call {
	if c.Kind != CallCompose {
		if c.Implicit {
			c.Dockerfile = defaultDockerfile(s.p.Files, c.Dockerfile)
		}
		return []Call{c.Call}
	}
	if !c.listed {
		c.Implicit, c.Files = true, s.implicit(c.Call)
		return []Call{c.Call}
	}
	stacks := [][]string{nil}
	for i, at := range c.Files {
		options := []string{at}
		if at == "" {
			if options = s.matches(c.patterns[i]); c.patterns[i] == "" || len(options) == 0 {
				c.Files = nil // nobody knows
				return []Call{c.Call}
			}
		}
		var next [][]string
		for _, stack := range stacks {
			for _, o := range options {
				if len(next) < maxStacks {
					next = append(next, append(slices.Clone(stack), o))
				}
			}
		}
		stacks = next
	}
	var all []Call
	for _, stack := range stacks {
		call := c.Call
		call.Files = stack
		all = append(all, call)
	}
	return all
}

// implicit are the files that Compose finds by itself: what COMPOSE_FILE in .env lists, or the
// default names, in the folder or one above it.
func (s *settler) implicit(c Call) []string {
	dir := c.Dir
	if c.ProjectDir != "" {
		dir = c.ProjectDir
	}
	if dir == "" {
		dir = "."
	}
	if e := s.p.EnvFile(path.Join(dir, ".env")); e != nil && e.File != nil {
		if v, ok := e.File.Get("COMPOSE_FILE"); ok && v.Value != "" {
			var files []string
			for _, f := range splitList(v.Value, e) {
				files = append(files, path.Join(dir, f))
			}
			return files
		}
	}
	for {
		if files := compose.ImplicitFiles(dir, s.p.Files.Has); len(files) > 0 || dir == "." {
			return files
		}
		dir = path.Dir(dir)
	}
}

// implied are the references to the files that a call means without naming them.
func (s *settler) implied(c Call, kind RefKind) []Reference {
	if !c.Implicit {
		return nil
	}
	files := c.Files
	if c.Kind == CallBuild {
		files = []string{c.Dockerfile}
	}
	var refs []Reference
	for _, at := range files {
		if s.p.present(at) {
			refs = append(refs, Reference{From: c.From, Span: c.Program, To: at, Kind: kind, Base: c.Dir, Implicit: true})
		}
	}
	return refs
}
