// Command corpus refits public repositories and checks the promises on each: no crash, output that
// parses, files that their own tools still read, an empty second plan, an exact rollback.
//
//	go run ./e2e/corpus -refit bin/refit [-out DIR] [-only WORDS] TABLE SNAPSHOTS
//
// TABLE has tab-separated columns with a heading line; the columns named repo (owner/name) and commit
// are read. SNAPSHOTS is a folder with a git repository owner+name (or owner+name/repo) for each; what is
// not there is skipped. Each is cloned to a temporary folder, so that the snapshot stays as it is. A table
// in Markdown goes to stdout, the plans and what was said to DIR. Exit code 1: a promise is broken.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

func main() {
	refit := flag.String("refit", "bin/refit", "the `program` to run")
	out := flag.String("out", "", "`folder` for plans and logs (default: none are kept)")
	only := flag.String("only", "", "only repositories whose name holds one of these `words`, separated by commas")
	limit := flag.Duration("limit", time.Minute, "how long one call of refit may take")
	flag.Parse()
	if flag.NArg() != 2 {
		flag.Usage()
		os.Exit(2)
	}
	broken, err := run(*refit, *out, *only, *limit, flag.Arg(0), flag.Arg(1))
	if err != nil {
		fmt.Fprintln(os.Stderr, "corpus:", err)
		os.Exit(2)
	}
	if broken > 0 {
		fmt.Fprintf(os.Stderr, "corpus: %d promises are broken\n", broken)
		os.Exit(1)
	}
}

// run checks every repository of the table that has a snapshot and returns how many promises are broken.
func run(refit, out, only string, limit time.Duration, table, snapshots string) (broken int, err error) {
	if refit, err = filepath.Abs(refit); err != nil {
		return 0, err
	}
	rows, err := readTable(table)
	if err != nil {
		return 0, err
	}
	work, err := os.MkdirTemp("", "refit-corpus-")
	if err != nil {
		return 0, err
	}
	defer func() { _ = os.RemoveAll(work) }() // in the system's temporary folder
	fmt.Println(heading)
	for _, r := range rows {
		source := snapshotOf(snapshots, r.repo)
		if source == "" || !chosen(r.repo, only) {
			continue
		}
		t := &trial{row: r, refit: refit, limit: limit, source: source, dir: filepath.Join(work, r.folder(), path.Base(r.repo)), state: filepath.Join(work, r.folder(), ".state")}
		if out != "" {
			t.out = filepath.Join(out, r.folder())
		}
		if err := t.run(); err != nil {
			return broken, fmt.Errorf("%s: %w", r.repo, err)
		}
		fmt.Println(t.line())
		for _, b := range t.broken {
			fmt.Fprintf(os.Stderr, "%s: %s\n", r.repo, b)
		}
		broken += len(t.broken)
		if err := os.RemoveAll(filepath.Dir(t.dir)); err != nil {
			return broken, err
		}
	}
	return broken, nil
}

func chosen(repo, words string) bool {
	return slices.ContainsFunc(strings.Split(words, ","), func(w string) bool { return strings.Contains(repo, w) })
}

// row is a repository of the table.
type row struct{ repo, commit string }

func (r row) folder() string { return strings.ReplaceAll(r.repo, "/", "+") }

func readTable(file string) ([]row, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	column := map[string]int{}
	var rows []row
	for lines.Scan() {
		cells := strings.Split(lines.Text(), "\t")
		if len(column) == 0 {
			for i, name := range cells {
				column[name] = i
			}
			if _, ok := column["repo"]; !ok {
				return nil, fmt.Errorf("%s: no column named repo", file)
			}
			continue
		}
		r := row{repo: cells[column["repo"]]}
		if i, ok := column["commit"]; ok && i < len(cells) {
			r.commit = cells[i]
		}
		rows = append(rows, r)
	}
	return rows, lines.Err()
}

// snapshotOf is the git repository of a snapshot, "" when there is none.
func snapshotOf(folder, repo string) string {
	name := filepath.Join(folder, row{repo: repo}.folder())
	for _, dir := range []string{filepath.Join(name, "repo"), name} {
		for _, mark := range []string{"HEAD", ".git"} {
			if _, err := os.Stat(filepath.Join(dir, mark)); err == nil {
				return dir
			}
		}
	}
	return ""
}
