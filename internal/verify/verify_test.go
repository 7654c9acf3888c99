package verify

import (
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/network"

	"refit/internal/engine"
	"refit/internal/rule"
)

func TestNothingIsWrong(t *testing.T) {
	w := newWorld(t)
	r, err := w.run(Options{})
	if err != nil || len(r.Findings) > 0 || len(r.NotShown) > 0 {
		t.Fatalf("%v\n%s", err, describe(r))
	}
	if r.Checks != len(checks) {
		t.Errorf("%d of %d checks looked at something", r.Checks, len(checks))
	}
}

// broken is a thing that is broken, and what has to be found: the check, the subject and words of the message.
type broken struct {
	what, id, subject string
	do                func(*world)
	words             string
}

func says(text string) engine.Output { return engine.Output{Stdout: []byte(text)} }

var brokenThings = []broken{
	{"a root process", "R01", "services.app.process", func(w *world) {
		w.processes["app"] = append(w.processes["app"], engine.Process{PID: 9, UID: 0, Args: "sh -c backup"})
	}, "process 9 runs as root (uid 0): sh -c backup"},
	{"root by whoami", "R02", "services.app.user", func(w *world) {
		w.exec["app: id -u"], w.exec["app: whoami"] = says("0\n"), says("root\n")
		w.processes["app"][0].UID = 0
	}, "whoami says root"},
	{"another user", "R02", "services.app.user", func(w *world) {
		w.exec["app: id -u"], w.exec["app: whoami"] = says("1001\n"), says("other\n")
	}, "whoami says other (1001), and the files promise appuser (1000)"},
	{"another name", "R02", "services.app.user", func(w *world) { w.exec["app: whoami"] = says("node\n") }, "the account of this repository is appuser"},
	{"a user without a name", "R02", "services.app.user", func(w *world) {
		w.exec["app: whoami"], w.exec["app: id -un"] = engine.Output{Code: 1}, engine.Output{Code: 1}
		w.files["app:/etc/passwd"] = "root:x:0:0::/root:/bin/sh\n"
	}, "uid 1000 has no name"},
	{"a root shell beside a program that gave root up", "R02", "services.app.user", func(w *world) {
		w.exec["app: id -u"], w.exec["app: whoami"] = says("0\n"), says("root\n")
	}, "its main process has become appuser"},
	{"no-new-privileges lost", "R03", "services.app.security_opt", func(w *world) { w.containers["app"].HostConfig.SecurityOpt = nil }, "no-new-privileges:true is not set"},
	{"no-new-privileges without effect", "R03", "services.app.security_opt", func(w *world) { w.exec["app: cat /proc/1/status"] = says("NoNewPrivs:\t0\n") }, "NoNewPrivs of its processes is 0"},
	{"cap_drop lost", "R03", "services.app.cap_drop", func(w *world) { w.containers["app"].HostConfig.CapDrop = []string{"CAP_CHOWN"} }, "ALL is not dropped"},
	{"a capability too many", "R03", "services.app.cap_add", func(w *world) { w.containers["app"].HostConfig.CapAdd = []string{"CAP_SYS_ADMIN"} }, "SYS_ADMIN"},
	{"read_only lost", "R03", "services.app.read_only", func(w *world) { w.containers["app"].HostConfig.ReadonlyRootfs = false }, "writable"},
	{"privileged", "R03", "services.db.privileged", func(w *world) { w.containers["db"].HostConfig.Privileged = true }, "privileged"},
	{"the host's network", "R03", "services.web.network_mode", func(w *world) { w.containers["web"].HostConfig.NetworkMode = "host" }, "in the host's network"},

	{"a service without a container", "R20", "services.web", func(w *world) { delete(w.containers, "web") }, "web has no container"},
	{"a service that ended", "R20", "services.db", func(w *world) {
		w.containers["db"].State = &container.State{Status: container.StateExited, ExitCode: 3}
	}, "ended with exit code 3"},
	{"a service that restarts", "R20", "services.db", func(w *world) {
		w.containers["db"].State = &container.State{Status: container.StateRestarting, ExitCode: 1}
	}, "again and again"},
	{"a service that was restarted", "R20", "services.db.restart", func(w *world) { w.containers["db"].RestartCount = 2 }, "restarted 2 times"},
	{"an unhealthy service", "R21", "services.db.healthcheck", func(w *world) {
		w.containers["db"].State.Health = &container.Health{Status: container.Unhealthy, Log: []*container.HealthcheckResult{{ExitCode: 1, Output: "no\nresponse"}}}
	}, "unhealthy: exit code 1, no response"},
	{"a service that does not become healthy", "R21", "services.app.healthcheck", func(w *world) {
		w.containers["app"].State.Health = &container.Health{Status: container.Starting}
	}, "its healthcheck gives it 2s"},
	{"a last check that failed", "R21", "services.db.healthcheck", func(w *world) {
		w.containers["db"].State.Health = &container.Health{Status: container.Healthy, FailingStreak: 1, Log: []*container.HealthcheckResult{{ExitCode: 1}}}
	}, "last check failed"},
	{"a service without a healthcheck", "R22", "services.web.healthcheck", func(w *world) { w.containers["web"].Config.Healthcheck = nil }, "no healthcheck"},
	{"an endpoint that answers otherwise", "R23", "services.app.ports.8000", func(w *world) {
		w.containers["app"].Config.Healthcheck.Test = []string{"CMD", "curl", "https://127.0.0.1:8000/healthz"}
	}, "/healthz answers 404"},
	{"a plain server where TLS is promised", "R24", "services.app.ports.8000", func(w *world) { w.serve(httptest.NewServer(http.NotFoundHandler())) }, "answers without TLS, and the files promise TLS: its healthcheck asks https://"},
	{"a plain server where a URL promises TLS", "R24", "services.app.ports.8000", func(w *world) {
		w.serve(httptest.NewServer(http.NotFoundHandler()))
		w.containers["app"].Config.Healthcheck.Test = []string{"CMD", "true"}
		w.containers["app"].Config.Env[1] = "APP_ENV=https://localhost:" + w.port + "/callback"
		w.compose = strings.Replace(w.compose, "APP_ENV: prod", "APP_ENV: https://localhost:PORT/callback", 1)
	}, "answers without TLS, and the files promise TLS: APP_ENV of app"},
	{"a port behind which nobody listens", "R24", "services.app.ports.8000", func(w *world) {
		l, _ := net.Listen("tcp", "127.0.0.1:0")
		w.t.Cleanup(func() { _ = l.Close() })
		go func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				_ = c.Close()
			}
		}()
		w.move(l.Addr().String())
	}, "nobody listens behind it"},
	{"a port that refuses", "R24", "services.app.ports.8000", func(w *world) {
		l, _ := net.Listen("tcp", "127.0.0.1:0")
		_ = l.Close()
		w.move(l.Addr().String())
	}, "refuses the connection"},
	{"another certificate", "R25", "services.app.certificate", func(w *world) {
		other, err := selfSigned(time.Now().Add(time.Hour * 24 * 300))
		if err != nil {
			w.t.Fatal(err)
		}
		w.certificate(other)
	}, "certs/cert.pem has sha256:"},
	{"an expired certificate", "R25", "services.app.certificate", func(w *world) { w.serveUntil(time.Now().Add(-time.Hour)) }, "expired on"},
	{"a certificate near its end", "R25", "services.app.certificate", func(w *world) { w.serveUntil(time.Now().Add(48 * time.Hour)) }, "expires on"},
	{"a migration that has not run", "R26", "services.app.migrations", func(w *world) { w.exec["app: alembic current"] = says("0001\n") }, "at revision 0001, and the files at 0002"},
	{"a database that alembic can't ask", "R26", "services.app.migrations", func(w *world) {
		w.exec["app: alembic current"] = engine.Output{Code: 1, Stderr: []byte("Traceback\nOSError: refused\n")}
	}, "alembic current fails in container shop-app-1: OSError: refused"},
	{"a dependency without a name", "R27", "services.app.depends_on.db", func(w *world) { w.dials["app: db:5432"] = noName }, "does not know the name db"},
	{"a dependency that does not answer", "R27", "services.app.depends_on.db", func(w *world) { w.dials["app: db:5432"] = noAnswer }, "does not get through to db:5432"},
	{"a network too many", "R28", "services.web.networks", func(w *world) { w.join("web", "shop_back", "172.2.0.9") }, "in the network shop_back"},
	{"a way between networks", "R28", "services.web.networks.db", func(w *world) { w.dials["web: 172.2.0.3:5432"] = dialed }, "reaches db at 172.2.0.3:5432"},
	{"an internal network that is not", "R29", "prod.networks.back", func(w *world) { w.networks["shop_back"] = false }, "not internal"},
	{"a default route", "R29", "services.db.networks", func(w *world) {
		w.exec["db: cat /proc/net/route"] = says("Iface Destination Gateway\neth1 00000000 010011AC 0003 0 0 0 00000000\n")
	}, "default route through eth1, 172.17.0.1"},

	{"a root-owned file", "R10", "services.app.workdir", func(w *world) {
		w.exec["app: find /app"], w.exec["app: ls -ldn /app/logs"] = says("/app/logs\n/app/logs/a\n"), says("drwxr-xr-x 2 0 0 4096 Jan 1 00:00 /app/logs\n")
	}, "2 files and folders below /app are not appuser (1000)'s: /app/logs (uid 0) and /app/logs/a"},
	{"a root-owned file in an image without find", "R10", "services.app.workdir", func(w *world) {
		delete(w.exec, "app: find /app")
		w.files["app:/app"] = "made by 1000"
		w.processes["app"][0].UID, w.exec["app: id -u"], w.exec["app: whoami"] = 1001, says("1001\n"), says("appuser\n")
	}, "1 file or folder below /app is not"},
	{"a folder that can't be written", "R11", "services.app.writable./app/logs", func(w *world) {
		w.exec["app: sh -c"] = says("/app/logs\n")
	}, "can't write /app/logs; LOG_DIR names it"},
	{"a file of somebody else in a bind mount", "R12", "services.app.volumes./app/out", func(w *world) {
		if os.Getuid() != 0 {
			w.t.Skip("only root can give files away")
		}
		w.chown = 4711
	}, "belongs to uid 4711 on the host"},
	{"a bind mount that can't be written", "R12", "services.app.volumes./app/out", func(w *world) {
		w.exec["app: touch"] = engine.Output{Code: 1, Stderr: []byte("touch: cannot touch: Permission denied")}
	}, "can't make a file in /app/out"},
	{"a volume that can't be written", "R13", "services.app.volumes./data", func(w *world) {
		w.exec["app: touch"] = engine.Output{Code: 1, Stderr: []byte("touch: cannot touch: Permission denied")}
	}, "can't write the volume shop_data at /data: touch: cannot touch: Permission denied"},
	{"a volume that can't be written, in an image without touch", "R13", "services.app.volumes./data", func(w *world) {
		delete(w.exec, "app: touch")
		w.files["app:/data"] = "made by 1000"
		w.processes["app"][0].UID = 1001
	}, "it is uid 1000's, mode 644"},
	{"a folder that can't be written, in an image without a shell", "R11", "services.app.writable./app/logs", func(w *world) {
		delete(w.exec, "app: sh -c")
		w.files["app:/app/logs"] = "made by 1000"
		w.processes["app"][0].UID = 1001
	}, "LOG_DIR names it: it is uid 1000's, mode 644"},
	{"a database's volume that can't be written", "R13", "services.db.volumes./var/lib/postgresql/data", func(w *world) { w.exec["db: test -w"] = engine.Output{Code: 1} }, "postgres (70) can't write the volume shop_pg"},
	{"a marker that stays", "R13", "services.app.marker", func(w *world) { w.exec["app: rm -f /data"] = engine.Output{Code: 1} }, "could not be removed again"},

	{"a server that does not say that it is ready", "R30", "services.app.log.start", func(w *world) { w.logs["app"] = []string{"INFO: Waiting for application startup."} }, "uvicorn does not say that it is ready"},
	{"an error in the log", "R31", "services.app.log.error", func(w *world) { w.logs["app"] = append(w.logs["app"], "ERROR:    it broke", "ERROR: again") }, "an error in 2 lines since its start, the first: ERROR:    it broke"},
	{"an error of a ready-made server", "R31", "services.db.log.error", func(w *world) { w.logs["db"] = append(w.logs["db"], "FATAL:  password authentication failed") }, "the first: FATAL"},
	{"an error in JSON", "R31", "services.app.log.error", func(w *world) { w.logs["app"] = append(w.logs["app"], `{"level":"error","msg":"x"}`) }, "an error in 1 line"},
	{"a traceback", "R31", "services.app.log.traceback", func(w *world) { w.logs["app"] = append(w.logs["app"], "Traceback (most recent call last):") }, "a traceback"},
	{"permission denied", "R31", "services.db.log.permission", func(w *world) { w.logs["db"] = append(w.logs["db"], "chmod: /data: Permission denied") }, `"permission denied"`},
	{"a secret in the log", "R32", "services.app.log.POSTGRES_PASSWORD", func(w *world) {
		w.logs["app"] = append(w.logs["app"], "connecting to postgresql://shop:made-up-password-1@db")
	}, "POSTGRES_PASSWORD is printed in 1 line of its log, the first: connecting to postgresql://shop:********@db"},

	{"a secret in a layer", "R40", "services.app.image.POSTGRES_PASSWORD", func(w *world) { w.image(files{"app/notes": "it is made-up-password-1"}) }, "POSTGRES_PASSWORD in it: /app/notes"},
	{"a secret in a layer that the next one deletes", "R40", "services.app.image.POSTGRES_PASSWORD", func(w *world) { w.image(files{"app/notes": "made-up-password-1"}, files{"app/.wh.notes": ""}) }, "/app/notes"},
	{"a token in a layer", "R40", "services.app.image.a GitHub token", func(w *world) { w.image(files{"app/ci": "token ghp_" + strings.Repeat("a1B2", 9)}) }, "/app/ci"},
	{"a secret in the history", "R40", "services.app.image.POSTGRES_PASSWORD", func(w *world) {
		w.history["sha256:app"] = append(w.history["sha256:app"], "RUN |1 PW=made-up-password-1 /bin/sh -c install")
	}, "step 1 of the history"},
	{"a secret in the image's environment", "R40", "services.app.image.API_KEY", func(w *world) {
		env := "API_KEY=q8Zk3vX1mN7pL2tR9wYb"
		w.images["sha256:app"].Config.Env = append(w.images["sha256:app"].Config.Env, env)
		w.containers["app"].Config.Env = append(w.containers["app"].Config.Env, env)
	}, "the variable API_KEY of the image"},
	{"an env file in the image", "R41", "services.app.image.files", func(w *world) { w.image(files{"app/.env.prod": "A=1", "app/.env.example": "A="}) }, "has /app/.env.prod in a layer"},
	{"git in the image", "R41", "services.app.image.files", func(w *world) { w.image(files{"app/.git/": "", "app/.git/HEAD": "ref"}) }, "has /app/.git in a layer"},
	{"a key in the image", "R41", "services.app.image.files", func(w *world) {
		w.image(files{"app/certs/server.key": "-----BEGIN PRIVATE KEY-----", "app/certs/ca.pem": "-----BEGIN CERTIFICATE-----"})
	}, "has /app/certs/server.key in a layer"},
	{"a compiler in production", "R42", "services.app.image.tools", func(w *world) { w.image(files{"usr/bin/gcc": "x"}) }, "1 tool in it: /usr/bin/gcc"},
	{"uv in production", "R42", "services.app.image.tools", func(w *world) { w.image(files{"usr/local/bin/uv": "x"}) }, "1 tool in it: /usr/local/bin/uv"},
	{"pytest in production", "R42", "services.app.image.tools", func(w *world) {
		w.image(files{"opt/venv/lib/python3.13/site-packages/pytest-8.4.2.dist-info/": "", "opt/venv/lib/python3.13/site-packages/pytest_asyncio-1.2.0.dist-info/": ""})
	}, "2 tools in it: pytest and pytest_asyncio"},
	{"tests in production", "R43", "services.app.image.tests", func(w *world) { w.image(files{"app/tests/": "", "app/tests/test_a.py": "x"}) }, "the tests in it: /app/tests"},
	{"waste", "R44", "services.app.image.size", func(w *world) { w.image(files{"app/big": strings.Repeat("x", 11<<20)}, files{"app/big": "y"}) }, "11 MB of it are files that a later layer overwrites or deletes, /app/big among them"},

	{"another value", "R50", "services.app.environment.APP_ENV", func(w *world) { w.containers["app"].Config.Env[1] = "APP_ENV=made-up-other" }, "another value"},
	{"a variable that is not set", "R50", "services.db.environment.POSTGRES_PASSWORD", func(w *world) { w.containers["db"].Config.Env = []string{"PATH=/usr/bin"} }, "is not set"},
	{"a variable too many", "R50", "services.db.environment.EXTRA", func(w *world) { w.containers["db"].Config.Env = append(w.containers["db"].Config.Env, "EXTRA=1") }, "neither the files nor the image"},
	{"another port", "R51", "services.app.ports.8000", func(w *world) { w.compose = strings.Replace(w.compose, "127.0.0.1:PORT", "127.0.0.1:1", 1) }, "does not publish port 8000 as the files say (127.0.0.1:1)"},
	{"another address", "R51", "services.app.ports.8000", func(w *world) { w.compose = strings.Replace(w.compose, "127.0.0.1:PORT", "PORT", 1) }, "as the files say (0.0.0.0:"},
	{"a port too many", "R51", "services.db.ports.5432", func(w *world) {
		w.containers["db"].NetworkSettings.Ports = network.PortMap{network.MustParsePort("5432/tcp"): {{HostIP: netip.IPv4Unspecified(), HostPort: "5432"}}}
	}, "0.0.0.0:5432/tcp, and the files don't"},
	{"no memory limit", "R52", "services.app.limits.memory", func(w *world) { w.containers["app"].HostConfig.Memory = 0 }, "memory none, and the files say 512 MB"},
	{"another CPU limit", "R52", "services.app.limits.cpus", func(w *world) { w.containers["app"].HostConfig.NanoCPUs = 2e9 }, "cpus 2, and the files say 0.5"},
	{"a limit too many", "R52", "services.db.limits.pids", func(w *world) {
		pids := int64(5)
		w.containers["db"].HostConfig.PidsLimit = &pids
	}, "pids 5, and the files say none"},
	{"an engine without limits", "R52", "services.app.limits.memory", func(w *world) { w.info.MemoryLimit = false }, "can't hold it"},
	{"an older configuration", "R53", "services.web", func(w *world) { w.hashes = "app 1\ndb 1\nweb 2\n" }, "another configuration"},
	{"an older image", "R54", "services.web.image", func(w *world) { w.images["shop-web"] = w.images["sha256:db"] }, "shop-web is db now"},
	{"an orphan", "R55", "prod.orphan.worker", func(w *world) {
		w.extra = append(w.extra, engine.Container{ID: "worker", Name: "shop-worker-1", Service: "worker", Project: "shop"})
	}, "no service worker any more"},
}

