package main

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"go.yaml.in/yaml/v4"
)

// tree is the files of a folder, without .git: repo-relative path to what is compared.
type tree map[string]entry

type entry struct {
	mode fs.FileMode
	sum  [sha256.Size]byte // of the bytes, for a link of where it points
	text []byte            // of files up to 1 MiB
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
		info, err := d.Info()
		if err != nil {
			return err
		}
		e := entry{mode: info.Mode()}
		switch {
		case info.Mode()&fs.ModeSymlink != 0:
			target, err := os.Readlink(path)
			if err != nil {
				return err
			}
			e.sum = sha256.Sum256([]byte(target))
		case info.Mode().IsRegular():
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			e.sum = sha256.Sum256(text)
			if len(text) <= 1<<20 {
				e.text = text
			}
		}
		rel, err := filepath.Rel(dir, path)
		files[filepath.ToSlash(rel)] = e
		return err
	})
	return files, err
}

func same(a, b tree) bool { return len(differing(a, b)) == 0 && len(a) == len(b) }

// differing is the files that are not the same in both, sorted. Folders that hold nothing else are left out.
func differing(a, b tree) []string {
	seen := map[string]bool{}
	for _, t := range []tree{a, b} {
		for path := range t {
			x, inA := a[path]
			y, inB := b[path]
			if folder := x.mode.IsDir() || y.mode.IsDir(); !folder && (inA != inB || x.mode != y.mode || x.sum != y.sum) {
				seen[path] = true
			}
		}
	}
	var list []string
	for path := range seen {
		list = append(list, path)
	}
	sort.Strings(list)
	return list
}

// unreadable is the YAML files and Dockerfiles that their own parsers reject, with the reason.
func unreadable(files tree) map[string]string {
	bad := map[string]string{}
	for path, e := range files {
		if e.text == nil {
			continue
		}
		base := strings.ToLower(filepath.Base(path))
		switch {
		case strings.HasSuffix(base, ".yml"), strings.HasSuffix(base, ".yaml"):
			decoder := yaml.NewDecoder(bytes.NewReader(e.text))
			for {
				var node yaml.Node
				if err := decoder.Decode(&node); errors.Is(err, io.EOF) {
					break
				} else if err != nil {
					bad[path] = err.Error()
					break
				}
			}
		case base == "dockerfile", strings.HasPrefix(base, "dockerfile."), strings.HasSuffix(base, ".dockerfile"):
			if strings.HasSuffix(base, ".dockerignore") {
				continue
			}
			if _, err := parser.Parse(bytes.NewReader(e.text)); err != nil {
				bad[path] = err.Error()
			}
		}
	}
	return bad
}

// lostComments is the comment lines (# at the start) of changed files that stand nowhere afterwards.
func lostComments(before, after tree) []string {
	kept := map[string]bool{}
	for _, e := range after {
		for line := range strings.Lines(string(e.text)) {
			kept[strings.TrimSpace(line)] = true
		}
	}
	var lost []string
	for _, path := range differing(before, after) {
		for line := range strings.Lines(string(before[path].text)) {
			line = strings.TrimSpace(line)
			if strings.HasPrefix(line, "#") && !strings.HasSuffix(path, ".md") && !kept[line] {
				lost = append(lost, path+": "+line)
			}
		}
	}
	return lost
}
