package stack

import (
	"errors"
	"strings"
	"testing"
)

func TestParseImage(t *testing.T) {
	cases := []struct {
		ref, name, tag string
		pinning        Pinning
	}{
		{"python", "python", "", Untagged},
		{"python:latest", "python", "latest", FloatingTag},
		{"python:slim", "python", "slim", FloatingTag},
		{"python:bookworm", "python", "bookworm", FloatingTag},
		{"python:3.13-slim", "python", "3.13-slim", PinnedByVersion},
		{"docker.io/library/python:3", "python", "3", PinnedByVersion},
		{"debian:bookworm-slim", "debian", "bookworm-slim", PinnedByVersion},
		{"debian:stable-slim", "debian", "stable-slim", FloatingTag},
		{"alpine", "alpine", "", Untagged},
		{"node:lts-alpine", "node", "lts-alpine", FloatingTag},
		{"node:lts-alpine3.21", "node", "lts-alpine3.21", FloatingTag},
		{"ghcr.io/astral-sh/uv:latest", "ghcr.io/astral-sh/uv", "latest", FloatingTag},
		{"ghcr.io/astral-sh/uv:0.8.22", "ghcr.io/astral-sh/uv", "0.8.22", PinnedByVersion},
		{"ghcr.io/astral-sh/uv:python3.13-trixie-slim", "ghcr.io/astral-sh/uv", "python3.13-trixie-slim", FloatingTag},
		{"localhost:5000/x/y:v1.2", "localhost:5000/x/y", "v1.2", PinnedByVersion},
		{"redis@sha256:" + strings.Repeat("a", 64), "redis", "", PinnedByDigest},
		{"scratch", "scratch", "", PinnedByDigest},
		{"app:main", "app", "main", FloatingTag},
		{"app:3f2c1ab", "app", "3f2c1ab", PinnedByVersion},
	}
	for _, c := range cases {
		r, err := ParseImage(c.ref)
		if err != nil {
			t.Errorf("%s: %v", c.ref, err)
			continue
		}
		if r.Name() != c.name || r.Tag != c.tag || r.Pinning() != c.pinning {
			t.Errorf("%s: got %s, %q, pinning %d; want %s, %q, %d", c.ref, r.Name(), r.Tag, r.Pinning(), c.name, c.tag, c.pinning)
		}
	}
	if _, err := ParseImage("python:${V}-slim"); !errors.Is(err, ErrVariable) {
		t.Errorf("a variable: %v", err)
	}
	for _, bad := range []string{"", "Python", "a b", "python:", "x@sha256:12"} {
		if r, err := ParseImage(bad); err == nil {
			t.Errorf("%q parsed as %+v", bad, r)
		}
	}
}

