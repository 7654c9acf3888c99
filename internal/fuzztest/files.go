package fuzztest

import "strings"

// instructions are lines of a Dockerfile behind its FROM.
var instructions = []string{
	"WORKDIR /app\n", "COPY . .\n", "COPY requirements.txt .\n", "COPY --chown=app:app pyproject.toml uv.lock ./\n", "COPY package*.json ./\n", "ADD https://example.com/x.tar.gz /x\n", "ADD src /src\n",
	"RUN apt-get update && apt-get install -y curl gcc\n", "RUN apt-get update \\\n    && apt-get install -y --no-install-recommends \\\n    # inner\n    libpq-dev \\\n    && rm -rf /var/lib/apt/lists/*\n",
	"RUN pip install -r requirements.txt\n", "RUN pip install --no-cache-dir --upgrade pip && pip install -r requirements.txt\n", "RUN uv sync --frozen\n", "RUN npm install\n", "RUN npm ci --omit=dev\n", "RUN go build -o /x ./cmd\n", "RUN poetry install\n",
	"RUN --mount=type=cache,target=/root/.cache pip install x\n", "RUN <<EOF\nset -e\napk add curl # no comment of ours\nEOF\n", "RUN [\"echo\", \"a\"]\n", "RUN curl http://x | sh\n", "RUN sudo chmod 777 /app\n", "RUN cd /x && make\n",
	"ENV A=b C=\"d e\"\n", "ENV OLD style value\n", "ENV DB_PASSWORD=made-up-pass-77\n", "ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1\n", "ARG VERSION=1\n", "ARG TOKEN\n", "LABEL maintainer=\"a\"\n", "MAINTAINER me\n",
	"EXPOSE 8000\n", "EXPOSE $PORT 80/udp\n", "VOLUME /data\n", "USER root\n", "USER app\n", "USER 1000:1000\n", "RUN adduser -D app\nUSER app\n", "SHELL [\"/bin/bash\", \"-c\"]\n", "STOPSIGNAL SIGINT\n", "ONBUILD COPY . /x\n",
	"HEALTHCHECK CMD curl -f http://localhost/ || exit 1\n", "HEALTHCHECK NONE\n", "CMD [\"python\", \"-m\", \"app\"]\n", "CMD uvicorn app.main:app --reload\n", "CMD [\"npm\", \"start\"]\n", "ENTRYPOINT [\"./entrypoint.sh\"]\n", "ENTRYPOINT ./start.sh\n", "COPY --from=builder /x /x\n", "COPY --from=nginx:1 /etc/nginx /n\n", "COPY \"a b\" /x/\n", "COPY <<EOF /etc/x\nhello # text\nEOF\n",
	"\n", "# hadolint ignore=DL3008\n",
}

// Dockerfile is the text of a Dockerfile.
func (d *Draw) Dockerfile() string {
	var b strings.Builder
	b.WriteString(d.Of("", "# syntax=docker/dockerfile:1\n", "# about\n# syntax=docker/dockerfile:1\n", "# escape=\\\n", "ARG BASE=python:3.12-slim\n", "# check=skip=all\n"))
	for range 1 + d.N(3) {
		b.WriteString(d.Of("FROM python:3.12-slim\n", "FROM node:20 AS builder\n", "FROM ${BASE:-alpine}\n", "FROM golang:1.22 as build\n", "FROM scratch\n", "FROM python\n", "FROM alpine:latest AS production\n", "FROM builder\n", "FROM --platform=$BUILDPLATFORM ubuntu:22.04 AS dev\n", "FROM nginxinc/nginx-unprivileged\n"))
		for range 1 + d.N(10) {
			if d.Rarely(6) {
				b.WriteString(d.Note() + "\n")
			}
			b.WriteString(d.Of(instructions...))
		}
	}
	return d.Dress(b.String())
}

// Env is the text of an env file.
func (d *Draw) Env() string { return d.lines(8, envLines) }

