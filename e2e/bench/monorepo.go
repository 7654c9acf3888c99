//go:build unix

package main

import (
	"fmt"
	"maps"
	"strings"
)

// The generated monorepo: 200 services of five teams, 2,000 files in all. Each service is built from a context of
// its own; the root stacks all of them (base, development, production), each team has a file for its
// own, and the pipeline one for its tests. It has the problems that such repositories have.
const (
	perTeam   = 40
	fileCount = 2000
)

var teams = []string{"billing", "catalog", "identity", "orders", "shipping"}

// service is one of the monorepo's services.
type service struct {
	team, name string
	number     int
	kind       kind
}

func (s service) dir() string { return s.team + "/" + s.name }

func services() []service {
	var list []service
	for _, team := range teams {
		for i := range perTeam {
			k := kinds[i%len(kinds)]
			list = append(list, service{team: team, name: fmt.Sprintf("%s-%s-%02d", team, k.language, i), number: len(list), kind: k})
		}
	}
	return list
}

func monorepo() map[string]string {
	all := services()
	files := map[string]string{
		"docker-compose.yml":      composeBase(all, "", true),
		"docker-compose.dev.yml":  composeDevelopment(all),
		"docker-compose.prod.yml": composeProduction(all),
		"docker-compose.ci.yml":   composeBase(all[:20], "", false),
		".env":                    envFile("dev"),
		".env.example":            envFile("example"),
		".env.ci":                 envFile("ci"),
		".gitignore":              ".env\nnode_modules/\n__pycache__/\n",
		".dockerignore":           ".git\nnode_modules\n",
		"Makefile":                rootMakefile(all),
		"README.md":               readme(all),
		"scripts/deploy.sh":       "#!/bin/sh\nset -e\n# what runs in production\ndocker-compose -f docker-compose.yml -f docker-compose.prod.yml pull\ndocker-compose -f docker-compose.yml -f docker-compose.prod.yml up -d\n",
	}
	for i, team := range teams {
		own := all[i*perTeam : (i+1)*perTeam]
		files[team+"/docker-compose.yml"] = composeBase(own, team, true)
		files[team+"/.env.example"] = envFile(team)
		files[".github/workflows/"+team+".yml"] = teamWorkflow(team, own)
	}
	for _, s := range all {
		maps.Copy(files, s.files())
	}
	for i := 0; len(files) < fileCount; i++ {
		files[fmt.Sprintf("libs/common/module_%03d.py", i)] = source(i, 60)
	}
	return files
}

// files are a service's own: nine of them.
func (s service) files() map[string]string {
	files := map[string]string{
		"Dockerfile":   s.kind.dockerfile(s.number),
		".env.example": fmt.Sprintf("# settings of %s\nLOG_LEVEL=info\nPORT=%d\nDATABASE_URL=postgresql://app:change-me@postgres:5432/%s\n", s.name, s.port(), s.team),
		"README.md":    fmt.Sprintf("# %s\n\nBuilt by its `Dockerfile`:\n\n```console\n$ docker build -t %s .\n$ docker-compose -f ../docker-compose.yml up %s\n```\n", s.name, s.name, s.name),
	}
	maps.Copy(files, s.kind.sources(s.number))
	placed := make(map[string]string, len(files))
	for name, text := range files {
		placed[s.dir()+"/"+name] = text
	}
	return placed
}

func (s service) port() int { return 8000 + s.number }

