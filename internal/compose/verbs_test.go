package compose

import (
	"errors"
	"strings"
	"testing"

	"refit/internal/edit"
)

const verbSample = `# Ledger
version: "3.8" # old
x-common: &common
  restart: always
  environment: &env
    A: "1"
services:
  app: # the app
    <<: *common
    build: . # here
    depends_on:
      # wait for it
      - db # the database
      # fast
      - cache
    environment:
      <<: *env
      SECRET: made-up # why
      DEBUG: "true"
    volumes:
      - .:/app # code
      - ./.env:/app/.env
    ports:
      - "8000:8000"
      - 9000
      - 0.0.0.0:9001:9001
      - target: 80
        published: 80
      - ${PORT:-1}:1
      - $ALL
  worker:
    <<: *common
    image: x
    env_file: .env
    volumes:
      - data:/data
  db:
    image: postgres
    environment:
      - POSTGRES_PASSWORD=made-up # dev only
      - POSTGRES_USER=app
    env_file:
      - .env.db
    depends_on:
      cache: {condition: service_started}
  cache: {image: redis}
`

func TestVerbs(t *testing.T) {
	for name, c := range map[string]struct {
		do       func(f *File) ([]edit.Edit, error)
		old, new string
	}{
		"add": {func(f *File) ([]edit.Edit, error) {
			return f.AddServiceKey("services.db.healthcheck", "test: [CMD, x]\ninterval: 5s\n", false)
		}, "      cache: {condition: service_started}\n", "      cache: {condition: service_started}\n    healthcheck:\n      test: [CMD, x]\n      interval: 5s\n"},
		"add flow": {func(f *File) ([]edit.Edit, error) { return f.AddServiceKey("services.cache.restart", "always", false) }, "{image: redis}", "{image: redis, restart: always}"},
		"set": {func(f *File) ([]edit.Edit, error) {
			return f.SetServiceValue("services.db.image", "postgres:17", false)
		}, "image: postgres\n", "image: postgres:17\n"},
		"set merged":     {func(f *File) ([]edit.Edit, error) { return f.SetServiceValue("services.worker.restart", `"no"`, false) }, "      - data:/data\n", "      - data:/data\n    restart: \"no\"\n"},
		"set definition": {func(f *File) ([]edit.Edit, error) { return f.Set("services.app.environment.A", "2", false) }, "      DEBUG: \"true\"\n", "      DEBUG: \"true\"\n      A: 2\n"},
		"remove":         {func(f *File) ([]edit.Edit, error) { return f.RemoveServiceKey("services.worker.env_file", false) }, "    env_file: .env\n", ""},
		"remove shared":  {func(f *File) ([]edit.Edit, error) { return f.RemoveServiceKey("services.worker.restart", true) }, "  restart: always\n", ""},
		"name":           {func(f *File) ([]edit.Edit, error) { return f.SetTopLevelName("ledger") }, "# old\n", "# old\nname: ledger\n"},
		"version":        {func(f *File) ([]edit.Edit, error) { return f.RemoveVersion() }, "version: \"3.8\" # old\n", ""},
		"target":         {func(f *File) ([]edit.Edit, error) { return f.SetBuildTarget("app", "development", false) }, "build: . # here\n", "build: # here\n      context: .\n      target: development\n"},
		"env file none":  {func(f *File) ([]edit.Edit, error) { return f.AddEnvFile("app", "../env/.env.dev", false) }, "build: . # here\n", "build: . # here\n    env_file:\n      - ../env/.env.dev\n"},
		"env file text":  {func(f *File) ([]edit.Edit, error) { return f.AddEnvFile("worker", "b.env", false) }, "env_file: .env\n", "env_file:\n      - .env\n      - b.env\n"},
		"env file list":  {func(f *File) ([]edit.Edit, error) { return f.AddEnvFile("db", "b.env", false) }, "- .env.db\n", "- .env.db\n      - b.env\n"},
		"env file there": {func(f *File) ([]edit.Edit, error) { return f.AddEnvFile("db", ".env.db", false) }, "", ""},
		"env map":        {func(f *File) ([]edit.Edit, error) { return f.RemoveEnvironment("app", []string{"SECRET"}, false) }, "      SECRET: made-up # why\n", ""},
		"env list":       {func(f *File) ([]edit.Edit, error) { return f.RemoveEnvironment("db", []string{"POSTGRES_USER"}, false) }, "      - POSTGRES_USER=app\n", ""},
		"env list all": {func(f *File) ([]edit.Edit, error) {
			return f.RemoveEnvironment("db", []string{"POSTGRES_USER", "POSTGRES_PASSWORD"}, false)
		},
			"    environment:\n      - POSTGRES_PASSWORD=made-up # dev only\n      - POSTGRES_USER=app\n", ""},
		"volume":      {func(f *File) ([]edit.Edit, error) { return f.RemoveVolume("app", 1, false) }, "      - ./.env:/app/.env\n", ""},
		"volume last": {func(f *File) ([]edit.Edit, error) { return f.RemoveVolume("worker", 0, false) }, "    volumes:\n      - data:/data\n", ""},
		"port":        {func(f *File) ([]edit.Edit, error) { return f.SetPortHostIP("services.app.ports.0", "127.0.0.1", false) }, `"8000:8000"`, `"127.0.0.1:8000:8000"`},
		"port number": {func(f *File) ([]edit.Edit, error) { return f.SetPortHostIP("services.app.ports.1", "127.0.0.1", false) }, `- 9000`, `- 127.0.0.1::9000`},
		"port ip":     {func(f *File) ([]edit.Edit, error) { return f.SetPortHostIP("services.app.ports.2", "::1", false) }, `0.0.0.0:9001:9001`, `"[::1]:9001:9001"`},
		"port long":   {func(f *File) ([]edit.Edit, error) { return f.SetPortHostIP("services.app.ports.3", "127.0.0.1", false) }, "published: 80\n", "published: 80\n        host_ip: 127.0.0.1\n"},
		"port var":    {func(f *File) ([]edit.Edit, error) { return f.SetPortHostIP("services.app.ports.4", "127.0.0.1", false) }, "${PORT:-1}:1", "127.0.0.1:${PORT:-1}:1"},
		"depends": {func(f *File) ([]edit.Edit, error) {
			return f.SetDependsOn("app", map[string]string{"db": "service_healthy"}, false)
		},
			"      - db # the database\n      # fast\n      - cache\n", "      db: # the database\n        condition: service_healthy\n      # fast\n      cache:\n        condition: service_started\n"},
		"depends long": {func(f *File) ([]edit.Edit, error) {
			return f.SetDependsOn("db", map[string]string{"cache": "service_healthy"}, false)
		}, "{condition: service_started}", "{condition: service_healthy}"},
	} {
		t.Run(name, func(t *testing.T) {
			f := mustParse(t, verbSample)
			edits, err := c.do(f)
			if err != nil {
				t.Fatal(err)
			}
			if c.old != "" && !strings.Contains(verbSample, c.old) {
				t.Fatal("the sample has no such text")
			}
			if got, want := patched(t, f, edits), strings.Replace(verbSample, c.old, c.new, 1); got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

func TestVerbsRefuse(t *testing.T) {
	for name, do := range map[string]func(f *File) ([]edit.Edit, error){
		"merged key":       func(f *File) ([]edit.Edit, error) { return f.RemoveServiceKey("services.worker.restart", false) },
		"merged mapping":   func(f *File) ([]edit.Edit, error) { return f.Set("services.worker.environment.B", "1", false) },
		"merged entry":     func(f *File) ([]edit.Edit, error) { return f.RemoveEnvironment("app", []string{"A"}, false) },
		"uncovered":        func(f *File) ([]edit.Edit, error) { return f.RemoveServiceKey("services.app.environment", true) },
		"whole port":       func(f *File) ([]edit.Edit, error) { return f.SetPortHostIP("services.app.ports.5", "127.0.0.1", false) },
		"anchored mapping": func(f *File) ([]edit.Edit, error) { return f.Set("x-common.restart", "never", false) },
	} {
		f := mustParse(t, verbSample)
		if edits, err := do(f); !errors.Is(err, ErrAmbiguous) {
			t.Errorf("%s: edits %v, error %v", name, edits, err)
		}
	}
	f := mustParse(t, verbSample)
	for name, do := range map[string]func() ([]edit.Edit, error){
		"no service": func() ([]edit.Edit, error) { return f.AddEnvFile("gone", "x", false) },
		"no key":     func() ([]edit.Edit, error) { return f.SetServiceValue("services.app.user", "x", false) },
		"there":      func() ([]edit.Edit, error) { return f.AddServiceKey("services.app.build", "x", false) },
		"no name":    func() ([]edit.Edit, error) { return f.RemoveEnvironment("db", []string{"NOPE"}, false) },
		"no build":   func() ([]edit.Edit, error) { return f.SetBuildTarget("db", "x", false) },
		"no dep":     func() ([]edit.Edit, error) { return f.SetDependsOn("app", map[string]string{"x": "y"}, false) },
	} {
		if edits, err := do(); err == nil || errors.Is(err, ErrAmbiguous) {
			t.Errorf("%s: edits %v, error %v", name, edits, err)
		}
	}
}
