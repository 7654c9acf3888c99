package stack

import (
	"reflect"
	"strings"
	"testing"
)

func TestRecogniseServer(t *testing.T) {
	cases := []struct {
		words string
		want  Server
	}{
		{"uvicorn app.main:app", Server{Program: "uvicorn", Host: "127.0.0.1", Port: 8000, HTTP: true, App: "app.main:app"}},
		{"uv run uvicorn ledger.main:app --host 0.0.0.0 --port 8000 --ssl-certfile certs/cert.pem --ssl-keyfile certs/key.pem",
			Server{Program: "uvicorn", Start: 2, Host: "0.0.0.0", Port: 8000, HTTP: true, TLS: true, CertFile: "certs/cert.pem", KeyFile: "certs/key.pem", App: "ledger.main:app"}},
		{"uv run --no-sync --group web -- uvicorn a:b --reload", Server{Program: "uvicorn", Start: 6, Host: "127.0.0.1", Port: 8000, HTTP: true, Reload: true, App: "a:b"}},
		{"exec /opt/venv/bin/python3.13 -m uvicorn --factory src.main:create --port=${PORT:-9000} --workers 4",
			Server{Program: "uvicorn", Start: 1, Host: "127.0.0.1", Port: 9000, PortVariable: "PORT", HTTP: true, Workers: 4, App: "src.main:create"}},
		{"uvicorn a:b --port $PORT", Server{Program: "uvicorn", Host: "127.0.0.1", PortVariable: "PORT", HTTP: true, App: "a:b"}},
		{"uvicorn a:b --uds /tmp/s.sock", Server{Program: "uvicorn", Host: "127.0.0.1", Socket: "/tmp/s.sock", HTTP: true, App: "a:b"}},
		{"gunicorn -w 4 -k uvicorn.workers.UvicornWorker -b 0.0.0.0:8080 app:app", Server{Program: "gunicorn", Host: "0.0.0.0", Port: 8080, HTTP: true, Workers: 4, App: "app:app"}},
		{"gunicorn --bind=:5000 --preload proj.wsgi", Server{Program: "gunicorn", Host: "127.0.0.1", Port: 5000, HTTP: true, App: "proj.wsgi"}},
		{"gunicorn proj.wsgi -b0.0.0.0:80 --certfile=/c.pem --keyfile=/k.pem", Server{Program: "gunicorn", Host: "0.0.0.0", Port: 80, HTTP: true, TLS: true, CertFile: "/c.pem", KeyFile: "/k.pem", App: "proj.wsgi"}},
		{"gunicorn a:b -b unix:/run/g.sock", Server{Program: "gunicorn", Host: "127.0.0.1", Socket: "/run/g.sock", HTTP: true, App: "a:b"}},
		{"gunicorn a:b -b [::]:8000", Server{Program: "gunicorn", Host: "::", Port: 8000, HTTP: true, App: "a:b"}},
		{"gunicorn a:b --bind 0.0.0.0:${PORT:-8001}", Server{Program: "gunicorn", Host: "0.0.0.0", Port: 8001, PortVariable: "PORT", HTTP: true, App: "a:b"}},
		{"hypercorn a:b --bind 0.0.0.0:8443 --certfile c.pem --keyfile k.pem", Server{Program: "hypercorn", Host: "0.0.0.0", Port: 8443, HTTP: true, TLS: true, CertFile: "c.pem", KeyFile: "k.pem", App: "a:b"}},
		{"fastapi run app/main.py --port 80", Server{Program: "fastapi run", Host: "0.0.0.0", Port: 80, HTTP: true, App: "app/main.py"}},
		{"fastapi dev app/main.py", Server{Program: "fastapi dev", Host: "127.0.0.1", Port: 8000, HTTP: true, Reload: true, Development: true, App: "app/main.py"}},
		{"flask --app web run --host=0.0.0.0 --debug", Server{Program: "flask run", Host: "0.0.0.0", Port: 5000, HTTP: true, Reload: true, Development: true}},
		{"python manage.py runserver 0.0.0.0:8000", Server{Program: "django", Host: "0.0.0.0", Port: 8000, HTTP: true, Reload: true, Development: true}},
		{"poetry run python -u manage.py runserver --noreload 9000", Server{Program: "django", Start: 2, Host: "127.0.0.1", Port: 9000, HTTP: true, Development: true}},
		{"bundle exec rails server -b 0.0.0.0 -p 3001", Server{Program: "rails server", Start: 2, Host: "0.0.0.0", Port: 3001, HTTP: true}},
		{"bundle exec puma -b tcp://0.0.0.0:9292", Server{Program: "puma", Start: 2, Host: "0.0.0.0", Port: 9292, HTTP: true}},
		{"nginx -g daemon_off;", Server{Program: "nginx", Host: "0.0.0.0", Port: 80, HTTP: true}},
		{"php-fpm8.2 -F", Server{Program: "php-fpm", Host: "127.0.0.1", Port: 9000}},
		{"tini -g -- node server.js", Server{Program: "node", Start: 3, HTTP: true}},
		{"npm run start:prod", Server{Program: "npm", HTTP: true}},
		{"npx next start -p 3005", Server{Program: "next start", Start: 1, Host: "0.0.0.0", Port: 3005, HTTP: true}},
		{"gosu app celery -A proj worker", Server{Program: "celery", Start: 2}},
		{"NODE_ENV=production node dist/main.js", Server{Program: "node", Start: 1, HTTP: true}},
		{"python -m http.server -d /srv --bind 127.0.0.1 8182", Server{Program: "http.server", Host: "127.0.0.1", Port: 8182, HTTP: true, Development: true}},
	}
	for _, c := range cases {
		got, ok := RecogniseServer(strings.Fields(c.words))
		if !ok || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s\n got %+v, %v\nwant %+v", c.words, got, ok, c.want)
		}
	}
	for _, words := range []string{"", "python callback.py", "/app/server", "alembic upgrade head", "sh -c x", "npm ci", "npm install", "uv run", "exec", "tini", "python -m", "python", "vite build", "gosu"} {
		if got, ok := RecogniseServer(strings.Fields(words)); ok {
			t.Errorf("%q is %+v", words, got)
		}
	}
}

