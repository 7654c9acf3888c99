package environment

import (
	"fmt"
	"io"
	"path"
	"slices"

	"refit/internal/dotenv"
	"refit/internal/edit"
	"refit/internal/project"
	"refit/internal/secret"
)

// InitOptions tune Init.
type InitOptions struct {
	Complete bool // add the keys that an existing file lacks; what it has stays
	Force    bool // go on where git would commit the file
}

// Init makes the env file of an environment from its template, comments and order kept, mode 0600,
// with random values in the place of placeholders and empty secrets. Variables that hold the same
// secret (POSTGRES_PASSWORD and the password in DATABASE_URL) agree. Secrets that somebody else
// issues stay as they are and are listed in Result.Open. Weak values of the template, such as
// "postgres", stay in environments of developers, where other files may rely on them, and are
// replaced in prod and staging.
//
// It returns an error when the file exists (unless opts.Complete), when there is no template, when
// either can't be parsed, and when git would commit the file (unless opts.Force).
func Init(p *project.Project, env string, random io.Reader, opts InitOptions) (*Result, error) {
	target := Path(p, env)
	template := Template(p, env)
	if template == nil {
		return nil, fmt.Errorf("%s: there is no template to make it from; write %s with every variable and a placeholder for each secret", target, p.Layout.EnvExample)
	}
	for _, f := range []*project.EnvFile{template, existing(p, env)} {
		if f != nil && len(f.File.Problems) > 0 {
			return nil, f.File.Problems[0]
		}
	}
	r := &Result{Path: target}
	if err := r.checkIgnored(p, opts.Force); err != nil {
		return nil, err
	}
	w := &writer{project: p, env: env, random: random, result: r}
	if have := existing(p, env); have != nil {
		if !opts.Complete {
			return nil, fmt.Errorf("%s: the file exists and is not overwritten; --complete adds the variables that it lacks", target)
		}
		return r, w.complete(have, template)
	}
	if p.Files.Has(target) || p.Files.IsDir(target) {
		return nil, fmt.Errorf("%s: something that is no env file stands there; move it away", target)
	}
	text, err := w.fill(template.File, nil)
	if err != nil {
		return nil, err
	}
	w.stillOpen(target, text, nil)
	w.warnOfData()
	r.Set, err = changed(p, edit.Create(target, string(text), 0o600))
	return r, err
}

// checkIgnored refuses, or warns of, a file with secrets that git would take along.
func (r *Result) checkIgnored(p *project.Project, force bool) error {
	if p.Git.Tracked(r.Path) {
		return r.exposed(fmt.Sprintf("%s: git tracks the file; its secrets would be committed; run `git rm --cached %s` and ignore it", r.Path, r.Path), force)
	}
	if ignored, _ := p.GitIgnore().Match(r.Path, false); ignored {
		return nil
	}
	if !p.Git.Exists {
		r.Notes = append(r.Notes, fmt.Sprintf("%s: this is no git repository yet; when it is one, ignore the file", r.Path))
		return nil
	}
	return r.exposed(fmt.Sprintf("%s: git does not ignore the file; its secrets would be committed; refit apply --only E09 ignores it, or add /%s to .gitignore", r.Path, r.Path), force)
}

func (r *Result) exposed(why string, force bool) error {
	if !force {
		return fmt.Errorf("%s (--force goes on nevertheless)", why)
	}
	r.Notes = append(r.Notes, why)
	return nil
}

// writer makes the text of one env file.
type writer struct {
	project *project.Project
	env     string
	random  io.Reader
	result  *Result
}

// fill is the text of a template with its secrets filled in. Only keys in only are written when it is
// not nil.
func (w *writer) fill(f *dotenv.File, only []string) ([]byte, error) {
	var edits []edit.Edit
	served := servedBy(w.project, w.env)
	for _, a := range accountsOf(f, served) {
		made, err := w.fillAccount(f, a, only)
		if err != nil {
			return nil, err
		}
		edits = append(edits, made...)
	}
	return edit.Patch(f.Text, edits)
}

func (w *writer) fillAccount(f *dotenv.File, a *account, only []string) ([]edit.Edit, error) {
	var wanting []*member
	for _, m := range a.members {
		if w.wants(a, m) && (only == nil || slices.Contains(only, m.v.Key)) {
			wanting = append(wanting, m)
		}
	}
	if len(wanting) == 0 {
		return nil, nil
	}
	value, taken := w.current(a)
	if !taken {
		var err error
		if value, err = secret.Draw(w.random, a.kind()); err != nil {
			return nil, err
		}
	}
	var edits []edit.Edit
	for _, m := range wanting {
		e, err := m.write(f, value)
		if err != nil {
			return nil, fmt.Errorf("%s: %s: %w", f.Path, m.v.Key, err)
		}
		edits = append(edits, e)
		if taken {
			w.result.Taken = append(w.result.Taken, m.v.Key)
		} else {
			w.result.Fresh = append(w.result.Fresh, m.v.Key)
		}
	}
	return edits, nil
}

