package compose

import (
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestCorpus reads real repositories: folders below the one that REFIT_CORPUS names. Every Compose file
// must resolve as compose-go resolves it on disk, and to the same model after a move into another folder.
func TestCorpus(t *testing.T) {
	corpus := os.Getenv("REFIT_CORPUS")
	if corpus == "" {
		t.Skip("REFIT_CORPUS names no folder")
	}
	repos, _ := filepath.Glob(filepath.Join(corpus, "*"))
	for _, repo := range repos {
		files := configuration(t, repo)
		for _, name := range slices.Sorted(maps.Keys(files)) {
			if LooksLikeCompose(name, []byte(files[name])) {
				t.Run(path.Join(filepath.Base(repo), name), func(t *testing.T) { checkCorpusFile(t, files, name) })
			}
		}
	}
}

// configuration is the text of a repository's small files; the rest is there with no content.
func configuration(t *testing.T, repo string) map[string]string {
	files := map[string]string{}
	err := filepath.WalkDir(repo, func(p string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		rel, _ := filepath.Rel(repo, p)
		info, _ := d.Info()
		name := strings.ToLower(filepath.Base(p))
		if info.Size() < 200_000 && (strings.Contains(name, "env") || strings.HasSuffix(name, "ml")) {
			text, _ := os.ReadFile(p)
			files[rel] = string(text)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func checkCorpusFile(t *testing.T, all map[string]string, name string) {
	f, err := Parse(name, []byte(all[name]))
	if err != nil {
		t.Skip("not parsed:", err)
	}
	t.Logf("%v; %d paths, %d variables", func() []any { e, r := RoleOf(f); return []any{e, r} }(), len(PathFields(f)), len(Variables(f)))
	s := scenario{files: map[string]string{}, compose: []string{name}, env: map[string]string{}, profiles: []string{"*"}}
	for p, text := range all {
		if strings.Contains(path.Base(p), "env") || LooksLikeCompose(p, []byte(text)) {
			s.files[p] = text
		}
	}
	supplyMissing(t, &s)
	ours, err := Load(t.Context(), s.request())
	theirs, theirErr := s.onDisk(t)
	if (err == nil) != (theirErr == nil) {
		t.Fatalf("error %v; compose-go: %v", err, theirErr)
	}
	if err != nil {
		t.Skip("both refuse:", err)
	}
	compareFlat(t, ours.Flatten(), theirs)
	checkMove(t, s, f, ours)
}

// supplyMissing gives values to required variables and makes env files that are not committed.
func supplyMissing(t *testing.T, s *scenario) {
	r := s.request()
	r.AllowMissing = true
	m, err := Load(t.Context(), r)
	if err != nil {
		return
	}
	for _, v := range m.Unset {
		if v.Required {
			s.env[v.Name] = "1"
		}
	}
	for _, missing := range m.Missing {
		if !outside(missing.Path) {
			s.files[missing.Path] = "SUPPLIED=1\n"
		}
	}
}

func checkMove(t *testing.T, s scenario, f *File, before *Model) {
	dir, name := path.Dir(f.Path), f.Path
	now := path.Join("moved/away", path.Base(name))
	edits, unmovable, err := Relocate(f, Relocation{FromDir: dir, ToDir: "moved/away", Moved: moves(map[string]string{name: now}), Files: slices.Collect(maps.Keys(s.files))})
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range unmovable {
		t.Logf("unmovable: %s %q: %s", u.Field.Addr, u.Field.Raw, u.Why)
	}
	after := maps.Clone(s.files)
	after[now] = patched(t, f, edits)
	delete(after, name)
	r := s.request()
	r.Files, r.Read, r.ProjectName = []string{now}, reader(after), before.Name
	if env := path.Join(dir, ".env"); after[env] != "" {
		r.EnvFiles = []string{env}
	}
	moved, err := Load(t.Context(), r)
	if err != nil {
		t.Fatalf("after the move: %v", err)
	}
	want, got := before.Flatten(), moved.Flatten()
	for _, u := range unmovable {
		for k := range want {
			if strings.HasPrefix(k, strings.Join(Keys(u.Field.Addr)[:2], ".")+".") && got[k] != want[k] {
				delete(want, k)
				delete(got, k)
			}
		}
	}
	compareFlat(t, got, want)
}
