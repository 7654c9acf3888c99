//go:build unix

package main

import (
	"fmt"
	"hash/fnv"
	"strings"
)

// images are the shapes of the Dockerfiles of the case "dockerfiles": as long as those of real repositories (about
// 1,200 bytes, 35 lines), with their comments, continued lines, several stages, and much that a rule finds or
// looks at. No two files are the same.
var images = []func(imageText) string{djangoImage, fastapiImage, nodeImage, goImage, javaImage, phpImage, toolImage, siteImage}

// imageText chooses, for the Dockerfile of that number, what differs between files.
type imageText int

// of is one of the options: always the same for a number and a purpose.
func (i imageText) of(purpose string, options ...string) string {
	return options[i.hash(purpose)%len(options)]
}

// some are one to all of the words, one a line of a continued command.
func (i imageText) some(purpose, indent string, words ...string) string {
	n := 1 + i.hash(purpose)%len(words)
	return strings.Join(words[:n], " \\\n"+indent)
}

func (i imageText) hash(purpose string) int {
	h := fnv.New32a()
	fmt.Fprint(h, purpose, int(i))
	return int(h.Sum32() >> 4)
}

func (i imageText) port() int { return 3000 + int(i)%6000 }

func (i imageText) name() string {
	return i.of("name", "billing", "catalog", "orders", "search", "mailer", "reports") + fmt.Sprintf("-%04d", int(i))
}

func djangoImage(i imageText) string {
	return fmt.Sprintf(`# syntax=docker/dockerfile:1
# The web application %[1]s, served by gunicorn.
FROM python:3.%[2]s

LABEL org.opencontainers.image.title="%[1]s" \
      org.opencontainers.image.source="https://git.example.com/shop/%[1]s"

# Python writes no .pyc files and flushes what it logs
ENV PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PIP_NO_CACHE_DIR=%[3]s \
    DJANGO_SETTINGS_MODULE=%[4]s.settings

# What the database driver and the image library need
RUN apt-get update && apt-get install -y --no-install-recommends \
    %[5]s \
    && rm -rf /var/lib/apt/lists/*

WORKDIR /srv/%[1]s

# Dependencies change less often than the sources
COPY requirements.txt requirements/%[1]s.txt ./
RUN pip install --upgrade pip && \
    pip install -r requirements.txt -r %[1]s.txt

COPY . .

RUN python manage.py collectstatic --noinput --settings=%[4]s.settings && \
    chmod +x ./scripts/%[1]s.sh && \
    mkdir -p /srv/%[1]s/media

EXPOSE %[6]d

# Migrations are run by the deployment
%[7]s
`, i.name(), i.of("python", "10-slim", "11-slim-bookworm", "12-slim", "12", "13-slim-bookworm"), i.of("pip", "1", "off"),
		i.of("settings", "config", "core", "shop", "project"),
		i.some("packages", "    ", "build-essential", "libpq-dev", "curl", "libjpeg-dev", "zlib1g-dev", "gettext", "git"), i.port(),
		i.of("start", fmt.Sprintf(`CMD ["gunicorn", "--bind", "0.0.0.0:%d", "--workers", "3", "config.wsgi:application"]`, i.port()),
			fmt.Sprintf("CMD gunicorn --bind 0.0.0.0:%d config.wsgi:application", i.port()),
			fmt.Sprintf("CMD python manage.py migrate && python manage.py runserver 0.0.0.0:%d", i.port())))
}

func fastapiImage(i imageText) string {
	return fmt.Sprintf(`ARG PYTHON_VERSION=3.%[2]s

# --- dependencies ------------------------------------------------------------
FROM python:${PYTHON_VERSION}-slim AS builder
COPY --from=ghcr.io/astral-sh/uv:%[3]s /uv /bin/uv

ENV UV_COMPILE_BYTECODE=1 \
    UV_LINK_MODE=copy

WORKDIR /app
RUN --mount=type=cache,target=/root/.cache/uv \
    --mount=type=bind,source=uv.lock,target=uv.lock \
    --mount=type=bind,source=pyproject.toml,target=pyproject.toml \
    uv sync --locked --no-install-project %[4]s

COPY . /app
RUN --mount=type=cache,target=/root/.cache/uv \
    uv sync --locked %[4]s

# --- what runs ---------------------------------------------------------------
FROM python:${PYTHON_VERSION}-slim AS runtime
# %[1]s listens to port %[5]d
RUN groupadd --system --gid %[6]s app && \
    useradd --system --uid %[6]s --gid app --home-dir /app app

WORKDIR /app
COPY --from=builder --chown=app:app /app /app
ENV PATH="/app/.venv/bin:$PATH" \
    LOG_LEVEL=%[7]s \
    PORT=%[5]d

%[8]s
EXPOSE %[5]d
HEALTHCHECK --interval=30s --timeout=3s --start-period=10s --retries=3 \
    CMD python -c "import urllib.request; urllib.request.urlopen('http://localhost:%[5]d/health')" || exit 1

CMD ["uvicorn", "%[9]s.main:app", "--host", "0.0.0.0", "--port", "%[5]d"]
`, i.name(), i.of("python", "11", "12", "13"), i.of("uv", "latest", "0.8.22", "0.9.5"), i.of("dev", "--no-dev", "--no-dev --no-editable", "--all-extras"),
		i.port(), i.of("uid", "999", "1000", "10001"), i.of("log", "info", "warning", "debug"),
		i.of("user", "USER app", "USER 1000:1000", "# USER app", "RUN chown -R app /app"), i.of("module", "app", "src", "api", "service"))
}