// wants says whether the member is to be filled in.
func (w *writer) wants(a *account, m *member) bool {
	if !a.database && isIssued(m.v.Key) {
		return false
	}
	switch m.class {
	case secret.Placeholder, secret.Absent:
		return true
	case secret.Weak:
		return strict(w.env)
	}
	return false
}

// current is the value that the account has already: in the file, or as a literal of the server's own
// service. ok is false when a new one is to be made.
func (w *writer) current(a *account) (value string, ok bool) {
	for _, m := range a.members {
		if !w.wants(a, m) && m.value != "" && plain(m.value) {
			return m.value, true
		}
	}
	if a.family == nil {
		return "", false
	}
	return literalOf(w.project, w.env, a)
}

// plain says whether a value can stand in a URL and in an env file as it is.
func plain(value string) bool {
	for _, r := range value {
		if !(r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '-' || r == '_' || r == '.' || r == '~') {
			return false
		}
	}
	return true
}

// complete adds what an existing file lacks, each key behind the one that it follows in the template.
func (w *writer) complete(have, template *project.EnvFile) error {
	r := w.result
	r.Path = have.Path
	text, after := have.File.Text, ""
	for _, key := range template.File.Keys() {
		if _, ok := have.File.Get(key); ok {
			after = key
			continue
		}
		v, _ := template.File.Get(key)
		if v.Bare {
			continue // it passes the caller's own variable on: nothing is lacking
		}
		var err error
		if text, err = addVerbatim(have.Path, text, template.File, v, after); err != nil {
			return fmt.Errorf("%s: %s: %w", have.Path, key, err)
		}
		r.Added, after = append(r.Added, key), key
	}
	if len(r.Added) == 0 {
		return nil
	}
	file, err := dotenv.Parse(have.Path, text)
	if err != nil {
		return err
	}
	if text, err = w.fill(file, r.Added); err != nil {
		return err
	}
	w.stillOpen(have.Path, text, r.Added)
	whole := edit.Edit{Start: 0, End: len(have.File.Text), New: string(text)}
	r.Set, err = changed(w.project, edit.Text(have.Path, whole))
	return err
}

// addVerbatim adds a variable of the template with its comment, the value as it is written there:
// references stay references.
func addVerbatim(at string, text []byte, template *dotenv.File, v *dotenv.Var, after string) ([]byte, error) {
	file, err := dotenv.Parse(at, text)
	if err != nil {
		return nil, err
	}
	added, err := file.Add(dotenv.Addition{Key: v.Key, After: after, Comment: commentOf(template, v)})
	if err != nil {
		return nil, err
	}
	if text, err = edit.Patch(text, []edit.Edit{added}); err != nil {
		return nil, err
	}
	if file, err = dotenv.Parse(at, text); err != nil {
		return nil, err
	}
	made, ok := file.Get(v.Key)
	if !ok {
		return nil, dotenv.ErrNotWritable
	}
	return edit.Patch(text, []edit.Edit{edit.Replace(made.ValueSpan, v.Raw, "env:"+v.Key)})
}

// stillOpen lists what is left to a person.
func (w *writer) stillOpen(at string, text []byte, only []string) {
	f, err := dotenv.Parse(at, text)
	if err != nil {
		return
	}
	for _, key := range f.Keys() {
		v, _ := f.Get(key)
		if only != nil && !slices.Contains(only, key) || v.Bare {
			continue
		}
		if v.Value == "" || secret.Judge(key, v.Value).Class == secret.Placeholder {
			w.result.Open = append(w.result.Open, key)
		}
	}
}

// warnOfData says that a database that is there already has another password.
func (w *writer) warnOfData() {
	for _, s := range serversOf(w.project, w.env) {
		if s.data == persistent && s.initialOnly() && w.wroteTo(s.family) {
			w.result.Notes = append(w.result.Notes, fmt.Sprintf("if %s of %s has data already, it keeps the password with which it was made: write that one into %s, or change it in the database",
				s.name, path.Base(s.file), w.result.Path))
		}
	}
}

func (w *writer) wroteTo(f *family) bool {
	for _, key := range w.result.Fresh {
		named, _ := familyOfKey(key)
		if f != nil && (named == f || slices.Contains(anyDatabase, key)) {
			return true
		}
	}
	return false
}
