package project

import (
	"slices"
	"testing"

	"refit/internal/change"
	"refit/internal/source"
)

func TestSecrets(t *testing.T) {
	files := map[string]string{
		".env":         "API_TOKEN=\"made-up-token-1\"\nDEBUG=true\nDATABASE_URL=postgres://u:made-up-pw-2@db/x\nSECRET_KEY=change-me\n",
		"compose.yml":  "x-e: &e\n  JWT_SECRET: 'made-up-3'\nservices:\n  a:\n    image: postgres:17\n    environment:\n      <<: *e\n      POSTGRES_PASSWORD: postgres\n  b:\n    image: x\n    environment:\n      - DB_PASSWORD=made-up-pw-4\n      - URL=redis://:made-up-pw-5@r/0\n      - OTHER_PASSWORD=${FROM_SHELL}\n",
		"Dockerfile":   "FROM x\nARG NPM_TOKEN=made-up-6\nENV A=1 ADMIN_PASSWORD=\"made-up-7\"\n",
		"run.sh":       "export PGPASSWORD='made-up-8'\n",
		".env.escaped": "API_SECRET=\"made\\\"up-9\"\n",
		// Named like the repository's own folder: hidden, it would make holes in every path.
		"vectorhouse/.env": "ADMIN_PASSWORD=Vectorhouse\n",
	}
	p := Discover(memory(files), nil, NewCache())
	want := []string{"made\"up-9", "made-up-3", "made-up-6", "made-up-7", "made-up-8", "made-up-pw-2", "made-up-pw-4", "made-up-pw-5", "made-up-token-1"}
	if got := Secrets(p); !slices.Equal(got, want) {
		t.Errorf("secrets %q, want %q", got, want)
	}
	refs := SecretRefs(p)
	if len(refs) != len(want)-1 { // the escaped one is not written as it reads
		t.Errorf("%d references, want %d: %+v", len(refs), len(want)-1, refs)
	}
	for _, r := range refs {
		text := []byte(files[r.Path])[r.Start:r.End]
		if change.HashOf(text) != r.Hash || !slices.Contains(want, string(text)) {
			t.Errorf("%s [%d,%d) is %q", r.Path, r.Start, r.End, text)
		}
	}
}

// memory is a snapshot of texts.
func memory(files map[string]string) *source.Snapshot {
	var entries []*source.Entry
	for at, text := range files {
		entries = append(entries, source.NewText(at, 0o644, []byte(text)))
	}
	return source.NewSnapshot(entries, nil)
}
