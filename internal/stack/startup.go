package stack

import "strings"

// skipWrappers is the index of the first word behind what only prepares a command: variables,
// exec, an init process, a change of user, "uv run", "poetry run", "bundle exec", "npx".
func skipWrappers(words []string) int {
	i := 0
	for i < len(words) {
		w := base(words[i])
		next := ""
		if i+1 < len(words) {
			next = words[i+1]
		}
		switch {
		case isAssignment(words[i]) && words[i][0] != '-', w == "exec", w == "env", w == "nice", w == "time", w == "npx", w == "bunx", w == "setarch":
			i++
		case w == "tini" || w == "dumb-init" || w == "catatonit":
			i = skipOptions(words, i+1, nil)
			if i < len(words) && words[i] == "--" {
				i++
			}
		case w == "gosu" || w == "su-exec":
			i += 2
		case (w == "uv" || w == "pdm" || w == "hatch" || w == "rye") && next == "run", (w == "poetry" || w == "pipenv") && next == "run":
			i = skipOptions(words, i+2, uvRunValues)
			if i < len(words) && words[i] == "--" {
				i++
			}
		case w == "bundle" && next == "exec", w == "pnpm" && next == "exec", w == "yarn" && next == "exec", w == "npm" && next == "exec":
			i += 2
			if i < len(words) && words[i] == "--" {
				i++
			}
		case w == "opentelemetry-instrument", w == "ddtrace-run", w == "newrelic-admin", w == "watchfiles":
			i = skipOptions(words, i+1, nil)
			if w == "newrelic-admin" && i < len(words) && words[i] == "run-program" {
				i++
			}
		default:
			return i
		}
	}
	return i
}

// uvRunValues are the options of uv run that take a value. https://docs.astral.sh/uv/reference/cli/#uv-run
var uvRunValues = set(`--group --extra --with --with-editable --with-requirements --env-file --package --python -p
	--no-group --no-extra --only-group --project --directory --index --module -m --script -s`)

func skipOptions(words []string, i int, values map[string]bool) int {
	for i < len(words) && strings.HasPrefix(words[i], "-") && words[i] != "--" {
		if w := words[i]; w == "-m" || w == "--module" {
			return i // uv run -m uvicorn: the module is the program
		}
		if values[words[i]] {
			i++
		}
		i++
	}
	return min(i, len(words))
}