func nodeImage(i imageText) string {
	install := i.of("install", "npm ci", "npm install", "yarn install --frozen-lockfile", "corepack enable && pnpm install --frozen-lockfile")
	return fmt.Sprintf(`# 1. Install what the build needs
FROM node:%[2]s AS deps
RUN apk add --no-cache \
    %[3]s
WORKDIR /usr/src/%[1]s
COPY package.json %[4]s ./
RUN %[5]s

# 2. Build
FROM node:%[2]s AS builder
WORKDIR /usr/src/%[1]s
COPY --from=deps /usr/src/%[1]s/node_modules ./node_modules
COPY . .
ARG PUBLIC_URL=https://%[1]s.example.com
ENV NEXT_TELEMETRY_DISABLED=1 \
    PUBLIC_URL=${PUBLIC_URL}
RUN npm run build && \
    npm prune --omit=dev

# 3. Run
FROM node:%[2]s AS runner
WORKDIR /usr/src/%[1]s
ENV NODE_ENV=%[6]s
ENV PORT %[7]d

COPY --from=builder /usr/src/%[1]s/public ./public
COPY --from=builder /usr/src/%[1]s/dist ./dist
COPY --from=builder /usr/src/%[1]s/node_modules ./node_modules
COPY --from=builder /usr/src/%[1]s/package.json ./package.json

%[8]s
EXPOSE %[7]d

%[9]s
`, i.name(), i.of("node", "20-alpine", "22-alpine", "24-alpine3.22", "lts-alpine"), i.some("apk", "    ", "libc6-compat", "python3", "make", "g++"),
		i.of("lock", "package-lock.json", "package*.json", "yarn.lock pnpm-lock.yaml"), install, i.of("env", "production", "development"), i.port(),
		i.of("user", "USER node", "RUN addgroup -S app && adduser -S app -G app\nUSER app", "# runs as root for now", "RUN chown -R node:node /usr/src\nUSER node"),
		i.of("start", `CMD ["node", "dist/main.js"]`, "CMD npm run start", `CMD ["npm", "start"]`, `ENTRYPOINT ["node"]`+"\n"+`CMD ["dist/server.js"]`))
}

func goImage(i imageText) string {
	return fmt.Sprintf(`# syntax=docker/dockerfile:1.%[2]s
ARG GO_VERSION=1.%[3]s
ARG ALPINE_VERSION=3.2%[4]s

FROM --platform=$BUILDPLATFORM golang:${GO_VERSION}-alpine AS build
ARG TARGETOS TARGETARCH
ARG VERSION=dev
RUN apk add --no-cache git ca-certificates
WORKDIR /src

# The modules are a layer of their own
COPY go.mod go.sum ./
RUN --mount=type=cache,target=/go/pkg/mod go mod download

COPY . .
# The version goes into the program: %[1]s version
RUN --mount=type=cache,target=/go/pkg/mod \
    --mount=type=cache,target=/root/.cache/go-build \
    CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH \
    go build -trimpath -ldflags="-s -w -X main.version=${VERSION}" -o /out/%[1]s ./cmd/%[5]s

FROM build AS test
RUN go vet ./... && go test -race ./internal/... %[6]s

FROM %[7]s
LABEL maintainer="%[8]s@example.com"
%[9]s
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /out/%[1]s /usr/local/bin/%[1]s
COPY config/%[1]s.yaml /etc/%[1]s/config.yaml
EXPOSE %[10]d
ENTRYPOINT ["/usr/local/bin/%[1]s"]
CMD ["serve", "--config", "/etc/%[1]s/config.yaml", "--port", "%[10]d"]
`, i.name(), i.of("syntax", "7", "10", "4"), i.of("go", "23", "24", "25"), i.of("alpine", "0", "1", "2"), i.of("cmd", "server", "api", "worker"),
		i.of("count", "", "-count=1"), i.of("base", "alpine:${ALPINE_VERSION}", "scratch", "gcr.io/distroless/static-debian12", "debian:12-slim"),
		i.of("maintainer", "platform", "payments", "search"), i.of("user", "USER 65534:65534", "WORKDIR /var/lib/data", "ENV TZ=Europe/Berlin"), i.port())
}