// TestEveryBrokenThingIsFound breaks one thing at a time.
func TestEveryBrokenThingIsFound(t *testing.T) {
	found := map[string]bool{}
	for _, b := range brokenThings {
		found[b.id] = true
		t.Run(b.what, func(t *testing.T) {
			w := newWorld(t)
			b.do(w)
			r, err := w.run(Options{})
			if err != nil {
				t.Fatal(err)
			}
			if !r.has(b.id, b.subject, b.words) {
				t.Errorf("want %s %s with %q, got\n%s", b.id, b.subject, b.words, describe(r))
			}
			for _, f := range r.Findings {
				if strings.Contains(f.Message, "made-up-other") || len(f.Fixes) == 0 || f.At.Path == "" {
					t.Errorf("%s shows a value, or has no next step or place: %s", f.Meta.ID, f.Message)
				}
			}
		})
	}
	for _, c := range checks {
		if !found[c.ID] {
			t.Errorf("nothing is broken for %s %s", c.ID, c.Name)
		}
	}
}

func (r *Result) has(id, subject, words string) bool {
	for _, f := range r.Findings {
		if f.Meta.ID == id && f.Subject == subject && strings.Contains(f.Message, words) {
			return true
		}
	}
	return false
}

// TestWithoutPrograms looks at images in which nothing can be run: what can't be answered is said to be so.
func TestWithoutPrograms(t *testing.T) {
	w := newWorld(t)
	w.exec = map[string]engine.Output{}
	for _, at := range []string{"app:/app", "app:/app/logs", "app:/data"} {
		w.files[at] = "made by 1000"
	}
	r, err := w.run(Options{})
	if err != nil || len(r.Findings) > 0 {
		t.Fatalf("%v\n%s", err, describe(r))
	}
	silent := map[string]bool{}
	for _, n := range r.NotShown {
		silent[n.Check.ID+" "+n.Service] = true
	}
	for _, want := range []string{"R12 app", "R13 db", "R27 app", "R28 web", "R28 db"} {
		if !silent[want] {
			t.Errorf("%s passes although nothing could be asked:\n%s", want, describe(r))
		}
	}
	for _, s := range r.Services {
		if s.Service == "web" && s.Themes[Network].NotShown == 0 {
			t.Errorf("the table does not say so: %+v", s.Themes[Network])
		}
	}
	if silent["R02 app"] {
		t.Error("configuration and passwd tell who runs: R02 has an answer")
	}
}

