package dockerfile

import (
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

// certain says whether BuildKit certainly accepts the instruction of a node, so that its typed view, of which only FROM
// and HEALTHCHECK are used, is not asked for. It is never said of what has a here-document or a flag but those of a COPY.
func certain(node *parser.Node) bool {
	if len(node.Heredocs) > 0 {
		return false
	}
	keyword := strings.ToUpper(node.Value)
	if len(node.Flags) > 0 && keyword != "COPY" {
		return false
	}
	switch keyword {
	case "RUN", "CMD", "ENTRYPOINT":
		return true
	case "USER", "WORKDIR", "STOPSIGNAL":
		return node.Next != nil && node.Next.Next == nil
	case "EXPOSE":
		return node.Next != nil
	case "COPY", "ADD":
		return certainFlags(node.Flags) && certainPaths(node.Next)
	case "ENV", "LABEL":
		return certainPairs(node.Next)
	case "ARG":
		return certainArgs(node.Next)
	}
	return false
}

// certainFlags says whether there are only flags of a COPY that take any value, each once.
func certainFlags(flags []string) bool {
	for i, flag := range flags {
		name, _, has := strings.Cut(flag, "=")
		if !has || name != "--from" && name != "--chown" && name != "--chmod" {
			return false
		}
		for _, before := range flags[:i] {
			if strings.HasPrefix(before, name+"=") {
				return false
			}
		}
	}
	return true
}

// certainPaths says whether there is a source and a destination, none of which may be a here-document.
func certainPaths(first *parser.Node) bool {
	for n := first; n != nil; n = n.Next {
		if strings.Contains(n.Value, "<<") {
			return false
		}
	}
	return first != nil && first.Next != nil
}

// certainPairs says whether all of the names, values and separators have a name.
func certainPairs(first *parser.Node) bool {
	for n := first; n != nil; {
		if n.Value == "" || n.Next == nil || n.Next.Next == nil {
			return false
		}
		n = n.Next.Next.Next
	}
	return first != nil
}

// certainArgs says whether all build arguments have a name.
func certainArgs(first *parser.Node) bool {
	for n := first; n != nil; n = n.Next {
		if strings.HasPrefix(n.Value, "=") {
			return false
		}
	}
	return first != nil
}