func javaImage(i imageText) string {
	return fmt.Sprintf(`#
# %[1]s: the jar is built here, so that nobody needs Maven
#
FROM maven:3.9-eclipse-temurin-%[2]s AS build
WORKDIR /workspace
COPY pom.xml .
COPY %[3]s/pom.xml %[3]s/
RUN mvn -B -q dependency:go-offline
COPY src ./src
RUN mvn -B -q package -DskipTests \
    -Drevision=1.%[4]s.0 \
    -P %[5]s && \
    java -Djarmode=layertools -jar target/%[1]s.jar extract --destination target/extracted

FROM eclipse-temurin:%[2]s-jre
# Without a limit the JVM takes what the machine has
ENV JAVA_OPTS="-XX:MaxRAMPercentage=%[6]s -XX:+ExitOnOutOfMemoryError" \
    SPRING_PROFILES_ACTIVE=%[5]s \
    SERVER_PORT=%[7]d
RUN apt-get update \
    && apt-get install -y %[8]s \
    && apt-get clean
WORKDIR /application
VOLUME /tmp
COPY --from=build /workspace/target/extracted/dependencies/ ./
COPY --from=build /workspace/target/extracted/spring-boot-loader/ ./
COPY --from=build /workspace/target/extracted/snapshot-dependencies/ ./
COPY --from=build /workspace/target/extracted/application/ ./
%[9]s
EXPOSE %[7]d
HEALTHCHECK --interval=1m --timeout=5s CMD curl -fsS http://localhost:%[7]d/actuator/health || exit 1
ENTRYPOINT exec java $JAVA_OPTS org.springframework.boot.loader.launch.JarLauncher
`, i.name(), i.of("java", "17", "21"), i.of("module", "core", "web", "model"), i.of("minor", "0", "1", "2", "3"), i.of("profile", "prod", "staging", "docker"),
		i.of("ram", "75", "60", "80"), i.port(), i.some("packages", "       ", "curl", "fontconfig", "tzdata"),
		i.of("user", "RUN useradd -r spring && chown -R spring /application\nUSER spring", "USER 1000", "# one account for all", "USER root"))
}

func phpImage(i imageText) string {
	return fmt.Sprintf(`FROM composer:2.%[2]s AS vendor
WORKDIR /app
COPY composer.json composer.lock ./
RUN composer install --no-dev --no-scripts --prefer-dist --no-interaction --ignore-platform-reqs

FROM php:8.%[3]s

# Extensions of %[1]s
RUN apt-get update && apt-get install -y \
        %[4]s \
    && docker-php-ext-configure gd --with-freetype --with-jpeg \
    && docker-php-ext-install -j"$(nproc)" \
        %[5]s \
    && pecl install redis-6.1.0 \
    && docker-php-ext-enable redis opcache

# The settings of the server
RUN sed -ri -e 's!/var/www/html!/var/www/%[1]s/public!g' /etc/apache2/sites-available/*.conf \
    && a2enmod rewrite headers \
    && echo "memory_limit=%[6]sM" > /usr/local/etc/php/conf.d/memory.ini

ENV APP_ENV %[7]s
ENV APP_DEBUG=0
WORKDIR /var/www/%[1]s
COPY --from=vendor /app/vendor ./vendor
COPY . .
ADD docker/entrypoint-%[1]s.sh /usr/local/bin/entrypoint.sh
RUN if [ "$APP_ENV" = "production" ]; then \
        php artisan config:cache && php artisan route:cache; \
    fi \
    && chown -R www-data:www-data storage bootstrap/cache \
    && chmod +x /usr/local/bin/entrypoint.sh

EXPOSE 80
ENTRYPOINT ["/usr/local/bin/entrypoint.sh"]
CMD ["apache2-foreground"]
`, i.name(), i.of("composer", "7", "8"), i.of("php", "2-apache", "3-apache-bookworm", "4-apache"),
		i.some("packages", "        ", "libfreetype6-dev", "libjpeg62-turbo-dev", "libpng-dev", "libzip-dev", "libicu-dev", "unzip", "git"),
		i.some("extensions", "        ", "gd", "pdo_mysql", "zip", "intl", "bcmath", "opcache"), i.of("memory", "128", "256", "512"), i.of("env", "production", "local"))
}

