package gitrepo

import (
	"path"
	"strings"
)

// Rule is one pattern of an ignore file, as a verdict names it.
type Rule struct {
	Path    string // the file that holds it: ".gitignore", "app/.gitignore", ".git/info/exclude"
	Line    int    // counted from 1
	Pattern string // as git prints it: "!" included, trailing spaces dropped
}

// Negated says whether the rule takes files back in.
func (r Rule) Negated() bool { return strings.HasPrefix(r.Pattern, "!") }

// Ignore decides which paths git ignores. It loads the .gitignore files on the way as it needs them and
// remembers them; it must not be used concurrently.
type Ignore struct {
	read    func(path string) ([]byte, bool)
	fold    bool
	exclude []compiled
	files   map[string][]compiled // by folder
	folders map[string]verdict
}

type verdict struct {
	ignored bool
	rule    *Rule
}

// Ignore is the matcher of this repository. read supplies the bytes of a .gitignore; it says false
// for one that does not exist or that is a symbolic link, which git does not follow.
func (s *State) Ignore(read func(path string) ([]byte, bool)) *Ignore {
	return NewIgnore(read, s.Exclude, s.FoldCase)
}

// NewIgnore is the matcher of a work tree: read as for State.Ignore, exclude the content of
// .git/info/exclude, foldCase core.ignoreCase.
func NewIgnore(read func(path string) ([]byte, bool), exclude []byte, foldCase bool) *Ignore {
	g := &Ignore{read: read, fold: foldCase, files: map[string][]compiled{}, folders: map[string]verdict{".": {}}}
	g.exclude = g.compile(".git/info/exclude", exclude)
	return g
}

// Match says whether git ignores the path, and by which rule; a rule that takes the path back in
// is returned with ignored false, and nil stands for no rule. What lies in an ignored folder is
// ignored by the folder's rule, whatever else says. Tracked files are matched like others, though
// git goes on tracking them.
func (g *Ignore) Match(p string, isDir bool) (ignored bool, rule *Rule) {
	p = path.Clean(p)
	if p == "." || p == ".." || strings.HasPrefix(p, "../") || path.IsAbs(p) {
		return false, nil
	}
	v := g.match(p, isDir)
	return v.ignored, v.rule
}

func (g *Ignore) match(p string, isDir bool) verdict {
	dir := path.Dir(p)
	if v := g.folder(dir); v.ignored {
		return v
	}
	subject := p
	if g.fold {
		subject = lowerASCII(p)
	}
	for at := dir; ; at = path.Dir(at) { // the nearest file decides first
		base := ""
		if at != "." {
			base = at + "/"
		}
		if r := lastMatch(g.rules(at), subject[len(base):], isDir); r != nil {
			return verdict{!r.Negated(), r}
		}
		if at == "." {
			break
		}
	}
	if r := lastMatch(g.exclude, subject, isDir); r != nil {
		return verdict{!r.Negated(), r}
	}
	return verdict{}
}

func (g *Ignore) folder(dir string) verdict {
	v, ok := g.folders[dir]
	if !ok {
		v = g.match(dir, true)
		g.folders[dir] = v
	}
	return v
}

func (g *Ignore) rules(dir string) []compiled {
	rules, ok := g.files[dir]
	if !ok {
		name := path.Join(dir, ".gitignore")
		if text, found := g.read(name); found {
			rules = g.compile(name, text)
		}
		g.files[dir] = rules
	}
	return rules
}

func lastMatch(rules []compiled, p string, isDir bool) *Rule {
	for i := len(rules) - 1; i >= 0; i-- {
		if rules[i].match(p, isDir) {
			return &rules[i].rule
		}
	}
	return nil
}

// compiled is a rule ready to match.
type compiled struct {
	rule     Rule
	plain    string // the part before the first special character
	glob     glob   // the rest
	literal  bool   // there is no rest
	anchored bool   // has a slash before its end: relative to the file's folder; else any name below it
	dirOnly  bool
}

func (g *Ignore) compile(file string, text []byte) []compiled {
	var rules []compiled
	for _, line := range ignoreLines(text) {
		text := line.text
		if g.fold {
			text = lowerASCII(text)
		}
		c := compilePattern(text)
		c.rule = Rule{Path: file, Line: line.number, Pattern: line.text}
		rules = append(rules, c)
	}
	return rules
}

// compilePattern splits the pattern before its first special character: git compares that part
// on its own, so that in "a**/b" the "**" counts as standing at the start.
func compilePattern(text string) compiled {
	var c compiled
	p := strings.TrimPrefix(text, "!")
	p, c.dirOnly = strings.CutSuffix(p, "/")
	if c.anchored = strings.Contains(p, "/"); c.anchored {
		p = strings.TrimPrefix(p, "/")
	}
	special := strings.IndexAny(p, `*?[\`)
	if c.literal = special < 0; c.literal {
		special = len(p)
	}
	c.plain, c.glob = p[:special], compileGlob(p[special:])
	return c
}

// match matches a path relative to the file's folder.
func (c *compiled) match(p string, isDir bool) bool {
	if c.dirOnly && !isDir {
		return false
	}
	if !c.anchored {
		p = path.Base(p)
	}
	rest, ok := strings.CutPrefix(p, c.plain)
	return ok && (c.literal && rest == "" || !c.literal && c.glob.match(rest))
}

func lowerASCII(s string) string {
	b := []byte(s)
	for i, c := range b {
		if isUpper(c) {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

// ignoreLine is one pattern with its place: offset is that of the text in the file.
type ignoreLine struct {
	text           string
	number, offset int
}

// ignoreLines splits an ignore file as git does: a byte order mark is skipped, a "#" in the first
// column starts a comment, trailing spaces (no tabs) are dropped unless escaped, and so is a CR.
func ignoreLines(text []byte) []ignoreLine {
	rest := string(text)
	offset := 0
	if strings.HasPrefix(rest, "\uFEFF") {
		offset = len("\uFEFF")
		rest = rest[offset:]
	}
	var lines []ignoreLine
	for number := 1; rest != ""; number++ {
		line, after, ended := strings.Cut(rest, "\n")
		if line != "" && line[0] != '#' {
			kept, _, _ := strings.Cut(strings.TrimSuffix(line, "\r"), "\x00") // a NUL ends it
			kept = trimSpaces(kept)
			if strings.TrimPrefix(kept, "!") != "" {
				lines = append(lines, ignoreLine{kept, number, offset})
			}
		}
		if ended {
			offset += len(line) + 1
		}
		rest = after
	}
	return lines
}

// trimSpaces drops trailing spaces, except one that a backslash escapes.
func trimSpaces(s string) string {
	keep := 0
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 == len(s) {
			return s // git stops looking here and drops nothing
		}
		if s[i] == '\\' {
			i++
		} else if s[i] == ' ' {
			continue
		}
		keep = i + 1
	}
	return s[:keep]
}
