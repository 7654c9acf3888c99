package dockerfile

import (
	_ "embed"
	"path"
	"regexp"
	"strings"

	"refit/internal/change"
	"refit/internal/dockerfile"
	"refit/internal/edit"
	"refit/internal/rule"
)

//go:embed d24_add_local.md
var addLocalDoc string

// AddLocal finds ADD where COPY does the same without surprises: D24.
var AddLocal = rule.Rule{
	Meta: rule.Meta{ID: "D24", Name: "add-instead-of-copy", Theme: rule.Dockerfile, Severity: rule.Warning, Since: "0.1.0",
		Summary: "ADD copies local files, which is COPY's work",
		Aliases: []string{"hadolint DL3020", "trivy DS-0005", "checkov CKV_DOCKER_4", "KICS Add Instead of Copy", "docker-bench 4.9"}, Doc: addLocalDoc},
	Check: checkAddLocal,
}

// archive are the names of what ADD may unpack: it looks at the content, so a pattern or a name that
// a variable makes could match one.
var archive = regexp.MustCompile(`(?i)\.(tar|tgz|tbz2?|txz|tzst|gz|bz2|xz|zst|lz4|lzma|z)(\.\w+)?$|\.tar\.|[$]`)

func checkAddLocal(pass *rule.Pass) {
	for _, d := range pass.Project.Dockerfiles {
		names := subjects{}
		for _, in := range d.File.Instructions {
			c, ok := in.Copy()
			if !ok || in.Keyword != "ADD" || !local(pass, d.Contexts(), in, c) {
				continue
			}
			pass.Report(rule.Finding{At: rule.Location{Path: d.Path, Span: in.KeywordSpan}, Subject: names.of(d, stageSubject(in.Stage)+"/ADD "+c.Sources[0].Value),
				Message: "ADD " + c.Sources[0].Value + " copies a local file; ADD also unpacks archives and fetches URLs, which surprises who changes the line; write COPY",
				Fixes: []rule.Fix{{Title: "Write COPY", Safety: change.Safe,
					Ops:      []edit.Op{edit.Text(d.Path, edit.Replace(in.KeywordSpan, sameCase(in, d.File.Text, "COPY"), in.Addr()))},
					Declares: []change.Declared{{Aspect: change.AspectGraph, Subject: d.Path + ":*", Addr: "*", Why: "COPY in the place of ADD"}}}}})
		}
	}
}

// local says whether every source is for certain a file or folder that ADD would not unpack.
func local(pass *rule.Pass, contexts []string, in *dockerfile.Instruction, c dockerfile.Copy) bool {
	for _, f := range in.Flags {
		if f.Name == "checksum" || f.Name == "keep-git-dir" || f.Name == "unpack" {
			return false
		}
	}
	for _, s := range c.Sources {
		if s.Heredoc != nil {
			continue
		}
		if s.IsRemote() || archive.MatchString(s.Value) {
			return false
		}
		if !strings.ContainsAny(s.Value, "*?[") {
			continue
		}
		for _, dir := range contexts { // a pattern: no match may be an archive
			for _, p := range pass.Project.Files.Under(dir) {
				if rel := strings.TrimPrefix(p, dir+"/"); archive.MatchString(rel) {
					if hit, _ := path.Match(path.Clean(s.Value), rel); hit {
						return false
					}
				}
			}
		}
	}
	return len(c.Sources) > 0
}

// sameCase is a keyword in the case that the instruction has.
func sameCase(in *dockerfile.Instruction, text []byte, keyword string) string {
	if raw := string(in.KeywordSpan.Of(text)); raw == strings.ToLower(raw) {
		return strings.ToLower(keyword)
	}
	return keyword
}
