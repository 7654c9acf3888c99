package dockerfile

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"refit/internal/edit"
	"refit/internal/source"
)

// The verbs below change a part of an instruction. They try the result: when BuildKit would not read
// the new value back as it was given, or anything else would change, they return an error and no edits.

// SetWord gives an argument another value; w is one of in.Words. In a JSON array it is encoded, else it is
// written as given.
func (in *Instruction) SetWord(w Word, value string) ([]edit.Edit, error) {
	i := slices.Index(in.Words, w)
	if i < 0 {
		return nil, fmt.Errorf("%s has no such word", in.Keyword)
	}
	text := value
	if in.JSON && (in.Keyword != "HEALTHCHECK" || i > 0) {
		text = jsonString(value)
	}
	edits := []edit.Edit{edit.Replace(w.Span, text, in.Addr()+"/"+strconv.Itoa(i))}
	return in.tried(edits, func(now *Instruction) bool {
		return len(now.Words) == len(in.Words) && now.Words[i].Value == value
	})
}

// SetPair gives a variable, build argument or label of the instruction another raw value: quotes and
// escapes are the caller's. An ARG without default gets one.
func (in *Instruction) SetPair(name, value string) ([]edit.Edit, error) {
	p, ok := in.Pair(name)
	if !ok {
		return nil, fmt.Errorf("%s sets no %s", in.Keyword, name)
	}
	text := value
	if !p.HasValue {
		text = "=" + value
	}
	edits := []edit.Edit{edit.Replace(p.ValueSpan, text, in.pairAddr(name))}
	return in.tried(edits, func(now *Instruction) bool {
		got, ok := now.Pair(name)
		return ok && got.Value == value && len(now.Pairs) == len(in.Pairs)
	})
}

// SetFlag gives the flag of that name a value, or adds it behind the flags that are there; an empty value
// writes a bare --name. Of several flags of one name it changes the first: see ReplaceFlag.
func (in *Instruction) SetFlag(name, value string) ([]edit.Edit, error) {
	if f, ok := in.Flag(name); ok {
		return in.ReplaceFlag(f, value)
	}
	return in.AddFlag(name, value)
}

// AddFlag adds a flag behind those that are there, whether or not there is one of that name.
func (in *Instruction) AddFlag(name, value string) ([]edit.Edit, error) {
	at := in.KeywordSpan.End
	if n := len(in.Flags); n > 0 {
		at = in.Flags[n-1].Span.End
	}
	edits := []edit.Edit{edit.Insert(at, " "+flagText(name, value), in.Addr()+"/--"+name)}
	if in.takes(at, name, value) {
		return edits, nil
	}
	return in.tried(edits, func(now *Instruction) bool {
		n := len(in.Flags)
		return len(now.Flags) == n+1 && now.Flags[n].Name == name && now.Flags[n].Value == value
	})
}

// takes says whether a new flag at an offset is certainly good, so that nothing needs to be tried: the owner of a COPY or
// ADD that has none, of bytes that mean nothing to BuildKit, set off by a blank. Owners are given to most files.
func (in *Instruction) takes(at int, name, value string) bool {
	text, line := in.file.Text, in.file.Lines.Span(in.file.Lines.Position(at).Line)
	_, has := in.Flag(name)
	return name == "chown" && !has && in.copies != nil && plainOwner(value) && bytes.ContainsAny(text[at:min(at+1, len(text))], " \t") &&
		in.KeywordSpan.Start == in.fold.segs[0].file && line.Len() < 32<<10
}

// plainOwner says whether an owner is names or numbers, as "1000:1000".
func plainOwner(owner string) bool {
	return owner != "" && strings.Trim(owner, "0123456789:abcdefghijklmnopqrstuvwxyz") == ""
}

// ReplaceFlag gives one flag, which is one of in.Flags, another value.
func (in *Instruction) ReplaceFlag(f Flag, value string) ([]edit.Edit, error) {
	i := slices.Index(in.Flags, f)
	if i < 0 {
		return nil, fmt.Errorf("%s has no such flag", in.Keyword)
	}
	change := edit.Replace(f.Span, flagText(f.Name, value), in.flagAddr(i))
	if f.Value != "" && value != "" && string(f.ValueSpan.Of(in.file.Text)) == f.Value {
		change = edit.Replace(f.ValueSpan, value, in.flagAddr(i))
	}
	return in.tried([]edit.Edit{change}, func(now *Instruction) bool {
		return len(now.Flags) == len(in.Flags) && now.Flags[i].Name == f.Name && now.Flags[i].Value == value
	})
}

