package make

import (
	_ "embed"

	"refit/internal/change"
	"refit/internal/edit"
	"refit/internal/project"
	"refit/internal/rule"
	"refit/internal/source"
)

//go:embed l10_compose_v1.md
var composeV1Doc string

// ComposeV1 finds command lines that run docker-compose with the hyphen: L10.
var ComposeV1 = rule.Rule{
	Meta: rule.Meta{ID: "L10", Name: "compose-v1-command", Theme: rule.Make, Severity: rule.Warning, Since: "0.1.0",
		Summary: "docker-compose with the hyphen is called, which is no longer shipped", Aliases: []string{"compose-switch"}, Doc: composeV1Doc},
	Check: checkComposeV1,
}

func checkComposeV1(pass *rule.Pass) {
	type written struct {
		file string
		at   source.Span
	}
	seen := map[written]bool{}
	subjects := callSubjects{}
	for _, c := range pass.Project.Calls {
		if !c.V1 {
			continue
		}
		key := written{c.From, c.Program}
		if c.Program.Len() > 0 && seen[key] {
			continue // one variable that several commands use
		}
		seen[key] = true
		pass.Report(v1Finding(c, subjects.of(c)))
	}
}

func v1Finding(c project.Call, subject string) rule.Finding {
	at := place(c)
	if c.Program.Len() > 0 {
		at.Span = c.Program
	}
	f := rule.Finding{At: at, Subject: subject,
		Message: "docker-compose is Compose V1, which gets no fixes since 2023 and is missing on new machines and CI runners; the command fails there; call docker compose"}
	const title = "Call docker compose"
	if e, ok := c.Upgrade(); ok {
		f.Fixes = []rule.Fix{{Title: title, Safety: change.Safe, Ops: []edit.Op{edit.Text(c.From, e)}}}
		return f
	}
	f.Fixes = rule.Manual(title, "the program's name is one word of a list or is put together where refit can't see it: write `docker` and `compose` as two words in the place of `docker-compose`")
	return f
}
