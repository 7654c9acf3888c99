package compose

import (
	"strings"

	"refit/internal/dotenv"
	"refit/internal/edit"
	"refit/internal/source"
)

// envEdits writes the values into the env file, under a header, with their comments. The operation
// is nil when the file has everything already.
func (h *handover) envEdits(comments map[string][]string) (*edit.Op, []byte, error) {
	var base []byte
	var edits []edit.Edit
	dot := h.dot
	if dot != nil {
		base = dot.Text
	} else {
		var err error
		if dot, err = dotenv.Parse(h.target, nil); err != nil {
			return nil, nil, err
		}
	}
	values, _ := dot.Values(nil)
	var added []dotenv.Addition
	done := map[string]bool{}
	for _, l := range h.moving() {
		key := l.pair.Key
		if done[key] {
			continue
		}
		done[key] = true
		v, there := dot.Get(key)
		if !there {
			added = append(added, dotenv.Addition{Key: key, Value: l.value, Comment: strings.Join(comments[key], "\n")})
			continue
		}
		edits = append(edits, commentAbove(dot, v, comments[key])...)
		if values[key] != l.value {
			e, err := dot.Set(key, l.value)
			if err != nil {
				return nil, nil, err
			}
			edits = append(edits, e)
		}
	}
	tail, err := h.tail(dot, added, comments[""])
	if err != nil {
		return nil, nil, err
	}
	if h.dot == nil {
		op := edit.Create(h.target, tail, 0o600)
		return &op, []byte(tail), nil
	}
	if tail != "" {
		// One address for all that is moved: two Compose files must not both write to one env file unseen.
		edits = append(edits, edit.Insert(len(base), tail, "env:moved"))
	}
	if len(edits) == 0 {
		return nil, base, nil
	}
	text, err := edit.Patch(base, edits)
	op := edit.Text(h.target, edits...)
	return &op, text, err
}

// commentAbove writes comments above a variable that is there already.
func commentAbove(dot *dotenv.File, v *dotenv.Var, comments []string) []edit.Edit {
	if len(comments) == 0 {
		return nil
	}
	eol, text := source.EOL(dot.Text), ""
	for _, c := range comments {
		text += "# " + c + eol
	}
	return []edit.Edit{edit.Insert(v.Span.Start, text, "env:"+v.Key+"/comment")}
}

// tail is what is written at the end of the env file.
func (h *handover) tail(dot *dotenv.File, added []dotenv.Addition, loose []string) (string, error) {
	if h.dot != nil && len(added)+len(loose) == 0 {
		return "", nil
	}
	text, eol := string(dot.Text), source.EOL(dot.Text)
	if text != "" {
		if !strings.HasSuffix(text, "\n") {
			text += eol
		}
		text += eol
	}
	for _, c := range loose {
		text += "# " + c + eol
	}
	if len(added) > 0 || h.dot == nil {
		text += "# From " + h.file.Path + eol
	}
	for _, a := range added {
		now, err := dotenv.Parse(h.target, []byte(text))
		if err != nil {
			return "", err
		}
		e, err := now.Add(a)
		if err != nil {
			return "", err
		}
		patched, err := edit.Patch([]byte(text), []edit.Edit{e})
		if err != nil {
			return "", err
		}
		text = string(patched)
	}
	return text[len(dot.Text):], nil
}
