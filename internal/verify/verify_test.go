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
	"strings"
	"testing"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/network"

	"refit/internal/engine"
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
	{"a dependency without a name", "R27", "services.app.depends_on.db", func(w *world) { w.exec["app: python3 -c db 5432"] = engine.Output{Code: noName} }, "does not know the name db"},
	{"a dependency that does not answer", "R27", "services.app.depends_on.db", func(w *world) { w.exec["app: python3 -c db 5432"] = engine.Output{Code: noAnswer} }, "does not get through to db:5432"},
	{"a network too many", "R28", "services.web.networks", func(w *world) { w.join("web", "shop_back", "172.2.0.9") }, "in the network shop_back"},
	{"a way between networks", "R28", "services.web.networks.db", func(w *world) { w.exec["web: python3 -c 172.2.0.3 5432"] = engine.Output{} }, "reaches db at 172.2.0.3:5432"},
	{"an internal network that is not", "R29", "prod.networks.back", func(w *world) { w.networks["shop_back"] = false }, "not internal"},
	{"a default route", "R29", "services.db.networks", func(w *world) {
		w.exec["db: cat /proc/net/route"] = says("Iface Destination Gateway\neth0 00000000 010214AC 0003 0 0 0 00000000\n")
	}, "default route through eth0"},

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
	r, err := w.run(Options{})
	if err != nil || len(r.Findings) > 0 {
		t.Fatalf("%v\n%s", err, describe(r))
	}
	silent := map[string]bool{}
	for _, n := range r.NotShown {
		silent[n.Check.ID+" "+n.Service] = true
	}
	for _, want := range []string{"R27 app", "R28 web", "R28 db"} {
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
	health := w.containers["db"].State.Health
	time.AfterFunc(500*time.Millisecond, func() { health.Status = container.Healthy })
	if r, err := w.run(Options{Wait: 20 * time.Second}); err != nil || len(r.Findings) > 0 {
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

