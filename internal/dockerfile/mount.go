package dockerfile

import (
	"encoding/csv"
	"strings"
)

// Mount is one --mount of a RUN. Values are as written: $variables still stand in them, except in
// From, where BuildKit allows none.
type Mount struct {
	Type   string // "bind" (also when not said), "cache", "tmpfs", "secret", "ssh"
	From   string // stage or image; "" is the build context for a bind mount
	Source string
	Target string
	ID     string
	Fields []Pair // all of its key=value fields, keys in lower case; a bare key has no value
	Flag   Flag
}

// Field is the last field of that name (lower case).
func (m Mount) Field(name string) (Pair, bool) {
	for i := len(m.Fields) - 1; i >= 0; i-- {
		if m.Fields[i].Name == name {
			return m.Fields[i], true
		}
	}
	return Pair{}, false
}

// Mounts lists the mounts of a RUN, in order; none for other instructions.
func (in *Instruction) Mounts() []Mount {
	if in.Keyword != "RUN" {
		return nil
	}
	var out []Mount
	for _, f := range in.Flags {
		if f.Name == "mount" {
			out = append(out, in.mount(f))
		}
	}
	return out
}

func (in *Instruction) mount(f Flag) Mount {
	m := Mount{Type: "bind", Flag: f, Fields: in.mountFields(f)}
	for _, p := range m.Fields {
		switch p.Name {
		case "type":
			m.Type = strings.ToLower(p.Value)
		case "from":
			m.From = p.Value
		case "source", "src":
			m.Source = p.Value
		case "target", "dst", "destination":
			m.Target = p.Value
		case "id":
			m.ID = p.Value
		}
	}
	return m
}

// mountFields splits a mount into its fields. They have spans when the flag stands there unquoted.
func (in *Instruction) mountFields(f Flag) []Pair {
	plain := in.fold.text[f.value.lo:f.value.hi] == f.Value && !strings.Contains(f.Value, `"`)
	var fields []string
	if plain {
		fields = strings.Split(f.Value, ",")
	} else if fields, _ = csv.NewReader(strings.NewReader(f.Value)).Read(); fields == nil {
		return nil
	}
	var out []Pair
	at := f.value.lo
	for _, field := range fields {
		name, value, has := strings.Cut(field, "=")
		p := Pair{Name: strings.ToLower(name), Value: value, HasValue: has}
		if plain {
			end := at + len(field)
			p.Span, p.NameSpan = in.fold.span(at, end), in.fold.span(at, at+len(name))
			p.ValueSpan = in.fold.span(end-len(value), end)
			at = end + 1
		}
		out = append(out, p)
	}
	return out
}