func toolImage(i imageText) string {
	return fmt.Sprintf(`FROM %[2]s

# Tools of the job %[1]s: their versions are told by build arguments
ARG KUBECTL_VERSION=1.3%[3]s.0
ARG HELM_VERSION=3.1%[4]s.1
ARG DEBIAN_FRONTEND=noninteractive

SHELL ["/bin/bash", "-o", "pipefail", "-c"]

RUN apt-get update -qq \
 && apt-get install -qq -y --no-install-recommends \
    ca-certificates curl \
    %[5]s \
 && apt-get clean \
 && rm -rf /var/lib/apt/lists/* /tmp/*

# kubectl
RUN curl -fsSLo /usr/local/bin/kubectl "https://dl.example.com/release/v${KUBECTL_VERSION}/bin/linux/amd64/kubectl" \
 && chmod 0755 /usr/local/bin/kubectl \
 && kubectl version --client=true || true

# helm
RUN set -eux; \
    curl -fsSL "https://get.example.com/helm-v${HELM_VERSION}-linux-amd64.tar.gz" -o helm.tar.gz; \
    tar -xzf helm.tar.gz --strip-components=1 linux-amd64/helm; \
    mv helm /usr/local/bin/; \
    for plugin in diff %[6]s; do \
        helm plugin list | grep -q "$plugin" || echo "without $plugin"; \
    done; \
    rm -f helm.tar.gz

COPY bin/ /opt/%[1]s/bin/
COPY crontab /etc/cron.d/%[1]s
ENV PATH=/opt/%[1]s/bin:$PATH TARGET_BUCKET=s3://%[1]s-%[7]s
WORKDIR %[8]s
CMD /opt/%[1]s/bin/run.sh --bucket "$TARGET_BUCKET" >> /var/log/%[1]s.log 2>&1
`, i.name(), i.of("base", "debian:bookworm-slim", "ubuntu:24.04", "debian:12", "ubuntu:22.04"), i.of("kubectl", "0", "1", "2"), i.of("helm", "6", "7", "8"),
		i.some("packages", "    ", "jq", "git", "openssh-client", "rsync", "unzip", "postgresql-client"), i.of("plugin", "secrets", "s3", "git"),
		i.of("bucket", "backup", "artifacts"), i.of("workdir", "/work", "data", "/opt"))
}

func siteImage(i imageText) string {
	return fmt.Sprintf(`# The site %[1]s: built by Node, served by nginx
FROM node:%[2]s AS assets
WORKDIR /site
COPY package*.json ./
RUN npm ci --no-audit --no-fund
COPY . .
ARG VITE_API_URL=https://%[1]s.example.com/api
ARG VITE_RELEASE
RUN VITE_API_URL=$VITE_API_URL VITE_RELEASE=${VITE_RELEASE:-unknown} npm run build -- --mode %[3]s \
    && find dist -name '*.map' -delete \
    && du -sh dist

FROM nginx:%[4]s AS serve
RUN rm -f /etc/nginx/conf.d/default.conf
COPY <<'CONF' /etc/nginx/conf.d/%[1]s.conf
server {
    listen %[5]d;
    root /usr/share/nginx/html;
    location / {
        try_files $uri $uri/ /index.html;
    }
    location /api/ {
        proxy_pass http://%[6]s:8000/;
        proxy_set_header Host $host;
    }
}
CONF
COPY --from=assets /site/dist /usr/share/nginx/html
# What nginx answers when the API is away
COPY errors/%[7]s.html /usr/share/nginx/html/50x.html
EXPOSE %[5]d
STOPSIGNAL SIGQUIT
HEALTHCHECK --interval=30s CMD wget -q --spider http://127.0.0.1:%[5]d/ || exit 1
CMD ["nginx", "-g", "daemon off;"]
`, i.name(), i.of("node", "20-alpine", "22-alpine", "22", "24-slim"), i.of("mode", "production", "staging"), i.of("nginx", "1.27-alpine", "1.29", "stable-alpine"),
		i.port(), i.of("upstream", "api", "backend", "gateway"), i.of("error", "maintenance", "error", "50x"))
}
