package verify

import (
	"context"
	_ "embed"
	"errors"
	"path"
	"slices"
	"strings"

	"refit/internal/rule"
)

//go:embed r26_migrations_pending.md
var migrationsPendingDoc string

// migrationsPending asks the migration tools that it knows whether the database is current: R26.
var migrationsPending = check("R26", "migrations-pending", Health, rule.Error, "a migration has not run", migrationsPendingDoc,
	func(ctx context.Context, p *pass) {
		for _, b := range p.boxes(own) {
			if !b.runs() || b.service.model.Build.Remote {
				continue
			}
			switch {
			case p.has(b, "alembic.ini"):
				p.alembic(ctx, b)
			case p.has(b, "manage.py"):
				p.django(ctx, b)
			}
		}
	})

// has says whether the service is built from a folder with this file.
func (p *pass) has(b *box, name string) bool {
	return p.env.Project.Files.Has(path.Join(b.service.model.Build.Context, name))
}

// alembic compares the revision of the database with the newest one of the files
// (https://alembic.sqlalchemy.org/en/latest/tutorial.html#getting-information).
func (p *pass) alembic(ctx context.Context, b *box) {
	heads, err := p.exec(ctx, b, "", "alembic", "heads")
	if errors.Is(err, errNoProgram) || strings.Contains(string(heads.Stdout)+string(heads.Stderr), "No config file") {
		return // another image of the same folder
	}
	p.looked[b.Service] = true
	current, failed := p.exec(ctx, b, "", "alembic", "current")
	r := report{service: b.Service, subject: "migrations", next: "refit exec " + p.env.Name + " " + b.Service + " alembic upgrade head"}
	switch newest, has := revisions(heads.Stdout), revisions(current.Stdout); {
	case err != nil || heads.Code != 0:
		p.notShown(b.Service, "alembic heads fails in container %s: %s", b.Name, p.said(heads.Stderr, err))
	case failed != nil || current.Code != 0:
		p.find(r, "alembic current fails in container %s: %s", b.Name, p.said(current.Stderr, failed))
	case !slices.Equal(newest, has):
		p.find(r, "the database of container %s is at revision %s, and the files at %s (alembic current, alembic heads)", b.Name, orNone(has), orNone(newest))
	}
}

// revisions are the first words of the lines that alembic prints, sorted.
func revisions(out []byte) []string {
	var list []string
	for line := range strings.Lines(string(out)) {
		if words := strings.Fields(line); len(words) > 0 {
			list = append(list, words[0])
		}
	}
	slices.Sort(list)
	return list
}

func orNone(list []string) string {
	if len(list) == 0 {
		return "none"
	}
	return strings.Join(list, " and ")
}

// django has a command for it (https://docs.djangoproject.com/en/stable/ref/django-admin/#cmdoption-migrate-check).
func (p *pass) django(ctx context.Context, b *box) {
	out, err := p.exec(ctx, b, "", "python", "manage.py", "migrate", "--check")
	text := string(out.Stdout) + string(out.Stderr)
	switch {
	case errors.Is(err, errNoProgram) || strings.Contains(text, "can't open file"):
		return
	case err != nil:
		p.notShown(b.Service, "manage.py migrate --check fails in container %s: %v", b.Name, err)
	case out.Code != 0:
		p.find(report{service: b.Service, subject: "migrations", next: "refit exec " + p.env.Name + " " + b.Service + " python manage.py migrate"},
			"manage.py migrate --check fails in container %s: %s", b.Name, p.said([]byte(text), nil))
	default:
		p.looked[b.Service] = true
	}
}
