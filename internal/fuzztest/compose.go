package fuzztest

import "strings"

// head are blocks with the anchors that the services use.
const head = `x-env: &env
  LOG_LEVEL: info
  DB_PASSWORD: made-up-pass-0815
x-build: &build
  context: ./app
  dockerfile: Dockerfile
x-common: &common
  restart: unless-stopped
  environment:
    <<: *env
    ONE: "1"
  env_file: .env
x-list: &list
  - .env
  - path: ./.env.dev
    required: false
x-none: &none
x-path: &path ./app
x-log: &log
  logging: {driver: json-file, options: {max-size: 10m}}
`

// fields are the entries of a service in the forms that the Compose specification allows, and in some
// that it does not.
var fields = [][]string{
	{"image: nginx:1.27\n", "image: postgres:16\n", "image: \"redis:7-alpine\"\n", "image: ${IMAGE:-app}:${TAG:-latest}\n", "image: python:3.12-slim\n", "?image:\n", "image: !override postgres\n", "image: ghcr.io/a/b@sha256:d41d8cd98f00b204e9800998ecf8427ed41d8cd98f00b204e9800998ecf8427e\n"},
	{"build: .\n", "build: ./app\n", "?build:\n", "build: \"\"\n", "build: *path\n", "build: *build\n", "build: {}\n", "build: !reset null\n",
		"build:\n  context: .\n  dockerfile: app/Dockerfile\n  target: production\n  args:\n    A: b\n    B:\n",
		"?build:\n  context:\n  dockerfile: Dockerfile\n  additional_contexts:\n    lib: ./lib\n    img: docker-image://alpine\n",
		"?build:\n  context: ./app\n  additional_contexts: [lib=./lib, other=service:db]\n  ssh: [default, key=./id]\n  args: [A=b, B]\n",
		"build:\n  <<: *build\n  target: dev\n", "build:\n  context: https://example.com/x.git\n", "build:\n  dockerfile_inline: |\n    FROM alpine\n    COPY . /x\n  context: ..\n",
		"build: {context: ., dockerfile: docker/Dockerfile.dev, cache_from: [a:b], labels: {x: y}, secrets: [token], network: host, shm_size: 1gb}\n", "build:\n  context: ${CTX:-.}\n", "?build: [.]\n"},
	{"environment:\n  POSTGRES_PASSWORD: made-up-pass-4711\n  POSTGRES_USER: app\n", "environment:\n  - SECRET_KEY=made-up-pass-4711\n  - DEBUG\n  - A=\n", "environment: *env\n", "?environment:\n", "environment: {}\n", "environment: []\n",
		"environment:\n  <<: *env\n  TWO: 2\n  T: true\n  N:\n", "environment:\n  DATABASE_URL: postgres://app:made-up-pass-1234@db:5432/app\n  X: ${X:?is needed}\n", "environment: !reset {}\n", "environment: {A: b, \"C\": 'd'}\n", "environment: [\"A=b # c\", 'D=e']\n"},
	{"env_file: .env\n", "env_file:\n  - .env\n  - ./env/.env.dev\n", "env_file:\n  - path: .env\n    required: false\n    format: raw\n", "env_file: *list\n", "?env_file:\n", "env_file: [\".env.${ENV:-dev}\"]\n", "env_file: []\n"},
	{"ports:\n  - 8000:8000\n", "ports:\n  - \"127.0.0.1:5432:5432\"\n  - 9000\n", "ports: [\"80:80\", \"${PORT:-1}:2/udp\"]\n", "ports:\n  - target: 80\n    published: \"8080\"\n    host_ip: 127.0.0.1\n    mode: host\n", "?ports:\n", "ports: !reset []\n", "ports: !override\n  - \"3000-3005:3000-3005\"\n", "?ports:\n  -\n"},
	{"volumes:\n  - .:/app\n  - data:/var/lib/postgresql/data\n", "volumes:\n  - type: bind\n    source: ./conf\n    target: /conf\n    read_only: true\n  - {type: volume, source: data, target: /d}\n", "volumes: [\"./a.conf:/etc/a.conf:ro\", /var/run/docker.sock:/var/run/docker.sock]\n", "?volumes:\n", "volumes:\n  - ${DATA:-./data}:/data\n  - ~/x:/x\n  - /anon\n", "?volumes:\n  - type: bind\n    source:\n    target: /x\n"},
	{"depends_on: [db]\n", "depends_on:\n  db:\n    condition: service_healthy\n    restart: true\n", "depends_on:\n  - db\n  - cache\n", "?depends_on:\n", "?depends_on:\n  db:\n", "depends_on: {db: {condition: service_started, required: false}}\n"},
	{"healthcheck:\n  test: [CMD, pg_isready, -U, app]\n  interval: 5s\n  retries: 3\n", "healthcheck:\n  test: curl -f http://localhost:8000/health || exit 1\n", "healthcheck:\n  disable: true\n", "?healthcheck:\n", "healthcheck: {test: [NONE]}\n", "?healthcheck:\n  test:\n", "healthcheck: !reset null\n"},
	{"command: uvicorn app.main:app --host 0.0.0.0 --reload\n", "command: [\"redis-server\", \"--requirepass\", \"made-up-pass-9\"]\n", "command: >\n  sh -c \"python manage.py migrate &&\n  gunicorn app.wsgi\"\n", "command:\n  - sh\n  - -c\n  - |\n    echo a # b\n    exec x\n", "command:\n", "command: []\n", "command: npm run dev\n", "command: pip install -r requirements.txt\n"},
	{"entrypoint: ./entrypoint.sh\n", "entrypoint: [\"/bin/sh\", \"./docker/start.sh\"]\n", "entrypoint:\n", "entrypoint: \"\"\n"},
	{"extends:\n  file: common.yml\n  service: base\n", "extends: db\n", "extends:\n  service: db\n", "?extends:\n", "extends: {file: ./compose/base.yml, service: db}\n"},
	{"develop:\n  watch:\n    - action: sync\n      path: ./app\n      target: /app\n      ignore: [node_modules/]\n    - {action: rebuild, path: requirements.txt}\n", "?develop:\n  watch:\n", "develop:\n"},
	{"configs:\n  - nginx\n  - source: app\n    target: /x\n", "configs: [app]\n", "?configs:\n"},
	{"secrets:\n  - token\n", "secrets:\n  - source: token\n    target: t\n    mode: 0400\n", "?secrets:\n"},
	{"profiles: [dev]\n", "profiles:\n  - tools\n", "?profiles:\n"},
	{"container_name: app\n", "container_name: ${NAME}-db\n", "?container_name:\n"},
	{"restart: always\n", "restart: \"no\"\n", "?restart:\n"},
	{"user: root\n", "user: \"1000:1000\"\n", "?user: 1000\n", "user: ${UID}:${GID}\n", "?user:\n"},
	{"networks: [front]\n", "networks:\n  front:\n    aliases: [api]\n  back:\n", "?networks:\n", "network_mode: host\n"},
	{"deploy:\n  replicas: 2\n  resources:\n    limits: {cpus: \"1\", memory: 512M}\n", "deploy:\n"},
	{"labels:\n  traefik.enable: \"true\"\n", "labels: [a=b, c]\n", "?labels:\n", "label_file: ./labels.env\n"},
	{"privileged: true\n", "cap_add: [SYS_ADMIN]\n", "security_opt: [no-new-privileges:true]\n", "links: [db]\n", "mem_limit: 1g\n", "stdin_open: true\ntty: true\n", "working_dir: /app\n", "platform: linux/amd64\n", "pull_policy: always\n", "tmpfs: /tmp\n", "extra_hosts: [\"host.docker.internal:host-gateway\"]\n"},
	{"<<: *common\n", "<<: [*common, *log]\n", "?<<: *none\n", "<<: {init: true}\n"},
	{"x-own: {a: b}\n", "credential_spec: {file: a.json}\n", "provider:\n  type: x\n  options: {file: ./a}\n", "pre_start:\n  - command: x\n    env_file: .env\n", "post_start:\n  - command: ./x.sh\n", "gpus: all\n", "annotations: {a: b}\n", "models: [m]\n"},
}