func TestServerProbe(t *testing.T) {
	for words, want := range map[string]string{
		"uvicorn a:b --host 0.0.0.0 --ssl-certfile c --ssl-keyfile k": "https://127.0.0.1:8000/health",
		"gunicorn a:b -b 10.0.0.1:80":                                 "http://10.0.0.1:80/health",
		"php-fpm":                                                     "",
		"node x.js":                                                   "",
		"uvicorn a:b --uds s":                                         "",
	} {
		s, _ := RecogniseServer(strings.Fields(words))
		u, ok := s.Probe("/health")
		if ok != (want != "") || ok && u.String() != want {
			t.Errorf("%s: got %s, %v; want %s", words, u, ok, want)
		}
	}
}

func TestRecogniseStartupStep(t *testing.T) {
	for words, want := range map[string]StartupStep{
		"uv run alembic upgrade head":                 {"migrate", "alembic", 2},
		"alembic -c conf/alembic.ini upgrade head":    {"migrate", "alembic", 0},
		"python -m alembic upgrade head":              {"migrate", "alembic", 0},
		"python manage.py migrate --noinput":          {"migrate", "django", 0},
		"./manage.py collectstatic --noinput":         {"collect", "django", 0},
		"poetry run python manage.py migrate":         {"migrate", "django", 2},
		"npx prisma migrate deploy":                   {"migrate", "prisma", 1},
		"bundle exec rails db:migrate":                {"migrate", "rails", 2},
		"php artisan migrate --force":                 {"migrate", "laravel", 0},
		"php bin/console doctrine:migrations:migrate": {"migrate", "doctrine", 0},
		"flask db upgrade":                            {"migrate", "flask-migrate", 0},
		"migrate -path db -database x up":             {"migrate", "golang-migrate", 0},
		"./wait-for-it.sh db:5432":                    {"wait", "wait-for-it", 0},
		"dotnet ef database update":                   {"migrate", "ef", 0},
	} {
		got, ok := RecogniseStartupStep(strings.Fields(words))
		if !ok || got != want {
			t.Errorf("%s: got %+v, %v; want %+v", words, got, ok, want)
		}
	}
	for _, words := range []string{"", "alembic history", "python manage.py runserver", "uvicorn a:b", "prisma generate", "python", "-m"} {
		if got, ok := RecogniseStartupStep(strings.Fields(words)); ok {
			t.Errorf("%q is %+v", words, got)
		}
	}
}

func FuzzStartCommand(f *testing.F) {
	for _, s := range []string{"uv run -m uvicorn a:b --port", "tini -s -- exec A=b python -m", "gunicorn -b", "flask", "java -jar", "newrelic-admin run-program gosu"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		words := strings.Fields(s)
		if got, ok := RecogniseServer(words); ok && (got.Start < 0 || got.Start >= len(words) || got.Port < 0 || got.Port > 65535) {
			t.Errorf("%q: %+v", s, got)
		}
		if got, ok := RecogniseStartupStep(words); ok && (got.Start < 0 || got.Start >= len(words)) {
			t.Errorf("%q: %+v", s, got)
		}
	})
}
