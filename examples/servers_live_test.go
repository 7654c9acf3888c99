//go:build unix

package examples_test

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// postgres is a running PostgreSQL with an empty database that the role ledger owns.
type postgres struct {
	url  string // as SQLAlchemy's asyncpg dialect wants it
	port int
}

const livePassword = "made-up-live-password"

// psql runs psql on the database; the test ends when a statement fails.
func (p postgres) psql(t *testing.T, args ...string) {
	t.Helper()
	args = append([]string{"-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p", strconv.Itoa(p.port), "-U", "ledger", "-d", "ledger"}, args...)
	run(t, "", append(os.Environ(), "PGPASSWORD="+livePassword), postgresProgram(t, "psql"), args...)
}

// startPostgres starts a PostgreSQL of its own on a free port of the loopback interface, with its
// data in a temporary folder; both are gone after the test.
func startPostgres(t *testing.T) postgres {
	t.Helper()
	server := postgres{port: freePort(t)}
	server.url = fmt.Sprintf("postgresql+asyncpg://ledger:%s@127.0.0.1:%d/ledger", livePassword, server.port)

	// Not t.TempDir: that is 0700 and root's where the tests run as root, which PostgreSQL refuses to
	dir, err := os.MkdirTemp("", "refit-postgres-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	password := filepath.Join(dir, "password")
	if err := os.WriteFile(password, []byte(livePassword), 0o600); err != nil {
		t.Fatal(err)
	}
	account := postgresAccount(t, dir, password)

	data := filepath.Join(dir, "data")
	initdb := exec.Command(postgresProgram(t, "initdb"), "-D", data, "-U", "ledger", "--pwfile", password,
		"--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync")
	initdb.Dir, initdb.SysProcAttr = dir, account
	if out, err := initdb.CombinedOutput(); err != nil {
		t.Fatalf("initdb: %v\n%s", err, out)
	}
	start(t, dir, os.Environ(), account, postgresProgram(t, "postgres"), "-D", data, "-p", strconv.Itoa(server.port),
		"-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "fsync=off")

	var out []byte
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		createdb := exec.Command(postgresProgram(t, "createdb"), "-h", "127.0.0.1", "-p", strconv.Itoa(server.port), "-U", "ledger", "ledger")
		createdb.Env = append(os.Environ(), "PGPASSWORD="+livePassword)
		if out, err = createdb.CombinedOutput(); err == nil {
			return server
		}
	}
	t.Fatalf("createdb: %v\n%s", err, out)
	return server
}

// postgresProgram finds one of PostgreSQL's programs; Debian keeps the server's off the PATH.
func postgresProgram(t *testing.T, name string) string {
	t.Helper()
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/" + name) // the pattern is a valid one
	if len(found) == 0 {
		t.Fatalf("PostgreSQL's %s is missing: apt-get install postgresql", name)
	}
	return found[len(found)-1]
}

// postgresAccount gives paths to the account postgres and returns how to run a process as it, where
// the tests run as root; elsewhere it returns nil, and PostgreSQL runs as whoever runs the tests.
func postgresAccount(t *testing.T, paths ...string) *syscall.SysProcAttr {
	t.Helper()
	if os.Geteuid() != 0 {
		return nil
	}
	account, err := user.Lookup("postgres")
	if err != nil {
		t.Fatalf("%v: PostgreSQL does not run as root: apt-get install postgresql makes that account", err)
	}
	uid, uidErr := strconv.ParseUint(account.Uid, 10, 32)
	gid, gidErr := strconv.ParseUint(account.Gid, 10, 32)
	if uidErr != nil || gidErr != nil {
		t.Fatalf("account postgres: uid %q, gid %q", account.Uid, account.Gid)
	}
	for _, path := range paths {
		if err := os.Chown(path, int(uid), int(gid)); err != nil {
			t.Fatal(err)
		}
	}
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
}

// startRedis starts a Redis that keeps nothing on disk and returns its URL.
func startRedis(t *testing.T) string {
	t.Helper()
	needTool(t, "redis-server", "apt-get install redis-server")
	port := strconv.Itoa(freePort(t))
	start(t, t.TempDir(), os.Environ(), nil, "redis-server", "--bind", "127.0.0.1", "--port", port, "--save", "", "--appendonly", "no")
	address := net.JoinHostPort("127.0.0.1", port)
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if connection, err := net.Dial("tcp", address); err == nil {
			connection.Close()
			return "redis://" + address + "/0"
		}
	}
	t.Fatalf("redis-server does not listen on %s", address)
	return ""
}

// start runs a server until the test ends. It is asked to stop with SIGINT, on which PostgreSQL
// drops its connections instead of waiting for them; what it printed is shown when the test failed.
func start(t *testing.T, dir string, env []string, as *syscall.SysProcAttr, name string, args ...string) {
	t.Helper()
	server := exec.Command(name, args...)
	server.Dir, server.Env, server.SysProcAttr = dir, env, as
	var out bytes.Buffer
	server.Stdout, server.Stderr = &out, &out
	server.WaitDelay = time.Second // a grandchild must not keep the pipe, and so the test, open
	if err := server.Start(); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	t.Cleanup(func() {
		_ = server.Process.Signal(os.Interrupt) // fails when it has ended by itself
		kill := time.AfterFunc(10*time.Second, func() { _ = server.Process.Kill() })
		err := server.Wait()
		kill.Stop()
		if t.Failed() {
			t.Logf("%s ended (%v):\n%s", server, err, out.String())
		}
	})
}

func needTool(t *testing.T, tool, install string) {
	t.Helper()
	if _, err := exec.LookPath(tool); err != nil {
		t.Fatalf("%s is missing: %s", tool, install)
	}
}

// freePort returns a port of the loopback interface that nobody listened on a moment ago.
func freePort(t *testing.T) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
}
