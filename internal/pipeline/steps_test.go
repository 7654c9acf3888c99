package pipeline_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"refit/internal/change"
	"refit/internal/pipeline"
)

// TestRunStep runs a step by its program, and where that is missing in the toolchain image: a script
// in the place of docker says what it is asked to do.
func TestRunStep(t *testing.T) {
	repo := &pipeline.Repository{Root: t.TempDir()}
	bin := t.TempDir()
	script := func(name string) {
		text := "#!/bin/sh\necho \"$(basename \"$0\") in $PWD:\" \"$@\"\n"
		if err := os.WriteFile(filepath.Join(bin, name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", bin+string(os.PathListSeparator)+"/usr/bin"+string(os.PathListSeparator)+"/bin")
	step := change.Step{Name: "refit-test-tool lock", Command: []string{"refit-test-tool", "lock"}, Dir: ".", Image: "tools:1"}
	script("docker")
	var out bytes.Buffer
	if err := repo.RunStep(step, &out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"docker in", "run --rm --volume " + repo.Root + ":/src --workdir /src", "tools:1 refit-test-tool lock"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in %q", want, out.String())
		}
	}
	script("refit-test-tool")
	out.Reset()
	if err := repo.RunStep(step, &out); err != nil || !strings.HasPrefix(out.String(), "refit-test-tool in "+repo.Root) {
		t.Errorf("%v: %q", err, out.String())
	}
	step.Dir = "../elsewhere"
	if err := repo.RunStep(step, &out); err == nil {
		t.Error("a step outside of the repository was run")
	}
	step = change.Step{Name: "x", Command: []string{"refit-no-such-tool"}, Dir: "."}
	if err := repo.RunStep(step, &out); err == nil || !strings.Contains(err.Error(), "install it") {
		t.Errorf("%v", err)
	}
}