// sections are top-level blocks besides services.
var sections = []string{
	"version: \"3.8\"\n", "name: ledger\n", "version: '3'\n", "name: ${COMPOSE_PROJECT_NAME:-x}\n",
	"volumes:\n  data:\n", "volumes:\n  data: {}\n", "volumes:\n  data:\n    name: old_data\n    external: true\n", "volumes:\n  data:\n    driver: local\n    driver_opts: {type: none, o: bind, device: ./data}\n", "?volumes:\n",
	"networks:\n  front:\n  back: {internal: true}\n", "networks:\n  default:\n    name: shared\n    external: true\n", "?networks:\n",
	"secrets:\n  token:\n    file: ./secrets/token.txt\n", "secrets:\n  token: {environment: TOKEN}\n", "?secrets:\n",
	"configs:\n  nginx:\n    file: ./nginx.conf\n  app:\n    content: |\n      a=${A}\n", "?configs:\n  app:\n",
	"include:\n  - common.yml\n", "include:\n  - path: [common.yml]\n    project_directory: .\n    env_file: .env\n", "include:\n",
	"models:\n  m: {model: ai/x}\n",
}

// tail declares what the services use.
var tail = []string{"volumes:\n  data:\n", "networks:\n  front: {}\n  back: {}\n", "secrets:\n  token:\n    file: ./secrets/token.txt\n", "configs:\n  nginx: {file: ./nginx.conf}\n  app:\n    content: |\n      a=${A}\n", "models:\n  m: {model: ai/x}\n"}

