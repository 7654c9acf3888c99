package cli

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"refit/internal/apply"
	"refit/internal/pipeline"
)

func (a *app) rollback() *cobra.Command {
	var yes, force bool
	cmd := &cobra.Command{
		Use:   "rollback [PATH] [ID]",
		Short: "Take an apply back, byte for byte",
		Long: `Restores the files of the repository that holds PATH (default: the current folder) to what they
were before the apply ID (default: the latest), modes included. Files that changed since are
shown and nothing is done, unless --force.`,
		Args: cobra.MaximumNArgs(2),
		RunE: func(_ *cobra.Command, args []string) error {
			path, id := rollbackArgs(args)
			return a.runRollback(path, id, yes, force)
		},
	}
	cmd.Flags().BoolVar(&yes, "yes", false, "don't ask")
	cmd.Flags().BoolVar(&force, "force", false, "also overwrite files that changed since the apply")
	return cmd
}

// rollbackArgs tells PATH from ID: a single word that names a file or a folder is the path.
func rollbackArgs(args []string) (path, id string) {
	switch len(args) {
	case 0:
		return ".", ""
	case 1:
		if _, _, err := pipeline.Root(args[0]); err == nil {
			return args[0], ""
		}
		return ".", args[0]
	}
	return args[0], args[1]
}

func (a *app) runRollback(path, id string, yes, force bool) error {
	root, _, err := pipeline.Root(path)
	if err != nil {
		return exit{ExitUsage, err}
	}
	if pending, err := apply.Pending(root); err != nil {
		return err
	} else if pending != nil {
		return a.recover(path)
	}
	meant, err := apply.Meant(root, apply.ID(id))
	if err != nil {
		return rollbackExit(err)
	}
	if err := a.confirm(fmt.Sprintf("Take %s in %s back?", meant, root), yes); err != nil {
		return err
	}
	done, err := apply.Rollback(root, meant, apply.Options{Force: force, Command: "refit rollback", Note: a.note})
	if err != nil {
		return rollbackExit(err)
	}
	if len(done.Paths) == 0 {
		fmt.Fprintf(a.Err, "nothing is left to restore: the files are what they were before %s\n", done.Of)
		return nil
	}
	fmt.Fprintf(a.Err, "restored %s to what they were before %s\n", counted(len(done.Paths), "file"), done.Of)
	return nil
}

// rollbackExit gives an error of rollback its exit code.
func rollbackExit(err error) error {
	var unknown *apply.UnknownError
	if errors.As(err, &unknown) {
		return exit{ExitUsage, err}
	}
	return applyExit(err)
}

func (a *app) backup() *cobra.Command {
	return &cobra.Command{
		Use:   "backup [PATH]",
		Short: "Keep a copy of the configuration files that refit may touch",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			repo, _, err := a.open(pathArg(args))
			if err != nil {
				return err
			}
			id, err := repo.Backup()
			if err != nil {
				return err
			}
			fmt.Fprintln(a.Out, id)
			return nil
		},
	}
}

func (a *app) backups() *cobra.Command {
	return &cobra.Command{
		Use:   "backups [PATH]",
		Short: "List the applies and backups that rollback can restore",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			root, _, err := pipeline.Root(pathArg(args))
			if err != nil {
				return exit{ExitUsage, err}
			}
			list, err := apply.List(root)
			if err != nil {
				return err
			}
			for _, b := range list {
				fmt.Fprintf(a.Out, "%s  %s  %-11s %s\n", b.ID, b.Time.Format("2006-01-02 15:04:05"), b.State, counted(b.Files, "file"))
			}
			return nil
		},
	}
}
