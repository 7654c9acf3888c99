package shell

import (
	"slices"
	"strings"
	"sync"
)

// Option is one option of a command line.
type Option struct {
	Name  string // "-f", "--file"; a letter out of a cluster such as -it on its own
	Value Word   // what it was given, when Given
	Given bool   // it has a value
	Word  *Word  // the word that holds the name
}

// options cuts a command line into options and operands the way Go's pflag and getopt do. takes are
// the names that need a value. With first, what follows the first operand is left alone: it belongs
// to somebody else, such as the command that docker run starts. open says that some word before
// the end may be any number of words, so that an operand may really be an option's value.
func options(words []Word, takes map[string]bool, first bool) (opts []Option, operands []Word, open bool) {
	dashed, letters := 0, 0 // words that may be options, and what is in clusters of them
	for i := range words {
		v := words[i].Value
		if strings.HasPrefix(v, "-") {
			dashed++
			if n := len(v) - len("-x"); n > 0 && n < 4 && v[1] != '-' && !takes[v] && !takes[v[:2]] {
				letters += n
			}
		}
	}
	if dashed > 0 {
		opts = make([]Option, 0, dashed+letters)
	}
	if dashed < len(words) && !first {
		operands = make([]Word, 0, len(words)-dashed)
	}
	for i := 0; i < len(words); i++ {
		w := &words[i]
		v := w.Value
		switch {
		case w.Open && strings.HasPrefix(v, Unknown):
			open = true
		case v == "--" && w.Constant:
			return opts, append(operands, words[i+1:]...), open
		case strings.HasPrefix(v, "--"):
			o := Option{Name: v, Word: w}
			if name, _, ok := strings.Cut(v, "="); ok {
				o.Name, o.Value, o.Given = name, w.Cut(len(name)+1, len(v)), true
			} else if takes[v] && i+1 < len(words) {
				i++
				o.Value, o.Given = words[i], true
			}
			opts = append(opts, o)
		case strings.HasPrefix(v, "-") && len(v) > 1:
			next := 0
			opts, next = cluster(opts, w, words[i+1:], takes)
			i += next
		default:
			if first {
				return opts, slices.Clip(words[i:]), open
			}
			operands = append(operands, *w)
		}
	}
	return opts, operands, open
}

// cluster reads one-letter options and appends them to opts: -it, -fFILE, -f=FILE, -dp 80:80. next is how many of
// the words that follow it took.
func cluster(opts []Option, w *Word, rest []Word, takes map[string]bool) (all []Option, next int) {
	v := w.Value
	if takes[v] && len(rest) > 0 { // also the long options with one dash of some programs
		return append(opts, Option{Name: v, Value: rest[0], Given: true, Word: w}), 1
	}
	for i := 1; i < len(v); i++ {
		o := Option{Name: oneLetter(v, i), Word: w}
		if !takes[o.Name] {
			opts = append(opts, o)
			continue
		}
		switch at := i + 1; {
		case at < len(v) && v[at] == '=':
			o.Value, o.Given = w.Cut(at+1, len(v)), true
		case at < len(v):
			o.Value, o.Given = w.Cut(at, len(v)), true
		case len(rest) > 0:
			o.Value, o.Given, next = rest[0], true, 1
		}
		return append(opts, o), next
	}
	return opts, next
}

// oneLetter is the option of a cluster's byte at i. The first is there as written, where it has one letter only.
func oneLetter(v string, i int) string {
	if i == 1 {
		return v[:2]
	}
	return "-" + v[i:i+1]
}

// given are the values of the options with one of the names.
func given(opts []Option, names ...string) []Word {
	var out []Word
	for _, o := range opts {
		for _, n := range names {
			if o.Name == n && o.Given {
				out = append(out, o.Value)
			}
		}
	}
	return out
}

// lastGiven is the value that counts where an option may be given once; nil when it is not given.
func lastGiven(opts []Option, names ...string) *Word {
	if all := given(opts, names...); len(all) > 0 {
		return &all[len(all)-1]
	}
	return nil
}

// has says whether one of the options is there; with a value of false it counts as not there.
func has(opts []Option, names ...string) bool {
	for _, o := range opts {
		for _, n := range names {
			if o.Name == n && (!o.Given || !o.Value.Is("false")) {
				return true
			}
		}
	}
	return false
}

// hasOf is has for names with blanks between.
func hasOf(opts []Option, names string) bool {
	return len(opts) > 0 && names != "" && has(opts, strings.Fields(names)...)
}

// takes is the set of options in a row of a table of programs, which is cut into words once.
func takes(names string) map[string]bool {
	if known, ok := taken.Load(names); ok {
		return known.(map[string]bool)
	}
	known, _ := taken.LoadOrStore(names, wordSet(names))
	return known.(map[string]bool)
}

// taken are the sets of takes by their text. There are as many as rows: nothing from a repository becomes a key.
var taken sync.Map
