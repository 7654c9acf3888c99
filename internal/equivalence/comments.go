package equivalence

import (
	"sort"
	"strings"

	"refit/internal/change"
	"refit/internal/project"
)

// comments looks for every comment of a changed file in the files afterwards. It may have moved to
// another file; words that name files may read differently, since references are rewritten.
func (c *comparison) comments() {
	after := map[string]int{}
	for _, p := range c.after.Files.Paths() {
		if c.changed(p) {
			c.count(c.after, p, after)
		}
	}
	kept := 0
	for _, p := range c.before.Files.Paths() {
		now := c.now(p)
		if !c.changed(now) && c.after.Files.Has(now) {
			continue
		}
		kept += c.lost(p, after)
	}
	if kept > 0 {
		c.same(change.AspectComment, "all files", "%d comments of changed files", kept)
	}
}

// changed says whether the file at a path afterwards has other bytes than before.
func (c *comparison) changed(p string) bool {
	after, ok := c.after.Files.Entry(p)
	before, existed := c.before.Files.Entry(c.was(p))
	return !ok || !existed || after != before
}

func (c *comparison) count(p *project.Project, path string, into map[string]int) {
	for _, text := range commentsOf(p, path) {
		into[text]++
	}
}

// lost reports the comments of a baseline file that are nowhere afterwards and counts the others.
func (c *comparison) lost(path string, after map[string]int) (kept int) {
	before := map[string]int{}
	c.count(c.before, path, before)
	texts := make([]string, 0, len(before))
	for text := range before {
		texts = append(texts, text)
	}
	sort.Strings(texts)
	for _, text := range texts {
		for range before[text] {
			if after[text] > 0 {
				after[text]--
				kept++
				continue
			}
			c.differs(change.AspectComment, path, text, "is there", "")
		}
	}
	return kept
}

// commentsOf lists a file's comments in a form in which rewritten file names don't count.
func commentsOf(p *project.Project, path string) []string {
	var list []string
	for _, comment := range p.CommentsIn(path) {
		if words := plainWords(comment); words != "" {
			list = append(list, words)
		}
	}
	return list
}

// plainWords are the words of a comment that name no file.
func plainWords(comment string) string {
	comment = strings.ReplaceAll(comment, "docker-compose ", "docker compose ")
	var words []string
	for _, w := range strings.Fields(comment) {
		if w = strings.Trim(w, "#`\"'()[]<>,;:!"); w != "" && w != "Dockerfile" && !strings.ContainsAny(w, "./") && w != "--env-file" && w != "-f" {
			words = append(words, w)
		}
	}
	return strings.Join(words, " ")
}
