package project

import (
	"path"
	"regexp"
	"slices"

	"refit/internal/parallel"
	"refit/internal/source"
)

// references finds the places outside of Compose files and Dockerfiles that name a file of the
// repository, and the command lines that run docker compose or docker build. Each file is read by
// itself, from the cache when its text is known; what it names is then looked up among the files.
func references(p *Project, c *Cache) ([]Reference, []Call) {
	var entries []*source.Entry
	for _, at := range p.Files.Paths() {
		if e, _ := p.Files.Entry(at); e.IsRegular() && extractorOf(e) != nil {
			entries = append(entries, e)
		}
	}
	included := includedMakefiles(p)
	all := parallel.Map(entries, func(e *source.Entry) *found {
		as, read := "references", extract
		if dir, ok := included[e.Path]; ok {
			as, read = "references in "+dir, func(at string, text []byte) (*found, error) { return extractIn(at, dir, text) }
		}
		f, err := parsedAs(c, e, as, read)
		if err != nil || f == nil || len(f.mentions)+len(f.calls)+len(f.packages) == 0 {
			return nil
		}
		return f
	})
	s := newSettler(p, all)
	settled := make([]struct {
		refs     []Reference
		calls    []Call
		packages []PackageCall
	}, len(all))
	parallel.Do(len(all), func(i int) {
		of := &settled[i]
		of.refs = s.references(all[i])
		implied, calls := s.calls(all[i])
		of.refs, of.calls, of.packages = append(of.refs, implied...), calls, s.packageCalls(all[i])
	})
	var refs []Reference
	var calls []Call
	p.PackageCalls = nil
	for _, of := range settled {
		refs = append(refs, of.refs...)
		calls = append(calls, of.calls...)
		p.PackageCalls = append(p.PackageCalls, of.packages...)
	}
	return refs, calls
}

// maxMentions bounds what is kept of one file; real ones stay far below it.
const maxMentions = 4000

// extract finds what one file names.
func extract(at string, text []byte) (*found, error) { return extractIn(at, path.Dir(at), text) }

// extractIn is extract for a file whose commands run in dir.
func extractIn(at, dir string, text []byte) (*found, error) {
	x := &extraction{at: at, runsIn: dir, text: text, found: &found{from: at}}
	if run := extractorFor(at, text); run != nil {
		run(x)
	}
	return x.found, nil
}

// found is what one file names and runs, before anybody has looked which of it exists.
type found struct {
	from     string
	mentions []mention
	calls    []command
	packages []PackageCall
}

// weight says how much a mention proves; where two overlap, the heavier one counts.
type weight int

const (
	asText    weight = iota // the name stands somewhere in the file
	asValue                 // a variable or setting has it as its value
	asOperand               // a program or a key that takes a path is given it
)

// mention is a place that may name a file.
type mention struct {
	Reference
	weight weight
	// keep holds it when nothing stands at To.
	keep bool
	// fileOnly drops it when To is a folder.
	fileOnly bool
	// pattern is the repo-relative path.Match pattern of the files that are meant; To is empty.
	pattern string
	// regex matches the repo-relative paths of the files that are meant; To is empty.
	regex *regexp.Regexp
	// variant counts the folders from which the file may be read, the likeliest first.
	variant int
	// clone is the name of the repository in whose clone To is; "" for this one.
	clone string
	// runs says that To is started in the folder dir.
	runs bool
	dir  string
}

// extraction is the reading of one file under way.
type extraction struct {
	*found
	at      string
	runsIn  string // where make runs the recipes of a makefile
	text    []byte
	kind    RefKind
	variant int
	unsure  string            // of everything that is found
	copied  bool              // Reference.Copied
	target  string            // Call.Target
	prose   []source.Span     // what a script only prints
	clones  map[string]string // folders that a document clones a repository into -> the repository's name
	clone   string            // mention.clone of everything that is found
}

// add notes a mention; one whose bytes are not Raw is left out.
func (x *extraction) add(m mention) {
	m.From, m.variant, m.clone = x.at, x.variant, x.clone
	if m.Kind == "" {
		m.Kind = x.kind
	}
	if m.Unsure == "" {
		m.Unsure = x.unsure
	}
	if m.Raw == "" && !m.Implicit {
		m.Raw = string(m.Span.Of(x.text))
	}
	if !m.Implicit && (m.Span.Len() == 0 || string(m.Span.Of(x.text)) != m.Raw) {
		return
	}
	if len(x.mentions) < maxMentions {
		x.mentions = append(x.mentions, m)
	}
}

// path notes a path that is written at a span and relative to base.
func (x *extraction) path(at source.Span, value, base string, own bool, w weight, keep bool) {
	to := path.Join(base, value)
	if value == "" || path.IsAbs(value) || leaves(to) || string(at.Of(x.text)) != value {
		return
	}
	x.add(mention{Reference: Reference{Span: at, Raw: value, To: to, Base: base, OwnBase: own}, weight: w, keep: keep})
}

// dir is the folder of the file.
func (x *extraction) dir() string { return path.Dir(x.at) }

// notable says whether a file of this name is one that refit moves: a Compose file, a dotenv file, a
// Dockerfile or its ignore file.
func notable(name string) bool {
	return isComposeName(name) || isEnvFileName(name) || isDockerfileName(name) || slices.Contains([]string{".dockerignore", ".containerignore"}, name)
}
