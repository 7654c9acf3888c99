package environment

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"refit/internal/compose"
	"refit/internal/dotenv"
	"refit/internal/edit"
	"refit/internal/project"
	"refit/internal/secret"
)

// Rotate gives the secrets of an environment's env file new random values, everything else of the file
// untouched. Without keys it takes all secrets; a key brings those that hold the same secret along.
//
// Kept, with the reason and the steps to take instead: the password of a server that has data already
// (it would go on wanting the old one), of a server that the environment does not start itself, what
// somebody else issues, what is written in another place too, and, unless named in keys, what stored
// data was encrypted or salted with.
//
// It returns an error when there is no env file (*Missing), when it can't be parsed, and for a key that
// is no secret in it.
func Rotate(p *project.Project, env string, keys []string, random io.Reader) (*Result, error) {
	f := existing(p, env)
	if f == nil {
		return nil, &Missing{env, Path(p, env)}
	}
	if len(f.File.Problems) > 0 {
		return nil, f.File.Problems[0]
	}
	t := &rotation{project: p, env: env, file: f, uses: usesOf(p, env, f), result: &Result{Path: f.Path}}
	for _, e := range t.uses {
		t.servers = append(t.servers, serversIn(e)...)
	}
	var served []*family
	for _, s := range t.servers {
		served = append(served, s.family)
	}
	accounts := accountsOf(f.File, slices.DeleteFunc(served, func(f *family) bool { return f == nil }))
	chosen, err := choose(accounts, keys, f.Path)
	if err != nil {
		return nil, err
	}
	var edits []edit.Edit
	for _, a := range chosen {
		made, err := t.account(a, len(keys) > 0, random)
		if err != nil {
			return nil, err
		}
		edits = append(edits, made...)
	}
	if len(edits) == 0 {
		return t.result, nil
	}
	t.result.Set, err = changed(p, edit.Text(f.Path, edits...))
	if err == nil {
		t.result.Notes = append(t.result.Notes, "containers have the old values until they are made anew: `docker compose restart` is not enough, `docker compose up -d` is")
	}
	return t.result, err
}

type rotation struct {
	project *project.Project
	env     string
	file    *project.EnvFile
	uses    []*project.Environment
	servers []*server
	result  *Result
}

// usesOf are the environments that may read the file: of its name, or named as a reader; all of them
// when nothing is known, so that no database is overlooked.
func usesOf(p *project.Project, env string, f *project.EnvFile) []*project.Environment {
	var list []*project.Environment
	for _, e := range p.Environments {
		reads := e.Name == env || slices.Contains(e.EnvFiles, f.Path)
		for _, r := range f.Readers {
			reads = reads || r.Mechanism != project.ByShell && slices.Contains(e.Files, r.By)
		}
		if reads {
			list = append(list, e)
		}
	}
	if len(list) == 0 {
		return p.Environments
	}
	return list
}

// choose are the accounts that have a value and that keys name.
func choose(accounts []*account, keys []string, at string) ([]*account, error) {
	var list []*account
	found := map[string]bool{}
	for _, a := range accounts {
		wanted := len(keys) == 0
		for _, key := range a.keys() {
			if slices.Contains(keys, key) {
				found[key], wanted = true, true
			}
		}
		if wanted && slices.ContainsFunc(a.members, func(m *member) bool { return m.value != "" }) {
			list = append(list, a)
		}
	}
	for _, key := range keys {
		if !found[key] {
			return nil, fmt.Errorf("%s: %s is no secret of this file; refit env check shows its variables", at, key)
		}
	}
	return list, nil
}

func (t *rotation) account(a *account, named bool, random io.Reader) ([]edit.Edit, error) {
	if kept := t.reason(a, named); kept != nil {
		for _, key := range a.keys() {
			kept.Key = key
			t.result.Kept = append(t.result.Kept, *kept)
			kept.Steps = nil // once is enough
		}
		return nil, nil
	}
	value, err := secret.Draw(random, a.kind())
	if err != nil {
		return nil, err
	}
	var edits []edit.Edit
	for _, m := range a.members {
		if m.value == "" {
			continue
		}
		e, err := m.write(t.file.File, value)
		if err != nil {
			return nil, fmt.Errorf("%s: %s: %w", t.file.Path, m.v.Key, err)
		}
		edits = append(edits, e)
		t.result.Fresh = append(t.result.Fresh, m.v.Key)
	}
	return edits, nil
}