// Compose is the text of a Compose file, in two of three cases one that Docker Compose accepts.
func (d *Draw) Compose() string {
	c := composer{Draw: d, sound: d.N(3) < 2, top: map[string]bool{}}
	if c.sound || d.N(3) > 0 {
		c.WriteString(head)
	}
	for range d.N(4) {
		c.section(c.one(sections))
	}
	if !c.sound && d.Rarely(20) {
		c.WriteString(d.Of("services:\n", "services: {}\n", "services: [a]\n", "services: !reset {}\n"))
		return d.Dress(c.String())
	}
	c.WriteString("services:\n")
	for _, name := range []string{"db", "cache", "web", "worker", "\"quoted\"", "api.v1"}[:2+d.N(5)] {
		if d.Rarely(3) {
			c.WriteString("  " + d.Note() + "\n")
		}
		c.service(name)
	}
	for range d.N(5) {
		c.section(c.one(sections))
	}
	for _, text := range tail {
		if c.sound {
			c.section(text)
		}
	}
	return d.Dress(c.String())
}

type composer struct {
	*Draw
	strings.Builder
	sound bool // nothing that Docker Compose refuses is written
	top   map[string]bool
}

// one draws a variant; those behind a question mark are refused by Docker Compose.
func (c *composer) one(variants []string) string {
	for {
		text, wild := strings.CutPrefix(c.Of(variants...), "?")
		if !wild || !c.sound {
			return text
		}
		if len(c.data) == 0 {
			return strings.TrimPrefix(variants[0], "?")
		}
	}
}

// section writes a top-level block unless its key stands there already.
func (c *composer) section(text string) {
	if key, _, _ := strings.Cut(text, ":"); !c.top[key] {
		c.top[key] = true
		c.WriteString(text)
	}
}

func (c *composer) service(name string) {
	leaf := name == "db" || name == "cache" // others may need them, so they need none
	if !c.sound && c.Rarely(30) {
		c.WriteString("  " + name + ":" + c.Of("\n", " {}\n", " !reset null\n", " *common\n", " {image: nginx, ports: [80:80]}\n", " []\n"))
		return
	}
	c.WriteString("  " + name + ":" + c.Of("\n", "\n", "\n", " &svc-"+strings.Trim(name, `"`)+"\n"))
	written := map[string]bool{}
	for i := range 1 + c.N(9) {
		n := c.N(len(fields))
		if i == 0 {
			n = c.N(2) // an image or a build
		}
		text := c.one(fields[n])
		key, _, _ := strings.Cut(text, ":")
		if written[key] && (c.sound || !c.Rarely(60)) || c.sound && leaf && (key == "depends_on" || key == "extends" || key == "links") ||
			c.sound && (key == "network_mode" && written["networks"] || key == "networks" && written["network_mode"]) {
			continue
		}
		written[key] = true
		if c.Rarely(5) {
			c.WriteString("    " + c.Note() + "\n")
		}
		if strings.Count(text, "\n") == 1 && c.Rarely(6) {
			text = strings.TrimSuffix(text, "\n") + " " + c.Note() + "\n"
		}
		c.WriteString(indented(text, "    "))
	}
}

func indented(text, by string) string {
	lines := strings.SplitAfter(text, "\n")
	for i, l := range lines {
		if strings.TrimSpace(l) != "" {
			lines[i] = by + l
		}
	}
	return strings.Join(lines, "")
}
