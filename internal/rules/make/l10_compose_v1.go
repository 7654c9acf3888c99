package make

import (
	"bytes"
	_ "embed"
	"fmt"
	"regexp"

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
	lookers := map[string]int{}
	for _, c := range pass.Project.Calls {
		if !c.V1 {
			continue
		}
		key := written{c.From, c.Program}
		if c.Program.Len() > 0 && seen[key] {
			continue // one variable that several commands use
		}
		seen[key] = true
		line, read := lookers[c.From]
		if !read {
			line = looksForV1(pass.Project, c.From)
			lookers[c.From] = line
		}
		switch {
		case line == 0:
			pass.Report(v1Finding(c, subjects.of(c)))
		case !read: // once for the file, which changes as a whole
			pass.Report(lookerFinding(c, line))
		}
	}
}

// ownV1 is a line that looks for the program docker-compose or installs it. Rewriting such a name would
// make `command -v docker compose`, which finds docker and says yes; rewriting only the calls would leave
// a script that installs the one and runs the other.
var ownV1 = regexp.MustCompile(`(^|[^\w-])((command\s+-[vV]|which|type(\s+-\w+)?|hash|where)|\w*(check|exist|need|require|ensure|have|has|verify|installed)\w*)\s+["']?docker-compose(\.exe)?["']?(\s|[;|&)>\]]|$)|` +
	`\b(install|add|get)\s[^\n]*\bdocker-compose(\s|$|=)|/bin/docker-compose\b`)

// looksForV1 is the number of the first line of a file that looks for docker-compose or installs it, 0
// when none does.
func looksForV1(p *project.Project, file string) int {
	text, err := p.Files.Read(file)
	if err != nil {
		return 0
	}
	n := 0
	for line := range bytes.Lines(text) {
		n++
		if line = bytes.TrimSpace(line); !bytes.HasPrefix(line, []byte("#")) && ownV1.Match(line) {
			return n
		}
	}
	return 0
}

// lookerFinding is the finding of a file that looks for docker-compose in a line and calls it.
func lookerFinding(c project.Call, line int) rule.Finding {
	f := v1Finding(c, "program")
	f.Fixes = rule.Manual("Call docker compose", fmt.Sprintf("line %d of the file looks for the program docker-compose or installs it, and all its calls must change with it: ask `docker compose version` there, and call `docker compose`", line))
	return f
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
