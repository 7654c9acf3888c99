//go:build unix

package engine_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestDoctorEngine is of a docker that has no engine: the files are read all the same.
func TestDoctorEngine(t *testing.T) {
	s := ward(t, port)
	s.finds("refit doctor")

	s.now("the engine does not run, and it is the only one")
	s.run("mkdir -p ../none && ln -s \"$DOCKER_CONFIG\"/cli-plugins ../none/cli-plugins")
	s.finds("DOCKER_CONFIG=$PWD/../none DOCKER_HOST=unix:///nowhere.sock refit doctor", map[bool][]string{true: {"M04"}, false: {"M02"}}[s.defaultAnswers()]...)

	s.now("the context in use is of a machine that does not answer")
	if s.defaultAnswers() {
		s.run("export DOCKER_CONFIG=$PWD/../none; unset DOCKER_HOST; docker context create far --docker host=unix:///nowhere/docker.sock && docker context use far")
		d := s.finds("unset DOCKER_HOST; DOCKER_CONFIG=$PWD/../none refit doctor", "M04")[0].says(t, "the context far is in use", "docker context use default")
		s.run("export DOCKER_CONFIG=$PWD/../none; unset DOCKER_HOST; " + strings.Join(d.Cure.Commands, " && "))
		s.finds("unset DOCKER_HOST; DOCKER_CONFIG=$PWD/../none refit doctor")

		s.now("a context that is unknown")
		s.finds("unset DOCKER_HOST; DOCKER_CONTEXT=nowhere DOCKER_CONFIG=$PWD/../none refit doctor", "M04")
	}
}

// defaultAnswers says whether the engine is where docker looks by itself.
func (s *scenario) defaultAnswers() bool {
	_, err := s.try("unset DOCKER_HOST; DOCKER_CONFIG=/nowhere docker version")
	return err == nil
}

func TestDoctorSocketOfSomebodyElse(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can become a user who may not use the engine")
	}
	s := ward(t, port)
	if !strings.HasPrefix(engineAddress(), "unix://") {
		t.Skip("the engine is not reached by a socket of this machine")
	}
	s.user.as = &syscall.Credential{Uid: 1000, Gid: 1000}
	info, err := os.Stat(strings.TrimPrefix(engineAddress(), "unix://"))
	if err != nil {
		t.Fatal(err)
	}
	d := s.finds("refit doctor", "M03")[0].says(t, "no permission for the Docker engine", "usermod -aG")
	if gid := info.Sys().(*syscall.Stat_t).Gid; gid != 0 {
		s.now("in the group that owns the socket, as the cure has it")
		s.user.as.Groups = []uint32{gid}
		s.finds("refit doctor")
	} else {
		d.says(t, "groupadd")
	}
}

func TestDoctorPrograms(t *testing.T) {
	s := ward(t, with(port, "Makefile", ".PHONY: up\nup:\n\tdocker compose up -d\n", "pyproject.toml", "[project]\nname = \"ward\"\nversion = \"1\"\n\n[tool.uv]\nrequired-version = \">=0.8\"\n", "uv.lock", "version = 1\n"))
	s.run("git init -q; mkdir ../bin ../config ../config/cli-plugins; for p in refit docker sh uname id sed cat env; do ln -s \"$(command -v $p)\" ../bin/$p; done")
	path := "PATH=$PWD/../bin "
	s.now("no plugin, an old plugin")
	s.run("ln -s \"$DOCKER_CONFIG\"/cli-plugins/docker-buildx ../config/cli-plugins/; true")
	if out, _ := s.try("DOCKER_CONFIG=$PWD/../config docker compose version"); !strings.Contains(out.text, "Docker Compose version") { // else one is installed for all users
		s.finds("DOCKER_CONFIG=$PWD/../config refit doctor", "M05")[0].says(t, "docker has no compose plugin")
	}
	s.run("printf '#!/bin/sh\\ncase \"$*\" in *metadata*) echo \"{\\\\\"SchemaVersion\\\\\":\\\\\"0.1.0\\\\\",\\\\\"Vendor\\\\\":\\\\\"x\\\\\",\\\\\"Version\\\\\":\\\\\"v2.3.4\\\\\"}\";; *) echo 2.3.4;; esac\\n' > ../config/cli-plugins/docker-compose && chmod 755 ../config/cli-plugins/docker-compose")
	s.finds("DOCKER_CONFIG=$PWD/../config refit doctor", "M05")[0].says(t, "docker compose is 2.3.4")
	s.finds("refit doctor")

	s.now("no make, no git; an old uv, an old make; no docker")
	s.finds(path+"refit doctor", "M06", "M06")
	s.run("ln -s \"$(command -v git)\" ../bin/git; ln -s \"$(command -v make)\" ../bin/make")
	s.run("printf '#!/bin/sh\\necho uv 0.7.1\\n' > ../bin/uv; chmod 755 ../bin/uv")
	s.finds(path+"refit doctor", "M06")[0].says(t, "uv is 0.7.1", "0.8 or later")
	s.run("printf '#!/bin/sh\\necho uv 0.8.22\\n' > ../bin/uv")
	s.finds(path + "refit doctor")
	s.edit("Makefile", "up:\n", "up down &: all\n")
	s.run("rm ../bin/make; printf '#!/bin/sh\\necho GNU Make 3.81\\n' > ../bin/make; chmod 755 ../bin/make")
	s.finds(path+"refit doctor", "M06")[0].says(t, "make is 3.81", "4.3 or later")
	s.run("rm ../bin/docker")
	s.finds(path+"refit doctor", "M01", "M06")
}

// TestDoctorClock puts somebody between docker and its engine who sets its clock back by an hour.
func TestDoctorClock(t *testing.T) {
	s := ward(t, port)
	target, ok := strings.CutPrefix(engineAddress(), "unix://")
	if !ok {
		t.Skip("the engine is not reached by a socket of this machine")
	}
	socket := filepath.Join(filepath.Dir(s.dir), "late.sock")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(socket, 0o666); err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: "engine"})
	proxy.Transport = &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", target)
	}}
	proxy.ModifyResponse = late
	server := &http.Server{Handler: proxy, ReadHeaderTimeout: time.Minute}
	go func() { _ = server.Serve(l) }()
	t.Cleanup(func() { _ = server.Close() })
	s.finds("DOCKER_HOST=unix://"+socket+" refit doctor", "M08")[0].says(t, "1h0m0s behind", "timedatectl set-ntp true")
	s.finds("refit doctor")
}

// late sets the clock in what the engine says of itself back.
func late(r *http.Response) error {
	if !strings.HasSuffix(r.Request.URL.Path, "/info") {
		return nil
	}
	text, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	var info map[string]any
	if err := json.Unmarshal(text, &info); err != nil {
		return err
	}
	at, err := time.Parse(time.RFC3339Nano, info["SystemTime"].(string))
	if err != nil {
		return err
	}
	info["SystemTime"] = at.Add(-time.Hour).Format(time.RFC3339Nano)
	if text, err = json.Marshal(info); err != nil {
		return err
	}
	r.Body = io.NopCloser(bytes.NewReader(text))
	r.ContentLength = int64(len(text))
	r.Header.Set("Content-Length", strconv.Itoa(len(text)))
	return nil
}

func with(files map[string]string, more ...string) map[string]string {
	all := map[string]string{}
	for at, text := range files {
		all[at] = text
	}
	for i := 0; i+1 < len(more); i += 2 {
		all[more[i]] = more[i+1]
	}
	return all
}