// DeleteFlag takes a flag, which is one of in.Flags, away, with the space before it and a continuation in it.
func (in *Instruction) DeleteFlag(f Flag) ([]edit.Edit, error) {
	i := slices.Index(in.Flags, f)
	if i < 0 {
		return nil, fmt.Errorf("%s has no such flag", in.Keyword)
	}
	s := source.Span{Start: in.KeywordSpan.End, End: f.Span.End}
	if i > 0 {
		s.Start = in.Flags[i-1].Span.End
	}
	if gap := in.file.Text[s.Start:f.Span.Start]; bytes.Contains(gap, []byte("#")) {
		s.Start = f.Span.Start // a comment stands in between and stays
	}
	return in.tried([]edit.Edit{edit.Delete(s, in.flagAddr(i))}, func(now *Instruction) bool {
		return len(now.Flags) == len(in.Flags)-1
	})
}

// flagAddr is a flag's address; flags that may repeat carry their place.
func (in *Instruction) flagAddr(i int) string {
	addr := in.Addr() + "/--" + in.Flags[i].Name
	if first, _ := in.Flag(in.Flags[i].Name); first != in.Flags[i] {
		addr += "@" + strconv.Itoa(i)
	}
	return addr
}

func flagText(name, value string) string {
	if value == "" {
		return "--" + name
	}
	return "--" + name + "=" + value
}

func jsonString(value string) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(value); err != nil {
		return strconv.Quote(value) // a string always encodes
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// tried returns the edits when the file they give has the same instructions and this one is as wanted.
func (in *Instruction) tried(edits []edit.Edit, good func(*Instruction) bool) ([]edit.Edit, error) {
	if in.triedAlone(edits, good) {
		return edits, nil
	}
	f := in.file
	text, err := edit.Patch(f.Text, edits)
	if err != nil {
		return nil, err
	}
	now, err := Parse(f.Path, text)
	if err != nil {
		return nil, err
	}
	if len(now.Instructions) != len(f.Instructions) {
		return nil, in.refused()
	}
	for i, was := range f.Instructions {
		is := now.Instructions[i]
		switch {
		case was == in && !good(is), was.Trigger != nil && was.Trigger == in && (is.Trigger == nil || !good(is.Trigger)):
			return nil, in.refused()
		case is.Keyword != was.Keyword:
			return nil, in.refused()
		case was != in && was.Trigger != in && is.fold.text != was.fold.text:
			return nil, in.refused()
		}
	}
	return edits, nil
}

// triedAlone says whether the edits are certainly good, by the lines of this instruction alone: they touch no others,
// and the instruction that is put behind them is still read as one of its own. Where it is not sure (false), the whole
// file decides.
func (in *Instruction) triedAlone(edits []edit.Edit, good func(*Instruction) bool) bool {
	f := in.file
	lines := source.Span{Start: lineSpan(f.Text, f.Lines, in.Line).Start, End: f.Lines.SpanWithEnd(in.EndLine).End}
	if in.Stage == nil || in.Keyword == "FROM" || endBefore(f.Text, lines.End) == 0 {
		return false
	}
	head := f.escapeHead("FROM") + "FROM scratch\n"
	moved := make([]edit.Edit, len(edits))
	for i, e := range edits {
		if e.Start < lines.Start || e.End > lines.End {
			return false
		}
		e.Start, e.End = e.Start-lines.Start+len(head), e.End-lines.Start+len(head)
		moved[i] = e
	}
	text, err := edit.Patch([]byte(head+string(lines.Of(f.Text))+"USER behind\n"), moved)
	if err != nil {
		return false
	}
	now, err := Parse(f.Path, text)
	if err != nil || len(now.Instructions) != 3 || now.Instructions[2].Source() != "USER behind" {
		return false
	}
	is := now.Instructions[1]
	return is.Keyword == in.Keyword && is.Trigger == nil && good(is)
}

func (in *Instruction) refused() *source.Problem {
	return &source.Problem{
		Path: in.file.Path, At: in.Position(),
		What: "the new value can't be written into this " + in.Keyword + " as it stands",
		Why:  "BuildKit would read something else",
	}
}