func TestRemappedEngine(t *testing.T) {
	w := newWorld(t)
	w.info.SecurityOptions = []string{"name=seccomp,profile=default", "name=rootless"}
	w.processes["app"][0].UID = 0
	r, err := w.run(Options{})
	if err != nil || r.has("R01", "services.app.process", "") || len(r.NotShown) != 1 || r.NotShown[0].Check.ID != "R01" {
		t.Errorf("%v\n%s", err, describe(r))
	}
}

func TestFarEngineIsNotAskedHere(t *testing.T) {
	if _, ok := address(network.PortBinding{HostIP: netip.IPv6Unspecified(), HostPort: "1"}); ok {
		t.Error("an IPv6 address may not be there")
	}
	if a, ok := address(network.PortBinding{HostIP: netip.IPv4Unspecified(), HostPort: "80"}); !ok || a != "127.0.0.1:80" {
		t.Error(a)
	}
}

func TestNothingRuns(t *testing.T) {
	w := newWorld(t)
	for _, c := range w.containers {
		c.State.Status = container.StateExited
	}
	if _, err := w.run(Options{}); !errors.Is(err, ErrNothingRuns) {
		t.Errorf("%v", err)
	}
}

// TestWaitsForWhatStarts lets a service become healthy while verify looks.
func TestWaitsForWhatStarts(t *testing.T) {
	w := newWorld(t)
	w.containers["db"].State.Health = &container.Health{Status: container.Starting}
	w.containers["db"].State.StartedAt = time.Now().Format(time.RFC3339Nano)
	time.AfterFunc(500*time.Millisecond, func() { w.replace("db", &container.Health{Status: container.Healthy}) })
	if r, err := w.run(Options{Wait: 20 * time.Second}); err != nil || len(r.Findings) > 0 {
		t.Errorf("%v\n%s", err, describe(r))
	}
}

