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
		Args:  noArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprint(a.Out, versionLine())
			return err
		},
	}
}

// versionLine is what refit version and refit --version print.
func versionLine() string {
	return fmt.Sprintf("refit %s %s %s/%s\n", Version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

// pluginMetadata is what a Docker CLI plugin answers to the docker command
// (docs.docker.com, "CLI plugin metadata").
func pluginMetadata() string {
	return fmt.Sprintf(`{"SchemaVersion":"0.1.0","Vendor":"refit","Version":%q,"ShortDescription":"Refactor a repository's Docker set-up"}`+"\n", Version)
}
