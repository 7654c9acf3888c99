package dockerfile

import (
	"iter"
	"sort"
	"strings"

	"refit/internal/source"
)

// Script is the text that a shell is given by a RUN, CMD, ENTRYPOINT or HEALTHCHECK: continuations folded,
// inner Dockerfile comments dropped. Variables are the shell's to replace; BuildKit replaces none.
type Script struct {
	Text string
	// Interpreter is the first line's "#!" command of a here-document that is run as a file; "" when
	// the text goes to the shell in force (State.Shell).
	Interpreter string
	segs        []segment
	end         int
}

// Script is the instruction's shell text. ok is false for the exec form (its Words are the command) and
// for instructions that run nothing. A RUN that is one here-document is its body (leading tabs dropped
// for "<<-"); with several, or a command around it, text and bodies are put together as the shell reads them.
func (in *Instruction) Script() (s Script, ok bool) {
	if in.JSON {
		return Script{}, false
	}
	at := in.args
	switch in.Keyword {
	case "RUN", "CMD", "ENTRYPOINT":
	case "HEALTHCHECK":
		words := healthWords(in.fold.text, at)
		if len(words) == 0 || !strings.EqualFold(in.fold.text[words[0].lo:words[0].hi], "CMD") {
			return Script{}, false
		}
		at = trim(in.fold.text, words[1])
	default:
		return Script{}, false
	}
	var out strings.Builder
	if in.Keyword == "RUN" && in.soleHeredoc() {
		s.addBody(in.Heredocs[0], in.Heredocs[0].Chomp, &out)
		s.end = in.Heredocs[0].Body.End
		s.Text = out.String()
		if first, _, _ := strings.Cut(s.Text, "\n"); strings.HasPrefix(first, "#!") {
			s.Interpreter = strings.TrimSpace(first[2:])
		}
		return s, true
	}
	if len(in.Heredocs) == 0 {
		return Script{Text: in.fold.text[at.lo:at.hi], segs: in.fold.segments(at), end: in.fold.span(at.lo, at.hi).End}, true
	}
	s.add(in.fold, at, &out)
	s.end = in.fold.span(at.lo, at.hi).End
	for _, h := range in.Heredocs {
		s.note(h.Body.Start, &out)
		out.WriteByte('\n')
		s.addBody(h, false, &out)
		s.note(h.Mark.End-len(h.Name), &out)
		out.WriteString(h.Name)
		s.end = h.Mark.End
	}
	s.Text = out.String()
	return s, true
}

// soleHeredoc says whether the arguments are nothing but "<<NAME".
func (in *Instruction) soleHeredoc() bool {
	return len(in.Heredocs) == 1 && in.Heredocs[0].Word == in.Args
}

// note says that what is written next stands at file.
func (s *Script) note(file int, out *strings.Builder) {
	s.segs = append(s.segs, segment{at: out.Len(), file: file})
}

func (s *Script) add(fo *fold, at cut, out *strings.Builder) {
	for _, seg := range fo.segments(at) {
		s.segs = append(s.segs, segment{at: out.Len() + seg.at, file: seg.file})
	}
	out.WriteString(fo.text[at.lo:at.hi])
}

func (s *Script) addBody(h Heredoc, chomp bool, out *strings.Builder) {
	at := h.Body.Start
	for _, line := range strings.SplitAfter(h.Content, "\n") {
		kept := line
		if chomp {
			kept = strings.TrimLeft(line, "\t")
		}
		s.note(at+len(line)-len(kept), out)
		out.WriteString(kept)
		at += len(line)
	}
}

// Parts are the runs of the text that stand in one piece in the file, with their places.
func (s Script) Parts() iter.Seq2[string, source.Span] {
	return func(yield func(string, source.Span) bool) {
		for i := 0; i < len(s.segs); {
			lo, file, hi := s.segs[i].at, s.segs[i].file, len(s.Text)
			for i++; i < len(s.segs); i++ {
				if next := s.segs[i]; next.file != file+next.at-lo {
					hi = next.at
					break
				}
			}
			if hi > lo && !yield(s.Text[lo:hi], source.Span{Start: file, End: file + hi - lo}) {
				return
			}
		}
	}
}

// Offset is where the text's byte at i stands in the file; of len(Text), the end of the last one.
func (s Script) Offset(i int) int {
	if i >= len(s.Text) || len(s.segs) == 0 {
		return s.end
	}
	n := sort.Search(len(s.segs), func(n int) bool { return s.segs[n].at > i }) - 1
	return s.segs[max(n, 0)].file + i - s.segs[max(n, 0)].at
}

// Span is the file's bytes that the text's [lo, hi) was read from. When continuations or comments
// stand between, they are part of it.
func (s Script) Span(lo, hi int) source.Span {
	if hi <= lo {
		return source.Span{Start: s.Offset(lo), End: s.Offset(lo)}
	}
	return source.Span{Start: s.Offset(lo), End: s.Offset(hi-1) + 1}
}