// TestLooksAgainAfterWaiting sees what another service came to while one was waited for.
func TestLooksAgainAfterWaiting(t *testing.T) {
	w := newWorld(t)
	w.containers["app"].State.Health = &container.Health{Status: container.Starting}
	w.containers["app"].State.StartedAt = time.Now().Format(time.RFC3339Nano)
	time.AfterFunc(500*time.Millisecond, func() { w.replace("db", &container.Health{Status: container.Unhealthy}) })
	r, err := w.run(Options{Wait: time.Second})
	if err != nil || !r.has("R21", "services.db.healthcheck", "unhealthy") {
		t.Errorf("%v\n%s", err, describe(r))
	}
}

func TestChecksAreComplete(t *testing.T) {
	ids := map[string]bool{}
	for _, m := range Checks() {
		if ids[m.ID] || ids[m.Name] || m.Summary == "" || m.Since == "" || !strings.HasPrefix(m.Doc, "# "+m.ID+" "+m.Name+"\n") {
			t.Errorf("%s %s is not complete", m.ID, m.Name)
		}
		ids[m.ID], ids[m.Name] = true, true
	}
	if m, ok := Find("r01"); !ok || m.Name != "root-process" {
		t.Error("r01 is not found")
	}
	if _, ok := Find("R99"); ok {
		t.Error("R99 is found")
	}
}

