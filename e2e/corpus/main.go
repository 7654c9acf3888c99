// Command corpus refits public repositories and holds refit to its promises on each, with the eyes of
// other programs: Docker Compose, BuildKit, another YAML parser, Docker's ignore matcher, make, bash, git.
//
//	go run ./e2e/corpus -refit bin/refit -compose bin/docker-compose [flags] TABLE SNAPSHOTS
//
// TABLE has tab-separated columns under a heading line: repo (owner/name), and parent or else commit,
// the revision that is refitted. SNAPSHOTS is a folder with a git repository owner+name (or
// owner+name/repo) for each; what is not there is skipped. Each row gets a clone of its own in a temporary
// folder. Nothing of a repository is run. Exit code 1: a promise is broken.
//
// A table in Markdown goes to stdout. The folder of -out gets results.jsonl, one object a row with all
// findings, fixes, refusals and violations, and for each row everything that refit printed.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"
)

func main() {
	if len(os.Args) > 2 && os.Args[1] == measureFlag {
		os.Exit(measure(os.Args[2], os.Args[3:]))
	}
	var o options
	flag.StringVar(&o.refit, "refit", "bin/refit", "the `program` to run")
	flag.StringVar(&o.compose, "compose", "bin/docker-compose", "Docker Compose as a stand-alone `program`")
	flag.StringVar(&o.schemas, "schemas", "docs/schema", "`folder` of the JSON schemas")
	flag.StringVar(&o.out, "out", "", "`folder` for results.jsonl, plans and logs (default: none are kept)")
	flag.StringVar(&o.only, "only", "", "only rows whose repository or commit holds one of these `words`, separated by commas")
	flag.StringVar(&o.layout, "layout", "", "`mode` of refit's --layout: auto, move or keep")
	flag.StringVar(&o.packages, "packages", "", "`answer` of refit's --packages: keep or uv")
	flag.IntVar(&o.parallel, "parallel", runtime.NumCPU(), "how many repositories at a time")
	flag.DurationVar(&o.limit, "limit", 10*time.Minute, "how long one repository may take")
	flag.Parse()
	if flag.NArg() != 2 {
		flag.Usage()
		os.Exit(2)
	}
	broken, err := run(o, flag.Arg(0), flag.Arg(1))
	if err != nil {
		fmt.Fprintln(os.Stderr, "corpus:", err)
		os.Exit(2)
	}
	if broken > 0 {
		fmt.Fprintf(os.Stderr, "corpus: %d promises are broken\n", broken)
		os.Exit(1)
	}
}

type options struct {
	refit, compose, schemas, out, only, layout, packages string
	parallel                                             int
	limit                                                time.Duration
}

// run checks every repository of the table that has a snapshot and returns how many promises are broken.
func run(o options, table, snapshots string) (broken int, err error) {
	for _, p := range []*string{&o.refit, &o.compose, &o.schemas} {
		if *p, err = filepath.Abs(*p); err != nil {
			return 0, err
		}
		if _, err := os.Stat(*p); err != nil {
			return 0, err
		}
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
	var trials []*trial
	for _, r := range rows {
		if source := snapshotOf(snapshots, r.repo); source != "" && o.chosen(r) {
			trials = append(trials, newTrial(o, r, source, work))
		}
	}
	if len(trials) == 0 {
		return 0, fmt.Errorf("no row of %s that is asked for has a snapshot in %s", table, snapshots)
	}
	inParallel(trials, o.parallel)
	for _, t := range trials {
		broken += len(t.Violations)
	}
	return broken, publish(trials, o.out)
}

// inParallel runs the trials, some at a time.
func inParallel(trials []*trial, n int) {
	var wg sync.WaitGroup
	free := make(chan struct{}, max(n, 1))
	for _, t := range trials {
		free <- struct{}{}
		wg.Go(func() {
			defer func() { <-free }()
			t.run()
			for _, v := range t.Violations {
				fmt.Fprintf(os.Stderr, "%s: %s: %s\n", t.row, v.Check, v.What)
			}
		})
	}
	wg.Wait()
}

func (o options) chosen(r row) bool {
	return slices.ContainsFunc(strings.Split(o.only, ","), func(w string) bool { return strings.Contains(r.String(), w) })
}
