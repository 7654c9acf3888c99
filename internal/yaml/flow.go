package yaml

import "strings"

// inFlow is the text for a place in a flow collection: block style becomes flow style on one line, with blanks inside of
// the braces where the collection has them. What can't, such as a block scalar or text with comments, stays as it is.
func (fr fragment) inFlow(near *Node) string {
	if !fr.lines || len(fr.root.file.Comments) > 0 {
		return fr.text
	}
	pad := ""
	if near.Style == Flow && near.Span.Len() > 2 && near.file.Text[near.Span.Start+1] == ' ' {
		pad = " "
	}
	text, ok := fr.root.flow(pad)
	if !ok {
		return fr.text
	}
	return text
}

// flow is a node in flow style on one line, if it can be.
func (n *Node) flow(pad string) (string, bool) {
	written := n.file.Slice(n.Full)
	if n.Style != Block || n.Kind == Scalar || n.Alias != nil {
		plain := n.Kind == Scalar && !strings.HasPrefix(written, `"`) && !strings.HasPrefix(written, "'")
		return written, !strings.Contains(written, "\n") && !(plain && strings.ContainsAny(written, ",[]{}"))
	}
	if n.Anchor != "" || n.Tagged {
		return "", false
	}
	var parts []string
	for _, e := range n.Entries {
		key, okKey := e.Key.flow(pad)
		value, ok := e.Value.flow(pad)
		if !ok || !okKey {
			return "", false
		}
		parts = append(parts, flowEntry(key, value))
	}
	for _, i := range n.Items {
		value, ok := i.Value.flow(pad)
		if !ok {
			return "", false
		}
		parts = append(parts, value)
	}
	text := strings.Join(parts, ", ")
	if n.Kind == Sequence {
		return "[" + text + "]", true
	}
	return "{" + pad + text + pad + "}", true
}
