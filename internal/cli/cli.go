// Package cli turns command lines into calls of the pipeline: one file a command, no logic.
package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"refit/internal/report"
)

// The exit codes of the command-line contract.
const (
	ExitOK         = 0 // nothing wrong, or done
	ExitFindings   = 1 // findings at the threshold, or changes pending
	ExitUsage      = 2 // usage or configuration
	ExitFailed     = 3 // could not finish
	ExitRolledBack = 4 // failed midway and was undone
)

// Streams are what a command reads and writes. Results go to Out, talk to Err.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
}

// exit is an error that carries its exit code; a nil err has been reported already.
type exit struct {
	code int
	err  error
}

func (e exit) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit code %d", e.code)
	}
	return e.err.Error()
}

func (e exit) Unwrap() error { return e.err }

// Main runs the command line and returns the exit code. args[0] is the program's own name: called
// as docker-refit it answers as a Docker CLI plugin.
func Main(args []string, s Streams) int {
	words, docker := args[1:], []string(nil)
	if strings.HasPrefix(filepath.Base(args[0]), "docker-refit") && len(words) > 0 {
		if words[0] == "docker-cli-plugin-metadata" {
			fmt.Fprint(s.Out, pluginMetadata())
			return ExitOK
		}
		docker, words = pluginWords(words)
	}
	app := &app{Streams: Streams{In: s.In, Out: report.Visible(s.Out, colour(s.Out)), Err: report.Visible(s.Err, colour(s.Err))}, raw: s.Out, err: s.Err, docker: docker}
	root := app.root()
	root.SetArgs(words)
	return app.code(told(root.ExecuteC()))
}

// app is one run of the program.
type app struct {
	Streams           // Out and Err show what would steer a terminal
	raw     io.Writer // Out, byte for byte
	err     io.Writer // Err, byte for byte
	docker  []string  // docker's own options, when called as its plugin
}

// pluginWords tells docker's own options (docker --context far refit up dev) from the words for refit. docker
// hands its plugins the whole command line.
func pluginWords(words []string) (docker, own []string) {
	for i, w := range words {
		if w == "refit" {
			return words[:i], words[i+1:]
		}
		if !strings.HasPrefix(w, "-") && (i == 0 || !strings.HasPrefix(words[i-1], "-")) {
			break
		}
	}
	return nil, words
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:           "refit",
		Short:         "Refactor a repository's Docker and build set-up, and show that nothing else changed",
		Long:          longHelp,
		Version:       Version,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          noArgs,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetIn(a.In)
	root.SetOut(a.Out)
	root.SetErr(a.Err)
	root.SetFlagErrorFunc(seeHelp)
	root.SetVersionTemplate(versionLine())
	root.AddCommand(a.demo(), a.audit(), a.plan(), a.apply(), a.rollback(), a.backup(), a.backups(),
		a.doctor(), a.env(), a.certs(), a.explain(), a.rules(), a.version())
	root.AddCommand(a.running()...)
	return root
}

const longHelp = `refit takes a repository from the Docker and build set-up it has to the one it should have:

  refit audit      what is wrong, where, and which of it refit can repair
  refit plan       the repairs as a diff or a list, shown to change nothing else
  refit apply      carry them out, as one transaction
  refit rollback   take them back, byte for byte
  refit up dev     start an environment and wait until it is healthy
  refit verify dev check its containers from the inside
  refit doctor     what does not work on this machine, why, and the cure

Try it without risk: refit demo`

// code is the exit code of what a command returned, after having said what went wrong.
func (a *app) code(err error) int {
	if err == nil {
		return ExitOK
	}
	var e exit
	if !errors.As(err, &e) {
		e = exit{ExitFailed, err}
	}
	if e.err != nil {
		fmt.Fprintf(a.Err, "refit: %v\n", e.err)
	}
	return e.code
}

// colour says whether to colour what goes to w: a terminal, and NO_COLOR (no-color.org) not set.
func colour(w io.Writer) bool { return isTerminal(w) && os.Getenv("NO_COLOR") == "" }

// isTerminal says whether somebody sits at the stream. A character device is not enough: /dev/null is one.
func isTerminal(stream any) bool {
	if wrapped, ok := stream.(interface{ Unwrap() io.Writer }); ok {
		stream = wrapped.Unwrap()
	}
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// confirm asks a yes/no question on a terminal. Elsewhere it refuses: a script says --yes.
func (a *app) confirm(question string, yes bool) error {
	if yes {
		return nil
	}
	if !isTerminal(a.In) {
		return usage("%s No terminal to ask on: say --yes", question)
	}
	fmt.Fprintf(a.Err, "%s [y/N] ", question)
	var answer string
	fmt.Fscanln(a.In, &answer)
	if answer = strings.ToLower(answer); answer != "y" && answer != "yes" {
		return exit{ExitFailed, errors.New("not confirmed; nothing was changed")}
	}
	return nil
}
