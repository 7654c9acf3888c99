package operate

import (
	"context"
	"fmt"
	"io"
	"time"

	"refit/internal/engine"
	"refit/internal/invocation"
	"refit/internal/project"
)

// Tests is how the tests of an environment are run: as the target ENV-test does that refit writes into a Makefile.
type Tests struct {
	In      *project.Environment // where they run: dev keeps its data, so its tests run in test
	Service string
	Command []string
	Down    bool // take the environment down afterwards: nobody works in it
	// Complete says that there are no tests to run, as in production: only the configuration is checked.
	Complete bool
}

// NoTests is the error where refit does not know how the tests are run.
type NoTests struct{ Environment string }

func (n *NoTests) Error() string {
	return fmt.Sprintf("no test command is known for %s: no command of the repository runs them in a container, and its dependencies name no test runner; run them with refit exec %s SERVICE COMMAND",
		n.Environment, n.Environment)
}

// TestsOf works out how the tests of an environment are run.
func TestsOf(p *project.Project, e *project.Environment) (Tests, error) {
	if e.Name == "prod" {
		return Tests{In: e, Complete: true}, nil
	}
	service, command := invocation.TestCommand(p, e, nil)
	keeps := invocation.KeepsData(e)
	if e.Name != "test" && keeps {
		if test, err := invocation.Find(p, "test"); err == nil && test.Model != nil {
			if s, c := invocation.TestCommand(p, test, nil); c != nil {
				return Tests{In: test, Service: s, Command: c, Down: !invocation.KeepsData(test)}, nil
			}
		}
	}
	if command == nil {
		return Tests{}, &NoTests{invocation.NameOf(e)}
	}
	return Tests{In: e, Service: service, Command: command, Down: !keeps && e.Name != "dev" && e.Name != ""}, nil
}

// Test runs the tests in a container of their own. The error is an ExitCode when they fail.
func (o *Operation) Test(ctx context.Context, s engine.Streams, terminal bool, t Tests, more []string) error {
	if t.Complete {
		w := NewMasked(s.Err, o.Mask)
		code, err := o.Compose.Run(ctx, engine.Streams{Out: w, Err: w}, "config", "--quiet")
		_ = w.Flush()
		return ended(ctx, code, err)
	}
	args := []string{"run", "--rm", "--build"}
	if !terminal {
		args = append(args, "-T")
	}
	code, err := o.Compose.Attach(ctx, s, append(append(append(args, t.Service), t.Command...), more...)...)
	result := ended(ctx, code, err)
	if t.Down {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
		defer cancel()
		if err := o.Down(ctx, io.Discard, false); err != nil && result == nil {
			result = err
		}
	}
	return result
}
