package stack

import (
	"path"
	"strings"
)

func detectGo(f folder, _ Hints) *Unit {
	if !f.has("go.mod") {
		if !f.has("go.work") {
			return nil
		}
	}
	u := &Unit{
		Dir: f.dir, Language: Go, Manager: GoMod, Reason: "go.mod is there",
		Manifests: f.present("go.mod", "go.work"), Extra: f.present("go.work.sum"),
		Lock: f.path("go.sum"), LockPresent: f.has("go.sum"), Package: true,
	}
	block := ""
	for _, line := range modLines(string(f.read("go.mod", u))) {
		word, rest, _ := strings.Cut(line, " ")
		switch {
		case line == ")":
			block = ""
		case rest == "(":
			block = word
		case block == "require" || word == "require":
			u.requireModule(strings.TrimPrefix(line, "require "))
		case word == "module":
			u.Name = strings.Trim(rest, `"`)
		case word == "go":
			u.Requires = rest
		case word == "toolchain":
			u.Pinned = rest
		case block == "replace" || word == "replace":
			if _, to, ok := strings.Cut(line, "=> "); ok && strings.HasPrefix(to, ".") {
				for _, p := range localPath(f.dir, to) {
					u.LocalPaths = append(u.LocalPaths, p)
					u.Extra = append(u.Extra, existing(f.snap, path.Join(p, "go.mod"), path.Join(p, "go.sum"))...)
				}
			}
		}
	}
	if f.has("go.work") {
		u.Workspace, u.Reason = true, "go.work is there"
		u.Members = goWorkMembers(string(f.read("go.work", u)))
	}
	if len(u.Dependencies) == 0 && !u.LockPresent {
		u.Lock = "" // a module without dependencies has no go.sum
	}
	for _, d := range []string{"cmd", "internal", "pkg"} {
		if f.snap.IsDir(f.path(d)) {
			u.SourceDirs = append(u.SourceDirs, f.path(d))
		}
	}
	return u
}

// requireModule takes a requirement that isn't indirect.
func (u *Unit) requireModule(line string) {
	if !strings.Contains(line, "// indirect") {
		if name, _, _ := strings.Cut(line, " "); name != "" {
			u.Dependencies = append(u.Dependencies, name)
		}
	}
}

// modLines are the lines of a go.mod or go.work, comments dropped but for "// indirect".
// https://go.dev/ref/mod#go-mod-file
func modLines(text string) []string {
	var lines []string
	for line := range strings.Lines(text) {
		line = strings.Join(strings.Fields(line), " ")
		if before, comment, ok := strings.Cut(line, "//"); ok && !strings.HasPrefix(strings.TrimSpace(comment), "indirect") {
			line = strings.TrimSpace(before)
		}
		if line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

func goWorkMembers(text string) []string {
	var members []string
	inside := false
	for _, line := range modLines(text) {
		switch use, ok := strings.CutPrefix(line, "use "); {
		case line == "use (":
			inside = true
		case line == ")":
			inside = false
		case inside:
			members = append(members, path.Clean(line))
		case ok:
			members = append(members, path.Clean(use))
		}
	}
	return members
}

// installGo: https://docs.docker.com/guides/golang/build-images/ and
// https://go.dev/ref/mod#go-mod-download. go.sum asserts what is downloaded; -mod=readonly, the
// default, refuses to change go.mod. A static binary needs nothing from the production image.
func installGo(u *Unit, _ Options) Install {
	return Install{
		Asserted: true, Lock: Command{"go", "mod", "tidy"}, Check: Command{"go", "mod", "verify"},
		Caches:       []Cache{{Root: "/go/pkg/mod", Variable: "GOMODCACHE"}, {Root: "/root/.cache/go-build", Variable: "GOCACHE"}},
		Dependencies: []Command{{"go", "mod", "download"}},
		Project:      []Command{{"go", "build", "-trimpath", "-o", "/usr/local/bin/", "./..."}},
		Outputs:      []string{"/usr/local/bin"},
		Notes:        []string{"the packages to build and the binary's place are those of the Dockerfile at hand"},
	}
}
