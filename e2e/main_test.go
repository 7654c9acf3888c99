package e2e_test

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
	code := m.Run()
	_ = os.RemoveAll(builtIn)
	os.Exit(code)
}

// builtIn is the folder of the program that the hostile tests built; "" when they built none.
var builtIn string
