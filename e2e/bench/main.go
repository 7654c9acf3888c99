//go:build unix

// Command bench measures refit on generated repositories, beside the bare cost of reading and of parsing the same
// bytes in the same run.
//
//	go run ./e2e/bench [-runs N] [-profile DIR] [-repo DIR] [CASE...]
//
// Each stage of each case is a process of its own, so that its peak memory is its own; the stages take turns, and of
// the runs the fastest counts. A time is given as wall clock / processor seconds (user and system, all cores).
// A table in Markdown goes to stdout. -repo measures a copy of a repository instead of the generated ones.
// On a busy machine GODEBUG=asyncpreemptoff=1 makes two runs comparable: the runtime then does not interrupt goroutines that
// other programs keep waiting, which is processor time of no use.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
)

func main() {
	runs := flag.Int("runs", 3, "how often each stage is run")
	profile := flag.String("profile", "", "`folder` for CPU and allocation profiles of each stage (default: none)")
	repo := flag.String("repo", "", "measure a copy of this repository `folder`")
	lay := flag.String("lay", "", "write the cases to this `folder` and measure nothing")
	stage := flag.String("stage", "", "run one stage on the folder given, print what it cost as JSON (used by the command itself)")
	flag.Parse()
	if *stage != "" {
		if err := runStage(*stage, flag.Arg(0), *profile); err != nil {
			fail(err)
		}
		return
	}
	list, err := named(flag.Args())
	if err != nil {
		fail(err)
	}
	if *repo != "" {
		list = []benchCase{{name: filepath.Base(*repo), lay: func(dir string) error { return os.CopyFS(dir, os.DirFS(*repo)) }}}
	}
	if *lay != "" {
		for _, c := range list {
			if err := c.lay(filepath.Join(*lay, c.name)); err != nil {
				fail(err)
			}
		}
		return
	}
	fmt.Printf("%s/%s, %d cores, %s\n\n", runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), runtime.Version())
	fmt.Println(heading)
	for _, c := range list {
		costs, err := measure(c, *runs, *profile)
		if err != nil {
			fail(fmt.Errorf("%s: %w", c.name, err))
		}
		fmt.Println(row(c.name, costs))
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "bench:", err)
	os.Exit(1)
}

const heading = "| case | files | bytes | read | parse | audit | plan | audit to applied | audit / parse | memory: read, audit, plan |\n|---|---|---|---|---|---|---|---|---|---|"

func row(name string, costs map[string]cost) string {
	read, parse, audit, plan := costs["read"], costs["parse"], costs["audit"], costs["plan"]
	memory := fmt.Sprintf("%d, %d", read.Memory>>20, audit.Memory>>20)
	if plan.Memory > 0 {
		memory += fmt.Sprintf(", %d", plan.Memory>>20)
	}
	return fmt.Sprintf("| %s | %d | %.1f MB | %s | %s | %s | %s | %s | %.1f | %s MB |",
		name, read.Files, float64(read.Bytes)/1e6, read, parse, audit, plan, costs["apply"], audit.CPU/parse.CPU, memory)
}
