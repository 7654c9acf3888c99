//go:build unix

package engine_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

// broken is one thing that is broken, and the finding of refit verify that has to say so.
type broken struct {
	what string
	do   string // the command line that breaks it
	undo string
	want found
}

// found is a finding: the check, what it is about, and words of its message.
type found struct{ rule, subject, words string }

// TestVerifyFindsWhatIsBroken brings the refitted sample up, verifies it, breaks one thing after the other behind its
// back, and expects each to be found. What can be broken at the same time without hiding another thing is looked at together.
func TestVerifyFindsWhatIsBroken(t *testing.T) {
	s := sample(t)
	s.run("refit apply --yes --run-steps").shows("done")
	s.run("make dev-up")
	s.visit("env/.env.dev")

	s.now("all is well in dev, and no file is left behind")
	s.verified("dev", "")
	s.run("find . -name '.refit-verify*'").is("")
	s.run("refit verify dev --only user --no-write").shows("all hold")

	s.now("what verify can't know of an application: the callback hands the bank's code over, and the app, which does not know it, says so")
	s.run("curl -sk 'https://localhost:" + s.setting("env/.env.dev", "CALLBACK_PORT") + "/callback?code=made-up&state=made-up'").shows("ledger refused the code (400)")

	s.now("a new certificate, which a server reads at its next start only")
	s.breaks("dev", "--only R25", []broken{
		{"another certificate in the files", "cp certs/cert.pem ../cert.pem && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 90 -subj /CN=localhost -keyout ../other.key -out certs/cert.pem",
			"cp ../cert.pem certs/cert.pem", found{"R25", "services.app.certificate", "certs/cert.pem has sha256:"}},
	})

	s.now("what goes wrong while it runs")
	s.breaks("dev", "--skip image", s.brokenWhileItRuns())

	s.now("containers that are not those of the files")
	s.breaks("dev", "--skip image --wait-timeout 20s", s.brokenContainers()) // a server without TLS never gets healthy

	s.now("made anew from the files, all is well again")
	s.run(s.devCompose() + " up -d --wait --force-recreate --remove-orphans").shows("Healthy")
	s.verified("dev", "--skip image")

	s.now("one service is gone, another answers no name")
	s.breaks("dev", "--skip image", s.brokenServices())
	s.run("make dev-down")

	s.now("nothing runs: that is no success")
	s.fails("refit verify dev").shows("nothing of it runs")
}

// TestVerifyFindsWhatIsBrokenInProduction does the same in production, and builds what does not belong in an image.
func TestVerifyFindsWhatIsBrokenInProduction(t *testing.T) {
	s := sample(t)
	s.run("refit apply --yes --run-steps").shows("done")
	s.run("make setup")

	s.now("all is well in production")
	s.run("refit env init prod")
	s.freePorts("env/.env.prod")
	s.run("make prod-build")
	s.run("make prod-up")
	s.visit("env/.env.prod")
	s.verified("prod", "")

	s.now("what goes wrong in production and in its images")
	s.breaks("prod", "", s.brokenProduction())
}

func (s *scenario) devCompose() string {
	return "docker compose -f compose/docker-compose.dev.yml --env-file env/.env.dev"
}