func TestDocsAreCurrent(t *testing.T) { compareDocs(t) }

func (w *world) serve(s *httptest.Server) {
	w.t.Cleanup(s.Close)
	w.move(s.Listener.Addr().String())
}

// move lets app answer at another address.
func (w *world) move(address string) {
	_, w.port, _ = net.SplitHostPort(address)
	w.containers["app"].NetworkSettings.Ports = network.PortMap{network.MustParsePort("8000/tcp"): {{HostIP: netip.MustParseAddr("127.0.0.1"), HostPort: w.port}}}
}

func (w *world) serveUntil(end time.Time) {
	c, err := selfSigned(end)
	if err != nil {
		w.t.Fatal(err)
	}
	s := httptest.NewUnstartedServer(http.NotFoundHandler())
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.TLS = &tls.Config{Certificates: []tls.Certificate{c}}
	s.StartTLS()
	w.serve(s)
	w.certificate(c)
}

// TestNoWrite makes no file, and says so.
func TestNoWrite(t *testing.T) {
	w := newWorld(t)
	r, err := w.run(Options{NoWrite: true})
	if err != nil || len(r.Findings) > 0 || !strings.Contains(describe(r), "R12 app not shown: no file was made in /app/out (--no-write)") {
		t.Errorf("%v\n%s", err, describe(r))
	}
	for _, line := range w.ran {
		if strings.Contains(line, "touch") {
			t.Errorf("it ran %s", line)
		}
	}
}

