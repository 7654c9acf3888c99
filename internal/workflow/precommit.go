package workflow

import (
	"refit/internal/shell"
	"refit/internal/yaml"
)

// Hook is one hook of a pre-commit configuration.
type Hook struct {
	ID    string
	Node  *yaml.Node
	Entry *yaml.Node // the command, of a local hook
	Args  []*yaml.Node
	// Files and Exclude are regular expressions over repo-relative paths, in Python's syntax.
	Files, Exclude *yaml.Node
}

// preCommit reads a .pre-commit-config.yaml. Hooks run in the root of the repository.
// https://pre-commit.com/#pre-commit-configyaml---hooks
func (f *File) preCommit(doc *yaml.Node) {
	items(get(doc, "repos"), func(repo *yaml.Node) {
		items(get(repo, "hooks"), func(n *yaml.Node) {
			h := Hook{ID: text(n, "id"), Node: n, Entry: scalar(n, "entry"), Args: scalars(get(n, "args")),
				Files: scalar(n, "files"), Exclude: scalar(n, "exclude")}
			f.Hooks = append(f.Hooks, h)
			if h.Entry == nil || !f.room(nil, append(h.Args, h.Entry)...) {
				return
			}
			// The words of entry are split like a shell's and followed by args, without a shell.
			s := Script{Nodes: []*yaml.Node{h.Entry}, Shell: "sh", Dir: ".", DirKnown: true}
			s.Text = whole(h.Entry).shellText()
			for _, a := range h.Args {
				s.Nodes = append(s.Nodes, a)
				s.Text = shell.Join(s.Text, shell.Literal(" '"), whole(a).shellText(), shell.Literal("'"))
			}
			f.Scripts = append(f.Scripts, s)
		})
	})
}
