//go:build unix

package engine_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// port is what the ward's server publishes.
var port = map[string]string{
	"docker-compose.dev.yml": "name: NAME\nservices:\n  app:\n    build: .\n    stop_grace_period: 0s\n    ports: [\"127.0.0.1:PORT:8000\"]\n",
	"Dockerfile":             wardDockerfile, "server.py": wardServer,
}

func TestDoctorPortTaken(t *testing.T) {
	s := ward(t, port)
	s.run(compose + "build -q")
	s.run("mkdir ../other && sed 's/^name: .*/name: " + s.name + "other/' docker-compose.dev.yml > ../other/compose.yml && cp Dockerfile server.py ../other/ && docker compose -f ../other/compose.yml up -d")
	d := s.finds("refit doctor dev", "M19")[0].says(t, "taken by the container "+s.name+"other-app-1", "of the Compose project "+s.name+"other")
	s.follow(d)
	s.finds("refit doctor dev")

	s.now("a program has it")
	number := strings.TrimSpace(s.run("sed -n 's/.*127.0.0.1:\\([0-9]*\\):.*/\\1/p' docker-compose.dev.yml").text)
	holder := s.user.command(s.dir, "exec python3 -m http.server --bind 127.0.0.1 "+number)
	if err := holder.Start(); err != nil {
		t.Fatal(err)
	}
	s.eventually(time.Minute, "curl -s http://127.0.0.1:"+number+"/", "Dockerfile")
	d = s.finds("refit doctor dev", "M19")[0].says(t, fmt.Sprintf("python3 (process %d)", holder.Process.Pid))
	s.follow(d)
	_ = holder.Wait()
	s.finds("refit doctor dev")
	s.run(compose + "up -d")
	s.finds("refit doctor dev")
}

func TestDoctorBuilds(t *testing.T) {
	s := ward(t, map[string]string{
		"docker-compose.dev.yml": "name: NAME\nservices:\n  app:\n    build: .\n", "server.py": wardServer, "Dockerfile": wardDockerfile, ".dockerignore": ".git\n.env*\n",
	})
	s.finds("refit doctor dev --build 2>/dev/null")

	s.now("a file that is missing: the files tell, without a build")
	s.run("mv server.py main.py")
	d := s.finds("refit doctor dev", "M20")[0].says(t, "server.py is copied and is not in the build context")
	s.fails("refit build dev")
	s.finds("refit doctor dev", "M20")[0].says(t, "the build said:", "server.py")
	if len(d.Cure.Title) == 0 {
		t.Error("no cure")
	}
	s.run("mv main.py server.py")
	s.run("refit build dev")
	s.finds("refit doctor dev")

	s.now("a file that is ignored")
	s.edit(".dockerignore", ".git\n", ".git\n*.py\n")
	s.follow(needsYes(s.finds("refit doctor dev", "M20")[0].says(t, "I02", "refit apply --only I02")))
	s.finds("refit doctor dev --build 2>/dev/null")

	s.now("a context that was moved")
	s.edit("docker-compose.dev.yml", "build: .", "build: ./app")
	s.finds("refit doctor dev", "M20")[0].says(t, "app")
	s.edit("docker-compose.dev.yml", "build: ./app", "build: .")
	s.finds("refit doctor dev")

	s.now("a registry that is not there: only the build tells")
	s.edit("Dockerfile", "FROM python:3.13-slim", "FROM registry.invalid/nowhere:1")
	s.finds("refit doctor dev")
	s.finds("refit doctor dev --build 2>/dev/null", "M22")[0].says(t, "name resolution", "registry.invalid")
	s.edit("Dockerfile", "FROM registry.invalid/nowhere:1", "FROM python:3.13-slim")
	s.run("refit build dev")
	s.finds("refit doctor dev")

	s.now("a disk that is full")
	s.edit("Dockerfile", "COPY server.py ./\n", "COPY server.py ./\nRUN head -c 100000000 /dev/zero > /dev/shm/zeros\n")
	s.fails("refit build dev")
	s.finds("refit doctor dev", "M07")[0].says(t, "a disk was full", "No space left on device", "docker system df")
	s.edit("Dockerfile", "RUN head -c 100000000 /dev/zero > /dev/shm/zeros\n", "")
	s.run("refit build dev")
	s.finds("refit doctor dev")
}

