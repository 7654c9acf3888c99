package compose

import (
	_ "embed"
	"fmt"
	"path"
	"slices"

	format "refit/internal/compose"
	"refit/internal/rule"
)

//go:embed c24_env_file_missing.md
var envFileMissingDoc string

// EnvFileMissing finds env_file entries that name no file: C24.
var EnvFileMissing = rule.Rule{
	Meta: rule.Meta{ID: "C24", Name: "env-file-missing", Theme: rule.Compose, Severity: rule.Error, Since: "0.1.0",
		Summary: "a service reads an env file that is not there", Aliases: []string{"Compose: env file not found"}, Doc: envFileMissingDoc},
	Check: func(pass *rule.Pass) {
		for _, s := range sites(pass.Project) {
			s.checkEnvFiles(pass)
		}
	},
}

// checkEnvFiles reports each missing env file once, however many services read it.
func (s *site) checkEnvFiles(pass *rule.Pass) {
	found := map[string]*rule.Finding{}
	var order []string
	for _, m := range s.missingPaths() {
		if m.field.Kind != format.PathEnvFile || m.field.Optional {
			continue
		}
		if f := found[m.ref.To]; f != nil {
			f.Related = append(f.Related, rule.Related{At: s.at(m.ref.Span), Message: "read here too"})
			continue
		}
		template, ignored := s.templateOf(m.ref.To), s.ignored(m.ref.To)
		if template != "" && ignored {
			continue // as after every clone: the template says how to make it
		}
		copied := "copy " + template
		if template == "" {
			copied = "write it"
		}
		f := &rule.Finding{
			At: s.at(m.ref.Span), Subject: "env-file:" + m.ref.To,
			Message: fmt.Sprintf("%s is not there; every command of Compose stops at it; make it, or mark it required: false when the service works without", m.ref.To),
			Fixes:   rule.Manual("Make "+m.ref.To, "only you know its values: "+copied+", or run `refit env init`, and fill it in"),
		}
		switch {
		case ignored && s.name() == "prod": // it belongs on the server
			f.Severity = rule.Info
		case ignored: // every machine has its own
			f.Severity = rule.Warning
		}
		found[m.ref.To] = f
		order = append(order, m.ref.To)
	}
	for _, to := range order {
		pass.Report(*found[to])
	}
}

// templateOf is the template in the repository that an env file is made from, "" when there is none.
func (s *site) templateOf(file string) string {
	candidates := []string{file + ".example", file + ".template", file + ".sample", file + ".dist", s.p.Layout.EnvExample}
	if s.name() == "prod" {
		candidates = slices.Insert(candidates, 0, s.p.Layout.ProdExample)
	}
	for _, at := range candidates {
		if s.p.Files.Has(at) {
			return at
		}
	}
	for _, e := range s.p.EnvFiles { // env.example, .env-sample: the one template beside a plain .env
		if e.Example && e.Env == "" && path.Base(file) == ".env" && path.Dir(e.Path) == path.Dir(file) {
			return e.Path
		}
	}
	return ""
}