var envLines = []string{
	"COMPOSE_PROJECT_NAME=ledger\n", "COMPOSE_FILE=docker-compose.yml:docker-compose.dev.yml\n", "POSTGRES_PASSWORD=made-up-pass-4711\n", "SECRET_KEY='made-up pass # 1'\n", "A=1 # why\n", "export B=\"x\\ny $A\"\n", "EMPTY=\n", "C\n", "URL=postgres://app:made-up-pass-4711@localhost:5432/app\n", "# PORT=8000\n", "PORT=8000\n", "ENV=dev\n", "D=${A:-b}\n", "MULTI='a\nb'\n", "\n", "e = f\n",
}

// Makefile is the text of a makefile.
func (d *Draw) Makefile() string { return d.lines(10, makeLines) }

var makeLines = []string{
	"COMPOSE := docker compose -f docker-compose.yml\n", "ENV ?= dev\n", ".PHONY: up down\n", "up: ## Start\n\tdocker-compose -f docker-compose.dev.yml up -d\n", "down:\n\t$(COMPOSE) down\n", "build: .env\n\tdocker build -t app -f Dockerfile . # here\n",
	"test:\n\tdocker compose run --rm web pytest\n", "shell-%:\n\tdocker compose exec $* sh\n", "include .env\nexport\n", "ifeq ($(ENV),prod)\nF = docker-compose.prod.yml\nelse\nF = docker-compose.yml\nendif\n", "run:\n\tdocker compose -f $(F) --env-file .env.$(ENV) up\n", ".env:\n\tcp .env.example .env\n", "clean: ; rm -rf build\n", "define X\na\nendef\n", "help:\n\t@grep '##' $(MAKEFILE_LIST)\n", "    spaces: not a tab\n", "\n", "logs:\n\t@docker-compose logs -f \\\n\t\tweb\n",
}

// Workflow is the text of a GitHub workflow.
func (d *Draw) Workflow() string {
	return d.Dress("on:\n  push:\n    paths: [Dockerfile, 'docker-compose*.yml']\njobs:\n  test:\n    runs-on: ubuntu-latest\n" +
		d.Of("", "    env: {COMPOSE_FILE: docker-compose.yml}\n", "    strategy:\n      matrix: {env: [dev, prod]}\n", "    defaults: {run: {working-directory: app}}\n") + "    steps:\n" + d.lines(7, steps))
}

var steps = []string{
	"      - uses: actions/checkout@v4\n", "      - run: docker compose up -d\n", "      - run: |\n          cp .env.example .env # for the test\n          docker-compose -f docker-compose.yml -f docker-compose.dev.yml up -d\n          docker compose exec -T web pytest\n",
	"      - run: docker compose -f docker-compose.${{ matrix.env }}.yml build\n", "      - uses: docker/build-push-action@v6\n        with:\n          context: .\n          file: ./Dockerfile\n", "      - run: make test\n        working-directory: ./app\n", "      - run:\n", "      - name: x\n        run: docker build -f app/Dockerfile app\n", "      # why\n", "      - run: >-\n          docker run\n          --env-file .env x\n",
}

// Script is the text of a shell script.
func (d *Draw) Script() string { return "#!/bin/sh\n" + d.lines(8, scriptLines) }

var scriptLines = []string{
	"set -eu\n", "cd \"$(dirname \"$0\")/..\"\n", "docker compose -f docker-compose.yml up -d\n", "F=docker-compose.dev.yml\ndocker-compose -f $F ps\n", ". ./.env\n", "[ -f .env ] || cp .env.example .env\n", "for e in dev prod; do docker compose -f docker-compose.$e.yml config; done\n", "docker build -t x -f Dockerfile .\n", "exec gosu app \"$@\"\n", "cat <<E\nDockerfile # text\nE\n", "# about the Dockerfile\n", "if true; then\n  docker compose down\nfi\n",
}

// Ignore is the text of a .gitignore or .dockerignore.
func (d *Draw) Ignore() string {
	return d.lines(8, []string{".env\n", ".env*\n", "!.env.example\n", "node_modules\n", "*.pyc\n", "env/\n", "/data/\n", "# secrets\n", "**/.git\n", "docker-compose*.yml\n", "Dockerfile\n", "*\n", "!app\n", "\n"})
}

