package main

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// lostComments are the comments of changed files that stand in no changed file afterwards, each counted.
// A path in a comment may have moved with its file; nothing else of it may change.
func lostComments(e *evidence) []string {
	changed := differing(e.before, e.after, false)
	left := map[string]int{}
	for _, p := range changed {
		for _, c := range commentsOf(p, e.after[p]) {
			left[c]++
		}
	}
	var missing []comment
	for _, p := range changed {
		for _, c := range commentsOf(p, e.before[p]) {
			e.saw("comments", 1)
			if now := e.moves.in(c); left[now] > 0 {
				left[now]--
			} else if left[c] > 0 {
				left[c]--
			} else {
				missing = append(missing, comment{p, c})
			}
		}
	}
	var broken []string
	for _, c := range missing {
		if i := keptButForPaths(c, left, e.moves); i != "" {
			left[i]--
		} else if !e.plan.declares("comment", func(d difference) bool { return d.Subject == c.file }) {
			broken = append(broken, fmt.Sprintf("%s: lost: %s", c.file, c.text))
		}
	}
	return broken
}

type comment struct{ file, text string }

// commentsOf are a file's comments, without their marks, spaces made single: whole lines and ends of lines.
func commentsOf(p string, e entry) []string {
	if !e.isText() {
		return nil
	}
	mark, inline := "#", true
	switch kindOf(p, e.text) {
	case kindYAML, kindEnv, kindShell, kindMake, kindTOML, kindHash:
	case kindDockerfile, kindIgnore:
		inline = false
	case kindSlashes, kindJSON:
		mark, inline = "//", false
	default:
		return nil
	}
	var list []string
	for i, line := range strings.Split(e.text, "\n") {
		line = strings.TrimSpace(line)
		if i == 0 && strings.HasPrefix(line, "#!") {
			continue
		}
		text, is := strings.CutPrefix(line, mark)
		if !is && inline {
			text, is = endOfLine(line)
		}
		if text = strings.Join(strings.Fields(strings.TrimLeft(text, mark)), " "); is && text != "" {
			list = append(list, text)
		}
	}
	return list
}

// endOfLine is what stands after a # that follows a space and is in no quotes.
func endOfLine(line string) (string, bool) {
	quote := byte(0)
	for i := range len(line) {
		switch c := line[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '#' && i > 0 && (line[i-1] == ' ' || line[i-1] == '\t'):
			return line[i+1:], true
		}
	}
	return "", false
}

// keptButForPaths finds a left comment whose words are the same but for those that name a moved file and
// for the command that starts with it.
func keptButForPaths(c comment, left map[string]int, m moves) string {
	want := otherWords(c.text, m)
	for _, text := range keysOf(left) {
		if left[text] > 0 && text != c.text && slices.Equal(want, otherWords(text, m)) {
			return text
		}
	}
	return ""
}

// otherWords are a comment's words without names of moved files, env file flags and "docker compose",
// which L10 writes in two words.
func otherWords(text string, m moves) []string {
	names := map[string]bool{"docker-compose": true, "docker": true, "compose": true, "--env-file": true, "-f": true}
	for from, to := range m {
		names[path.Base(from)], names[path.Base(to)] = true, true
	}
	var words []string
	for _, w := range strings.Fields(text) {
		bare := strings.Trim(w, "`\"'()[]<>,;:!$")
		if bare = strings.TrimSuffix(bare, "."); !names[bare] && !names[path.Base(bare)] && !strings.Contains(bare, "env/.env") {
			words = append(words, w)
		}
	}
	return words
}
