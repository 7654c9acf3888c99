// Package fuzztest draws files as people write them from the bytes of a fuzz input, so that a fuzzer that
// knows nothing of YAML or Dockerfiles gets past the parsers. The same bytes give the same files; no
// bytes give the plainest ones. Only tests import it.
package fuzztest

import (
	"math/rand/v2"
	"strconv"
	"strings"
)

// Draw takes one decision after the other from a fuzz input.
type Draw struct {
	data  []byte
	notes int
}

// New draws from data.
func New(data []byte) *Draw { return &Draw{data: data} }

// Seeds are n inputs that draw rich files.
func Seeds(n int) [][]byte {
	seeds := make([][]byte, n)
	for i := range seeds {
		r := rand.New(rand.NewPCG(uint64(i), 7))
		seeds[i] = make([]byte, 40+r.IntN(400))
		for j := range seeds[i] {
			seeds[i][j] = byte(r.Uint32())
		}
	}
	return seeds
}

// N is a number below n; 0 when the input is used up.
func (d *Draw) N(n int) int {
	if len(d.data) == 0 {
		return 0
	}
	b := d.data[0]
	d.data = d.data[1:]
	return int(b) % n
}

// Of is one of the texts.
func (d *Draw) Of(texts ...string) string { return texts[d.N(len(texts))] }

// Rarely is true in one of n cases, never when the input is used up.
func (d *Draw) Rarely(n int) bool { return d.N(n) == n-1 }

// Note is a comment that no other file holds.
func (d *Draw) Note() string {
	d.notes++
	return "# note " + strconv.Itoa(d.notes) + " stays"
}

// Notes are the comments of Note in a text.
func Notes(text string) []string {
	var notes []string
	for {
		_, rest, found := strings.Cut(text, "# note ")
		if !found {
			return notes
		}
		number, _, whole := strings.Cut(rest, " stays")
		if _, err := strconv.Atoi(number); whole && err == nil {
			notes = append(notes, "# note "+number+" stays")
		}
		text = rest
	}
}

// Dress gives a text the line ends and marks that editors leave, rarely.
func (d *Draw) Dress(text string) string {
	switch d.N(12) {
	case 9:
		text = strings.ReplaceAll(text, "\n", "\r\n")
	case 10:
		text = strings.TrimSuffix(text, "\n")
	case 11:
		text = "\ufeff" + text
	}
	return text
}

// Damage changes a text in up to three places, as typing and merging by hand does: lines go, come
// twice, move or are indented differently, words are cut or replaced.
func (d *Draw) Damage(text string) string {
	lines := strings.SplitAfter(text, "\n")
	for range d.N(4) {
		i := (d.N(256)<<8 | d.N(256)) % len(lines)
		line := lines[i]
		switch d.N(10) {
		case 0:
			lines[i] = ""
		case 1:
			lines[i] += line
		case 2:
			j := (i + 1) % len(lines)
			lines[i], lines[j] = lines[j], lines[i]
		case 3:
			lines[i] = "  " + line
		case 4:
			lines[i] = strings.TrimPrefix(line, "  ")
		case 5:
			lines[i] = "\n" + d.Note() + "\n" + line
		case 6: // the value goes, the key stays
			if key, _, found := strings.Cut(line, ": "); found {
				lines[i] = key + ":\n"
			}
		case 7:
			if at := d.N(256) % (len(line) + 1); len(line) > 0 {
				lines[i] = line[:at] + d.Of("$", "${", "\"", "'", " # ", ": ", "*a", "&a ", "\\\n", "\t", "{{", "é", "!reset ", "<<: ", "-") + line[at:]
			}
		case 8:
			words := strings.Fields(line)
			if len(words) > 0 {
				lines[i] = strings.Replace(line, words[d.N(len(words))], d.Of("", "null", "~", "[]", "{}", "\"\"", "${X}", "${X:-./y}", "*x", ".", "..", "/", "a:b", "$$", "0"), 1)
			}
		case 9:
			lines[i] = strings.TrimRight(line, "\r\n")
		}
	}
	return strings.Join(lines, "")
}