// brokenWhileItRuns are things that containers, the host and the engine do to an environment.
func (s *scenario) brokenWhileItRuns() []broken {
	app, callback, redis := s.name+"-app", s.name+"-callback", s.name+"-redis"
	root := "docker exec -u 0 "
	return []broken{
		{"a root process", "docker exec -d -u 0 " + callback + " sh -c 'echo $$ > /tmp/root; exec sleep 900'",
			root + callback + " sh -c 'kill $(cat /tmp/root); rm /tmp/root'", found{"R01", "services.callback.process", "runs as root (uid 0): sleep 900"}},
		{"a root-owned file", root + app + " touch /app/data/left-by-root || " + root + app + " touch /app/left-by-root",
			root + app + " rm -f /app/data/left-by-root /app/left-by-root", found{"R10", "services.app.workdir", "(uid 0)"}},
		{"a log folder that can't be written", "chmod 555 logs", "chmod 755 logs", found{"R11", "services.app.writable./app/logs", "LOG_DIR names it"}},
		{"a folder of the host that can't be written", "chmod 555 .", "chmod 755 .", found{"R12", "services.app.volumes./app", "can't make a file in /app"}},
		{"a volume that is somebody else's", root + redis + " sh -c 'chown 4711 /data && chmod 700 /data'",
			root + redis + " sh -c 'chown redis /data && chmod 755 /data'", found{"R13", "services.redis.volumes./data", "can't write the volume " + s.name + "_redis_data"}},
		{"a migration that has not run", `sed -e 's/0002/0003/; s/^down_revision.*/down_revision = "0002"/' migrations/versions/0002_category.py > migrations/versions/0003_later.py && grep -n revision migrations/versions/0003_later.py`,
			"rm migrations/versions/0003_later.py", found{"R26", "services.app.migrations", "the files at 0003"}},
		{"a network too many", "docker network create --label com.docker.compose.project=" + s.name + " " + s.name + "_aside && docker network connect " + s.name + "_aside " + callback,
			"docker network disconnect " + s.name + "_aside " + callback + " && docker network rm " + s.name + "_aside", found{"R28", "services.callback.networks", s.name + "_aside"}},
		{"a limit that the files don't give", "docker update --memory 256m --memory-swap 256m " + s.name + "-postgres", "true", found{"R52", "services.postgres.limits.memory", "256 MB, and the files say none"}},
		{"an orphan", "docker run -d --name " + s.name + "-worker --label com.docker.compose.project=" + s.name + " --label com.docker.compose.service=worker --entrypoint sleep redis:8.2.1-alpine3.22 900",
			"docker rm -f " + s.name + "-worker", found{"R55", "dev.orphan.worker", "no service worker any more"}},
		{"an image built since", "echo 'FROM " + s.name + "-callback' | docker build -q --label com.docker.compose.project=" + s.name + " --label since=1 -t " + s.name + "-callback -",
			"true", found{"R54", "services.callback.image", "what was built since does not run"}},
		{"an error in the log", "docker exec " + app + " sh -c 'echo ERROR: made up > /proc/1/fd/1'", "true", found{"R31", "services.app.log.error", "the first: ERROR: made up"}},
		{"a traceback", "docker exec " + app + " sh -c 'echo \"Traceback (most recent call last):\" > /proc/1/fd/1'", "true", found{"R31", "services.app.log.traceback", "a traceback"}},
		{"permission denied", "docker exec " + app + " sh -c 'echo made up: Permission denied > /proc/1/fd/1'", "true", found{"R31", "services.app.log.permission", "Permission denied"}},
		{"a secret in the log", "docker exec " + app + " sh -c 'echo the password is $POSTGRES_PASSWORD > /proc/1/fd/1'", "true",
			found{"R32", "services.app.log.POSTGRES_PASSWORD", "the first: the password is ********"}},
	}
}

