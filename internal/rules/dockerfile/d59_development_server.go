package dockerfile

import (
	_ "embed"
	"strings"

	"refit/internal/change"
	"refit/internal/dockerfile"
	"refit/internal/edit"
	"refit/internal/rule"
	"refit/internal/source"
	"refit/internal/stack"
)

//go:embed d59_development_server.md
var developmentServerDoc string

// DevelopmentServer finds development servers in what production runs: D59.
var DevelopmentServer = rule.Rule{
	Meta: rule.Meta{ID: "D59", Name: "development-server", Theme: rule.Dockerfile, Severity: rule.Warning, Since: "0.1.0",
		Summary: "production starts a server in development mode, or Python holds its log lines back", Doc: developmentServerDoc},
	Check: checkDevelopmentServer,
}

func checkDevelopmentServer(pass *rule.Pass) {
	for _, d := range pass.Project.Dockerfiles {
		for _, r := range runningStages(pass.Project, d) {
			if r.forDevelopment() {
				continue
			}
			if s, ok := server(r.starts(nil)); ok && (s.Reload || s.Development) && r.config.Cmd.At != nil {
				reportDevelopmentServer(pass, r, s)
			}
			if r.buffersLogs() {
				reportBuffered(pass, r)
			}
		}
	}
}

func reportDevelopmentServer(pass *rule.Pass, r *running, s stack.Server) {
	in := r.config.Cmd.At
	f := rule.Finding{At: at(r.d, in), Subject: stageSubject(r.stage) + "/server",
		Message: s.Program + " is started in development mode; it restarts when files change, shows its inside on errors and serves few requests at once; start it for production"}
	f.Fixes = rule.Manual("Start it for production", "which server shall take the place of "+s.Program+" is yours to choose (gunicorn, uvicorn without --reload, node on a build); development can start it by `command:` in its Compose file")
	if span, ok := reloadWord(in); ok && !s.Development && in.Stage == r.stage && !usedInDevelopment(r) {
		f.Fixes = []rule.Fix{{Title: "Take --reload out of the start command", Safety: change.Behaviour,
			Ops: []edit.Op{edit.Text(r.d.Path, edit.Delete(span, in.Addr()))},
			Declares: []change.Declared{declaredEverywhere(r.d, "cmd", "production does not watch files"),
				declaredEverywhere(r.d, "entrypoint", "production does not watch files"), declaredEverywhere(r.d, "start.*", "production does not watch files")}}}
	}
	pass.Report(f)
}

// usedInDevelopment says whether a service of a development environment relies on the image's own
// start command.
func usedInDevelopment(r *running) bool {
	for _, u := range r.uses {
		if u.env.Name == "dev" && u.service.Command == nil {
			return true
		}
	}
	return false
}

// reloadWord is where the option --reload stands, with the separator before it.
func reloadWord(in *dockerfile.Instruction) (source.Span, bool) {
	text := in.Stage.File().Text
	if in.JSON {
		for i, w := range in.Words {
			if w.Value == "--reload" && i > 0 {
				return source.Span{Start: in.Words[i-1].Span.End, End: w.Span.End}, true
			}
		}
		return source.Span{}, false
	}
	raw := string(in.Span.Of(text))
	i := strings.Index(raw, " --reload")
	if i < 0 || strings.Count(raw, "--reload") != 1 || i+9 < len(raw) && !strings.ContainsAny(raw[i+9:i+10], " \r\n") {
		return source.Span{}, false
	}
	return source.Span{Start: in.Span.Start + i, End: in.Span.Start + i + len(" --reload")}, true
}

// buffersLogs says whether Python's output waits in a buffer, so that the last lines before a crash
// are lost.
func (r *running) buffersLogs() bool {
	if r.image.Language != stack.Python {
		return false
	}
	if _, set := r.config.Env.Get("PYTHONUNBUFFERED"); set {
		return false
	}
	python := false
	for _, c := range r.starts(nil) {
		for _, w := range c.Words {
			if w.Is("-u") || strings.HasPrefix(w.Value, "-u") && c.Name() == "python" {
				return false
			}
		}
		switch c.Name() {
		case "python", "python3", "uvicorn", "gunicorn", "celery", "hypercorn", "daphne", "granian", "fastapi", "flask", "streamlit":
			python = true
		}
	}
	for _, u := range r.uses {
		if u.service.Environment["PYTHONUNBUFFERED"] != "" {
			return false
		}
	}
	return python
}

func reportBuffered(pass *rule.Pass, r *running) {
	pass.Report(rule.Finding{At: at(r.d, r.stage.From), Subject: stageSubject(r.stage) + "/PYTHONUNBUFFERED", Severity: rule.Info,
		Message: "Python holds its output back when it isn't a terminal; log lines come late, and the last before a crash are lost; set PYTHONUNBUFFERED=1",
		Fixes: []rule.Fix{{Title: "Set PYTHONUNBUFFERED=1", Safety: change.Behaviour,
			Ops:      []edit.Op{edit.Text(r.d.Path, r.stage.From.InsertAfter("ENV PYTHONUNBUFFERED=1")...)},
			Declares: []change.Declared{declaredEverywhere(r.d, "env.PYTHONUNBUFFERED", "log lines come at once")}}}})
}