func TestEveryMarkerIsRemoved(t *testing.T) {
	w := newWorld(t)
	if _, err := w.run(Options{}); err != nil {
		t.Fatal(err)
	}
	made, removed := 0, 0
	for _, line := range w.ran {
		if strings.HasPrefix(line, "app: touch ") {
			made++
		} else if strings.HasPrefix(line, "app: rm -f ") {
			removed++
		}
	}
	if left, _ := os.ReadDir(filepath.Join(w.dir, "out")); made != 2 || removed != made || len(left) != 1 {
		t.Errorf("%d made, %d removed, left %v", made, removed, left)
	}
}

// TestOnly leaves out what is not asked for: an image is not read for nothing.
func TestOnly(t *testing.T) {
	w := newWorld(t)
	w.saved = nil
	r, err := w.run(Options{Wants: func(m *rule.Meta) bool { return m.Theme == User }})
	if err != nil || r.Checks != 3 || len(r.NotShown) > 0 {
		t.Errorf("%v %d\n%s", err, r.Checks, describe(r))
	}
	if r, err = w.run(Options{Wants: func(m *rule.Meta) bool { return m.ID == "R40" }}); err != nil || len(r.NotShown) != 1 {
		t.Errorf("an image that can't be read passes: %v\n%s", err, describe(r))
	}
}