// brokenContainers are containers made from other files than those of the repository.
func (s *scenario) brokenContainers() []broken {
	const override = `services:
  app:
    user: "0:0"
    cap_add: [SYS_PTRACE]
    environment: {APP_ENV: made-up-other}
    ports: !override ["127.0.0.1:PORT:8000", "127.0.0.1:OTHER:8001"]
    volumes: ["rootsown:/rootsown"]
    command: sh -c "alembic upgrade head; echo made up; exec uvicorn ledger.main:app --host 0.0.0.0 --port 8000 --log-level warning"
  callback:
    user: "1234:1234"
    healthcheck: {disable: true}
    volumes: ["rootsown:/rootsown"]
  redis:
    healthcheck: {test: "echo made up; false", interval: 1s, retries: 1, start_period: 0s}
volumes:
  rootsown:
`
	file := strings.NewReplacer("PORT", s.setting("env/.env.dev", "APP_PORT"), "OTHER", freePort(s.t)).Replace(override)
	// one by one: together, each would wait for the others to be healthy
	up := fmt.Sprintf("chmod 644 certs/key.pem; cat > ../override.yml <<'END'\n%sEND\nfor service in app callback redis; do %s -f ../override.yml up -d --no-deps $service || exit; done", file, s.devCompose())
	return []broken{
		{"a container of root", up, "true", found{"R01", "services.app.process", "runs as root"}},
		{"whoami is root", "true", "true", found{"R02", "services.app.user", "whoami says root"}},
		{"another account", "true", "true", found{"R02", "services.callback.user", "the files promise appuser (1000)"}},
		{"a capability too many", "true", "true", found{"R03", "services.app.cap_add", "SYS_PTRACE"}},
		{"a volume that root made", "true", "true", found{"R13", "services.callback.volumes./rootsown", "can't write the volume"}},
		{"an unhealthy service", "true", "true", found{"R21", "services.redis.healthcheck", "unhealthy: exit code 1, made up"}},
		{"no healthcheck", "true", "true", found{"R22", "services.callback.healthcheck", "no healthcheck"}},
		{"an endpoint that does not answer", "true", "true", found{"R23", "services.app.ports.8000", "does not answer from this machine"}},
		{"HTTP in place of HTTPS", "true", "true", found{"R24", "services.app.ports.8000", "answers without TLS, and the files promise TLS"}},
		{"a server that says nothing", "true", "true", found{"R30", "services.app.log.start", "uvicorn does not say that it is ready"}},
		{"a changed environment", "true", "true", found{"R50", "services.app.environment.APP_ENV", "another value"}},
		{"a port too many", "true", "true", found{"R51", "services.app.ports.8001", "and the files don't"}},
		{"an older configuration", "true", "true", found{"R53", "services.app", "another configuration"}},
	}
}

// brokenServices are services that don't run or are not found.
func (s *scenario) brokenServices() []broken {
	network, redis := s.name+"_default", s.name+"-redis"
	return []broken{
		{"a service that ended", "docker kill " + s.name + "-callback", "true", found{"R20", "services.callback", "ended with exit code 137"}},
		{"a dependency without a name", "docker network disconnect " + network + " " + redis, "docker network connect --alias redis " + network + " " + redis, found{"R27", "services.app.depends_on.redis", "does not know the name redis"}},
	}
}

// brokenProduction is what only production promises: closed networks, limits, images without tools.
func (s *scenario) brokenProduction() []broken {
	container := s.name + "-prod-"
	image := s.name + "-callback:prod"
	// made-up tools and secrets in an image on top of the real one
	const recipe = `mkdir -p ../bad/.git ../bad/tests && echo ref > ../bad/.git/HEAD && echo made > ../bad/tests/test_a.py && openssl genrsa 2048 > ../bad/server.key &&
grep ^POSTGRES_PASSWORD= env/.env.prod > ../bad/.env && head -c 22000000 /dev/urandom > ../bad/big && cat > ../bad.Dockerfile <<'END'
FROM IMAGE
USER 0
COPY bad /srv/callback
COPY bad/big /srv/callback/big
RUN rm -rf /srv/callback/.env && touch /usr/bin/gcc && mkdir -p /usr/lib/python3/dist-packages/pytest-8.0.0.dist-info && chown -R 1000:1000 /srv/callback
USER 1000:1000
END
docker build -q --label com.docker.compose.project=PROJECT -t IMAGE -f ../bad.Dockerfile .. && docker compose -f compose/docker-compose.prod.yml --env-file env/.env.prod up -d --no-deps --no-build --wait callback`
	return []broken{
		{"a secret in a layer that the next one deletes", strings.NewReplacer("IMAGE", image, "PROJECT", s.name+"-prod").Replace(recipe), "true", found{"R40", "services.callback.image.POSTGRES_PASSWORD", "/srv/callback/.env"}},
		{"an env file, a key and git in the image", "true", "true", found{"R41", "services.callback.image.files", "/srv/callback/.env, /srv/callback/.git and /srv/callback/server.key"}},
		{"a compiler and pytest in production", "true", "true", found{"R42", "services.callback.image.tools", "/usr/bin/gcc and pytest"}},
		{"tests in production", "true", "true", found{"R43", "services.callback.image.tests", "/srv/callback/tests"}},
		{"waste", "true", "true", found{"R44", "services.callback.image.size", "/srv/callback/big"}},
		{"a removed limit", "docker update --cpus 0.25 " + container + "redis-1", "true", found{"R52", "services.redis.limits.cpus", "0.25, and the files say 0.5"}},
		{"a way out", "docker network connect bridge " + container + "postgres-1", "docker network disconnect bridge " + container + "postgres-1", found{"R29", "services.postgres.networks", "a route to the outside"}},
		{"a network that the files keep apart", "docker network connect " + s.name + "-prod_backend " + container + "callback-1", "true", found{"R28", "services.callback.networks", s.name + "-prod_backend"}},
	}
}

