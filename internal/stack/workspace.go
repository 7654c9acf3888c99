package stack

import (
	"path"
	"strings"

	"refit/internal/source"
)

// joinWorkspaces gives the members of each workspace its root and its lock.
func joinWorkspaces(snap *source.Snapshot, units []*Unit) {
	for _, root := range units {
		if !root.Workspace {
			continue
		}
		patterns := root.Members
		root.Members = nil
		for _, u := range units {
			if u == root || u.Language != root.Language || !isMember(root.Dir, patterns, u.Dir) {
				continue
			}
			if root.Manager == UV && !snap.Has(u.Path("pyproject.toml")) {
				continue // a folder that the pattern names by chance
			}
			root.Members = append(root.Members, u.Dir)
			u.Root = root.Dir
			// The first layer of the root's install needs the members' manifests; uv and poetry do without.
			if root.Language != Python {
				root.Extra = append(root.Extra, u.Manifests...)
			}
			if root.Language == Go || root.Language == Java || root.Language == Dotnet {
				if u.LockPresent {
					root.Extra = append(root.Extra, u.Lock)
				}
				continue // each member keeps its own lock
			}
			// A member is installed by its root's manager. Its own lock, if one is there, is not read.
			if u.Lock != root.Lock && snap.Has(u.Lock) {
				u.Leftovers = append(u.Leftovers, u.Lock)
			}
			if root.Manager == UV && u.Manager == Pip {
				u.Manifests, u.Package = []string{path.Join(u.Dir, "pyproject.toml")}, u.buildSystem
				u.Leftovers = append(u.Leftovers, append(u.Requirements, u.DevRequirements...)...)
				u.Requirements, u.DevRequirements = nil, nil
			}
			u.Manager, u.Lock, u.LockPresent = root.Manager, root.Lock, root.LockPresent
			u.ManagerVersion = root.ManagerVersion
			u.Reason = "member of the workspace in " + root.Dir
		}
	}
}

// isMember says whether the patterns of a workspace in root name dir. "!" in front takes a folder
// out again; "**" stands for any depth.
func isMember(root string, patterns []string, dir string) bool {
	rel := dir
	if root != "." {
		var below bool
		if rel, below = strings.CutPrefix(dir, root+"/"); !below {
			return false
		}
	}
	member := false
	for _, p := range patterns {
		p, out := strings.CutPrefix(p, "!")
		if matchFolder(strings.TrimSuffix(strings.TrimPrefix(p, "./"), "/"), rel) {
			member = !out
		}
	}
	return member
}

func matchFolder(pattern, dir string) bool {
	if before, after, deep := strings.Cut(pattern, "**"); deep {
		return strings.HasPrefix(dir, before) && (strings.Trim(after, "/*") == "" || strings.HasSuffix(dir, after))
	}
	ok, err := path.Match(pattern, dir)
	return ok && err == nil
}

// existing keeps the paths that the snapshot has.
func existing(snap *source.Snapshot, paths ...string) []string {
	var found []string
	for _, p := range paths {
		if snap.Has(p) {
			found = append(found, p)
		}
	}
	return found
}
