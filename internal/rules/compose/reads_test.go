package compose

import (
	"strings"
	"testing"

	format "refit/internal/compose"
)

// TestReadsOfPostgres: libpq's variables are the database's, those with an underscore the application's.
func TestReadsOfPostgres(t *testing.T) {
	for name, want := range map[string]bool{"PGDATA": true, "PGPASSWORD": true, "PG_MAJOR": true, "PG_URL": false, "PG_HOST": false, "POSTGRES_DB": true} {
		read := false
		for _, known := range readsOf(&format.Product{Name: "postgres", DatabaseVars: []string{"POSTGRES_DB"}}, "postgres:17") {
			read = read || strings.HasPrefix(name, known)
		}
		if read != want {
			t.Errorf("%s: read is %v", name, read)
		}
	}
}
