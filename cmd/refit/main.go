// Command refit refactors a repository's Docker and build set-up, shows that nothing else changed
// and can take it back. It also answers as a Docker CLI plugin: docker refit.
package main

import (
	"os"
	"runtime/debug"

	"refit/internal/cli"
)

func main() {
	debug.SetGCPercent(400) // a run is short and small: collecting less often saves a quarter of its time
	os.Exit(cli.Main(os.Args, cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}))
}