// reason says why the account is kept; nil when it is not.
func (t *rotation) reason(a *account, named bool) *Kept {
	key := a.members[0].v.Key
	switch {
	case !a.database && isIssued(key):
		return &Kept{Why: "somebody else issues it: a random value would not be accepted", Steps: []string{"get a new one from its issuer, write it into " + t.file.Path + ", and revoke the old one"}}
	case !a.database && isBoundToData(key) && !named:
		return &Kept{Why: "what was stored with it can't be read with another one", Steps: []string{"re-encrypt what is stored first, then name it: refit env rotate " + t.env + " --key " + key}}
	}
	for _, e := range t.uses {
		if e.Model == nil && (a.database || strings.Contains(strings.ToUpper(key), "PASS")) {
			return &Kept{Why: "the Compose files of the environment can't be resolved, so a database with data can't be ruled out", Steps: []string{"repair what refit audit says of " + strings.Join(e.Files, ", ")}}
		}
	}
	tied := t.tied(a)
	if a.database && len(tied) == 0 {
		return &Kept{Why: "its server is none of the environment's services, so it knows the old password only", Steps: []string{"change the password on the server first, then write it into " + t.file.Path}}
	}
	for _, s := range tied {
		if s.initialOnly() && s.data == persistent {
			return &Kept{Why: s.name + " has its data on a volume and took the password when that was made; it would refuse a new one", Steps: t.steps(s, a)}
		}
	}
	if where := t.elsewhere(a); where != "" {
		return &Kept{Why: "the same value is written in " + where + " too: a change here alone would part the two", Steps: []string{"let " + where + " take it from " + t.file.Path + " (refit plan does that for Compose files), then rotate"}}
	}
	for _, s := range tied {
		if s.initialOnly() && s.data == unnamed {
			t.result.Notes = append(t.result.Notes, "run `docker compose -f "+s.file+" down` before the next up: "+s.name+" keeps its unnamed volume, and the old password with it, when it is only recreated")
		}
	}
	return nil
}

// tied are the servers whose password the account holds, or may hold.
func (t *rotation) tied(a *account) []*server {
	var list []*server
	for _, s := range t.servers {
		if a.family != nil && a.family == s.family || a.database && a.family == nil && s.initialOnly() || t.reads(s, a) {
			list = append(list, s)
		}
	}
	return list
}

// reads says whether a server's environment takes its password from the account.
func (t *rotation) reads(s *server, a *account) bool {
	for _, m := range a.members {
		if slices.Contains(s.product.PasswordVars, m.v.Key) {
			return true
		}
		for _, key := range s.product.PasswordVars {
			if m.value != "" && m.class == secret.Secret && s.service.Environment[key] == m.value {
				return true
			}
		}
		for _, e := range t.uses {
			for _, v := range t.project.Variables(e) {
				if v.Name == m.v.Key && strings.HasPrefix(v.Addr, compose.Addr("services", s.name)+".") {
					return true
				}
			}
		}
	}
	return false
}

// elsewhere is a file of the same environment that has the account's value too, "" when there is none.
func (t *rotation) elsewhere(a *account) string {
	for _, m := range a.members {
		if m.value == "" {
			continue
		}
		for _, e := range t.uses {
			for _, at := range e.Files {
				if c := t.project.ComposeFile(at); c != nil && writes(c.File, m.value) {
					return at
				}
			}
		}
		for _, f := range t.project.EnvFiles {
			if f.Path != t.file.Path && !f.Example && f.Env == t.env && holds(f.File, m) {
				return f.Path
			}
		}
	}
	return ""
}

// writes says whether a Compose file has the value as a literal. A short one is looked for only where
// a secret stands, since it may be a word like any other.
func writes(f *compose.File, value string) bool {
	if len(value) >= 8 && strings.Contains(string(f.Text), value) {
		return true
	}
	for _, s := range f.Services {
		for _, pair := range s.Environment {
			verdict := secret.Judge(pair.Key, pair.Text)
			if verdict.IsLiteral() && !strings.HasPrefix(pair.Text, "${") && string(verdict.Span.Of([]byte(pair.Text))) == value {
				return true
			}
		}
	}
	return false
}

func holds(f *dotenv.File, m *member) bool {
	for _, v := range f.Vars {
		if other := memberOf(v); other != nil && other.value == m.value {
			return true
		}
	}
	return false
}
