package dockerfile

import (
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

// view is BuildKit's typed view of a node, or its reason to reject it; nil where that is not asked for: BuildKit certainly
// accepts the instruction, and only the views of FROM and HEALTHCHECK are used.
func view(node *parser.Node) (any, error) {
	if from, ok := plainFrom(node); ok {
		return from, nil
	}
	if certain(node) {
		return nil, nil
	}
	return typed(node)
}

// plainFrom is the view of a FROM as most are: "FROM image" or "FROM image AS name", the name of letters, digits and "-".
func plainFrom(node *parser.Node) (*instructions.Stage, bool) {
	if !strings.EqualFold(node.Value, "FROM") || len(node.Flags) > 0 || node.Next == nil {
		return nil, false
	}
	as := node.Next.Next
	if as == nil {
		return &instructions.Stage{BaseName: node.Next.Value}, true
	}
	if !strings.EqualFold(as.Value, "AS") || as.Next == nil || as.Next.Next != nil {
		return nil, false
	}
	name := strings.ToLower(as.Next.Value)
	if strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" || name == "" || name[0] < 'a' {
		return nil, false
	}
	return &instructions.Stage{BaseName: node.Next.Value, Name: name}, true
}

// certain says whether BuildKit certainly accepts the instruction of a node. It is never said of what has a here-document,
// nor of flags but those of a COPY.
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

// certainFlags says whether there are only flags of a COPY that take any value, and switches without one, each once.
func certainFlags(flags []string) bool {
	for i, flag := range flags {
		name, _, has := strings.Cut(flag, "=")
		switch name {
		case "--from", "--chown", "--chmod":
			if !has {
				return false
			}
		case "--link", "--parents":
			if has {
				return false
			}
		default:
			return false
		}
		for _, before := range flags[:i] {
			if strings.HasPrefix(before, name) {
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
