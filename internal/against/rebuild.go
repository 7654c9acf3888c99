package against

import (
	"context"
	"crypto/rand"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// manifests are the files that say which packages a project has.
var manifests = []string{"pyproject.toml", "requirements*.txt", "requirements/*.txt", "package.json", "go.mod", "Gemfile", "composer.json", "Cargo.toml", "pom.xml"}

// sources are the endings of source files, the first that is found counts.
var sources = []string{".py", ".ts", ".js", ".go", ".rb", ".java", ".php", ".rs"}

// measure builds both sides again after a change of a source file, of what the project depends on, and of the
// configuration.
func (c *comparison) measure(ctx context.Context) error {
	source := c.sourceFile()
	if source == "" {
		c.notShown("", "no source file is in the images of both sides: the rebuild after a change of one was not measured")
	}
	for _, st := range []*state{c.before, c.after} {
		changes := []struct {
			what  string
			files []string
		}{{"source", []string{source}}, {"dependency", st.manifests()}, {"configuration", st.side.Files}}
		for _, change := range changes {
			if err := c.rebuild(ctx, st, change.what, change.files); err != nil {
				return err
			}
		}
	}
	return nil
}

// rebuild changes files, builds, and puts them back.
func (c *comparison) rebuild(ctx context.Context, st *state, what string, files []string) error {
	c.Say(fmt.Sprintf("rebuilding %s after a %s change", st.side.Name, what))
	var restore []func()
	defer func() {
		for _, r := range restore {
			r()
		}
	}()
	var touched []string
	for _, f := range files {
		if f == "" {
			continue
		}
		undo, err := touch(st.side.Root, f)
		if err != nil {
			continue // not there on this side
		}
		touched, restore = append(touched, f), append(restore, undo)
	}
	if len(touched) == 0 {
		return nil
	}
	b, err := st.build(ctx, what, c.Mask)
	if err != nil {
		return err
	}
	b.File = strings.Join(touched, " ")
	st.result.Builds = append(st.result.Builds, b)
	return nil
}

// Rebuild builds services again after a change of one source file, which it puts back, and says what that took. c runs
// docker compose for the environment, with --progress json among its options; root is the folder of file.
func Rebuild(ctx context.Context, c Composer, root, file string, services []string, mask func(string) string) (Build, error) {
	undo, err := touch(root, file)
	if err != nil {
		return Build{}, err
	}
	defer undo()
	b, err := build(ctx, c, "it", "source", mask, services)
	b.File = file
	return b, err
}

// touch changes a file without changing what it means: blank lines at its end, which no earlier build has seen.
func touch(root, file string) (undo func(), err error) {
	in, err := os.OpenRoot(root)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	text, err := in.ReadFile(file)
	if err != nil {
		return nil, err
	}
	info, err := in.Stat(file)
	if err != nil {
		return nil, err
	}
	var seed [12]byte
	_, _ = rand.Read(seed[:])
	var blank strings.Builder
	for _, b := range seed {
		blank.WriteString("\n" + strings.Repeat(" ", int(b%8)))
	}
	blank.WriteByte('\n')
	if err := in.WriteFile(file, append(slices.Clone(text), blank.String()...), info.Mode().Perm()); err != nil {
		return nil, err
	}
	return func() { _ = os.WriteFile(filepath.Join(root, file), text, info.Mode().Perm()) }, nil
}

// manifests are those in the build contexts of the side, repo-relative.
func (st *state) manifests() (list []string) {
	for _, dir := range st.resolved.contexts {
		for _, pattern := range manifests {
			found, _ := filepath.Glob(filepath.Join(dir, pattern))
			for _, f := range found {
				if rel, err := filepath.Rel(st.side.Root, f); err == nil && filepath.IsLocal(rel) {
					list = append(list, filepath.ToSlash(rel))
				}
			}
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// entryNames are the usual names of a program's main file, without the ending.
var entryNames = []string{"main", "app", "server", "index", "manage", "wsgi", "asgi"}

// sourceFile is a source file that both sides have at one place and that is in an image of both, since its change has
// to reach the image: the main one where a usual name tells, else the largest.
func (c *comparison) sourceFile() string {
	best, most := "", int64(-1)
	_ = filepath.WalkDir(c.before.side.Root, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() && (strings.HasPrefix(d.Name(), ".") && p != c.before.side.Root || d.Name() == "node_modules") {
			return fs.SkipDir
		}
		rel, _ := filepath.Rel(c.before.side.Root, p)
		rel = filepath.ToSlash(rel)
		info, err := d.Info()
		if err != nil || !d.Type().IsRegular() || strings.Contains(rel, "test") {
			return nil
		}
		if w := weight(d.Name(), info.Size()); w > most && c.before.contains(rel) && c.after.contains(rel) {
			best, most = rel, w
		}
		return nil
	})
	return best
}

// weight orders source files: by language, then main files first, then by size; -1 is for others.
func weight(name string, size int64) int64 {
	language := slices.Index(sources, path.Ext(name))
	if language < 0 {
		return -1
	}
	w := int64(len(sources)-language) << 48
	if slices.Contains(entryNames, strings.TrimSuffix(name, path.Ext(name))) {
		w += 1 << 40
	}
	return w + min(size, 1<<40-1)
}

// contains says whether a file of the repository is in an image of the side.
func (st *state) contains(rel string) bool {
	if _, err := os.Lstat(filepath.Join(st.side.Root, rel)); err != nil {
		return false
	}
	for _, i := range st.images {
		if i.files != nil && i.files.entries[path.Join(i.files.workdir, rel)] != nil {
			return true
		}
	}
	return false
}
