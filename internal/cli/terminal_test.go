package cli_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"refit/examples"
	"refit/internal/cli"
)

// TestNobodyToAsk: cron and CI start programs with the null device as input, which is no terminal although it
// is a character device.
func TestNobodyToAsk(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	dir := filepath.Join(t.TempDir(), "ledger")
	if err := examples.WriteLedger(dir); err != nil {
		t.Fatal(err)
	}
	in, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	var out, talk bytes.Buffer
	code := cli.Main([]string{"refit", "apply", dir}, cli.Streams{In: in, Out: &out, Err: &talk})
	if code != cli.ExitUsage || !strings.Contains(talk.String(), "No terminal to ask on: say --yes") {
		t.Errorf("exit code %d: %s", code, talk.String())
	}
}
