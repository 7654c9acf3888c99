package stack

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestUVTakesTheCommands runs the install of a workspace with the real uv, offline, where one is
// on PATH: first with what the first layer copies, then with the whole source.
func TestUVTakesTheCommands(t *testing.T) {
	uv, err := exec.LookPath("uv")
	if err != nil {
		t.Skip("uv is not on PATH")
	}
	files := map[string]string{
		"pyproject.toml":          "[project]\nname = \"root\"\nversion = \"1\"\nrequires-python = \">=3.8\"\n[dependency-groups]\ndev = []\n[tool.uv.workspace]\nmembers = [\"libs/*\"]\n",
		"libs/one/pyproject.toml": "[project]\nname = \"one\"\nversion = \"1\"\nrequires-python = \">=3.8\"\n",
	}
	source := t.TempDir()
	write := func(dir, name, text string) {
		t.Helper()
		p := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range files {
		write(source, name, text)
	}
	u := Detect(repository(files), Hints{})[0]
	i, err := u.Install(Options{})
	if err != nil {
		t.Fatal(err)
	}
	venv := filepath.Join(t.TempDir(), "venv")
	run := func(dir string, c Command) {
		t.Helper()
		cmd := exec.Command(uv, c[1:]...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "UV_OFFLINE=1", "VIRTUAL_ENV=")
		for _, v := range i.Environment {
			cmd.Env = append(cmd.Env, v.String())
		}
		cmd.Env = append(cmd.Env, "UV_PROJECT_ENVIRONMENT="+venv)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", c, err, out)
		}
	}
	run(source, i.Lock)
	layer := t.TempDir()
	for _, f := range i.Files {
		text, err := os.ReadFile(filepath.Join(source, f))
		if err != nil {
			t.Fatal(err)
		}
		write(layer, f, string(text))
	}
	for _, c := range i.Dependencies {
		run(layer, c)
	}
	for _, c := range i.Project {
		run(source, c)
	}
	run(source, i.Check)
}