func TestLookup(t *testing.T) {
	cases := []struct {
		ref      string
		kind     Kind
		distro   Distro
		release  string
		version  string
		uid1000  string
		has      string // programs that are there
		hasNot   string
		user     string
		dropping bool
	}{
		{ref: "python:3.13-slim", kind: RuntimeKind, distro: Debian, version: "3.13", has: "python python3 sh bash", hasNot: "curl wget git node"},
		{ref: "python:3.13.1-bookworm", kind: RuntimeKind, distro: Debian, release: "bookworm", version: "3.13.1", has: "curl wget git"},
		{ref: "python:3.12-alpine3.21", kind: RuntimeKind, distro: Alpine, release: "3.21", version: "3.12", has: "wget python", hasNot: "curl bash"},
		{ref: "ghcr.io/astral-sh/uv:0.8.22-python3.13-trixie-slim", kind: RuntimeKind, distro: Debian, release: "trixie", version: "3.13", has: "uv python3", hasNot: "curl"},
		{ref: "ghcr.io/astral-sh/uv:0.8.22", kind: ToolsKind, distro: Scratch, has: "uv", hasNot: "sh python3"},
		{ref: "ghcr.io/astral-sh/uv:latest", kind: ToolsKind, distro: Scratch, has: "uv"},
		{ref: "ghcr.io/astral-sh/uv:alpine", kind: RuntimeKind, distro: Alpine, has: "uv wget", hasNot: "python3"},
		{ref: "node:22-slim", kind: RuntimeKind, distro: Debian, version: "22", uid1000: "node", has: "node npm", hasNot: "curl wget"},
		{ref: "node:22-alpine", kind: RuntimeKind, distro: Alpine, version: "22", uid1000: "node", has: "node wget", hasNot: "curl"},
		{ref: "node:22", kind: RuntimeKind, distro: Debian, version: "22", uid1000: "node", has: "curl wget git"},
		{ref: "ubuntu:24.04", kind: PlainKind, distro: Ubuntu, release: "noble", uid1000: "ubuntu", has: "bash", hasNot: "curl"},
		{ref: "ubuntu:22.04", kind: PlainKind, distro: Ubuntu, release: "jammy"},
		{ref: "debian:12-slim", kind: PlainKind, distro: Debian, release: "bookworm", hasNot: "curl wget"},
		{ref: "debian:12.5", kind: PlainKind, distro: Debian, release: "bookworm"},
		{ref: "alpine:3.21.3", kind: PlainKind, distro: Alpine, release: "3.21", has: "wget sh"},
		{ref: "golang:1.24", kind: BuildKind, distro: Debian, version: "1.24", has: "go curl git"},
		{ref: "golang:1.24-alpine", kind: BuildKind, distro: Alpine, version: "1.24", has: "go", hasNot: "git"},
		{ref: "gcr.io/distroless/static-debian12:nonroot", kind: PlainKind, distro: Distroless, release: "bookworm", user: "65532", hasNot: "sh curl"},
		{ref: "gcr.io/distroless/python3-debian12", kind: RuntimeKind, distro: Distroless, release: "bookworm", has: "python3", hasNot: "sh"},
		{ref: "gcr.io/distroless/base:debug", kind: PlainKind, distro: Distroless, has: "sh wget"},
		{ref: "scratch", kind: PlainKind, distro: Scratch, hasNot: "sh"},
		{ref: "postgres:17.6", kind: ServiceKind, distro: Debian, dropping: true},
		{ref: "postgres:17-alpine", kind: ServiceKind, distro: Alpine, dropping: true},
		{ref: "redis:7", kind: ServiceKind, distro: Debian, dropping: true},
		{ref: "mysql:8.4", kind: ServiceKind, distro: RedHat, dropping: true},
		{ref: "nginx:1.29", kind: ServiceKind, distro: Debian, dropping: true, has: "curl"},
		{ref: "nginx:1.29-alpine-slim", kind: ServiceKind, distro: Alpine, dropping: true, hasNot: "curl", has: "wget"},
		{ref: "nginxinc/nginx-unprivileged:1.29", kind: ServiceKind, distro: Debian, user: "101"},
		{ref: "memcached:1.6", kind: ServiceKind, distro: Debian, user: "memcache"},
		{ref: "php:8.4-fpm", kind: RuntimeKind, distro: Debian, version: "8.4", has: "curl php", dropping: true},
		{ref: "ruby:3.4-slim", kind: RuntimeKind, distro: Debian, version: "3.4", has: "ruby bundle", hasNot: "curl"},
		{ref: "eclipse-temurin:21-jre-noble", kind: RuntimeKind, distro: Ubuntu, release: "noble", version: "21", uid1000: "ubuntu", has: "java curl wget"},
		{ref: "eclipse-temurin:21-jdk-alpine", kind: BuildKind, distro: Alpine, version: "21", has: "java wget"},
		{ref: "maven:3.9-eclipse-temurin-21", kind: BuildKind},
		{ref: "mcr.microsoft.com/dotnet/aspnet:8.0", kind: RuntimeKind, distro: Debian, version: "8.0", has: "dotnet bash", hasNot: "curl"},
		{ref: "mcr.microsoft.com/dotnet/runtime:6.0-alpine", kind: RuntimeKind, distro: Alpine, version: "6.0", has: "dotnet wget"},
		{ref: "mcr.microsoft.com/dotnet/aspnet:10.0", kind: RuntimeKind, distro: Ubuntu, version: "10.0", has: "dotnet"},
		{ref: "mcr.microsoft.com/dotnet/aspnet:9.0-azurelinux3.0", kind: RuntimeKind, version: "9.0", hasNot: "bash"},
		{ref: "mcr.microsoft.com/dotnet/aspnet:8.0-noble-chiseled", kind: RuntimeKind, distro: Distroless, release: "noble", version: "8.0", uid1000: "ubuntu", user: "1654", hasNot: "sh"},
		{ref: "registry.access.redhat.com/ubi9/ubi-minimal:9.5", kind: PlainKind, distro: RedHat, release: "9.5", has: "curl bash"},
		{ref: "solr:9", kind: ServiceKind, distro: Ubuntu, user: "8983"},
		{ref: "elasticsearch:8.5.3", kind: ServiceKind, user: "1000:0"},
		{ref: "docker.elastic.co/elasticsearch/elasticsearch:7.17.10", kind: ServiceKind, dropping: true},
		{ref: "wordpress:6-php8.3-fpm-alpine", kind: ServiceKind, distro: Alpine, dropping: true},
		{ref: "public.ecr.aws/lambda/python:3.12", kind: ServiceKind, dropping: true},
		{ref: "oven/bun:1.1-alpine", kind: RuntimeKind, distro: Alpine, version: "1.1", uid1000: "bun", has: "bun wget"},
		{ref: "denoland/deno:2.1.4", kind: RuntimeKind, distro: Debian, version: "2.1.4", has: "deno bash"},
		{ref: "elixir:1.18-slim", kind: BuildKind, distro: Debian, has: "bash", hasNot: "curl"},
		{ref: "hexpm/elixir:1.18.4-erlang-27.3-debian-bookworm-20250520-slim", kind: BuildKind, distro: Debian, release: "bookworm"},
		{ref: "nvidia/cuda:12.4.1-cudnn-runtime-ubuntu22.04", kind: RuntimeKind, distro: Ubuntu, release: "jammy", has: "bash"},
		{ref: "mcr.microsoft.com/playwright/python:v1.49.0-noble", kind: RuntimeKind, distro: Ubuntu, release: "noble"},
		{ref: "dunglas/frankenphp:1-php8.4", kind: RuntimeKind, distro: Debian, version: "8.4", has: "php curl"},
		{ref: "fedora:41", kind: PlainKind, distro: RedHat, release: "41"},
		{ref: "public.ecr.aws/docker/library/python:3.13-slim", kind: RuntimeKind, distro: Debian, version: "3.13"},
	}
	for _, c := range cases {
		img, known := Lookup(c.ref)
		if !known {
			t.Errorf("%s is not known", c.ref)
			continue
		}
		if img.Kind != c.kind || img.Distro != c.distro || img.Release != c.release || img.Version != c.version ||
			img.UID1000 != c.uid1000 || img.User != c.user || img.DropsPrivileges != c.dropping {
			t.Errorf("%s: got %+v", c.ref, img)
		}
		for p := range strings.FieldsSeq(c.has) {
			if !img.Has(p) {
				t.Errorf("%s lacks %s", c.ref, p)
			}
		}
		for p := range strings.FieldsSeq(c.hasNot) {
			if img.Has(p) {
				t.Errorf("%s has %s", c.ref, p)
			}
		}
		if img.HasShell() && img.Distro.LoginShell() != "" && !img.Distro.HasShell() {
			t.Errorf("%s contradicts itself about a shell", c.ref)
		}
	}
	for _, ref := range []string{"acme/api:1", "python:${X}", "", "ghcr.io/acme/python:3.13"} {
		if img, known := Lookup(ref); known {
			t.Errorf("%q is known as %+v", ref, img)
		}
	}
}

