package cli

import (
	"fmt"
	"runtime"
	"strings"

	"github.com/spf13/cobra"

	"refit/internal/environment/certs"
)

func (a *app) certs() *cobra.Command {
	var force bool
	cmd := &cobra.Command{
		Use:   "certs [PATH]",
		Short: "Make certificates for development, signed by an authority of your own",
		Long: `Makes a certificate and a key for localhost and the services' names, where the start commands expect
them (default: certs/cert.pem and certs/key.pem). They are signed by an authority that refit makes
once for you, outside of every repository. What is still good stays.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error { return a.runCerts(pathArg(args), force) },
	}
	cmd.Flags().BoolVar(&force, "force", false, "make them anew, and go on although git does not ignore the key")
	return cmd
}

func (a *app) runCerts(path string, force bool) error {
	repo, _, err := a.open(path)
	if err != nil {
		return err
	}
	result, authority, made, err := repo.Certificates(force)
	if err != nil {
		return exit{ExitFailed, err}
	}
	for _, note := range result.Notes {
		a.note(note)
	}
	if result.Set.Empty() {
		fmt.Fprintln(a.Err, "nothing to make")
		return nil
	}
	id, err := repo.Carry(&result.Set, "refit certs", a.note)
	if err != nil {
		return applyExit(err)
	}
	for _, pair := range result.Made {
		fmt.Fprintf(a.Out, "%s\n%s\n", pair.Certificate, pair.Key)
	}
	fmt.Fprintf(a.Err, "for %s; refit rollback %s takes it back\n", strings.Join(result.Names, ", "), id)
	if made {
		fmt.Fprintf(a.Err, "\n%s", certs.Trust(runtime.GOOS, authority))
	}
	return nil
}
