package compose

import (
	"strconv"
	"strings"

	"refit/internal/source"
	"refit/internal/yaml"
)

// Variable is one ${NAME...} or $NAME in a Compose file.
type Variable struct {
	Name     string
	Operator string // "", ":-", "-", ":?", "?", ":+" or "+"
	Default  string // what :- or - gives, as written; variables inside of it are not filled in
	Required bool   // with :? or ?
	Message  string // of a required one, as written
	Instead  string // what :+ or + gives when the variable is set, as written
	Path     string // of the Compose file
	Addr     string // where the scalar stands: "services.app.image"
	Span     source.Span
}

// HasDefault says whether the variable may be unset without a warning of Docker Compose.
func (v Variable) HasDefault() bool {
	return v.Operator == ":-" || v.Operator == "-" || v.Operator == ":+" || v.Operator == "+"
}

// Variables lists every variable in the values of the file, in the order of the file, with its bytes.
// Those in defaults and messages are listed after the one that holds them. The caller must not change the list.
func Variables(f *File) []Variable {
	return f.variables.Recall(f.findVariables)
}

func (f *File) findVariables() []Variable {
	var found []Variable
	var walk func(n *yaml.Node, addr string)
	walk = func(n *yaml.Node, addr string) {
		for _, e := range n.Entries {
			walk(e.Value, below(addr, e.Key.Value))
		}
		for i, item := range n.Items {
			walk(item.Value, below(addr, strconv.Itoa(i)))
		}
		if n.Kind != yaml.Scalar || !strings.Contains(n.Value, "$") {
			return
		}
		for _, v := range scanVariables(n.Value) {
			v.Path, v.Addr = f.Path, addr
			span, ok := n.Sub(v.Span.Start, v.Span.End)
			if !ok {
				span = n.Span
			}
			v.Span = span
			found = append(found, v)
		}
	}
	for _, doc := range f.YAML.Docs {
		walk(doc, "")
	}
	return found
}

// scanVariables finds the variables of a scalar, those inside defaults and messages included, in the
// order of their start. Spans are offsets into s. The grammar is that of compose-go's template package.
func scanVariables(s string) []Variable {
	var found []Variable
	scanInto(&found, s, 0, 0)
	return found
}

func scanInto(found *[]Variable, s string, shift, depth int) {
	for i := 0; i+1 < len(s); {
		if s[i] != '$' {
			i++
			continue
		}
		switch s[i+1] {
		case '$':
			i += 2
		case '{':
			i = scanBraced(found, s, i, shift, depth)
		default:
			n := nameLen(s[i+1:])
			if n > 0 {
				*found = append(*found, Variable{Name: s[i+1 : i+1+n], Span: source.Span{Start: i, End: i + 1 + n}.Shift(shift)})
			}
			i += 1 + n
		}
	}
}

// scanBraced reads the variable whose "${" is at i and returns where to go on.
func scanBraced(found *[]Variable, s string, i, shift, depth int) int {
	end := closingBrace(s[i:])
	n := nameLen(s[i+2:])
	if end < 0 || n == 0 || depth > 20 {
		return i + 2
	}
	end += i
	v := Variable{Name: s[i+2 : i+2+n], Span: source.Span{Start: i, End: end + 1}.Shift(shift)}
	rest := s[i+2+n : end]
	for _, op := range []string{":-", ":?", ":+", "-", "?", "+"} {
		if argument, ok := strings.CutPrefix(rest, op); ok {
			v.Operator = op
			v.setArgument(argument)
			*found = append(*found, v)
			scanInto(found, argument, shift+end-len(argument), depth+1)
			return end + 1
		}
	}
	if rest == "" {
		*found = append(*found, v)
	}
	return end + 1
}

func (v *Variable) setArgument(text string) {
	switch v.Operator[len(v.Operator)-1] {
	case '-':
		v.Default = text
	case '?':
		v.Required, v.Message = true, text
	case '+':
		v.Instead = text
	}
}

// closingBrace is the offset of the brace that closes the "${" at the start of s, or -1. As in compose-go
// it is the one that balances the opening ones (of which none counts directly behind another), or else
// the last one of the line.
func closingBrace(s string) int {
	line, _, _ := strings.Cut(s, "\n")
	last := strings.LastIndexByte(line, '}')
	open := 0
	for i := 0; i <= last; i++ {
		switch s[i] {
		case '{':
			open++
			i++
		case '}':
			if open--; open == 0 {
				return i
			}
		}
	}
	return last
}

func nameLen(s string) int {
	n := 0
	for n < len(s) && (s[n] == '_' || isLetter(s[n]) || n > 0 && isDigit(s[n])) {
		n++
	}
	return n
}

func isLetter(b byte) bool { return 'a' <= b|0x20 && b|0x20 <= 'z' }
func isDigit(b byte) bool  { return '0' <= b && b <= '9' }
