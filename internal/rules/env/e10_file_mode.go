package env

import (
	_ "embed"
	"fmt"

	"refit/internal/change"
	"refit/internal/edit"
	"refit/internal/project"
	"refit/internal/rule"
)

//go:embed e10_file_mode.md
var fileModeDoc string

// FileMode finds env files with secrets that every user of the machine can read: E10.
var FileMode = rule.Rule{
	Meta: rule.Meta{ID: "E10", Name: "secret-file-mode", Theme: rule.Env, Severity: rule.Warning, Since: "0.1.0",
		Summary: "an env file with secrets is readable for every user of the machine", Aliases: []string{"CIS 3.x"}, Doc: fileModeDoc},
	Check: checkFileMode,
}

func checkFileMode(pass *rule.Pass) {
	for _, e := range valued(pass.Project) {
		entry, ok := pass.Project.Files.Entry(e.Path)
		if !ok || !entry.IsRegular() || entry.Mode.Perm()&0o077 == 0 || !holdsSecrets(e) {
			continue
		}
		if inIndex(pass.Project, e) { // everyone who has the repository has it, and git keeps no such mode: E09 reports it
			continue
		}
		if readInContainer(e) { // by another user id, perhaps: it must stay readable
			continue
		}
		pass.Report(rule.Finding{At: at(e.Path), Subject: "mode",
			Message: fmt.Sprintf("the file has secrets and mode %04o; every user and program of the machine can read or change it; let its owner alone have it", entry.Mode.Perm()),
			Fixes: []rule.Fix{{Title: "Make " + e.Path + " readable for its owner alone (0600)", Safety: change.Safe,
				Ops: []edit.Op{edit.Chmod(e.Path, 0o600)}}},
		})
	}
}

// readInContainer says whether a process in a container opens the file itself.
func readInContainer(e *project.EnvFile) bool {
	for _, r := range e.Readers {
		if r.Mechanism == project.ByMount {
			return true
		}
	}
	return false
}
