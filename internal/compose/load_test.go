package compose

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/rogpeppe/go-internal/txtar"

	"refit/internal/source"
)

// scenario is a testdata/load file: settings in its comment, the repository in its files.
type scenario struct {
	files    map[string]string
	compose  []string
	env      map[string]string
	envFiles []string
	name     string
	dir      string
	profiles []string
	fails    string // part of our error; compose-go must fail too
}

func readScenario(t testing.TB, file string) scenario {
	t.Helper()
	a, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	s := scenario{files: map[string]string{}, env: map[string]string{}, profiles: []string{"*"}}
	for _, f := range a.Files {
		s.files[f.Name] = string(f.Data)
	}
	for line := range strings.Lines(string(a.Comment)) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		value = strings.TrimSpace(value)
		switch key {
		case "compose":
			s.compose = strings.Fields(value)
		case "env":
			k, v, _ := strings.Cut(value, "=")
			s.env[k] = v
		case "env-file":
			s.envFiles = append(s.envFiles, value)
		case "name":
			s.name = value
		case "dir":
			s.dir = value
		case "profiles":
			s.profiles = strings.Fields(value)
		case "fails":
			s.fails = value
		}
	}
	if s.compose == nil {
		s.compose = []string{"compose.yml"}
	}
	return s
}

func (s scenario) request() Request {
	return Request{
		Files: slices.Clone(s.compose), Env: s.env, EnvFiles: s.envFiles, ProjectDir: s.dir, ProjectName: s.name,
		RootName: "repo", Profiles: s.profiles, Read: reader(s.files),
	}
}

func reader(files map[string]string) func(string) ([]byte, error) {
	return func(p string) ([]byte, error) {
		text, ok := files[p]
		if !ok {
			return nil, &fs.PathError{Op: "read", Path: p, Err: fs.ErrNotExist}
		}
		return []byte(text), nil
	}
}

// onDisk loads the scenario with compose-go's own loader from files in a temporary folder, and gives the
// flat form with paths made relative again.
func (s scenario) onDisk(t *testing.T) (flat map[string]string, err error) {
	t.Helper()
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("compose-go panics: %v", cause)
		}
	}()
	top := t.TempDir()
	root := filepath.Join(top, "deep", "repo")
	for name, text := range s.files {
		p := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	home := filepath.Join(top, "home")
	t.Setenv("HOME", home)
	under := func(paths []string) []string {
		var out []string
		for _, p := range paths {
			out = append(out, filepath.Join(root, p))
		}
		return out
	}
	env := []string{"PWD=" + root, "HOME=" + home}
	for k, v := range s.env {
		env = append(env, k+"="+v)
	}
	options := []cli.ProjectOptionsFn{cli.WithEnv(env), cli.WithProfiles(s.profiles), cli.WithName(s.name)}
	if s.dir != "" {
		options = append(options, cli.WithWorkingDirectory(filepath.Join(root, s.dir)))
	}
	options = append(options, cli.WithEnvFiles(under(s.envFiles)...), cli.WithDotEnv)
	o, err := cli.NewProjectOptions(under(s.compose), options...)
	if err != nil {
		return nil, err
	}
	p, err := o.LoadProject(t.Context())
	if err != nil {
		return nil, err
	}
	flat = (&Model{Name: p.Name, Project: p}).flatten()
	for k, v := range flat {
		if strings.HasPrefix(v, top+"/") && !strings.Contains(k, ".environment.") && !strings.HasPrefix(v, home) {
			if v, err = filepath.Rel(root, v); err != nil {
				t.Fatal(err)
			}
		}
		v = strings.NewReplacer(root, "${PWD}", home, "${HOME}").Replace(v)
		flat[k] = v
	}
	return flat, nil
}

// TestLoadAgreesWithComposeGo is the oracle test: bytes in memory give what files on disk give.
func TestLoadAgreesWithComposeGo(t *testing.T) {
	files, _ := filepath.Glob("testdata/load/*.txtar")
	if len(files) < 10 {
		t.Fatalf("only %d scenarios", len(files))
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			s := readScenario(t, file)
			m, err := Load(context.Background(), s.request())
			want, wantErr := s.onDisk(t)
			if s.fails != "" {
				if err == nil || !strings.Contains(err.Error(), s.fails) {
					t.Errorf("error %v, want one with %q", err, s.fails)
				}
				if wantErr == nil {
					t.Error("compose-go accepts it")
				}
				return
			}
			if err != nil || wantErr != nil {
				t.Fatalf("error %v; compose-go: %v", err, wantErr)
			}
			if len(want) < 5 {
				t.Fatalf("the oracle says too little: %v", want)
			}
			compareFlat(t, m.Flatten(), want)
		})
	}
}

