package make_test

import (
	"os"
	"testing"
)

// TestMain frees the tests from the make that runs them: what it hands down makes the makes that they
// start talk about folders.
func TestMain(m *testing.M) {
	for _, name := range []string{"MAKEFLAGS", "MFLAGS", "MAKELEVEL"} {
		os.Unsetenv(name)
	}
	os.Exit(m.Run())
}