func isAssignment(word string) bool {
	name, _, ok := strings.Cut(word, "=")
	return ok && name != "" && strings.Trim(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_") == ""
}

// serverName names the server that words start, and how many of the words say so.
func serverName(words []string) (name string, used int) {
	if len(words) == 0 {
		return "", 0
	}
	w, next := base(words[0]), ""
	if len(words) > 1 {
		next = words[1]
	}
	switch w {
	case "-m", "--module":
		if next != "" {
			n, u := serverName(words[1:])
			return n, u + 1
		}
	case "python":
		return pythonServer(words)
	case "manage.py", "django-admin":
		if next == "runserver" {
			return "django", 2
		}
	case "fastapi", "flask", "streamlit":
		// Options may stand in front of the subcommand: flask --app x run.
		for i, a := range words[1:] {
			if a == "run" || a == "dev" {
				return w + " " + a, i + 2
			}
		}
	case "rails":
		if next == "server" || next == "s" {
			return "rails server", 2
		}
	case "next":
		if next == "start" || next == "dev" {
			return "next " + next, 2
		}
		if next == "" || strings.HasPrefix(next, "-") {
			return "next dev", 1
		}
	case "vite":
		if next == "preview" {
			return "vite preview", 2
		}
		if next == "build" {
			return "", 0
		}
		return "vite", 1
	case "php":
		if base(next) == "artisan" && len(words) > 2 && words[2] == "serve" {
			return "php artisan", 3
		}
	case "npm", "yarn", "pnpm", "bun":
		if next == "start" || next == "run" && len(words) > 2 {
			return "npm", len(words)
		}
		return "", 0
	case "node", "nodemon", "tsx", "ts-node":
		if w != "nodemon" {
			w = "node"
		}
		return w, 1
	case "apache2-foreground", "httpd-foreground", "apachectl", "apache2ctl":
		return "apache", 1
	case "webpack-dev-server":
		return "webpack-dev", 1
	case "java":
		for i, a := range words {
			if a == "-jar" && i+1 < len(words) {
				return w, i + 2
			}
		}
	case "rake", "sh", "bash":
		return "", 0
	}
	if strings.HasPrefix(w, "php-fpm") {
		return "php-fpm", 1
	}
	return w, 1
}

// pythonServer reads "python -m MODULE" and "python manage.py runserver".
func pythonServer(words []string) (string, int) {
	for i := 1; i < len(words); i++ {
		switch w := words[i]; {
		case w == "-m" && i+1 < len(words):
			if words[i+1] == "http.server" {
				return "http.server", i + 2
			}
			n, u := serverName(words[i+1:])
			return n, i + 1 + u
		case w == "-W" || w == "-X":
			i++
		case strings.HasPrefix(w, "-"):
		default:
			n, u := serverName(words[i:])
			if n == "django" {
				return n, i + u
			}
			return "", 0
		}
	}
	return "", 0
}

// StartupStep is a command that has to have run before a service counts as ready.
type StartupStep struct {
	Kind    string // "migrate", "collect", "seed", "wait"
	Program string // "alembic", "django", ...
	Start   int    // as in Server
}

// startupSteps by the words that tell them, behind wrappers.
var startupSteps = []struct {
	words   []string
	program string
	kind    string
}{
	{[]string{"alembic", "upgrade"}, "alembic", "migrate"},
	{[]string{"manage.py", "migrate"}, "django", "migrate"},
	{[]string{"django-admin", "migrate"}, "django", "migrate"},
	{[]string{"manage.py", "collectstatic"}, "django", "collect"},
	{[]string{"manage.py", "loaddata"}, "django", "seed"},
	{[]string{"flask", "db", "upgrade"}, "flask-migrate", "migrate"},
	{[]string{"aerich", "upgrade"}, "aerich", "migrate"},
	{[]string{"prisma", "migrate", "deploy"}, "prisma", "migrate"},
	{[]string{"prisma", "db", "push"}, "prisma", "migrate"},
	{[]string{"typeorm", "migration:run"}, "typeorm", "migrate"},
	{[]string{"sequelize", "db:migrate"}, "sequelize", "migrate"},
	{[]string{"sequelize-cli", "db:migrate"}, "sequelize", "migrate"},
	{[]string{"knex", "migrate:latest"}, "knex", "migrate"},
	{[]string{"drizzle-kit", "migrate"}, "drizzle", "migrate"},
	{[]string{"rails", "db:migrate"}, "rails", "migrate"},
	{[]string{"rails", "db:prepare"}, "rails", "migrate"},
	{[]string{"rake", "db:migrate"}, "rails", "migrate"},
	{[]string{"artisan", "migrate"}, "laravel", "migrate"},
	{[]string{"console", "doctrine:migrations:migrate"}, "doctrine", "migrate"},
	{[]string{"flyway", "migrate"}, "flyway", "migrate"},
	{[]string{"liquibase", "update"}, "liquibase", "migrate"},
	{[]string{"goose", "up"}, "goose", "migrate"},
	{[]string{"migrate", "up"}, "golang-migrate", "migrate"},
	{[]string{"diesel", "migration", "run"}, "diesel", "migrate"},
	{[]string{"sqlx", "migrate", "run"}, "sqlx", "migrate"},
	{[]string{"dotnet", "ef", "database", "update"}, "ef", "migrate"},
	{[]string{"wait-for-it.sh"}, "wait-for-it", "wait"},
	{[]string{"wait-for-it"}, "wait-for-it", "wait"},
	{[]string{"wait-for"}, "wait-for", "wait"},
	{[]string{"dockerize"}, "dockerize", "wait"},
	{[]string{"pg_isready"}, "pg_isready", "wait"},
}

// RecogniseStartupStep reads one command of a start script, split into words as a shell does.
// Options between a program and its subcommand ("alembic -c x.ini upgrade head") don't matter.
func RecogniseStartupStep(words []string) (StartupStep, bool) {
	start := skipWrappers(words)
	rest := words[min(start, len(words)):]
	if len(rest) > 0 && (base(rest[0]) == "python" || base(rest[0]) == "php" || rest[0] == "-m") {
		for len(rest) > 1 && (strings.HasPrefix(rest[0], "-") || base(rest[0]) == "python" || base(rest[0]) == "php") {
			rest = rest[1:]
		}
	}
	if len(rest) == 0 {
		return StartupStep{}, false
	}
	for _, s := range startupSteps {
		if base(rest[0]) == s.words[0] && inOrder(rest[1:], s.words[1:]) {
			return StartupStep{Kind: s.kind, Program: s.program, Start: start}, true
		}
	}
	return StartupStep{}, false
}

// inOrder says whether the words of want stand in words, in this order.
func inOrder(words, want []string) bool {
	for _, w := range words {
		if len(want) > 0 && w == want[0] {
			want = want[1:]
		}
	}
	return len(want) == 0
}