// TestLookupSharesNothing: a change to one answer must not reach the next.
func TestLookupSharesNothing(t *testing.T) {
	a, _ := Lookup("python:3.13-slim")
	a.Programs["curl"] = "/usr/bin/curl"
	if b, _ := Lookup("python:3.13-slim"); b.Has("curl") {
		t.Error("two answers share their programs")
	}
}

func TestRuntimeFor(t *testing.T) {
	for ref, want := range map[string]string{
		"ghcr.io/astral-sh/uv:0.8.22-python3.13-trixie-slim": "python:3.13-slim-trixie",
		"ghcr.io/astral-sh/uv:python3.12-alpine3.22":         "python:3.12-alpine3.22",
		"python:3.13":      "python:3.13-slim",
		"python:3.13-slim": "python:3.13-slim",
		"node:22":          "",
		"python:latest":    "",
	} {
		img, _ := Lookup(ref)
		got, ok := RuntimeFor(img)
		if got != want || ok != (want != "") {
			t.Errorf("%s: got %q, %v; want %q", ref, got, ok, want)
			continue
		}
		if ok {
			final, _ := Lookup(got)
			if err := SameVenv(img, final); err != nil {
				t.Errorf("%s and its own counterpart: %v", ref, err)
			}
		}
	}
	for _, c := range [][2]string{
		{"ghcr.io/astral-sh/uv:0.8.22-python3.13-trixie-slim", "python:3.13-slim"}, // its release may be another
		{"python:3.13-slim-trixie", "python:3.12-slim-trixie"},
		{"python:3.13-slim-trixie", "python:3.13-slim-bookworm"},
		{"python:3.13-slim-trixie", "python:3.13-alpine3.22"},
		{"python:3.13-slim-trixie", "gcr.io/distroless/python3-debian13"},
		{"python:3.13-slim-trixie", "debian:trixie-slim"},
	} {
		a, _ := Lookup(c[0])
		b, _ := Lookup(c[1])
		if SameVenv(a, b) == nil {
			t.Errorf("a venv of %s would be used in %s", c[0], c[1])
		}
	}
}

