package project

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"syscall"

	"refit/internal/gitrepo"
	"refit/internal/source"
)

// Bounds of one walk. Real repositories stay far below them; they keep a hostile one from filling
// the memory.
const (
	maxEntries  = 300_000 // files, links and folders that are listed
	maxDepth    = 100     // folders inside one another
	maxPeek     = 5_000   // names looked at in a folder that is not descended
	maxCounting = 200_000 // files counted in one hidden folder
)

// HiddenWhy is why the walk did not descend into a folder.
type HiddenWhy string

// The reasons.
const (
	HiddenGit        HiddenWhy = "git"        // .git itself
	HiddenIgnored    HiddenWhy = "ignored"    // git ignores it and tracks nothing in it
	HiddenGenerated  HiddenWhy = "generated"  // node_modules, a virtual environment, a cache
	HiddenRepository HiddenWhy = "repository" // a submodule or another repository
	HiddenUnreadable HiddenWhy = "unreadable" // no permission
	HiddenLimit      HiddenWhy = "limit"      // beyond the bounds of the walk
)

// Hidden is a folder whose files are not in Project.Files, except for env files and certificates
// directly inside of it. A build context sends them nevertheless: see Project.ContextFiles.
type Hidden struct {
	Path string // repo-relative
	Why  HiddenWhy
}

// listing is what one walk saw.
type listing struct {
	entries  []*source.Entry
	folders  []string
	hidden   []Hidden
	problems []*source.Problem
}

// walker lists a repository once. It follows no link, opens folders and .gitignore files only, and
// never leaves the root: every access goes through os.Root.
type walker struct {
	root   *os.Root
	git    *gitrepo.State
	ignore *gitrepo.Ignore
	full   bool // that there are too many files was said
	listing
}

// walk lists the repository at root. Whatever can't be read becomes a problem, never an error.
func walk(root *os.Root, git *gitrepo.State) listing {
	w := &walker{root: root, git: git}
	w.ignore = git.Ignore(w.gitignore)
	w.folder(root, ".", 0)
	return w.listing
}

// folder lists dir, which here is open as at. at is a root of its own, so that each name costs one
// system call however deep it lies.
func (w *walker) folder(at *os.Root, dir string, depth int) {
	names, err := w.names(at, maxEntries-len(w.entries)-len(w.folders))
	if err != nil {
		w.unlisted(dir, err)
	}
	if dir != "." {
		w.folders = append(w.folders, dir)
		if why := w.reasonToStop(dir, names, depth); why != "" {
			w.hide(dir, why)
			w.peek(at, dir, names)
			return
		}
	}
	for _, name := range names {
		w.entry(at, path.Join(dir, name), name, depth)
	}
}

// names lists a folder, sorted, at most limit of them.
func (w *walker) names(at *os.Root, limit int) ([]string, error) {
	f, err := at.Open(".")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var names []string
	for len(names) < limit {
		some, err := f.Readdirnames(min(1024, limit-len(names)))
		names = append(names, some...)
		if err == io.EOF {
			slices.Sort(names)
			return names, nil
		}
		if err != nil {
			slices.Sort(names)
			return names, err
		}
	}
	slices.Sort(names)
	return names, errTooMany
}

var errTooMany = fmt.Errorf("the repository holds more than %d files", maxEntries)

func (w *walker) entry(at *os.Root, p, name string, depth int) {
	info, err := at.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return // gone since the folder was listed
	}
	if err != nil {
		w.unlisted(p, err)
		return
	}
	switch {
	case info.IsDir() && name == ".git":
		w.hide(p, HiddenGit)
	case info.IsDir():
		w.descend(at, p, name, depth)
	default:
		w.add(at, p, name, info)
	}
}

func (w *walker) descend(at *os.Root, p, name string, depth int) {
	below, err := at.OpenRoot(name)
	if err != nil {
		w.folders = append(w.folders, p)
		w.hide(p, HiddenUnreadable)
		w.unlisted(p, err)
		return
	}
	defer below.Close()
	w.folder(below, p, depth+1)
}

