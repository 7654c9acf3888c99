package verify

import (
	"maps"
	"slices"
	"strings"
)

// clip masks the secrets in what a program says of itself, and shortens it: the other way round a secret could be cut
// in two, and its half be shown.
func (r *running) clip(s string) string {
	const most = 160
	if r.env.Mask != nil {
		s = r.env.Mask(s)
	}
	if letters := []rune(s); len(letters) > most {
		return string(letters[:most]) + "..."
	}
	return s
}

// said is the last line that a program wrote.
func (r *running) said(text []byte, err error) string {
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	if last := strings.TrimSpace(lines[len(lines)-1]); last != "" {
		return r.clip(last)
	}
	if err != nil {
		return err.Error()
	}
	return "without a word"
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return itoa(n) + " " + many
}

func isAre(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

// sorted are the keys of a map, in order.
func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
