package compose

import (
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/template"

	"refit/internal/edit"
	"refit/internal/fuzztest"
)

func seeds(f *testing.F) {
	f.Add([]byte(everyPath))
	f.Add([]byte(verbSample))
	files, _ := filepath.Glob("testdata/load/*.txtar")
	for _, file := range files {
		s := readScenario(f, file)
		for _, name := range slices.Sorted(maps.Keys(s.files)) {
			f.Add([]byte(s.files[name]))
		}
	}
	for _, seed := range fuzztest.Seeds(20) {
		f.Add([]byte(fuzztest.New(seed).Compose()))
	}
	f.Add([]byte("services:\r\n  a:\r\n    build: .\r\n    volumes: [\"./a:/b\"]\r\n"))
	f.Add([]byte("\ufeffservices: {a: {env_file: [.env, {path: x}]}}"))
	f.Add([]byte("services: {a: {build: {context: &c ./x, dockerfile: *c}}}"))
}

// FuzzLoad looks for panics, endless work and secrets in errors.
func FuzzLoad(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, text []byte) {
		files := map[string]string{"compose.yml": string(text), "b.yml": string(text), ".env": string(text), ".env.dev": "A=1\n"}
		r := Request{Files: []string{"compose.yml"}, Read: reader(files), RootName: "r", AllowMissing: true, EnvFiles: []string{}}
		m, err := Load(t.Context(), r)
		if err != nil {
			return
		}
		if m.Name == "" || len(m.Files) == 0 {
			t.Errorf("a model without name or files: %+v", m)
		}
		for k, v := range m.Flatten() {
			if strings.Contains(v, mark) || strings.Contains(k, mark) {
				t.Errorf("%q: %q holds the loader's mark", k, v)
			}
		}
		_, _ = Load(t.Context(), Request{Files: []string{"compose.yml", "b.yml"}, Read: reader(files), RootName: "r"})
	})
}

// FuzzRelocate: whatever is edited goes on naming the same file, and moving back gives no errors.
func FuzzRelocate(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, text []byte) {
		file, err := Parse("compose.yml", text)
		if err != nil {
			return
		}
		renamed := moves(map[string]string{".env.dev": "env/.env.dev", "Dockerfile": "docker/Dockerfile", "data": "var/data"})
		r := Relocation{FromDir: ".", ToDir: "compose", Moved: renamed, Files: []string{"Dockerfile", ".env.dev", "data/x"}}
		edits, unmovable, err := Relocate(file, r)
		if err != nil {
			return
		}
		out, err := edit.Patch(text, edits)
		if err != nil {
			t.Fatal(err)
		}
		after, err := Parse("compose.yml", out)
		if err != nil {
			t.Fatal(err)
		}
		refused := map[string]bool{}
		for _, u := range unmovable {
			refused[u.Field.Addr] = true
			refused[strings.TrimSuffix(u.Field.Addr, ".dockerfile")+".context"] = true
			refused[strings.TrimSuffix(u.Field.Addr, ".dockerfile")] = true
		}
		now := map[string]PathField{}
		for _, p := range PathFields(after) {
			now[string(p.Kind)+" "+p.Addr] = p
			now[string(p.Kind)+" "+strings.TrimSuffix(p.Addr, ".context")] = p
		}
		for _, p := range PathFields(file) {
			if p.Base != BaseProject || p.Interpolated || refused[p.Addr] || len(unmovable) > 0 {
				continue
			}
			q, ok := now[string(p.Kind)+" "+p.Addr]
			if !ok {
				t.Fatalf("%s %s is gone:\n%s", p.Kind, p.Addr, out)
			}
			want := renamed(path.Join(".", unescape(p.Raw)))
			if got := path.Join("compose", unescape(q.Raw)); got != want {
				t.Fatalf("%s %s: %q became %q: %q, not %q", p.Kind, p.Addr, p.Raw, q.Raw, got, want)
			}
		}
	})
}

// FuzzScanVariables compares the variables found with those that compose-go finds.
func FuzzScanVariables(f *testing.F) {
	for _, s := range []string{"$A", "${A}", "${A:-b}", "a${A:-${B:-c}}d$$E", "${A:?x}${B}", "${A+{x}}", "$", "${", "${A", "$$$A", "${a:+$b}", "$1", "${A:-$B}"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if len(s) > 200 || strings.ContainsFunc(s, func(r rune) bool { return r > 126 || r < 32 }) {
			return
		}
		for _, v := range scanVariables(s) {
			if got := s[v.Span.Start:v.Span.End]; !strings.HasPrefix(got, "$"+v.Name) && !strings.HasPrefix(got, "${"+v.Name) {
				t.Errorf("%q: the span of %s holds %q", s, v.Name, got)
			}
		}
		// A lookup that knows nothing is asked for each variable that counts.
		asked := map[string]bool{}
		_, err := template.SubstituteWithOptions(s, func(name string) (string, bool) { asked[name] = true; return "", false }, template.WithoutLogging)
		if err != nil {
			return
		}
		ours := map[string]bool{}
		for _, v := range scanVariables(s) {
			ours[v.Name] = true
		}
		for name := range asked {
			if !ours[name] {
				t.Errorf("%q: compose-go asks for %q, we have %v", s, name, ours)
			}
		}
	})
}

// FuzzModel compares the models of drawn Compose files with those that compose-go makes of the same files on a disk.
func FuzzModel(f *testing.F) {
	for _, seed := range fuzztest.Seeds(30) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		d := fuzztest.New(data)
		s := scenario{
			files:   map[string]string{"compose.yml": d.Compose(), ".env": d.Env(), "common.yml": "services:\n  base:\n    image: base:1\n    volumes: [./b:/b]\n", "app/Dockerfile": "", ".env.dev": "A=1\n"},
			compose: []string{"compose.yml"}, env: map[string]string{}, name: "r", profiles: []string{"*"},
		}
		if d.Rarely(3) {
			s.files["other.yml"] = d.Compose()
			s.compose = append(s.compose, "other.yml")
		}
		m, err := Load(t.Context(), s.request())
		want, wantErr := s.onDisk(t)
		if wantErr != nil && (strings.Contains(wantErr.Error(), "compose-go panics") || strings.Contains(wantErr.Error(), "unsupported env_file format")) {
			return // the docker command, not compose-go, knows the format "raw"
		}
		if (err == nil) != (wantErr == nil) {
			t.Fatalf("%v; compose-go says %v\n%s\n--- other\n%s", err, wantErr, s.files["compose.yml"], s.files["other.yml"])
		}
		if err == nil {
			compareFlat(t, m.Flatten(), want)
		}
		if t.Failed() {
			t.Fatalf("%s\n--- other\n%s", s.files["compose.yml"], s.files["other.yml"])
		}
	})
}
