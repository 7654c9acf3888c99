package shell

import (
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"refit/internal/source"
)

// part is a run of text on its way to become a word, with what the shell still does to it.
type part struct {
	text   Text
	quoted bool // neither split nor taken as a pattern
	split  bool // an unquoted expansion: blanks in it separate words
	brk    bool // a word ends here: "$@", "${array[@]}"
	open   bool // may be any number of words
}

// words expands one word of the script into the words that the program receives, and appends them to out.
func (f *frame) words(out []Word, w *syntax.Word, st *state) []Word {
	span := f.text.Use(offset(w.Pos()), f.end(w))
	if word, ok := f.plain(w, span); ok {
		return append(out, word)
	}
	for _, parts := range braces(f.parts(w.Parts, false, st)) {
		for _, b := range fields(parts) {
			word := NewWord(NewText(b.pieces...), span)
			word.Glob, word.Open = b.glob, b.open
			out = append(out, word)
		}
	}
	return out
}

// plain is a word that stands for itself, as most do: bare text out of one place. ok is false for every other.
func (f *frame) plain(w *syntax.Word, span source.Span) (word Word, ok bool) {
	if len(w.Parts) != 1 {
		return Word{}, false
	}
	if _, bare := w.Parts[0].(*syntax.Lit); !bare {
		return Word{}, false
	}
	from, to := offset(w.Pos()), min(f.end(w), len(f.text.all))
	if from >= to || f.text.all[from] == '~' || strings.ContainsAny(f.text.all[from:to], "\\{"+Unknown+Root) {
		return Word{}, false
	}
	p, ok := f.text.piece(from, to)
	if !ok {
		return Word{}, false
	}
	n := len(f.pieces)
	f.pieces = append(f.pieces, p)
	t := Text{pieces: f.pieces[n : n+1 : n+1], all: p.Text}
	word = NewWord(t, span)
	word.Glob = strings.ContainsAny(t.all, "*?[")
	return word, true
}

// word expands a word where the shell makes exactly one of it: the value of an assignment, the
// target of a redirection, a here-document.
func (f *frame) word(w *syntax.Word, st *state) Word {
	if w == nil {
		return NewWord(Text{}, f.text.Use(0, 0))
	}
	var texts []Text
	glob := false
	for _, p := range f.parts(w.Parts, false, st) {
		if p.brk {
			p.text = Literal(" ")
		}
		glob = glob || !p.quoted && strings.ContainsAny(p.text.String(), "*?[")
		texts = append(texts, p.text)
	}
	word := NewWord(Join(texts...), f.text.Use(offset(w.Pos()), f.end(w)))
	word.Glob = glob
	return word
}

func offset(p syntax.Pos) int { return int(p.Offset()) }

// end is where a node ends. The parser counts the "\r" of a "\r\n" into a word in front of it.
func (f *frame) end(n syntax.Node) int {
	s, to := f.text.all, min(int(n.End().Offset()), len(f.text.all))
	if to > 0 && to < len(s) && s[to-1] == '\r' && s[to] == '\n' {
		to--
	}
	return to
}

// parts expands the parts of a word; quoted says that they stand in double quotes.
func (f *frame) parts(wps []syntax.WordPart, quoted bool, st *state) []part {
	var out []part
	for i, wp := range wps {
		from, to := offset(wp.Pos()), f.end(wp)
		switch wp := wp.(type) {
		case *syntax.Lit:
			out = append(out, f.literal(from, to, quoted, i == 0 && !quoted)...)
		case *syntax.SglQuoted:
			out = append(out, f.singleQuoted(wp))
		case *syntax.DblQuoted:
			out = append(out, part{quoted: true}) // "" is a word, too
			out = append(out, f.parts(wp.Parts, true, st)...)
		case *syntax.ParamExp:
			out = append(out, f.param(wp, quoted, st)...)
		case *syntax.CmdSubst:
			text := f.substitute(wp, st).UsedAt(f.text.Use(from, to), false)
			out = append(out, part{text: text, quoted: quoted, split: !quoted, open: !quoted && !text.Known()})
		case *syntax.ProcSubst:
			f.inner().exec(wp.Stmts, []*state{st.clone()})
			out = append(out, f.unknown(wp, true))
		default: // arithmetic, extended patterns
			out = append(out, f.unknown(wp, true))
		}
	}
	return out
}

// unknown is the part that a node stands for when only a run knows its text.
func (f *frame) unknown(n syntax.Node, quoted bool) part {
	return part{text: UnknownAt(f.text.Use(offset(n.Pos()), f.end(n))), quoted: quoted, split: !quoted, open: !quoted}
}

