package main

import (
	"crypto/sha256"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// tree is the files of a folder, without .git: repo-relative path to what is compared.
type tree map[string]entry

type entry struct {
	mode fs.FileMode
	sum  [sha256.Size]byte // of the bytes, for a link of where it points
	text string            // of files up to 1 MiB
	link string            // where a link points
}

// treeOf reads every file of a folder. Folders count by their modes.
func treeOf(dir string) (tree, error) {
	files := tree{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && d.Name() == ".git" {
			return filepath.SkipDir
		}
		e, err := entryOf(path, d)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		files[filepath.ToSlash(rel)] = e
		return err
	})
	return files, err
}

func entryOf(path string, d fs.DirEntry) (entry, error) {
	info, err := d.Info()
	if err != nil {
		return entry{}, err
	}
	e := entry{mode: info.Mode()}
	switch {
	case info.Mode()&fs.ModeSymlink != 0:
		target, err := os.Readlink(path)
		e.sum, e.link = sha256.Sum256([]byte(target)), target
		return e, err
	case info.Mode().IsRegular():
		text, err := os.ReadFile(path)
		e.sum = sha256.Sum256(text)
		if len(text) <= 1<<20 {
			e.text = string(text)
		}
		return e, err
	}
	return e, nil
}

// differing is the files that are not the same in both, sorted. Folders count when one side lacks them
// or their modes differ and folders is set: a file that comes or goes may bring its folder along.
func differing(a, b tree, folders bool) []string {
	var list []string
	for _, path := range keysOf(a, b) {
		x, inA := a[path]
		y, inB := b[path]
		if folder := x.mode.IsDir() || y.mode.IsDir(); folder && !folders {
			continue
		}
		if inA != inB || x.mode != y.mode || x.sum != y.sum {
			list = append(list, path)
		}
	}
	return list
}

// isText says whether a file's text was read and holds no NUL byte.
func (e entry) isText() bool { return e.text != "" && !strings.Contains(e.text, "\x00") }

// keysOf is the keys of several maps, each once, sorted.
func keysOf[M ~map[string]V, V any](maps ...M) []string {
	seen := map[string]bool{}
	var list []string
	for _, m := range maps {
		for k := range m {
			if !seen[k] {
				seen[k] = true
				list = append(list, k)
			}
		}
	}
	slices.Sort(list)
	return list
}
