package main

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// row is a line of the table: a repository at a commit, "" for the snapshot's newest.
type row struct{ repo, commit string }

func (r row) String() string { return r.repo + "@" + r.short() }

func (r row) short() string { return r.commit[:min(len(r.commit), 7)] }

// folder is where the row's files lie; a repository may be in the table at several commits.
func (r row) folder() string { return strings.ReplaceAll(r.String(), "/", "+") }

// readTable reads the columns repo and parent, or commit where there is no parent.
func readTable(file string) ([]row, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // only read
	var rows []row
	var column map[string]int
	for lines := bufio.NewScanner(f); ; {
		if !lines.Scan() {
			return rows, lines.Err()
		}
		cells := strings.Split(lines.Text(), "\t")
		if column == nil {
			column = map[string]int{}
			for i, name := range cells {
				column[name] = i
			}
			if _, ok := column["repo"]; !ok {
				return nil, fmt.Errorf("%s: no column named repo", file)
			}
			continue
		}
		rows = append(rows, rowOf(cells, column))
	}
}

func rowOf(cells []string, column map[string]int) row {
	cell := func(name string) string {
		if i, ok := column[name]; ok && i < len(cells) {
			return strings.TrimSpace(cells[i])
		}
		return ""
	}
	r := row{repo: cell("repo"), commit: cell("commit")}
	if parent := cell("parent"); parent != "" {
		r.commit = parent
	}
	return r
}

// snapshotOf is the git repository of a snapshot, "" when there is none.
func snapshotOf(folder, repo string) string {
	name := filepath.Join(folder, strings.ReplaceAll(repo, "/", "+"))
	for _, dir := range []string{filepath.Join(name, "repo"), name} {
		for _, mark := range []string{"HEAD", ".git"} {
			if _, err := os.Stat(filepath.Join(dir, mark)); err == nil {
				return dir
			}
		}
	}
	return ""
}
