package main

import (
	"regexp"
	"strings"
)

// moves maps paths before to paths afterwards.
type moves map[string]string

func (m moves) now(path string) string {
	if to, ok := m[path]; ok {
		return to
	}
	return path
}

func (m moves) was(path string) string {
	for from, to := range m {
		if to == path {
			return from
		}
	}
	return path
}

// in is a text of a file with the moved files' paths from the root written as they are afterwards.
func (m moves) in(text string) string {
	if len(m) == 0 {
		return text
	}
	return pathWord.ReplaceAllStringFunc(text, func(word string) string {
		bare := strings.TrimRight(word, ".")
		if to, ok := m[strings.TrimPrefix(bare, "./")]; ok {
			return to + word[len(bare):]
		}
		return word
	})
}

// pathWord is a run of the characters of which paths are made.
var pathWord = regexp.MustCompile(`[A-Za-z0-9_.@+~/-]+`)