// breaks breaks things, expects the findings, and mends what can be mended.
func (s *scenario) breaks(env, flags string, list []broken) {
	s.t.Helper()
	for _, b := range list {
		if b.do != "true" {
			s.run(b.do)
		}
	}
	result, text := s.verify(env, flags)
	for _, b := range list {
		if !result.has(b.want) {
			s.t.Errorf("%s: refit verify %s does not find %v\n%s", b.what, env, b.want, text)
		} else {
			s.t.Logf("       found: %s (%s)", b.what, b.want.rule)
		}
	}
	for _, name := range []string{"POSTGRES_PASSWORD", "SESSION_SECRET"} {
		if value := s.setting("env/.env."+env, name); strings.Contains(text, value) {
			s.t.Errorf("refit verify %s shows the value of %s", env, name)
		}
	}
	for _, b := range list {
		if b.undo != "true" {
			s.run(b.undo)
		}
	}
}

// verification is what refit verify says for programs.
type verification struct {
	Schema   string
	Findings []struct{ Rule, Subject, Severity, Message string }
	Summary  struct{ Error int }
	NotShown []struct{ Rule, Service, Why string }
}

func (v verification) has(f found) bool {
	for _, g := range v.Findings {
		if g.Rule == f.rule && g.Subject == f.subject && strings.Contains(g.Message, f.words) {
			return true
		}
	}
	return false
}

// verify runs refit verify; its exit code has to go with what it found.
func (s *scenario) verify(env, flags string) (verification, string) {
	s.t.Helper()
	out, err := s.try("refit verify " + env + " " + flags + " --format json 2>/dev/null")
	var v verification
	if wrong := json.Unmarshal([]byte(out.text), &v); wrong != nil || v.Schema != "refit.verify/v1" {
		s.t.Fatalf("refit verify %s: %v %v\n%s%s", env, err, wrong, out.text, s.lastWords())
	}
	if (v.Summary.Error > 0) != (err != nil) {
		s.t.Errorf("refit verify %s finds %d errors and ends with %v", env, v.Summary.Error, err)
	}
	return v, out.text
}

// verified wants nothing to be found but info, and everything to be shown.
func (s *scenario) verified(env, flags string) {
	s.t.Helper()
	deadline := time.Now().Add(time.Minute)
	for tries := 1; ; tries++ {
		v, text := s.verify(env, flags)
		wrong := len(v.NotShown) > 0
		for _, f := range v.Findings {
			wrong = wrong || f.Severity != "info"
		}
		if !wrong {
			return
		}
		if tries > 1 && time.Now().After(deadline) { // on a busy machine one takes as long
			s.t.Fatalf("refit verify %s is not green\n%s", env, text)
		}
		time.Sleep(time.Second) // what was mended may need a moment
	}
}