// needsYes are the commands of a cure for a script.
func needsYes(d diagnosis) diagnosis {
	for i, c := range d.Cure.Commands {
		if strings.HasPrefix(c, "refit apply") {
			d.Cure.Commands[i] += " --yes"
		}
	}
	return d
}

// The image in which uv is.
const uvImage = "ghcr.io/astral-sh/uv:0.8.22-python3.13-trixie-slim"

func TestDoctorLock(t *testing.T) {
	s := ward(t, map[string]string{
		"docker-compose.dev.yml": "name: NAME\nservices:\n  app:\n    build: .\n",
		"Dockerfile":             "FROM " + uvImage + "\nWORKDIR /app\nCOPY pyproject.toml uv.lock ./\nRUN uv sync --locked\nUSER 1000:1000\n",
		"pyproject.toml":         "[project]\nname = \"ward\"\nversion = \"1\"\nrequires-python = \">=3.13\"\ndependencies = [\"iniconfig\"]\n",
		".dockerignore":          ".git\n.env*\n",
	})
	lock := fmt.Sprintf("docker run --rm --user %d:%d -e HOME=/tmp -v \"$PWD\":/src -w /src %s ", s.user.uid, s.user.gid, uvImage)
	s.now("the lock is missing")
	s.run(lock + s.finds("refit doctor dev", "M21")[0].says(t, "uv.lock is missing").Cure.Commands[0])
	s.finds("refit doctor dev --build 2>/dev/null")

	s.now("a dependency was added, and the lock was not made anew")
	s.edit("pyproject.toml", "[\"iniconfig\"]", "[\"iniconfig\", \"packaging\"]")
	one := s.finds("refit doctor dev", "M21")[0].says(t, "it lacks packaging")
	s.fails("refit build dev")
	s.finds("refit doctor dev", "M21")[0].says(t, "the build said:", "needs to be updated")
	s.run(lock + one.Cure.Commands[0])
	s.run("refit build dev")
	s.finds("refit doctor dev")
}

func TestDoctorCertificate(t *testing.T) {
	s := ward(t, map[string]string{
		"docker-compose.dev.yml": "name: NAME\nservices:\n  app:\n    build: .\n    command: [\"uvicorn\", \"server:app\", \"--ssl-certfile\", \"certs/cert.pem\", \"--ssl-keyfile\", \"certs/key.pem\"]\n    volumes: [\"./certs:/app/certs:ro\"]\n",
		"Dockerfile":             wardDockerfile, "server.py": wardServer, ".gitignore": "certs/\n",
	})
	s.run("git init -q")
	s.write("certs/cert.pem", expired(t))
	s.write("certs/key.pem", "")
	s.finds("refit doctor dev", "M09")[0].says(t, "certs/cert.pem expired on", "refit certs --force")
	s.run("refit doctor dev --fix --yes").shows("M09", "is cured")
	s.finds("refit doctor dev")

	s.run("rm -r certs")
	s.finds("refit doctor dev", "M09")[0].says(t, "certs is missing")
	s.run("refit doctor dev --fix --yes").shows("is cured")
	s.finds("refit doctor dev")
}

// expired is a certificate of last year.
func expired(t *testing.T) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "localhost"}, NotBefore: time.Now().AddDate(-1, 0, 0), NotAfter: time.Now().AddDate(0, 0, -1)}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

func TestDoctorRemains(t *testing.T) {
	s := ward(t, map[string]string{
		"docker-compose.dev.yml": "name: NAMEnew\nservices:\n  app:\n    build: .\n    stop_grace_period: 0s\n    volumes: [\"data:/data\"]\n  worker:\n    build: .\n    stop_grace_period: 0s\nvolumes:\n  data:\n",
		"Dockerfile":             strings.Replace(wardDockerfile, "USER", "RUN mkdir /data && chown 1000:1000 /data\nUSER", 1), "server.py": wardServer,
	})
	s.now("a service is given up while its container runs")
	s.run(compose + "up -d --build")
	s.edit("docker-compose.dev.yml", "  worker:\n    build: .\n    stop_grace_period: 0s\n", "")
	s.finds("refit doctor dev", "M31")[0].says(t, "of the service worker")
	s.run("refit doctor dev --fix --yes").shows("docker rm --force "+s.name+"new-worker-1", "is cured")
	s.finds("refit doctor dev")

	s.now("the data are in the volume of the project's former name, the folder's")
	s.run("docker compose -p " + s.name + " -f docker-compose.dev.yml run --rm -T app sh -c 'head -c 3000000 /dev/zero > /data/rows'")
	d := s.finds("refit doctor dev", "M32")[0].says(t, s.name+"_data, of the project's former name", "2.9 MB", "the data are probably there")
	s.follow(d)
	s.run(compose + "exec -T app stat -c %s /data/rows").is("3000000")
	s.finds("refit doctor dev")
}

