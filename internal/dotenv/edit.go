package dotenv

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"refit/internal/edit"
	"refit/internal/source"
)

// The errors of the edit verbs, to be matched with errors.Is. None of them shows a value.
var (
	ErrNoKey       = errors.New("no such variable in the file")
	ErrKeyExists   = errors.New("the variable is in the file already")
	ErrBadKey      = errors.New("not the name of a variable: letters, digits and _, no digit first")
	ErrNotWritable = errors.New("the file's own text keeps Compose from reading the change back as meant")
)

// Set gives key a new value, quoted only where Compose or a shell would otherwise read something
// else, and with the quotes that the file uses where they make no difference. It writes to the last assignment, the
// one that counts. The change is read back before it is returned: Compose sees exactly value, and
// every other variable as it was written. It returns ErrNoKey, or ErrNotWritable for a value that
// no environment file can hold or a file too broken to change.
func (f *File) Set(key, value string) (edit.Edit, error) {
	v, ok := f.Get(key)
	if !ok {
		return edit.Edit{}, fmt.Errorf("%s: %s: %w", f.Path, key, ErrNoKey)
	}
	for _, spelling := range spellings(value, v.Quote) {
		if v.Bare {
			spelling = "=" + spelling
		}
		e := edit.Replace(v.ValueSpan, spelling, "env:"+key)
		if f.readsBack(e, key, value, len(f.Vars)) {
			return e, nil
		}
	}
	return edit.Edit{}, fmt.Errorf("%s: %s: %w", f.Path, key, ErrNotWritable)
}

// Addition is a variable to add.
type Addition struct {
	Key, Value string
	After      string // the key to write it behind; "" or one that is not there: at the end
	Comment    string // lines to write above it, without "#"; "" for none
}

// Add writes a new variable. The file's line ends are used, and a last line without a line end
// stays so. It returns ErrKeyExists, ErrBadKey, or ErrNotWritable as Set does.
func (f *File) Add(a Addition) (edit.Edit, error) {
	if !IsName(a.Key) {
		return edit.Edit{}, fmt.Errorf("%s: %q: %w", f.Path, a.Key, ErrBadKey)
	}
	if _, ok := f.Get(a.Key); ok {
		return edit.Edit{}, fmt.Errorf("%s: %s: %w", f.Path, a.Key, ErrKeyExists)
	}
	at, eol := f.insertionPoint(a.After), source.EOL(f.Text)
	for _, spelling := range spellings(a.Value, Unquoted) {
		text := commentLines(a.Comment, eol) + a.Key + "=" + spelling
		if atStart := at == 0 || f.Text[at-1] == '\n' || f.onlyBOM(at); atStart {
			text += eol
		} else {
			text = eol + text
		}
		e := edit.Insert(at, text, "env:"+a.Key)
		if f.readsBack(e, a.Key, a.Value, len(f.Vars)+1) {
			return e, nil
		}
	}
	return edit.Edit{}, fmt.Errorf("%s: %s: %w", f.Path, a.Key, ErrNotWritable)
}

// insertionPoint is the offset behind the line that holds the key, or the end of the file.
func (f *File) insertionPoint(after string) int {
	at := len(f.Text)
	for _, line := range f.Lines {
		for _, v := range line.Vars {
			if after != "" && v.Key == after {
				at = line.Span.End
			}
		}
	}
	return at
}

func (f *File) onlyBOM(at int) bool { return string(f.Text[:at]) == "\uFEFF" }

func commentLines(comment, eol string) string {
	if comment == "" {
		return ""
	}
	var out strings.Builder
	for _, line := range strings.Split(strings.ReplaceAll(comment, "\r", ""), "\n") {
		out.WriteString(strings.TrimRight("# "+line, " ") + eol)
	}
	return out.String()
}

// Remove takes every assignment of key away, with its whole line when it stands alone there, and
// with the comment lines directly above when withLead. It returns ErrNoKey or ErrNotWritable.
func (f *File) Remove(key string, withLead bool) ([]edit.Edit, error) {
	var edits []edit.Edit
	for _, line := range f.Lines {
		if gone := count(line.Vars, key); gone == 0 {
			continue
		} else if gone == len(line.Vars) {
			span := line.Span
			if lead := line.Vars[0].Lead; withLead && !lead.IsZero() {
				span.Start = lead.Start
			}
			if span.Start == 0 && strings.HasPrefix(string(f.Text), "\uFEFF") {
				span.Start = len("\uFEFF")
			}
			edits = append(edits, edit.Delete(span, "env:"+key))
			continue
		}
		for i, v := range line.Vars {
			if v.Key != key {
				continue
			}
			span := v.Span
			if i+1 < len(line.Vars) {
				span.End = line.Vars[i+1].Span.Start
			}
			edits = append(edits, edit.Delete(span, "env:"+key))
		}
	}
	if len(edits) == 0 {
		return nil, fmt.Errorf("%s: %s: %w", f.Path, key, ErrNoKey)
	}
	if after, ok := f.reread(edits...); !ok || !after.sameWithout(f, key) || count(after.Vars, key) > 0 {
		return nil, fmt.Errorf("%s: %s: %w", f.Path, key, ErrNotWritable)
	}
	return edits, nil
}

// reread is the file behind the edits; ok is false when they make something else in it unreadable.
func (f *File) reread(edits ...edit.Edit) (after *File, ok bool) {
	text, err := edit.Patch(f.Text, edits)
	if err != nil {
		return nil, false
	}
	after, err = Parse(f.Path, text)
	return after, err == nil && slices.EqualFunc(after.Problems, f.Problems, func(a, b *source.Problem) bool { return a.What == b.What })
}

// readsBack says whether the edit makes the file hold value literally under key, in one of vars
// variables, the others being written as before.
func (f *File) readsBack(e edit.Edit, key, value string, vars int) bool {
	after, ok := f.reread(e)
	if !ok || len(after.Vars) != vars {
		return false
	}
	v, ok := after.Get(key)
	return ok && !v.Bare && v.isLiteral(value) && after.sameWithout(f, key)
}

func (v *Var) isLiteral(value string) bool {
	braced := v.Quote != Single && strings.Contains(strings.ReplaceAll(v.template, "$$", ""), "${")
	return v.Value == value && !braced && len(v.References()) == 0
}

// sameWithout says whether both files write every variable but key alike, in the same order.
func (f *File) sameWithout(before *File, key string) bool {
	a, b := without(f.Vars, key), without(before.Vars, key)
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].Key != b[i].Key || a[i].Raw != b[i].Raw || a[i].Bare != b[i].Bare {
			return false
		}
	}
	return true
}

func without(vars []*Var, key string) []*Var {
	var rest []*Var
	for _, v := range vars {
		if v.Key != key {
			rest = append(rest, v)
		}
	}
	return rest
}

func count(vars []*Var, key string) int { return len(vars) - len(without(vars, key)) }

// IsName says whether key is a name that every reader of environment files takes: letters, digits
// and underscores, no digit first.
func IsName(key string) bool {
	for i, r := range key {
		if r > unicode.MaxASCII || !(r == '_' || unicode.IsLetter(r) || i > 0 && unicode.IsDigit(r)) {
			return false
		}
	}
	return key != ""
}
