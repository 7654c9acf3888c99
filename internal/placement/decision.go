package placement

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"refit/internal/change"
	"refit/internal/layout"
	"refit/internal/project"
	"refit/internal/source"
)

// Decision is whether the files of a repository move, and why.
type Decision struct {
	Move     bool
	Reason   Reason
	Evidence []string // facts about this repository, each a sentence without its full stop
	// Wanted are the files that belong elsewhere, whether they can be moved or not; empty when files stay.
	Wanted []File
	Stays  []change.Stay // the candidates that are not wanted
	// Would are those that move when somebody asks for it, where files stay for want of evidence.
	Would []change.Place
}

// Reason is why files move or stay.
type Reason = string

// The reasons.
const (
	Configured Reason = "configured"    // .refit.yaml or the command line says so
	OwnFolders Reason = "own-folders"   // keep: the layout has no other place for any file at the root
	FoundByIt  Reason = "found-by-name" // keep: programs and people find the files by their names where they are
	Stacked    Reason = "stacked"       // keep: they lie on top of another, from whose folder their paths start
	Handled    Reason = "handled"       // keep: scripts move, copy or write them where they are
	FewNamed   Reason = "few-named"     // keep: a single file that has to be named is no litter
	CostsMore  Reason = "costs-more"    // keep: moving changes more files than it is worth
	Named      Reason = "named"         // move: several files have to be named by every command anyway
	Begun      Reason = "begun"         // move: others lie in the layout's folders already
	Beside     Reason = "beside"        // of one file: it belongs to one that stays
)

// The rule in one sentence: files move when at least enough of them have to be named by every command
// anyway, and when no more than dear other files change for each file that goes.
const (
	enough = 2
	dear   = 3
)

type decisionKey struct{}

// Of is the decision for the repository. It is taken once, on the baseline of a plan: half-way through
// the moves, what is left at the root would tell another story.
func Of(p *project.Project) *Decision {
	base := p.Baseline()
	return source.Recall(&base.Memo, decisionKey{}, func() *Decision { return decide(base) })
}

// Wanted are the files that belong elsewhere and are not there yet.
func Wanted(p *project.Project) []File {
	return slices.DeleteFunc(slices.Clone(Of(p).Wanted), func(f File) bool { return !p.Files.Has(f.From) })
}

func decide(p *project.Project) *Decision {
	all := candidates(p, p.Layout.Mode == layout.Move)
	switch p.Layout.Mode {
	case layout.Move:
		return &Decision{Move: len(all) > 0, Reason: Configured, Wanted: all}
	case layout.Keep:
		return keep(Configured, nil, all)
	}
	d := byEvidence(p, all)
	if !d.Move {
		d.Would = would(p)
	}
	return d
}

// would are the files that move when somebody asks for it.
func would(p *project.Project) []change.Place {
	var list []change.Place
	for _, f := range candidates(p, true) {
		if f.Keep == "" && (f.Kind != Compose || stacked(p, f.From) == "") {
			list = append(list, change.Place{Path: f.From, To: f.To})
		}
	}
	return list
}

// byEvidence decides by what the repository shows.
func byEvidence(p *project.Project, all []File) *Decision {
	if len(all) == 0 {
		return &Decision{Reason: OwnFolders}
	}
	c := choose(p, all)
	named := paths(c.named)
	free := slices.DeleteFunc(slices.Clone(named), func(file string) bool { return held(p, file) })
	others := c.touched(p)
	switch begun := begun(p); {
	case len(named) == 0 && slices.ContainsFunc(c.stays, func(s change.Stay) bool { return s.Reason == FoundByIt }):
		return keep(FoundByIt, c.stays, nil)
	case len(named) == 0 && len(c.stays) == 0:
		return &Decision{Reason: OwnFolders}
	case len(named) == 0:
		return keep(c.stays[0].Reason, c.stays, nil)
	case len(named) < enough && begun == "":
		return keep(FewNamed, c.stays, c.going, "only "+named[0]+" has to be named in commands")
	case len(free) == 1 && begun == "":
		return keep(FewNamed, c.stays, c.going, "of "+listed(named)+", which have to be named in commands, only "+free[0]+" could go: other places can't be rewritten with certainty")
	case len(others) > dear*c.movable():
		return keep(CostsMore, c.stays, c.going, fmt.Sprintf("%d files would go, and %d others name them: %s", c.movable(), len(others), listed(others)))
	case len(named) < enough:
		return &Decision{Move: true, Reason: Begun, Wanted: c.going, Stays: c.stays, Evidence: []string{begun + " is where the layout wants it; " + named[0] + " belongs beside it"}}
	}
	d := &Decision{Move: true, Reason: Named, Wanted: slices.Concat(c.going, c.along), Stays: c.stays}
	slices.SortFunc(d.Wanted, func(a, b File) int { return slices.Index(all, a) - slices.Index(all, b) })
	if c.beside == "" {
		d.Evidence = append(d.Evidence, listed(named)+" are used only where they are named")
	} else {
		d.Reason = Begun
		d.Evidence = append(d.Evidence, c.beside+" is where the layout wants it; "+listed(named)+" belong beside it, and only scripts build them")
	}
	if len(others) > 0 {
		d.Evidence = append(d.Evidence, "other files that name what goes: "+listed(others))
	}
	return d
}

