// Command refit refactors a repository's Docker and build set-up, shows that nothing else changed
// and can take it back. It also answers as a Docker CLI plugin: docker refit.
package main

import (
	"os"

	"refit/internal/cli"
)

func main() {
	os.Exit(cli.Main(os.Args, cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}))
}
