// Command refit refactors a repository's Docker and build set-up, shows that nothing else changed
// and can take it back. It also answers as a Docker CLI plugin: docker refit.
package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"regexp"
	"runtime"
	"runtime/debug"

	"refit/internal/cli"
	"refit/internal/parallel"
)

func main() {
	debug.SetGCPercent(400)       // a run is short and small: collecting less often saves a quarter of its time
	debug.SetMemoryLimit(1 << 30) // bytes; from there on it collects as often as it takes: what is read is bounded, its garbage is too
	os.Exit(guarded(func() int {
		return cli.Main(os.Args, cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr})
	}, os.Stderr))
}

// guarded is the last line of defence: a panic becomes one error instead of a stack trace. Tests call cli.Main,
// which lets panics through. The value of a panic may quote a file, secrets included, so only those of the
// runtime are shown.
func guarded(run func() int, talk io.Writer) (code int) {
	defer func() {
		v := recover()
		if v == nil {
			return
		}
		stack := debug.Stack()
		if p, ok := v.(*parallel.Panic); ok {
			v, stack = p.Value, p.Stack
		}
		what := fmt.Sprintf("panic (%T)", v)
		if err, ok := v.(runtime.Error); ok {
			what = err.Error()
		}
		fmt.Fprintf(talk, "refit: internal error: %s%s; this is a defect of refit, and nothing was changed: what an apply had begun was put back, "+
			"or is by refit rollback; please report it to refit's maintainers with this line and the output of refit version\n", what, where(stack))
		code = cli.ExitFailed
	}()
	return run()
}

// where is the place in refit's own code where it panicked, " in package.function (file.go:12)"; "" when unknown.
func where(stack []byte) string {
	_, after, found := bytes.Cut(stack, []byte("\npanic("))
	if !found {
		return ""
	}
	place := regexp.MustCompile(`(?m)^(refit/[^\s(]+)[^\n]*\n\t\S*?([^/\s]+\.go:\d+)`).FindSubmatch(after)
	if place == nil {
		return ""
	}
	return fmt.Sprintf(" in %s (%s)", place[1], place[2])
}