// add lists a file, a link, or something that is neither and will never be opened.
func (w *walker) add(at *os.Root, p, name string, info fs.FileInfo) {
	if info.Mode()&fs.ModeSymlink != 0 {
		target, err := at.Readlink(name)
		if err != nil {
			w.unlisted(p, err)
			return
		}
		w.entries = append(w.entries, source.NewLink(p, filepath.ToSlash(target)))
		return
	}
	w.entries = append(w.entries, source.NewEntry(p, info.Mode(), info.Size(), func() ([]byte, error) { return load(w.root, p) }))
}

// reasonToStop says why the files in dir are not listed, "" when they are.
func (w *walker) reasonToStop(dir string, names []string, depth int) HiddenWhy {
	_, repository := slices.BinarySearch(names, ".git")
	_, venv := slices.BinarySearch(names, "pyvenv.cfg")
	switch {
	case repository:
		return HiddenRepository
	case depth > maxDepth || len(w.entries)+len(w.folders) >= maxEntries:
		return HiddenLimit
	case len(w.git.TrackedUnder(dir)) > 0:
		return ""
	case venv || generated[path.Base(dir)]:
		return HiddenGenerated
	}
	if ignored, _ := w.ignore.Match(dir, true); ignored {
		return HiddenIgnored
	}
	return ""
}

// generated are names of folders that tools fill, often with ten thousands of files.
var generated = map[string]bool{
	"node_modules": true, ".venv": true, "__pycache__": true, ".tox": true, ".nox": true, ".mypy_cache": true,
	".pytest_cache": true, ".ruff_cache": true, ".terraform": true, ".gradle": true, ".next": true, ".nuxt": true,
	".svelte-kit": true, ".turbo": true, ".parcel-cache": true, ".yarn": true, ".pnpm-store": true,
}

// peek lists the env files and certificates directly inside a hidden folder: a .gitignore with
// "env/" or "certs/" hides just what a refit is about.
func (w *walker) peek(at *os.Root, dir string, names []string) {
	for _, name := range names[:min(len(names), maxPeek)] {
		if !isEnvFileName(name) && !isKeyFileName(name) {
			continue
		}
		if info, err := at.Lstat(name); err == nil && !info.IsDir() {
			w.add(at, path.Join(dir, name), name, info)
		}
	}
}

// gitignore reads a .gitignore; like git it does not follow one that is a link.
func (w *walker) gitignore(p string) ([]byte, bool) {
	info, err := w.root.Lstat(p)
	if err != nil || !info.Mode().IsRegular() {
		return nil, false
	}
	text, err := load(w.root, p)
	return text, err == nil
}

func (w *walker) hide(dir string, why HiddenWhy) {
	w.hidden = append(w.hidden, Hidden{Path: dir, Why: why})
}

func (w *walker) unlisted(p string, err error) {
	what := "can't be read: " + reason(err)
	if errors.Is(err, errTooMany) {
		if w.full {
			return // once is enough: it is so for every folder from here on
		}
		w.full, what = true, err.Error()
	}
	w.problems = append(w.problems, &source.Problem{
		Path: p, What: what, Why: "what is in it is left out", Advice: "make it readable, or run refit on a folder further down", Original: err,
	})
}

// reason is the cause of a file system error without the path, which the problem names already.
func reason(err error) string {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err.Error()
	}
	return err.Error()
}

// load reads one regular file within the size limit. Opening never blocks, not even when a pipe has
// taken the file's place since it was listed.
func load(root *os.Root, p string) ([]byte, error) {
	f, err := root.OpenFile(p, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, &fs.PathError{Op: "read", Path: p, Err: errors.New("no longer a regular file")}
	}
	text, err := readAll(io.LimitReader(f, source.MaxFileSize+1), info.Size())
	if err == nil && len(text) > source.MaxFileSize {
		err = &fs.PathError{Op: "read", Path: p, Err: source.ErrTooLarge}
	}
	if err != nil {
		return nil, err
	}
	return text, nil
}

// readAll is io.ReadAll for what has most probably that size.
func readAll(r io.Reader, size int64) ([]byte, error) {
	text := make([]byte, min(size, source.MaxFileSize)+1)
	n, err := io.ReadFull(r, text)
	switch err {
	case io.EOF, io.ErrUnexpectedEOF:
		return text[:n], nil
	case nil: // it has grown
		more, err := io.ReadAll(r)
		return append(text, more...), err
	}
	return nil, err
}