func TestAppAccount(t *testing.T) {
	cases := []struct{ ref, want, removes string }{
		{"python:3.13-slim", `groupadd --non-unique --gid "$APP_GID" appuser && useradd --no-log-init --uid "$APP_UID" --gid appuser --create-home --shell /bin/bash appuser`, ""},
		{"ubuntu:24.04", `userdel --remove ubuntu && groupadd --non-unique --gid "$APP_GID" appuser && useradd --no-log-init --uid "$APP_UID" --gid appuser --create-home --shell /bin/bash appuser`, "ubuntu"},
		{"python:3.13-alpine", `addgroup -g "$APP_GID" appuser && adduser -D -u "$APP_UID" -G appuser -s /bin/sh appuser`, ""},
		{"ubuntu:latest", `{ getent passwd "$APP_UID" | cut -d: -f1 | xargs -r -n1 userdel || true; } && groupadd --non-unique --gid "$APP_GID" appuser && useradd --no-log-init --uid "$APP_UID" --gid appuser --create-home --shell /bin/bash appuser`, ""},
	}
	for _, c := range cases {
		img, _ := Lookup(c.ref)
		a, err := AppAccount(img, AppIdentity)
		if err != nil || strings.Join(a.Commands, " && ") != c.want || a.Removes != c.removes || a.Existing {
			t.Errorf("%s: %v\n got %s\nwant %s", c.ref, err, strings.Join(a.Commands, " && "), c.want)
		}
	}
	for ref, want := range map[string]string{
		"gcr.io/distroless/static-debian12":   "nonroot",
		"mcr.microsoft.com/dotnet/aspnet:8.0": "app",
		"node:22-slim":                        "node",
		"node:22-alpine":                      "node",
		"nginxinc/nginx-unprivileged:1.29":    "nginx",
	} {
		img, _ := Lookup(ref)
		if a, err := AppAccount(img, AppIdentity); err != nil || !a.Existing || a.Name != want || len(a.Commands) > 0 || len(a.Args) > 0 {
			t.Errorf("%s: %+v, %v", ref, a, err)
		}
	}
	node, _ := Lookup("node:22-alpine")
	a, err := AppAccount(node, Identity{"node", 1500, 1501})
	if want := "deluser --remove-home node && addgroup -g 1501 node && adduser -D -u 1500 -G node -s /bin/sh node"; err != nil || strings.Join(a.Fixed().Commands, " && ") != want ||
		len(a.Fixed().Args) > 0 || strings.Join(a.Args, " ") != "APP_UID=1500 APP_GID=1501" {
		t.Errorf("%v\n got %+v\nwant %s", err, a, want)
	}
	if a, err := AppAccount(node, Identity{"www-data", 1000, 1000}); err == nil {
		t.Errorf("an account that is there already: %+v", a)
	}
	img, _ := Lookup("scratch")
	if a, err := AppAccount(img, AppIdentity); err != nil || len(a.CopyFrom) != 2 || len(a.Commands) > 0 {
		t.Errorf("scratch: %+v, %v", a, err)
	}
	minimal, _ := Lookup("registry.access.redhat.com/ubi9/ubi-minimal")
	if a, err := AppAccount(minimal, AppIdentity); err != nil || len(a.Packages) != 1 {
		t.Errorf("ubi-minimal needs shadow-utils: %+v, %v", a, err)
	}
	if m, ok := minimal.PackageManager(); !ok || m.Program != "microdnf" {
		t.Errorf("ubi-minimal: %+v", m)
	}
	unknown, _ := Lookup("acme/api:1")
	if a, err := AppAccount(unknown, AppIdentity); err == nil {
		t.Errorf("an unknown image: %+v", a)
	}
}

// Nothing that is known of an image holds for its Windows tags.
func TestWindows(t *testing.T) {
	for ref, want := range map[string]bool{
		"mcr.microsoft.com/windows/servercore:ltsc2022": true, "mcr.microsoft.com/dotnet/aspnet:9.0-nanoserver-ltsc2022": true, "golang:1.25-windowsservercore-ltsc2025": true,
		"mcr.microsoft.com/dotnet/framework/aspnet:4.8": true, "mcr.microsoft.com/dotnet/aspnet:9.0": false, "golang:1.25": false,
	} {
		if img, known := Lookup(ref); img.Windows != want || known == want {
			t.Errorf("%s: Windows %v, known %v", ref, img.Windows, known)
		}
	}
}

// TestMirrorsOfHub: the official images are known by Docker Hub's other names and by copies, and by no other registry.
func TestMirrorsOfHub(t *testing.T) {
	for ref, want := range map[string]bool{
		"registry.docker.com/library/ruby:3.2.2-slim": true, "mirror.gcr.io/library/ruby:3.2.2-slim": true, "public.ecr.aws/docker/library/ruby:3.2.2-slim": true,
		"registry.example.com/library/ruby:3.2.2-slim": false,
	} {
		if img, known := Lookup(ref); known != want || known && img.Language != Ruby {
			t.Errorf("%s: known is %v, its language %v", ref, known, img.Language)
		}
	}
}