// TestMaskedBeforeItIsCut cuts no secret in two.
func TestMaskedBeforeItIsCut(t *testing.T) {
	w := newWorld(t)
	w.logs["app"] = append(w.logs["app"], strings.Repeat("x", 150)+" made-up-password-1")
	r, err := w.run(Options{})
	if err != nil || strings.Contains(describe(r), "made-up-p") || !strings.Contains(describe(r), "x ********") {
		t.Errorf("%v\n%s", err, describe(r))
	}
}

// TestErrorsBeforeReady are those of a ready-made server that sets its data up.
func TestErrorsBeforeReady(t *testing.T) {
	w := newWorld(t)
	w.processes["db"][0].Args = "postgres -D /data"
	w.logs["db"] = []string{"LOG:  database system is ready to accept connections", "FATAL:  terminating connection due to administrator command", "LOG:  database system is ready to accept connections"}
	w.logs["app"] = []string{"ERROR: too early", "INFO:     Application startup complete."}
	r, err := w.run(Options{Wants: func(m *rule.Meta) bool { return m.Theme == Logs }})
	if err != nil || len(r.Findings) != 1 || r.Findings[0].Subject != "services.app.log.error" {
		t.Errorf("%v\n%s", err, describe(r))
	}
}

// TestPublicKeysOfOfficialImages are no secrets.
func TestPublicKeysOfOfficialImages(t *testing.T) {
	w := newWorld(t)
	env := "GPG_KEY=7169605F62C751356D054A26A821E680E5FA6305"
	w.images["sha256:app"].Config.Env = append(w.images["sha256:app"].Config.Env, env)
	w.containers["app"].Config.Env = append(w.containers["app"].Config.Env, env)
	w.history["sha256:app"] = append(w.history["sha256:app"], "ENV "+env, "ENV PYTHON_SHA256=8fb5f9fbc7609fa822cb31549884575db7fd9657cbffb89510b5d7975963a83a")
	if r, err := w.run(Options{}); err != nil || len(r.Findings) > 0 {
		t.Errorf("%v\n%s", err, describe(r))
	}
}
