package main

import (
	"fmt"
	"path"
	"strings"
)

// staleReferences are the places that name a moved or deleted file by its old path, and of which refit said
// nothing: neither a refusal nor a finding of the file and its path.
func staleReferences(e *evidence) []string {
	old := map[string]bool{}
	for from := range e.moves {
		old[from] = true
	}
	for _, p := range e.plan.gone() {
		old[p] = true
	}
	if len(old) == 0 {
		return nil
	}
	s := search{e, old, otherBases(e)}
	var broken []string
	for _, p := range keysOf(e.after) {
		entry := e.after[p]
		if entry.link != "" {
			if target := path.Join(path.Dir(p), entry.link); old[target] {
				broken = append(broken, fmt.Sprintf("link %s points to %s, which moved", p, target))
			}
		} else if entry.isText() && !isIgnoreFile(p) && !tellsHistory(p) {
			broken = append(broken, s.in(p, entry.text)...)
		}
	}
	return broken
}

// isIgnoreFile says whether a file holds patterns. What a pattern no longer matches is seen by its effect: in the
// build contexts, and in what git tracks.
func isIgnoreFile(p string) bool {
	return path.Base(p) == ".gitignore" || strings.HasSuffix(p, ".dockerignore")
}

// tellsHistory says whether a document tells what was true once.
func tellsHistory(p string) bool {
	name := strings.ToLower(path.Base(p))
	return strings.HasPrefix(name, "changelog") || strings.HasPrefix(name, "history") || strings.HasPrefix(name, "news") || strings.HasPrefix(name, "release")
}

type search struct {
	e     *evidence
	old   map[string]bool // old paths of files that are there no more
	bases map[string]int  // how many files there are of a name, but for those that moved
}

// otherBases counts the files that did not move by their names.
func otherBases(e *evidence) map[string]int {
	counts, to := map[string]int{}, map[string]bool{}
	for _, p := range e.moves {
		to[p] = true
	}
	for p, entry := range e.after {
		if !entry.mode.IsDir() && !to[p] {
			counts[path.Base(p)]++
		}
	}
	return counts
}

// in lists the hits in one file, those of one line and path once.
func (s search) in(p, text string) []string {
	var hits []string
	for i, line := range strings.Split(text, "\n") {
		told := map[string]bool{}
		for _, at := range pathWord.FindAllStringIndex(line, -1) {
			s.e.saw("words that could name a file", 1)
			stale := s.named(p, line, at[0], at[1])
			if stale != "" && !told[stale] && !s.listed(p, i+1, stale) {
				told[stale] = true
				hits = append(hits, fmt.Sprintf("%s:%d names %s, which is at %s now: %s", p, i+1, stale, s.place(stale), short(line)))
			}
		}
	}
	return hits
}

func (s search) place(old string) string {
	if to, ok := s.e.moves[old]; ok {
		return to
	}
	return "no place"
}

// named is the old path that a word of a line means, "" if none. A word is taken from the root and from
// the folder of its file, where that is now and was before; a word with a variable in front from the root.
func (s search) named(p, line string, start, end int) string {
	word := strings.TrimLeft(strings.TrimRight(line[start:end], "."), "@")
	before, after := byteAt(line, start-1), byteAt(line, end)
	switch {
	case word == "", after == '*', after == '{', after == '$', before == '*', before == '$', before == '\\', before == '<', after == '>':
		return "" // part of a pattern or of a variable's name
	case strings.HasPrefix(word, "//"), strings.HasPrefix(word, "~"):
		return "" // of a URL, of a home
	case strings.HasPrefix(word, "/"):
		if before != '}' && before != ')' {
			return "" // a path of the machine or of a container
		}
		word = word[1:]
	}
	places := []string{path.Clean(word), path.Join(path.Dir(p), word), path.Join(path.Dir(s.e.moves.was(p)), word)}
	for _, place := range places {
		if _, there := s.e.after[place]; there {
			return ""
		}
	}
	if !strings.Contains(word, "/") && s.isTitle(p, line, word, end) {
		return ""
	}
	for _, place := range places {
		if s.old[place] {
			return place
		}
	}
	return ""
}

// isTitle says whether a name without a folder does not tell a place: several files have it, it is a word of
// the language, the title of a link, or stands in a program's comment, whose reader finds the file by its name.
func (s search) isTitle(p, line, word string, end int) bool {
	k := kindOf(p, s.e.after[p].text)
	program := k == kindSlashes || k == kindHash
	return s.bases[word] > 0 || plainWord(word) && !runs(p, line, s.e.after[p].text) ||
		strings.HasPrefix(strings.TrimLeft(line[end:], "`*_"), "](") || program && isComment(line)
}

func isComment(line string) bool {
	line = strings.TrimSpace(line)
	return strings.HasPrefix(line, "#") || strings.HasPrefix(line, "//") || strings.HasPrefix(line, "* ")
}

func byteAt(line string, i int) byte {
	if i < 0 || i >= len(line) {
		return 0
	}
	return line[i]
}

// plainWord says whether a file's name is a word of the language as well: Dockerfile.
func plainWord(name string) bool { return !strings.Contains(name, ".") }

// runs says whether a line is neither prose nor a comment.
func runs(p, line, text string) bool {
	k := kindOf(p, text)
	return k != kindProse && k != kindOther && !isComment(line) && !strings.HasPrefix(strings.TrimSpace(line), "echo ")
}

// listed says whether refit reports the place: by a refusal, or by a finding that remains.
func (s search) listed(p string, line int, old string) bool {
	was := s.e.moves.was(p)
	for _, r := range s.e.plan.Refused {
		if (r.Path == p || r.Path == was) && strings.Contains(r.Subject+" "+r.Why, old) {
			return true
		}
	}
	for _, f := range s.e.left.Findings {
		if f.Path == p && (f.Line == line || strings.Contains(f.Subject+" "+f.Message, old)) && strings.HasPrefix(f.Rule, "L") {
			return true
		}
	}
	return false
}

// short is a line to show.
func short(line string) string {
	line = strings.TrimSpace(line)
	if len(line) > 120 {
		line = line[:120] + "..."
	}
	return line
}
