package dockerfile

import (
	"bytes"
	"strings"

	"refit/internal/edit"
	"refit/internal/source"
)

// The verbs below return edits of File.Text. Texts are given with "\n" and get the file's line ends;
// they are whole instructions in the file's escape character (Multiline helps), not ended by a newline; their keywords
// get the letter case of the file's.

// InsertBefore puts instructions before this one and the comment block above it, with its indentation. Where a blank line
// sets the comment block off, one sets it off from the new instructions as well.
func (in *Instruction) InsertBefore(text string) []edit.Edit {
	eol := source.EOL(in.file.Text)
	var out []edit.Edit
	place := in.place()
	if in.Keyword == "FROM" { // what stands before it is not its stage's
		place = "preamble"
		if in.Stage.Index > 0 {
			place = in.file.Stages[in.Stage.Index-1].Addr()
		}
	}
	for _, p := range in.file.pieces(place, in.file.Cased(normal(text))) {
		out = append(out, edit.Insert(in.Lead.Start, in.indented(p.text, eol)+eol, p.addr))
	}
	if n := len(out); n > 0 && in.Lead.Len() > 0 && in.setOff() {
		out[n-1].New += eol
	}
	return out
}

// setOff says whether a blank line stands above the comment block.
func (in *Instruction) setOff() bool {
	above := in.file.Text[:in.Lead.Start]
	n := endBefore(above, len(above))
	return n > 0 && endBefore(above, len(above)-n) > 0
}

// InsertAfter puts instructions on the lines behind this one, with its indentation. When the file ends
// in this instruction's unfinished continuation, its continuation characters are taken away. A file
// without final newline stays one.
func (in *Instruction) InsertAfter(text string) []edit.Edit {
	f, eol := in.file, source.EOL(in.file.Text)
	var out []edit.Edit
	for _, at := range in.fold.dangling {
		out = append(out, edit.Delete(source.Span{Start: at, End: at + 1}, in.Addr()))
	}
	end := f.Lines.SpanWithEnd(in.EndLine).End
	open := endBefore(f.Text, end) == 0 // no line end to stand behind
	for _, p := range f.pieces(in.place(), f.Cased(normal(text))) {
		t := in.indented(p.text, eol)
		if open {
			t = eol + t
		} else {
			t += eol
		}
		out = append(out, edit.Insert(end, t, p.addr))
	}
	return out
}

// Append puts instructions at the end of the stage.
func (s *Stage) Append(text string) []edit.Edit { return s.Last().InsertAfter(text) }

// Replace puts other text in the place of the instruction, here-documents included, and of the blanks
// behind it, which the end mark of a new here-document could not bear. Its comment block stays.
func (in *Instruction) Replace(text string) []edit.Edit {
	text = strings.ReplaceAll(in.file.Cased(normal(text)), "\n", source.EOL(in.file.Text))
	s := source.Span{Start: in.Span.Start, End: in.file.Lines.Span(in.EndLine).End}
	return []edit.Edit{edit.Replace(s, text, in.Addr())}
}

// Delete takes the instruction's lines away, with the comment block above it when withLead is set.
// Blank lines around it stay.
func (in *Instruction) Delete(withLead bool) []edit.Edit {
	f := in.file
	s := source.Span{Start: in.Lead.End, End: f.Lines.SpanWithEnd(in.EndLine).End}
	if withLead {
		s.Start = in.Lead.Start
	}
	if endBefore(f.Text, s.End) == 0 { // the file has no final newline: it shall not get one
		s.Start -= endBefore(f.Text, s.Start)
	}
	return []edit.Edit{edit.Delete(s, in.Addr())}
}

// endBefore is the length of the line end before an offset.
func endBefore(text []byte, at int) int {
	switch {
	case bytes.HasSuffix(text[:at], []byte("\r\n")):
		return 2
	case bytes.HasSuffix(text[:at], []byte("\n")):
		return 1
	}
	return 0
}

// MoveToTop puts an inert directive where BuildKit reads it: behind the directives that are in force, a
// shebang or the byte order mark. It returns nil for one that is in force.
func (f *File) MoveToTop(d Directive) []edit.Edit {
	if !d.Inert {
		return nil
	}
	line := 1
	if bytes.HasPrefix(f.Text, []byte("#!")) && d.Name != "escape" {
		line = 2
	}
	for _, o := range f.Directives {
		if !o.Inert {
			line = max(line, o.Line+1)
		}
	}
	addr := "directive:" + d.Name
	eol := source.EOL(f.Text)
	return []edit.Edit{
		edit.Insert(lineSpan(f.Text, f.Lines, line).Start, string(d.Span.Of(f.Text))+eol, addr),
		edit.Delete(source.Span{Start: lineSpan(f.Text, f.Lines, d.Line).Start, End: f.Lines.SpanWithEnd(d.Line).End}, addr),
	}
}

// Multiline joins parts of one instruction into a text that is continued over several lines, with the
// file's escape character and four blanks of indentation.
func (f *File) Multiline(parts ...string) string {
	return strings.Join(parts, " "+string(rune(f.Escape))+"\n    ")
}

// place is the address of what the instruction stands in.
func (in *Instruction) place() string {
	if in.Stage == nil {
		return "preamble"
	}
	return in.Stage.Addr()
}

// indented gives a text the indentation of the instruction and the file's line ends. Its further
// lines stay as they are: they may be the body of a here-document.
func (in *Instruction) indented(text, eol string) string {
	line := lineSpan(in.file.Text, in.file.Lines, in.Line)
	b := line.Of(in.file.Text)
	indent := b[:len(b)-len(bytes.TrimLeft(b, " \t"))]
	if len(indent) == len(b) {
		indent = nil
	}
	return string(indent) + strings.ReplaceAll(text, "\n", eol)
}

// normal is a text with "\n" only and none at its end.
func normal(text string) string {
	return strings.TrimRight(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
}
