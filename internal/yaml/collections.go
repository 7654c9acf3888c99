package yaml

import (
	"go.yaml.in/yaml/v4"

	"refit/internal/source"
)

func (a *aligner) mapping(n *Node, y *yaml.Node, indent int) error {
	n.Kind, n.Style = Mapping, Block
	if y.Style&yaml.FlowStyle == 0 {
		n.column = a.column(a.pos)
		indent = n.column
	} else {
		n.Style = Flow
		if a.peek() == '{' && !a.propsOfKey(y) {
			n.braced = true
			a.pos++
		}
	}
	for i := 0; i+1 < len(y.Content); i += 2 {
		e, err := a.entry(n, y.Content[i], y.Content[i+1], indent)
		if err != nil {
			return err
		}
		n.Entries = append(n.Entries, e)
	}
	if n.braced {
		return a.closing('}')
	}
	return nil
}

func (a *aligner) entry(n *Node, key, value *yaml.Node, indent int) (e Entry, err error) {
	a.trivia()
	if n.braced && a.peek() == ',' {
		a.pos++
		a.trivia()
	}
	start := a.pos
	explicit := a.at('?')
	if explicit {
		a.pos++
	}
	if e.Key, err = a.node(key, indent); err != nil {
		return e, err
	}
	// What follows the key is its colon; without one (flow style, or behind "?") the value is absent.
	pos, line := a.pos, a.line
	a.trivia()
	colon := a.at(':') || n.Style == Flow && a.peek() == ':'
	if colon && explicit && n.Style == Block && a.column(a.pos) != n.column {
		colon = false // it belongs to a mapping further out
	}
	switch {
	case colon:
		a.pos++
	case absent(value) && (explicit || n.Style == Flow):
		a.pos, a.line = pos, line
	default:
		return e, a.lost()
	}
	if e.Value, err = a.node(value, indent); err != nil {
		return e, err
	}
	e.Key.Parent, e.Value.Parent = n, n
	e.Span = source.Span{Start: min(start, e.Key.Full.Start), End: a.pos}
	return e, nil
}

func (a *aligner) sequence(n *Node, y *yaml.Node, indent int) error {
	n.Kind, n.Style = Sequence, Block
	if y.Style&yaml.FlowStyle != 0 {
		return a.flowSequence(n, y, indent)
	}
	n.column = a.column(a.pos)
	for _, c := range y.Content {
		a.trivia()
		if !a.at('-') {
			return a.lost()
		}
		start := a.pos
		a.pos++
		v, err := a.node(c, n.column)
		if err != nil {
			return err
		}
		v.Parent = n
		n.Items = append(n.Items, Item{Value: v, Span: source.Span{Start: start, End: a.pos}})
	}
	return nil
}

func (a *aligner) flowSequence(n *Node, y *yaml.Node, indent int) error {
	n.Style = Flow
	if a.peek() != '[' {
		return a.lost()
	}
	a.pos++
	for _, c := range y.Content {
		a.trivia()
		if a.peek() == ',' {
			a.pos++
		}
		v, err := a.node(c, indent)
		if err != nil {
			return err
		}
		v.Parent = n
		n.Items = append(n.Items, Item{Value: v, Span: v.Full})
	}
	return a.closing(']')
}

// closing passes the end of a flow collection, with a comma before it.
func (a *aligner) closing(c byte) error {
	a.trivia()
	if a.peek() == ',' {
		a.pos++
		a.trivia()
	}
	if a.peek() != c {
		return a.lost()
	}
	a.pos++
	return nil
}