// Said is the decision as a plan tells it.
func (d *Decision) Said() change.Layout {
	said := change.Layout{Decision: "keep", Reason: d.Reason, Evidence: append([]string{}, d.Evidence...), Stays: d.Stays, Would: d.Would}
	if d.Move {
		said.Decision = "move"
	}
	return said
}

// keep is the decision that files stay: those of stays for reasons of their own, the others for this one.
func keep(why Reason, stays []change.Stay, others []File, evidence ...string) *Decision {
	d := &Decision{Reason: why, Stays: stays, Evidence: evidence}
	for _, f := range others {
		d.Stays = append(d.Stays, change.Stay{Path: f.From, Reason: why})
	}
	return d
}

// begun is a Compose file that lies where the layout wants it, "" when there is none. Env files don't count:
// other fixes make some there, and what refit did itself must not decide otherwise the next time.
func begun(p *project.Project) string {
	for _, c := range p.Compose {
		if _, ok := p.Layout.EnvironmentAt(c.Path); ok {
			return c.Path
		}
	}
	return ""
}

// choice is what would go and what would not.
type choice struct {
	going []File
	along []File // Compose files of no environment: they go where others go, and don't count
	named []File // those of going that have to be named in commands
	stays []change.Stay
	// beside is a Dockerfile in the layout's folder that those at the root belong beside, "" when there is none.
	beside string
}

func choose(p *project.Project, all []File) *choice {
	c := &choice{}
	for _, f := range all {
		switch {
		case f.Found && f.Kind != Dockerfile:
			c.stay(f, FoundByIt, f.Keep)
		case f.Kind == Compose && byDefault(f.From) && !everyCallNames(p, f.From):
			c.stay(f, FoundByIt, "`docker compose` finds it by its name")
		case f.Kind == Compose && handled(p, f.From) != "":
			c.stay(f, Handled, handled(p, f.From)+" moves, copies or writes it where it is")
		case f.Kind == Compose && stacked(p, f.From) != "":
			c.stay(f, Stacked, "it is stacked with "+stacked(p, f.From)+", and the paths of both start from the folder of the first")
		case f.Along:
			c.along = append(c.along, f)
		case f.Kind == Compose || f.Kind == Env:
			c.going, c.named = append(c.going, f), append(c.named, f)
		}
	}
	rest := c.composeAtRoot(p)
	c.dockerfiles(p, all, rest)
	for _, f := range all {
		switch {
		case f.Kind != Example:
		case len(c.going) == 0 || rest != "":
			c.stay(f, FoundByIt, "people copy it to .env beside it")
		default:
			c.going = append(c.going, f)
		}
	}
	slices.SortFunc(c.going, func(a, b File) int { return slices.Index(all, a) - slices.Index(all, b) })
	return c
}

// dockerfiles chooses the Dockerfiles, which go or stay together. One that is found by its name goes only
// when the Compose files go: rest is one that doesn't.
func (c *choice) dockerfiles(p *project.Project, all []File, rest string) {
	main := ""
	for _, d := range p.Dockerfiles {
		if slices.Contains([]string{"Dockerfile", "dockerfile", "Containerfile"}, d.Path) && !alwaysNamed(p, d.Path) {
			main = d.Path
		}
	}
	if c.beside = besideOthers(p, all, main); c.beside != "" {
		main = ""
	}
	composeGoes := rest == "" && slices.ContainsFunc(c.going, func(f File) bool { return f.Kind == Compose })
	for _, f := range all {
		switch {
		case f.Kind != Dockerfile:
		case f.Found:
			c.stay(f, FoundByIt, f.Keep)
		case main != "" && !composeGoes && f.From == main:
			c.stay(f, FoundByIt, "`docker build` finds it by its name")
		case main != "" && !composeGoes:
			c.stay(f, Beside, "it belongs beside "+main)
		default:
			c.going = append(c.going, f)
			if f.From != main {
				c.named = append(c.named, f)
			}
		}
	}
}

// besideOthers is a Dockerfile in the layout's folder, where several at the root belong beside it: the one that is found by
// its name is built by scripts of the repository alone, which are rewritten, and no document says how.
func besideOthers(p *project.Project, all []File, main string) string {
	count := 0
	for _, f := range all {
		if f.Kind == Dockerfile && f.Keep == "" {
			count++
		}
	}
	if main == "" || count < enough || !slices.ContainsFunc(all, func(f File) bool { return f.From == main }) {
		return ""
	}
	scripts := false
	for _, r := range p.References {
		if r.To != main {
			continue
		}
		if r.Unsure != "" && r.Kind != project.RefIgnore || r.Implicit && !byPeople(r.From) || r.Kind == project.RefCompose {
			return ""
		}
		scripts = scripts || r.Implicit
	}
	for _, d := range p.Dockerfiles {
		if scripts && path.Dir(d.Path) == p.Layout.DockerDir() {
			return d.Path
		}
	}
	return ""
}

