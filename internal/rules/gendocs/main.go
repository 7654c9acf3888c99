// Command gendocs writes the rules' documentation into a folder: a page a rule and an index.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"refit/internal/rule"
	"refit/internal/rules"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: gendocs FOLDER")
		os.Exit(2)
	}
	if err := write(os.Args[1], rules.All()); err != nil {
		fmt.Fprintln(os.Stderr, "gendocs:", err)
		os.Exit(1)
	}
}

func write(dir string, all []rule.Rule) error {
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for name, text := range rules.Pages(all) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(strings.TrimRight(text, "\n")+"\n"), 0o644); err != nil {
			return err
		}
	}
	return nil
}
