//go:build unix

package main

import (
	"fmt"
	"strings"
)

// kind is one of the shapes that services come in.
type kind struct {
	language   string
	dockerfile func(i int) string
	sources    func(i int) map[string]string // six files
}

var kinds = []kind{
	{"pip", pipDockerfile, pipSources},
	{"node", nodeDockerfile, nodeSources},
	{"go", goDockerfile, goSources},
	{"uv", uvDockerfile, uvSources},
}

func pipDockerfile(i int) string {
	return fmt.Sprintf(`# The service number %d.
FROM python:3.%d-slim

ENV PYTHONUNBUFFERED=1
ENV PYTHONDONTWRITEBYTECODE 1

# libpq for the driver
RUN apt-get update && apt-get install -y libpq-dev gcc curl

WORKDIR /app
COPY . .
RUN pip install -r requirements.txt

EXPOSE %d
CMD uvicorn src.main:app --host 0.0.0.0 --port %d
`, i, 10+i%4, 8000+i%1000, 8000+i%1000)
}

func nodeDockerfile(i int) string {
	return fmt.Sprintf(`FROM node:%d-alpine AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci
COPY . .
# the bundle
RUN npm run build

FROM node:%d-alpine
LABEL maintainer="team-%d@example.com"
WORKDIR /app
ENV NODE_ENV=production
COPY --from=build /app/dist ./dist
COPY --from=build /app/node_modules ./node_modules
EXPOSE %d
CMD ["node", "dist/main.js"]
`, 20+i%3*2, 20+i%3*2, i%7, 8000+i%1000)
}

func goDockerfile(i int) string {
	return fmt.Sprintf(`ARG GO_VERSION=1.%d
FROM golang:${GO_VERSION} AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -o /out/service-%d ./cmd/service

FROM alpine:3.22
RUN apk add --no-cache ca-certificates tzdata
COPY --from=build /out/service-%d /usr/local/bin/service
EXPOSE %d/tcp
ENTRYPOINT ["/usr/local/bin/service"]
CMD ["serve", "--port", "%d"]
`, 22+i%4, i, i, 8000+i%1000, 8000+i%1000)
}

func uvDockerfile(i int) string {
	return fmt.Sprintf(`FROM python:3.13-slim
COPY --from=ghcr.io/astral-sh/uv:0.8.22 /uv /usr/local/bin/uv
WORKDIR /app
# dependencies first
COPY pyproject.toml uv.lock ./
RUN uv sync --locked --no-install-project --no-dev
COPY src ./src
RUN useradd --system --uid 1000 app-%d && chown -R app-%d /app
USER app-%d
HEALTHCHECK --interval=30s CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://localhost:%d/health')"]
EXPOSE %d
CMD ["uv", "run", "--no-sync", "python", "-m", "service"]
`, i%9, i%9, i%9, 8000+i%1000, 8000+i%1000)
}

func pipSources(i int) map[string]string {
	return map[string]string{
		"requirements.txt":     fmt.Sprintf("fastapi==0.116.%d\nuvicorn==0.35.0\npsycopg2==2.9.10\n", i%3),
		"requirements-dev.txt": "-r requirements.txt\npytest==8.4.1\n",
		"src/main.py":          source(i, 80),
		"src/models.py":        source(i+1, 120),
		"src/views.py":         source(i+2, 100),
		"tests/test_main.py":   source(i+3, 60),
	}
}

func uvSources(i int) map[string]string {
	return map[string]string{
		"pyproject.toml":          fmt.Sprintf("[project]\nname = \"service-%d\"\nversion = \"0.1.0\"\nrequires-python = \">=3.13\"\ndependencies = [\"fastapi>=0.116\", \"uvicorn>=0.35\"]\n\n[dependency-groups]\ndev = [\"pytest>=8\"]\n", i),
		"uv.lock":                 "version = 1\nrequires-python = \">=3.13\"\n\n[[package]]\nname = \"fastapi\"\nversion = \"0.116.1\"\n\n[[package]]\nname = \"uvicorn\"\nversion = \"0.35.0\"\n",
		"src/service/__main__.py": source(i, 90),
		"src/service/models.py":   source(i+1, 120),
		"src/service/views.py":    source(i+2, 100),
		"tests/test_service.py":   source(i+3, 60),
	}
}

func nodeSources(i int) map[string]string {
	return map[string]string{
		"package.json":      fmt.Sprintf("{\n  \"name\": \"service-%d\",\n  \"scripts\": {\n    \"build\": \"tsc -p .\",\n    \"start\": \"node dist/main.js\",\n    \"docker\": \"docker build -f Dockerfile -t service-%d .\"\n  },\n  \"dependencies\": {\"express\": \"^5.1.0\", \"pg\": \"^8.16.3\"}\n}\n", i, i),
		"package-lock.json": lockFile(i),
		"tsconfig.json":     "{\"compilerOptions\": {\"outDir\": \"dist\", \"strict\": true}}\n",
		"src/main.ts":       source(i, 90),
		"src/routes.ts":     source(i+1, 110),
		"test/main.test.ts": source(i+2, 60),
	}
}

func goSources(i int) map[string]string {
	return map[string]string{
		"go.mod":                 fmt.Sprintf("module example.com/service-%d\n\ngo 1.25\n\nrequire github.com/jackc/pgx/v5 v5.7.5\n", i),
		"go.sum":                 "github.com/jackc/pgx/v5 v5.7.5 h1:made-up=\n",
		"cmd/service/main.go":    source(i, 80),
		"internal/store.go":      source(i+1, 120),
		"internal/server.go":     source(i+2, 100),
		"internal/store_test.go": source(i+3, 60),
	}
}

func lockFile(i int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "{\n  \"name\": \"service-%d\",\n  \"lockfileVersion\": 3,\n  \"packages\": {\n    \"\": {\"dependencies\": {\"express\": \"^5.1.0\"}}", i)
	for n := range 150 {
		fmt.Fprintf(&b, ",\n    \"node_modules/package-%03d\": {\"version\": \"1.%d.%d\", \"resolved\": \"https://registry.example.com/package-%03d.tgz\", \"license\": \"MIT\"}", n, n%9, i%5, n)
	}
	b.WriteString("\n  }\n}\n")
	return b.String()
}

// source is program text of some lines: to refit just bytes, of which a few lines name a file.
func source(i, lines int) string {
	var b strings.Builder
	for n := range lines {
		if n == lines/2 && i%10 == 0 {
			b.WriteString("settings = load(\".env.example\")\n")
			continue
		}
		fmt.Fprintf(&b, "result_%d = combine(record_%d, total=%d, label=\"row %d of %d\")\n", n, (i+n)%97, i*n%1000, n, i)
	}
	return b.String()
}