func TestDoctorWatching(t *testing.T) {
	s := ward(t, map[string]string{
		"docker-compose.dev.yml": "name: NAME\nservices:\n  app:\n    build: .\n    stop_grace_period: 0s\n    command: [\"watchfiles\", \"--filter\", \"python\", \"python -u server.py\", \".\"]\n",
		"Dockerfile":             "FROM python:3.13-slim\nWORKDIR /app\nRUN pip install --quiet --break-system-packages watchfiles\nCOPY server.py ./\nUSER 1000:1000\n",
		"server.py":              "import time\nprint('the first')\ntime.sleep(1000)\n",
	})
	s.run(compose + "up -d --build")
	s.eventually(time.Minute, compose+"logs app", "the first")
	d := s.finds("refit doctor dev", "M33")[0].says(t, "no folder of the repository is mounted")
	s.run("sed -i 's/first/second/' server.py")

	s.now("with the mount in the file, and the container of before")
	s.edit("docker-compose.dev.yml", "    stop_grace_period: 0s\n", "    stop_grace_period: 0s\n    volumes: [\".:/app\"]\n")
	d.says(t, "Add the mount .:/app")
	d = s.finds("refit doctor dev", "M33")[0].says(t, "older than the file")
	s.follow(d)
	s.finds("refit doctor dev")
	s.eventually(time.Minute, compose+"logs app", "the second")
	s.run("sed -i 's/second/third/' server.py")
	s.eventually(time.Minute, compose+"logs app", "the third")
}

func TestDoctorWatchLimit(t *testing.T) {
	read := func() string {
		text, _ := os.ReadFile("/proc/sys/fs/inotify/max_user_instances")
		return strings.TrimSpace(string(text))
	}
	limit := read()
	if os.Getuid() != 0 || len(limit) > 3 {
		t.Skip("only root can change the kernel's limit back and forth, and one of more than 999 takes more than a container may open")
	}
	s := ward(t, map[string]string{
		"docker-compose.dev.yml": "name: NAME\nservices:\n  app:\n    build: .\n    user: \"4242\"\n    stop_grace_period: 0s\n    restart: always\n    command: [\"sh\", \"-c\", \"python hold.py & sleep 2; exec watchfiles 'python -u server.py' .\"]\n    volumes: [\".:/app:ro\"]\n",
		"Dockerfile":             "FROM python:3.13-slim\nWORKDIR /app\nENV HOLD=" + limit + "\nRUN pip install --quiet --break-system-packages watchfiles\nCOPY *.py ./\n",
		"server.py":              "import time\nprint('served')\ntime.sleep(1000)\n",
		"hold.py":                "import ctypes, os, time\nlibc = ctypes.CDLL(None)\nheld = [libc.inotify_init1(0) for i in range(int(os.environ['HOLD']))]\ntime.sleep(1000)\n",
	})
	s.run(compose + "up -d --build")
	s.eventually(time.Minute, compose+"logs app", "Too many open files")
	d := s.finds("refit doctor dev", "M34")[0].says(t, "the kernel's limit is reached", "max_user_instances "+limit)
	words := strings.Fields(strings.TrimPrefix(d.Cure.Commands[0], "sudo "))
	for _, w := range words[1:] {
		name, _, _ := strings.Cut(w, "=")
		before, err := exec.Command("sysctl", "-n", name).Output()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = exec.Command("sysctl", "-q", name+"="+strings.TrimSpace(string(before))).Run() })
	}
	if out, err := exec.Command(words[0], words[1:]...).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	s.run(compose + "up -d --force-recreate")
	s.eventually(time.Minute, compose+"logs app", "served")
	s.finds("refit doctor dev")
}
