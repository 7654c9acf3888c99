package cli

import (
	"fmt"
	"runtime"

	"github.com/spf13/cobra"
)

// Version is the release; the build sets it with -ldflags "-X refit/internal/cli.Version=...".
var Version = "0.1.0-dev"

func (a *app) version() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintf(a.Out, "refit %s %s %s/%s\n", Version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
			return err
		},
	}
}

// pluginMetadata is what a Docker CLI plugin answers to the docker command
// (docs.docker.com, "CLI plugin metadata").
func pluginMetadata() string {
	return fmt.Sprintf(`{"SchemaVersion":"0.1.0","Vendor":"refit","Version":%q,"ShortDescription":"Refactor a repository's Docker set-up"}`+"\n", Version)
}
