package workflow

import "refit/internal/yaml"

// Update is one entry of a Dependabot configuration.
type Update struct {
	Node      *yaml.Node
	Ecosystem string // "docker", "docker-compose", "github-actions", "pip", "uv", "npm"
	// Directories are the folders it looks in, from the root of the repository, with a leading "/";
	// "directories" may hold patterns.
	Directories []Part
}

// dependabot reads a .github/dependabot.yml.
// https://docs.github.com/en/code-security/dependabot/working-with-dependabot/dependabot-options-reference
func (f *File) dependabot(doc *yaml.Node) {
	items(get(doc, "updates"), func(n *yaml.Node) {
		u := Update{Node: n, Ecosystem: text(n, "package-ecosystem")}
		u.Directories = append(parts(get(n, "directory")), parts(get(n, "directories"))...)
		f.Updates = append(f.Updates, u)
		f.Paths = append(f.Paths, u.Directories...)
	})
}
