package verify

import (
	"context"
	"regexp"

	"refit/internal/engine"
)

// log is the lines that a container has written since its start.
//
// The engine notes the time of a start when the container runs already: what a quick server says first is older than that, by
// milliseconds on an idle machine.
func (r *running) log(ctx context.Context, b *box) ([]engine.LogLine, error) {
	if b.lines == nil && b.logError == nil {
		b.lines, b.logError = r.engine.Logs(ctx, b.ID, engine.LogOptions{Since: b.endedBefore()})
	}
	return b.lines, b.logError
}

// server is how a known server says that it is ready.
type server struct {
	name           string
	process, ready *regexp.Regexp
}

// servers that say so at their usual log level.
var servers = []server{
	{"uvicorn", regexp.MustCompile(`\buvicorn\b`), regexp.MustCompile(`Application startup complete|Uvicorn running on`)},
	{"gunicorn", regexp.MustCompile(`\bgunicorn\b`), regexp.MustCompile(`Listening at:`)},
	{"hypercorn", regexp.MustCompile(`\bhypercorn\b`), regexp.MustCompile(`Running on http`)},
	{"Django", regexp.MustCompile(`manage\.py runserver`), regexp.MustCompile(`Starting development server at`)},
	{"PostgreSQL", regexp.MustCompile(`\bpostgres\b`), regexp.MustCompile(`database system is ready to accept connections`)},
	{"Redis", regexp.MustCompile(`\b(?:redis|valkey)-server\b`), regexp.MustCompile(`Ready to accept connections`)},
	{"MySQL", regexp.MustCompile(`\b(?:mysqld|mariadbd)\b`), regexp.MustCompile(`ready for connections`)},
	{"MongoDB", regexp.MustCompile(`\bmongod\b`), regexp.MustCompile(`[Ww]aiting for connections`)},
	{"Celery", regexp.MustCompile(`\bcelery\b.*\bworker\b`), regexp.MustCompile(`\bready\.`)},
	{"Apache", regexp.MustCompile(`\b(?:httpd|apache2)\b`), regexp.MustCompile(`resuming normal operations`)},
	{"php-fpm", regexp.MustCompile(`\bphp-fpm\b`), regexp.MustCompile(`ready to handle connections`)},
}
