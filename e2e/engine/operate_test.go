//go:build unix

package engine_test

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// shopFiles is a small environment of one server, one cache and one job that ends by itself. PORT, NAME and the
// made-up secret are filled in by shop.
var shopFiles = map[string]string{
	"docker-compose.dev.yml": `services:
  web:
    build: .
    env_file: .env.dev
    ports:
      - "127.0.0.1:PORT:8000"
    healthcheck:
      test: ["CMD", "python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/', timeout=2)"]
      interval: 1s
      start_period: 20s
    depends_on:
      migrate: {condition: service_completed_successfully}
  migrate:
    build: .
    command: ["python", "-c", "print('migrated')"]
    restart: "no"
  cache:
    image: redis:8.2.1-alpine3.22
    volumes:
      - data:/data
volumes:
  data:
`,
	"Dockerfile": `FROM python:3.13-slim
WORKDIR /srv
RUN head -c 16 /dev/urandom | od -An -tx1 > built
COPY server.py ./
CMD ["python", "-u", "server.py"]
`,
	"server.py": `import http.server, os
print("serving with", os.environ["SESSION_SECRET"])
http.server.test(http.server.SimpleHTTPRequestHandler, port=8000, bind="0.0.0.0")
`,
	".env.example": "SESSION_SECRET=\n",
	".env.dev":     "SESSION_SECRET=" + madeUp + "\n",
	".gitignore":   ".env.dev\n",
}

// madeUp is no secret of anybody.
const madeUp = "made-up-4f9c2d7b61"

