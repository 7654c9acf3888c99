package env

import (
	"slices"
	"testing"

	"refit/internal/project"
)

// TestTrackedFileSaysWhatItHas: an env file that git has is not made from the template, so that whoever reads it gets
// what it has and no more.
func TestTrackedFileSaysWhatItHas(t *testing.T) {
	dir := repository(t, map[string]string{
		"compose.yml":      "services:\n  app: {image: app, env_file: env/.env.dev}\n  db: {image: postgres, env_file: env/.env.db}\n",
		"env/.env.dev":     "DEBUG=1\n",
		"env/.env.db":      "POSTGRES_USER=shop\n",
		"env/.env.example": "DEBUG=1\nPOSTGRES_USER=shop\n",
	}, "compose.yml", "env/.env.db", "env/.env.example")
	p, err := project.Open(dir, project.NewCache())
	if err != nil {
		t.Fatal(err)
	}
	if got, want := envFileReaders(p, "DEBUG"), []string{"app (env_file: compose.yml)"}; !slices.Equal(got, want) {
		t.Errorf("DEBUG is read by %q, want %q", got, want)
	}
}
