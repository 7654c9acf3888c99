//go:build unix

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"refit/examples"
)

// benchCase is a repository to measure on; lay writes it into an empty folder that does not exist yet.
type benchCase struct {
	name      string
	lay       func(dir string) error
	auditOnly bool
}

// cases are generated, the same bytes on every machine: nothing in them is random.
var cases = []benchCase{
	{name: "sample", lay: examples.WriteLedger},
	{name: "monorepo", lay: func(dir string) error { return writeAll(dir, monorepo()) }},
	{name: "dockerfiles", lay: func(dir string) error { return writeAll(dir, dockerfiles(10_000)) }, auditOnly: true},
}

// named are the cases of those names; all of them when there is none.
func named(names []string) ([]benchCase, error) {
	if len(names) == 0 {
		return cases, nil
	}
	var list []benchCase
	for _, name := range names {
		i := slices.IndexFunc(cases, func(c benchCase) bool { return c.name == name })
		if i < 0 {
			return nil, fmt.Errorf("there is no case %q", name)
		}
		list = append(list, cases[i])
	}
	return list, nil
}

func writeAll(dir string, files map[string]string) error {
	for name, text := range files {
		at := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(at, []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// dockerfiles is a repository of nothing but n Dockerfiles, a folder each.
func dockerfiles(n int) map[string]string {
	files := make(map[string]string, n)
	for i := range n {
		files[fmt.Sprintf("images/%02d/%04d/Dockerfile", i%100, i)] = images[i%len(images)](imageText(i))
	}
	return files
}
