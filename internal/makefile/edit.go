package makefile

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"refit/internal/edit"
	"refit/internal/shell"
	"refit/internal/source"
)

// The reasons for which an edit is refused.
var (
	// ErrValue: the text can't stand where it should: a line break, or a blank in a name.
	ErrValue = errors.New("the text can't stand in a makefile there")
	// ErrAmbiguous: more than one place could be meant, or the place serves others, too.
	ErrAmbiguous = errors.New("more than this target would change")
	// ErrBlockEdited: the marked block was changed by hand since refit wrote it.
	ErrBlockEdited = errors.New("the block that refit wrote was edited since")
	// ErrUnfinished: the file ends inside of a conditional or a define.
	ErrUnfinished = errors.New("the makefile ends inside of a conditional or define")
)

// Replace is an edit that puts a value in the place of a span, such as a Word's Origin, written so
// that make reads it as it is. It returns ErrValue for text with a line break.
func (f *File) Replace(at source.Span, value, addr string) (edit.Edit, error) {
	if strings.ContainsAny(value, "\n\r") {
		return edit.Edit{}, ErrValue
	}
	value = strings.ReplaceAll(value, "$", "$$")
	if !f.inRecipe(at.Start) {
		value = strings.ReplaceAll(value, "#", `\#`)
	}
	return edit.Replace(at, value, addr), nil
}

func (f *File) inRecipe(at int) bool {
	for _, r := range f.Rules {
		for _, l := range r.Recipe {
			if l.Span.Start <= at && at <= l.Span.End {
				return true
			}
		}
	}
	return false
}

// AddPhony is the edits that declare targets phony: at the end of the last .PHONY that always holds,
// or in a new line in front of the first rule. Targets that are declared already are left out.
func (f *File) AddPhony(names ...string) ([]edit.Edit, error) {
	var missing []string
	for _, n := range names {
		if !validName(n) {
			return nil, ErrValue
		}
		if t, ok := f.Target(n); (!ok || !t.Phony) && !slices.Contains(missing, n) {
			missing = append(missing, n)
		}
	}
	if len(missing) == 0 {
		return nil, nil
	}
	list := strings.Join(missing, " ")
	addr := "target:.PHONY/" + missing[0]
	var last *Rule
	for _, r := range f.Rules {
		if r.Special == ".PHONY" && len(r.Guards) == 0 && len(r.OrderOnly) == 0 && !f.InBlock(r) {
			last = r
		}
	}
	if last != nil {
		return []edit.Edit{edit.Insert(last.lastPrereq(), " "+list, addr)}, nil
	}
	at := len(f.text)
	if i := slices.IndexFunc(f.Rules, func(r *Rule) bool { return r.Special != ".POSIX" }); i >= 0 { // .POSIX has to be the first
		at = f.top(f.Rules[i])
	} else if f.unclosed {
		return nil, ErrUnfinished
	}
	return []edit.Edit{edit.Insert(at, f.lead(at)+".PHONY: "+list+f.eol, addr)}, nil
}

// top is where what belongs to a rule starts: its comments, and the conditional that it is first in.
func (f *File) top(r *Rule) int {
	at := r.Span.Start
	if len(r.Guards) > 0 {
		at = r.Guards[0].Conditional.Span.Start
	}
	for i := len(f.Comments) - 1; i >= 0; i-- {
		if c := f.Comments[i]; c.End < at && strings.TrimRight(string(f.text[c.End:at]), "\r\n") == "" && strings.Count(string(f.text[c.End:at]), "\n") == 1 {
			at = c.Start
		}
	}
	return at
}

// lead is the line end that must come first when the byte in front of an offset ends no line.
func (f *File) lead(at int) string {
	if at > 0 && f.text[at-1] != '\n' {
		return f.eol
	}
	return ""
}

// lastPrereq is the place behind the last ordinary prerequisite.
func (r *Rule) lastPrereq() int {
	if n := len(r.Prereqs); n > 0 && r.Prereqs[n-1].Span.End > r.colon.End {
		return r.Prereqs[n-1].Span.End
	}
	return r.colon.End
}

// AddPrerequisite is the edits that make a target need another one. It returns nothing when it does
// already, ErrAmbiguous when the only rule serves other targets as well.
func (f *File) AddPrerequisite(target, prerequisite string) ([]edit.Edit, error) {
	t, ok := f.Target(target)
	if !ok || !validName(prerequisite) {
		return nil, fmt.Errorf("%w: no rule for %q", ErrValue, target)
	}
	var found *Rule
	for _, r := range t.Rules {
		if slices.ContainsFunc(r.Prereqs, func(w shell.Word) bool { return w.Is(prerequisite) }) {
			return nil, nil
		}
		if len(r.Targets) == 1 && len(r.Guards) == 0 && r.Stem == nil && found == nil && !f.InBlock(r) {
			found = r
		}
	}
	if found == nil {
		return nil, ErrAmbiguous
	}
	return []edit.Edit{edit.Insert(found.lastPrereq(), " "+prerequisite, "target:"+target+"/"+prerequisite)}, nil
}

func validName(s string) bool { return s != "" && !strings.ContainsAny(s, " \t\r\n:#$=%|;\\") }
