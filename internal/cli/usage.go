package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"refit/internal/spelling"
)

// usage marks an error as one of the command line or the configuration.
func usage(format string, args ...any) error { return exit{ExitUsage, fmt.Errorf(format, args...)} }

// seeHelp marks an error as one of the words and flags after a command, and says where they are described.
func seeHelp(cmd *cobra.Command, err error) error {
	return usage("%w; see %s --help", err, cmd.CommandPath())
}

// told is the error of a command, those of cobra about the command line marked as such: they have no type.
func told(cmd *cobra.Command, err error) error {
	var marked exit
	if err == nil || errors.As(err, &marked) {
		return err
	}
	for _, start := range []string{"unknown command", "unknown flag", "unknown shorthand", "accepts ", "requires at least", "invalid argument", "required flag"} {
		if strings.HasPrefix(err.Error(), start) {
			return seeHelp(cmd, err)
		}
	}
	return err
}

// typos is how many letters of a command may be wrong: two, since letters that changed places count twice.
const typos = 2

// naming wants a number of words, which what describes, and takes a PATH behind them.
func naming(number int, what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) < number || len(args) > number+1 {
			return seeHelp(cmd, fmt.Errorf("%s wants %s, and at most a PATH behind", cmd.CommandPath(), what))
		}
		return nil
	}
}

// noArgs refuses words after a command that takes none. After one that only has commands below it, a word
// is a misspelt command.
func noArgs(cmd *cobra.Command, args []string) error {
	switch {
	case len(args) == 0:
		return nil
	case !cmd.HasSubCommands():
		return seeHelp(cmd, fmt.Errorf("%s takes no arguments, got %q", cmd.CommandPath(), args[0]))
	}
	var names []string
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			names = append(names, c.Name())
		}
	}
	meant := ""
	if name := spelling.Nearest(strings.ToLower(args[0]), names, typos); name != "" {
		meant = fmt.Sprintf("; did you mean %s %s?", cmd.CommandPath(), name)
	}
	return usage("unknown command %q%s; %s --help lists the commands", args[0], meant, cmd.CommandPath())
}