func (c *choice) stay(f File, why Reason, text string) {
	c.stays = append(c.stays, change.Stay{Path: f.From, Reason: why, Why: text})
}

// composeAtRoot is a Compose file that stays at the root, "" when there is none.
func (c *choice) composeAtRoot(p *project.Project) string {
	for _, f := range p.Compose {
		if atRoot(f.Path) && (held(p, f.Path) || !slices.ContainsFunc(c.going, func(g File) bool { return g.From == f.Path && g.Keep == "" })) {
			return f.Path
		}
	}
	return ""
}

// movable counts what nothing speaks against as yet.
func (c *choice) movable() int {
	n := 0
	for _, f := range c.going {
		if f.Keep == "" {
			n++
		}
	}
	return n
}

// touched are the other files that name what goes, sorted.
func (c *choice) touched(p *project.Project) []string {
	goes := map[string]bool{}
	for _, f := range c.going {
		goes[f.From] = f.Keep == ""
	}
	var list []string
	for _, r := range p.References {
		if goes[r.To] && !goes[r.From] && !slices.Contains(list, r.From) && path.Base(r.From) != ".gitignore" {
			list = append(list, r.From)
		}
	}
	slices.Sort(list)
	return list
}

// byDefault says whether `docker compose` finds a file of this name by itself.
// https://docs.docker.com/compose/intro/compose-application-model/#the-compose-file
func byDefault(name string) bool {
	return slices.Contains([]string{"compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"}, name)
}

// everyCallNames says whether what starts the Compose file names it each time and nothing, not even a document,
// counts on Compose finding it. People start things by Makefiles and scripts; that CI names it says little.
func everyCallNames(p *project.Project, file string) bool {
	if held(p, file) {
		return false
	}
	starts := false
	for _, c := range p.Calls {
		switch {
		case c.Kind != project.CallCompose || !slices.Contains(c.Files, file):
		case c.Implicit:
			return false
		default:
			starts = starts || (c.Subcommand == "up" || c.Subcommand == "run") && byPeople(c.From)
		}
	}
	return starts
}

// namedSomewhere says whether another file names the Compose file, be it a document, and none in a way that nobody understands.
func namedSomewhere(p *project.Project, file string) bool {
	return !held(p, file) && slices.ContainsFunc(p.References, func(r project.Reference) bool {
		return r.To == file && r.Unsure == "" && r.Kind != project.RefIgnore
	})
}

// held says whether something that runs names the file in a place that nobody understands, so that it can't move.
func held(p *project.Project, file string) bool {
	return slices.ContainsFunc(p.References, func(r project.Reference) bool {
		return r.To == file && r.Unsure != "" && r.Kind != project.RefDocs && r.Kind != project.RefIgnore
	})
}

// byPeople says whether a file that holds a command is one by which people start it.
func byPeople(at string) bool {
	return !project.IsDocument(at) && !strings.HasPrefix(at, ".")
}

// handled is where a script moves, copies or writes the file, "" when none does.
func handled(p *project.Project, file string) string {
	for _, r := range p.References {
		if r.To == file && r.Copied && !project.IsDocument(r.From) {
			return r.From
		}
	}
	return ""
}

// stacked is the file on top of which a Compose file lies, or that lies on top of it; "" for one that
// stands alone.
func stacked(p *project.Project, at string) string {
	for _, e := range p.Environments {
		if len(e.Files) > 1 && slices.Contains(e.Files, at) {
			if e.Files[0] == at {
				return e.Files[1]
			}
			return e.Files[0]
		}
	}
	return ""
}

// alwaysNamed says whether every command that builds the Dockerfile names it, so that its name and place
// make no difference to anybody.
func alwaysNamed(p *project.Project, dockerfile string) bool {
	if slices.ContainsFunc(p.References, func(r project.Reference) bool { return r.To == dockerfile && r.Implicit }) {
		return false
	}
	return slices.ContainsFunc(p.Calls, func(c project.Call) bool {
		return c.Kind == project.CallBuild && c.Dockerfile == dockerfile && !c.Implicit
	})
}

func paths(files []File) []string {
	var list []string
	for _, f := range files {
		list = append(list, f.From)
	}
	return list
}

// listed is a list for people: all of a few, else the first and how many more.
func listed(names []string) string {
	const few = 6
	if len(names) > few {
		names = append(slices.Clone(names[:few-1]), fmt.Sprintf("%d more", len(names)-few+1))
	}
	if last := len(names) - 1; last > 0 {
		return strings.Join(names[:last], ", ") + " and " + names[last]
	}
	return strings.Join(names, "")
}