func compareFlat(t *testing.T, got, want map[string]string) {
	t.Helper()
	keys := map[string]bool{}
	for k := range got {
		keys[k] = true
	}
	for k := range want {
		keys[k] = true
	}
	for _, k := range slices.Sorted(maps.Keys(keys)) {
		g, inGot := got[k]
		w, inWant := want[k]
		// our ~ is compose-go's home folder
		g, w = atHome(g), atHome(w)
		if g != w || inGot != inWant {
			t.Errorf("%s: %q (there: %v), compose-go %q (there: %v)", k, g, inGot, w, inWant)
		}
	}
}

func atHome(p string) string {
	if rest, ok := strings.CutPrefix(p, "~"); ok {
		return "${HOME}" + rest
	}
	return p
}

func TestLoadErrorsNameTheFile(t *testing.T) {
	for name, c := range map[string]struct {
		files map[string]string
		want  string
	}{
		"no file":        {nil, "compose.yml: it needs compose.yml, which does not exist"},
		"broken":         {map[string]string{"compose.yml": "services:\n  app: [\n"}, "compose.yml:"},
		"template":       {map[string]string{"compose.yml": "services:\n{% for s in all %}\n  {{ s }}:\n{% endfor %}\n"}, "is a template, not YAML"},
		"empty":          {map[string]string{"compose.yml": ""}, "holds nothing"},
		"not a mapping":  {map[string]string{"compose.yml": "- a\n- b\n"}, "must be a mapping"},
		"env file":       {map[string]string{"compose.yml": "services:\n  app:\n    image: a\n    env_file: x.env\n", "x.env": "A=1\nB='s3cret-made-up\n"}, "x.env:2:1: a quoted value is not closed"},
		"env file name":  {map[string]string{"compose.yml": "services:\n  app:\n    image: a\n    env_file: x.env\n", "x.env": "A%s3cret-made-up=1\n"}, `x.env:1:1: a variable's name holds the character "%"`},
		"outside":        {map[string]string{"compose.yml": "include: [../other/compose.yml]\n"}, "outside of the repository"},
		"dollar":         {map[string]string{"compose.yml": "services:\n  app:\n    image: a\n    environment:\n      P: s3cret-made-up${!}\n"}, "write $$"},
		"self include":   {map[string]string{"compose.yml": "include: [compose.yml]\nservices: {a: {image: a}}\n"}, "it includes itself"},
		"self extends":   {map[string]string{"compose.yml": "services:\n  a: {extends: b}\n  b: {extends: a}\n"}, "extends itself"},
		"far extends":    {map[string]string{"compose.yml": "services:\n  a: {extends: {file: x.yml, service: a}}\n", "x.yml": "services:\n  a: {extends: {file: compose.yml, service: a}}\n"}, "extends itself"},
		"alias bomb":     {map[string]string{"compose.yml": aliasBomb()}, "alias"},
		"tag alias bomb": {map[string]string{"compose.yml": aliasBomb() + "x-t: !override [1]\n"}, "alias"},
		"include bomb":   {includeBomb(), "too many files"},
		"env bomb":       {map[string]string{"compose.yml": "services: {a: {image: a}}\n", ".env": envBomb()}, "too much text"},
		"brace bomb":     {map[string]string{"compose.yml": "services: {a: {image: \"" + strings.Repeat("${A:-x}", 100_000) + "\"}}\n"}, "too many variables"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Load(t.Context(), Request{Files: []string{"compose.yml"}, Read: reader(c.files), RootName: "repo"})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("error %v, want one with %q", err, c.want)
			}
			if strings.Contains(err.Error(), "s3cret") {
				t.Errorf("the error shows a secret: %v", err)
			}
			var p *source.Problem
			if !errors.As(err, &p) {
				t.Errorf("%T is no *source.Problem", err)
			}
		})
	}
}

func aliasBomb() string {
	var b strings.Builder
	b.WriteString("x-a0: &a0 [x, x, x, x, x, x, x, x, x]\n")
	for i := range 12 {
		prev := "*a" + string(rune('a'+i-1))
		if i == 0 {
			prev = "*a0"
		}
		b.WriteString("x-" + string(rune('a'+i)) + ": &a" + string(rune('a'+i)) + " [" + strings.Repeat(prev+", ", 9) + "]\n")
	}
	b.WriteString("services: {a: {image: a}}\n")
	return b.String()
}

func includeBomb() map[string]string {
	files := map[string]string{"compose.yml": "include: [a0.yml, a0.yml]\n"}
	for i := range 20 {
		next := "a" + string(rune('0'+i+1)) + ".yml"
		files["a"+string(rune('0'+i))+".yml"] = "include: ['" + next + "', '" + next + "']\n"
	}
	files["a"+string(rune('0'+20))+".yml"] = "services: {a: {image: a}}\n"
	return files
}

func envBomb() string {
	var b strings.Builder
	b.WriteString("A=xxxxxxxx\n")
	for range 60 {
		b.WriteString("A=$A$A$A$A\n")
	}
	return b.String()
}
