package layout

import (
	"slices"
	"strings"
	"testing"
)

func TestLeftover(t *testing.T) {
	for at, want := range map[string]bool{
		"archive/Dockerfile": true, "deploy/backup-2024-05-01/compose.yml": true, "old/web/Dockerfile": true, "deprecated/compose.yml": true,
		"docker-compose-backup.yml": true, "compose.old.yaml": true, "Dockerfile.bak": true, ".env.bak": true, "Dockerfile~": true, "old_api/Dockerfile": true,
		"backups/compose.yml": true, "Dockerfile.old2": true, "Dockerfile_v1.old": true,
		"Dockerfile": false, "compose.yml": false, "backup-service/Dockerfile": false, "folder/Dockerfile": false, "archive-api/Dockerfile": false,
		"backup.sh": false, "scripts/restore.sh": false, "goldberg/Dockerfile": false, "2024/compose.yml": false, "docker-compose.threshold.yml": false,
	} {
		if Leftover(at) != want {
			t.Errorf("%s: %v", at, !want)
		}
	}
	for word := range leftoverWords { // paths without a stem are not taken apart
		if !slices.ContainsFunc(leftoverStems, func(stem string) bool { return strings.Contains(word, stem) }) {
			t.Errorf("%s has no stem", word)
		}
	}
}