// composeBase is a stand-alone Compose file: of the root, or of a team's folder.
func composeBase(list []service, team string, comments bool) string {
	var b strings.Builder
	if comments {
		b.WriteString("# The services and what they need.\n")
	}
	b.WriteString("version: \"3.8\"\n\nservices:\n")
	for _, s := range list {
		context := "./" + s.dir()
		if team != "" {
			context = "./" + s.name
		}
		fmt.Fprintf(&b, "  %s:\n    build:\n      context: %s\n", s.name, context)
		if comments && s.number%5 == 0 {
			fmt.Fprintf(&b, "      # number %d of them\n", s.number)
		}
		fmt.Fprintf(&b, "    restart: unless-stopped\n    environment:\n      LOG_LEVEL: ${LOG_LEVEL:-info}\n      PORT: %d\n      DATABASE_URL: postgresql://app:${DB_PASSWORD:-made-up-password}@postgres:5432/%s\n", s.port(), s.team)
		fmt.Fprintf(&b, "    ports:\n      - \"%d:%d\"\n    depends_on:\n      - postgres\n      - redis\n", s.port(), s.port())
		if s.number%4 == 0 {
			fmt.Fprintf(&b, "    volumes:\n      - %s_data:/var/lib/%s\n", s.name, s.name)
		}
	}
	b.WriteString("  postgres:\n    image: postgres:17.6\n    environment:\n      POSTGRES_USER: app\n      POSTGRES_PASSWORD: ${DB_PASSWORD:-made-up-password}\n    volumes:\n      - postgres_data:/var/lib/postgresql/data\n")
	b.WriteString("  redis:\n    image: redis:8.2\n\nvolumes:\n  postgres_data:\n")
	for _, s := range list {
		if s.number%4 == 0 {
			fmt.Fprintf(&b, "  %s_data:\n", s.name)
		}
	}
	return b.String()
}

func composeDevelopment(list []service) string {
	var b strings.Builder
	b.WriteString("# Development, on top of docker-compose.yml: sources are mounted.\nservices:\n")
	for _, s := range list {
		fmt.Fprintf(&b, "  %s:\n    volumes:\n      - ./%s/src:/app/src\n    environment:\n      DEBUG: \"1\"\n", s.name, s.dir())
	}
	return b.String()
}

func composeProduction(list []service) string {
	var b strings.Builder
	b.WriteString("# Production, on top of docker-compose.yml.\nservices:\n")
	for _, s := range list {
		fmt.Fprintf(&b, "  %s:\n    image: registry.example.com/%s:latest\n    restart: always\n", s.name, s.name)
	}
	return b.String()
}

func envFile(name string) string {
	return fmt.Sprintf("# %s\nLOG_LEVEL=info\nDB_PASSWORD=made-up-%s-password\nREGION=eu\n", name, name)
}

func rootMakefile(list []service) string {
	var b strings.Builder
	b.WriteString("DEV := docker-compose -f docker-compose.yml -f docker-compose.dev.yml\n\n.PHONY: up down test\n\nup: ## Start development\n\t$(DEV) up -d\n\ndown:\n\t$(DEV) down\n\ntest:\n\tdocker-compose -f docker-compose.ci.yml up --exit-code-from " + list[0].name + "\n")
	for _, s := range list {
		fmt.Fprintf(&b, "\n.PHONY: build-%s\nbuild-%s:\n\tdocker build -t %s -f %s/Dockerfile %s\n", s.name, s.name, s.name, s.dir(), s.dir())
	}
	return b.String()
}

func readme(list []service) string {
	var b strings.Builder
	b.WriteString("# Shop\n\nCopy `.env.example` to `.env`, then:\n\n```console\n$ docker-compose -f docker-compose.yml -f docker-compose.dev.yml up\n```\n\n| service | image |\n|---|---|\n")
	for _, s := range list {
		fmt.Fprintf(&b, "| %s | [Dockerfile](%s/Dockerfile) |\n", s.name, s.dir())
	}
	return b.String()
}

func teamWorkflow(team string, list []service) string {
	var b strings.Builder
	fmt.Fprintf(&b, "name: %s\non:\n  push:\n    paths:\n      - %s/**\n      - docker-compose.ci.yml\njobs:\n", team, team)
	for _, s := range list {
		fmt.Fprintf(&b, "  %s:\n    runs-on: ubuntu-24.04\n    steps:\n      - uses: actions/checkout@v5\n      - run: docker build -t %s -f %s/Dockerfile %s\n", s.name, s.name, s.dir(), s.dir())
	}
	fmt.Fprintf(&b, "  together:\n    runs-on: ubuntu-24.04\n    steps:\n      - uses: actions/checkout@v5\n      - run: docker-compose -f docker-compose.ci.yml --env-file .env.ci up -d\n")
	return b.String()
}