// Readme is the text of a README.
func (d *Draw) Readme() string {
	return d.lines(6, []string{"# App\n", "Run `docker-compose -f docker-compose.yml up`.\n", "```sh\n$ cp .env.example .env\n$ docker compose up -d\n```\n", "See [the Dockerfile](Dockerfile) and [this](./docker-compose.yml#L1).\n", "```\n.\n├── Dockerfile\n└── docker-compose.yml\n```\n", "<!-- stays -->\n"})
}

func (d *Draw) lines(most int, from []string) string {
	var b strings.Builder
	for range 1 + d.N(most) {
		if d.Rarely(8) {
			b.WriteString(d.Note() + "\n")
		}
		b.WriteString(d.Of(from...))
	}
	return d.Dress(b.String())
}

// composeNames are the names under which Compose files stand in repositories.
var composeNames = []string{
	"docker-compose.yml", "compose.yaml", "docker-compose.dev.yml", "docker-compose.prod.yml", "docker-compose.override.yml", "docker-compose.test.yml", "common.yml", "compose/base.yml", "deploy/docker-compose.yml", "docker-compose.ci.yaml", "app/docker-compose.yml", "dev-compose.yml",
}

var dockerfileNames = []string{"Dockerfile", "app/Dockerfile", "docker/Dockerfile.dev", "Dockerfile.prod", "worker.Dockerfile", "lib/Containerfile"}

// Repository is a repository, path -> text.
func (d *Draw) Repository() map[string]string {
	files := map[string]string{"docker-compose.yml": d.Compose(), "Dockerfile": d.Dockerfile()}
	for range d.N(4) {
		files[d.Of(composeNames...)] = d.Compose()
	}
	for range d.N(3) {
		files[d.Of(dockerfileNames...)] = d.Dockerfile()
	}
	for range d.N(4) {
		files[d.Of(".env", ".env.dev", ".env.example", ".env.prod", "env/.env.dev", "app/.env")] = d.Env()
	}
	for range d.N(6) {
		switch d.N(8) {
		case 0:
			files["Makefile"] = d.Makefile()
		case 1:
			files[".github/workflows/ci.yml"] = d.Workflow()
		case 2:
			files["scripts/run.sh"] = d.Script()
		case 3:
			files[".gitignore"] = d.Ignore()
		case 4:
			files[d.Of(".dockerignore", "app/.dockerignore", "docker/.dockerignore")] = d.Ignore()
		case 5:
			files["README.md"] = d.Readme()
		case 6:
			files[d.Of("entrypoint.sh", "docker/start.sh")] = d.Script()
		case 7:
			files[".refit.yaml"] = d.Of("", "layout: keep\n", "layout: {mode: standard}\n", "user: {name: app}\n", "ignores:\n")
		}
	}
	for range d.N(4) {
		name := d.Of("requirements.txt", "pyproject.toml", "package.json", "uv.lock", "app/main.py", "go.mod", "nginx.conf", "package-lock.json")
		files[name] = manifests[name]
	}
	if d.Rarely(6) {
		name := d.Of("docker-compose.yml", "Dockerfile")
		files[name] = d.Damage(files[name])
	}
	return files
}

var manifests = map[string]string{
	"requirements.txt": "fastapi==0.115\nuvicorn\npytest\n", "pyproject.toml": "[project]\nname = \"app\"\nversion = \"1\"\ndependencies = [\"fastapi\"]\n[dependency-groups]\ndev = [\"pytest\"]\n",
	"package.json": "{\"name\": \"app\", \"scripts\": {\"start\": \"node a.js\", \"up\": \"docker compose -f docker-compose.yml up\"}}\n", "uv.lock": "version = 1\n[[package]]\nname = \"fastapi\"\n", "app/main.py": "import os\nP = os.environ[\"SECRET_KEY\"]\nopen(\".env\")\n", "go.mod": "module x\n\ngo 1.22\n", "nginx.conf": "events {}\n", "package-lock.json": "{\"lockfileVersion\": 3, \"packages\": {}}\n",
}