// shop begins a scenario in the small environment, with some of its files written otherwise.
func shop(t *testing.T, otherwise map[string]string) (s *scenario, port string) {
	t.Helper()
	s = empty(t)
	port = freePort(t)
	files := map[string]string{}
	for at, text := range shopFiles {
		files[at] = text
	}
	for at, text := range otherwise {
		files[at] = text
	}
	for at, text := range files {
		if text == "" {
			continue
		}
		if err := os.WriteFile(filepath.Join(s.dir, at), []byte(strings.ReplaceAll(text, "PORT", port)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	s.user.owns(t, filepath.Dir(s.dir))
	return s, port
}

func TestUpStatusLogsRestartRebuildDown(t *testing.T) {
	s, port := shop(t, nil)

	s.now("up waits until all is well, and says so")
	s.run("refit up dev").shows("web: healthy", "migrate: done", "cache: running", "dev is up after", "127.0.0.1:"+port+"->8000/tcp")
	s.run("curl -sf http://127.0.0.1:" + port + "/").shows("server.py")

	s.now("status is the guide's table; JSON tells the same to a program")
	s.run("refit status dev").shows("NAME", "SERVICE", "STATUS", "PORTS", s.name+"-web-1", "(healthy)", "Exited (0)")
	s.run("refit status dev --format json").shows(`"schema": "refit.status/v1"`, `"project": "`+s.name+`"`, `"state": "healthy"`, `"state": "done"`, `"well": true`)

	s.now("logs mask the secrets of the env file")
	s.run("refit logs dev web").shows("serving with ********").lacks(madeUp)
	s.run("refit logs dev -n 1 migrate").shows("migrated")

	s.now("exec and shell reach the container and return the code of what they ran")
	s.run("refit exec dev web cat built")
	s.run("refit exec dev web sh -c 'exit 7'; echo code $?").shows("code 7")
	s.run("echo pwd | refit shell dev web").is("/srv")
	s.run("refit shell dev migrate; echo code $?").shows("migrate is done", "code 3")

	s.now("restart waits too; up of what is up changes nothing")
	s.run("refit restart dev web").shows("web: healthy", "dev is up")
	before := s.run("docker inspect --format '{{.Id}}' " + s.name + "-web-1").text
	s.run("refit up dev").shows("dev is up")
	s.run("docker inspect --format '{{.Id}}' " + s.name + "-web-1").is(strings.TrimSpace(before))

	s.now("rebuild makes the image anew, from the first step, and brings it up")
	built := s.run("refit exec dev web cat built").text
	s.run("refit rebuild dev").shows("web: healthy", "dev is up")
	if again := s.run("refit exec dev web cat built").text; again == built {
		t.Errorf("rebuild kept the layer %s", built)
	}

	s.now("docker refit is the same")
	s.run(`mkdir -p own/cli-plugins && ln -s "$(command -v refit)" own/cli-plugins/docker-refit &&
		for plugin in "$DOCKER_CONFIG"/cli-plugins/docker-*; do [ ! -e "$plugin" ] || ln -sf "$plugin" own/cli-plugins/; done`)
	s.run("DOCKER_CONFIG=$PWD/own docker refit status dev").shows("(healthy)")

	s.now("down keeps the data; --volumes asks, and there is nobody to ask")
	s.run("refit down dev")
	s.run("docker volume ls -q").shows(s.name + "_data")
	s.run("refit down dev --volumes; echo code $?").shows("Remove 1 volume with all data: "+s.name+"_data?", "code 2")
	s.run("refit down dev --volumes --yes")
	s.run("docker volume ls -q").lacks(s.name + "_data")
	s.run("refit status dev; echo code $?").shows("not created", "code 1")
	s.run("refit restart dev; echo code $?").shows("nothing of dev has been started", "code 3")
}

func TestUpSaysWhatIsInTheWay(t *testing.T) {
	s, port := shop(t, nil)

	s.now("a program has the port")
	l, err := net.Listen("tcp", "127.0.0.1:"+port)
	if err != nil {
		t.Fatal(err)
	}
	s.run("refit up dev; echo code $?").shows("docker-compose.dev.yml:6:9: port "+port+" is taken by", "web can't be published there", "nothing was started", "code 3")
	s.run("docker ps -aq --filter label=com.docker.compose.project=" + s.name).is("")
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}

	s.now("a container has it")
	s.run("docker run -d --name " + s.name + "-other --label com.docker.compose.project=" + s.name + "other -p 127.0.0.1:" + port + ":6379 redis:8.2.1-alpine3.22")
	s.run("refit up dev; echo code $?").shows("port "+port+" is taken by the container "+s.name+"-other of the Compose project "+s.name+"other", "code 3")
	s.run("docker rm -f " + s.name + "-other")

	s.now("the env file is missing, and is made as the message says")
	s.run("rm .env.dev")
	s.run("refit up dev; echo code $?").shows("docker-compose.dev.yml:4:15: .env.dev is missing; web does not start without it; refit env init dev makes it", "code 3")
	s.run("refit env init dev")
	s.run("refit up dev").shows("dev is up")
	s.run("refit logs dev web").shows("serving with ********")
	s.run("refit down dev")
}

func TestUpExplainsAFailure(t *testing.T) {
	s, _ := shop(t, map[string]string{"server.py": `import os
print("with", os.environ["SESSION_SECRET"])
import fastapi
`})
	s.now("a program that ends: its last lines without the secret, and the likely cause")
	s.run("refit up dev; echo code $?").shows("web: failed: it ended with exit code 1", "| ModuleNotFoundError: No module named 'fastapi'",
		"likely cause: the image lacks the Python package fastapi", "with ********", "refit doctor dev", "code 3").lacks(madeUp)
	s.run("refit status dev; echo code $?").shows("Exited (1)", "web: it ended with exit code 1", "code 1")

	s.now("a healthcheck that fails: what it printed")
	s.run("cat > server.py <<'E'\n" + strings.Replace(shopFiles["server.py"], "port=8000", "port=8001", 1) + "E")
	s.run("sed -i 's/start_period: 20s/retries: 2/' docker-compose.dev.yml")
	s.run("refit up dev --build; echo code $?").shows("web: unhealthy: its healthcheck exits with 1: ", "Connection refused", "code 3")
	s.run("refit status dev; echo code $?").shows("(unhealthy)", "web: its healthcheck exits with 1", "Connection refused", "code 1")

	s.now("an image that does not build: what the build said")
	s.run("echo 'COPY nowhere.txt ./' >> Dockerfile")
	s.run("refit up dev --build; echo code $?").shows("docker compose: ", "likely cause: nowhere.txt is not in the build context", "code 3")
	s.run("refit down dev")
}

func TestCtrlCLeavesThingsTidy(t *testing.T) {
	s, _ := shop(t, nil)
	s.run("refit build dev")
	s.run("sed -i 's/bind=\"0.0.0.0\"/bind=os.environ.get(\"BIND\", \"127.0.0.2\")/' server.py && sed -i 's/start_period: 20s/start_period: 300s/' docker-compose.dev.yml")

	s.now("Ctrl-C while it waits: what is up stays up, and is named")
	s.run("rm -f up.log; refit up dev --build >up.log 2>&1 & refit=$!; until grep -q 'web: starting' up.log; do sleep 0.2; done; sleep 1; kill -INT $refit; wait $refit; echo code $?; cat up.log").
		shows("code 130", "interrupted; running: cache, ", "web; refit up dev goes on, refit down dev takes it down")
	s.run("docker ps --format {{.Names}}").shows(s.name+"-web-1", s.name+"-cache-1")

	s.now("the next command knows, and up goes on")
	s.run("refit status dev; echo code $?").shows("refit up dev, begun at", "did not finish: it was interrupted", "(health: starting)", "code 1")
	s.run("sed -i 's/127.0.0.2/0.0.0.0/' server.py")
	s.run("refit up dev --build").shows("did not finish", "web: healthy", "dev is up")
	s.run("refit status dev").lacks("did not finish")

	s.now("killed in the middle: the next command says so")
	s.run("sed -i 's/0.0.0.0/127.0.0.2/' server.py")
	s.run("rm -f up.log; refit up dev --build >up.log 2>&1 & refit=$!; until grep -q 'web: starting' up.log; do sleep 0.2; done; kill -KILL $refit; wait $refit; true")
	s.eventually(time.Minute, "refit status dev 2>&1 || true", "it was killed, or the machine went down")
	s.run("refit down dev")
	s.run("refit status dev 2>&1 || true").lacks("did not finish")
}

func TestTheSamplesTestsRunInContainers(t *testing.T) {
	s := sample(t)
	s.run("refit apply --yes --run-steps").shows("done")
	s.run("make setup")

	s.now("its tests run, and refit returns what they return")
	s.run("refit test test").shows("12 passed")
	s.run("docker ps -aq --filter label=com.docker.compose.project=" + s.name + "-test").is("")
	s.run("refit test dev -k health").shows("dev has data; its tests run with the databases of test", "2 passed, 10 deselected")
	s.run("printf 'def test_wrong():\\n    assert 1 == 2\\n' > tests/test_wrong.py")
	s.run("refit test test -k wrong; echo code $?").shows("1 failed", "code 1")
	s.run("refit test prod; echo code $?").shows("env/.env.prod", "code 3")
	s.run("refit env init prod && refit test prod").shows("prod is complete")
}