func (f *frame) singleQuoted(q *syntax.SglQuoted) part {
	from, to := offset(q.Left)+1, offset(q.Right)
	if q.Dollar {
		from++
	}
	text := f.text.Slice(from, to)
	if q.Dollar && strings.Contains(text.String(), `\`) || invisible(text) {
		return f.unknown(q, true)
	}
	return part{text: text, quoted: true}
}

// invisible says whether the file itself holds a byte that stands for something unknown here.
func invisible(t Text) bool {
	for _, p := range t.pieces {
		if p.Span.Start >= 0 && !p.Unknown && strings.ContainsAny(p.Text, Unknown+Root) {
			return true
		}
	}
	return false
}

// literal is the text between two offsets of the script with its backslashes resolved. They are
// resolved here and not taken from the parser so that every byte keeps its place.
func (f *frame) literal(from, to int, quoted, first bool) []part {
	s := f.text.String()
	to = min(to, len(s))
	if f.backquotes && strings.Contains(s[from:to], `\`) || strings.ContainsAny(s[from:to], Unknown+Root) && invisible(f.text.Slice(from, to)) {
		return []part{{text: UnknownAt(f.text.Use(from, to)), quoted: true}}
	}
	var out []part
	run := from
	flush := func(end int) {
		if end > run {
			out = append(out, markUnknown(f.text.Slice(run, end), quoted)...)
		}
	}
	if first && from < to && s[from] == '~' {
		out = append(out, part{text: UnknownAt(f.text.Use(from, from+1)), quoted: true})
		run = from + 1
	}
	for i := run; i < to; i++ {
		if s[i] != '\\' || i+1 >= len(s) {
			continue
		}
		flush(i)
		next := s[i+1]
		switch {
		case next == '\n':
			i++
		case next == '\r' && i+2 < len(s) && s[i+2] == '\n':
			i += 2
		case quoted && strings.IndexByte("$`\"\\", next) < 0:
			run = i // the backslash stands for itself
			continue
		default:
			use := f.text.Use(i, i+2)
			out = append(out, part{text: NewText(Piece{Text: s[i+1 : i+2], Span: use, Use: use}), quoted: true})
			i++
		}
		run = i + 1
	}
	flush(to)
	return out
}

// markUnknown cuts text so that what an outer expansion left unknown is open when it isn't quoted.
func markUnknown(t Text, quoted bool) []part {
	var out []part
	for _, p := range t.pieces {
		out = append(out, part{text: NewText(p), quoted: quoted, open: p.Unknown && !quoted})
	}
	return out
}

// field is one word in the making.
type field struct {
	pieces     []Piece
	glob, open bool
}

// fields splits the parts of one word as the shell does.
func fields(parts []part) []field {
	var out []field
	var cur field
	started := false
	end := func() {
		if started {
			out = append(out, cur)
		}
		cur, started = field{}, false
	}
	add := func(t Text, p part) {
		cur.pieces = append(cur.pieces, t.pieces...)
		cur.glob = cur.glob || !p.quoted && strings.ContainsAny(t.String(), "*?[")
		cur.open = cur.open || p.open
		started = true
	}
	for _, p := range parts {
		switch {
		case p.brk:
			end()
		case p.split:
			s := p.text.String()
			at := 0
			for at < len(s) {
				n := strings.IndexAny(s[at:], " \t\n")
				if n < 0 {
					add(p.text.Slice(at, len(s)), p)
					break
				}
				if n > 0 {
					add(p.text.Slice(at, at+n), p)
				}
				end()
				at += n + 1
			}
		case p.text.Len() > 0 || p.quoted:
			add(p.text, p)
		}
	}
	end()
	return out
}

// braces expands a{b,c}d where the braces hold plain unquoted text, as bash does. Nested braces and
// sequences are left alone.
func braces(parts []part) [][]part {
	for i, p := range parts {
		if p.quoted || p.split || p.open {
			continue
		}
		s := p.text.String()
		from := strings.IndexByte(s, '{')
		if from < 0 {
			continue
		}
		to := strings.IndexAny(s[from+1:], "{}")
		if to < 0 || s[from+1+to] == '{' || !strings.Contains(s[from:from+1+to], ",") {
			continue
		}
		to += from + 1
		var out [][]part
		at := from + 1
		for alt := range strings.SplitSeq(s[from+1:to], ",") {
			word := append([]part(nil), parts[:i]...)
			word = append(word, part{text: p.text.Slice(0, from)}, part{text: p.text.Slice(at, at+len(alt))}, part{text: p.text.Slice(to+1, len(s))})
			out = append(out, append(word, parts[i+1:]...))
			at += len(alt) + 1
		}
		return out
	}
	return [][]part{parts}
}
