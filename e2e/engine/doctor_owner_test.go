//go:build unix

package engine_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// keeper is a service that keeps what it does in a volume.
var keeper = map[string]string{
	"docker-compose.dev.yml": `name: NAME
services:
  app:
    build: .
    user: "1000:1000"
    command: ["python", "-u", "keep.py"]
    volumes: ["data:/data"]
volumes:
  data:
`,
	"Dockerfile": strings.Replace(wardDockerfile, "server.py", "keep.py", 1),
	"keep.py":    "import time\nopen('/data/sub/row', 'a').write('once more\\n')\nprint('kept')\ntime.sleep(1000)\n",
}

// asRootBefore lets root use the volume, as it was before the refit.
const asRootBefore = compose + `run --rm -T --user root app sh -c 'mkdir /data/sub && echo row > /data/sub/row && echo theirs > /data/theirs && chown 4711 /data/theirs && ln -s /etc/hostname /data/link && chmod 700 /data/sub'`

func TestDoctorRootOwnedVolume(t *testing.T) {
	s := ward(t, keeper)
	s.now("root has used the volume, and the service is root no more")
	s.run(compose + "build -q")
	s.run(asRootBefore)
	s.run(compose + "up -d")
	s.eventually(time.Minute, compose+"logs app", "Permission")
	d := s.finds("refit doctor dev", "M15")[0]
	d.says(t, "/data/sub/row", "PermissionError", "it ended with exit code 1", "chown -h 1000:1000")
	s.run("refit doctor dev; echo code $?").shows("changes /data/sub", "code 1")

	s.now("without a terminal and without --yes nothing is done")
	s.run("refit doctor dev --fix; echo code $?").shows("say --yes", "code 2")
	s.finds("refit doctor dev", "M15")

	s.now("--fix hands root's files over, and nobody else's, nor what a link leads to")
	s.run("refit doctor dev --fix --yes; echo code $?").shows("docker run --rm --name refit-repair-", "is cured")
	inside := func(line string) output {
		return s.run("docker run --rm --user root --entrypoint sh -v " + s.name + "_data:/data " + s.name + "-app -c '" + line + "'")
	}
	inside("cat /data/sub/row; stat -c %u:%g /data/sub/row /data/sub /data/link").is("row\n1000:1000\n1000:1000\n1000:1000")
	inside("stat -c %u /data/theirs /etc/hostname").is("4711\n0")
	s.run(compose + "up -d")
	s.eventually(time.Minute, compose+"logs --tail 1 app", "kept")
	s.finds("refit doctor dev")
}

func TestDoctorGoesOnWithARepairThatWasKilled(t *testing.T) {
	for when, shim := range map[string]string{
		"before": `case "$*" in *"run --rm --name refit-repair"*) kill -9 $PPID; exit 1;; esac; exec /usr/bin/env PATH="$REAL" docker "$@"`,
		"after":  `PATH="$REAL"; docker "$@"; code=$?; case "$*" in *"run --rm --name refit-repair"*) kill -9 $PPID;; esac; exit $code`,
	} {
		t.Run(when, func(t *testing.T) {
			s := ward(t, keeper)
			s.write("../bin/docker", "#!/bin/sh\n"+shim+"\n")
			if err := os.Chmod(filepath.Join(s.dir, "../bin/docker"), 0o755); err != nil {
				t.Fatal(err)
			}
			s.run(compose + "build -q")
			s.run(asRootBefore)
			s.now("refit is killed in the middle of the repair")
			s.run(`REAL="$PATH" PATH="$PWD/../bin:$PATH" refit doctor dev --fix --yes; echo code $?`).shows("code 137")
			s.now("the next command says so, and the doctor goes on")
			s.run("refit status dev; true").shows("the repair of " + s.name + "_data, begun at")
			s.finds("refit doctor dev", "M18")[0].says(t, "did not finish", "--volume "+s.name+"_data")
			s.run("refit doctor dev --fix --yes").shows("M18", "is cured")
			s.finds("refit doctor dev")
			s.run(compose + "run --rm -T app sh -c 'cat /data/sub/row && echo more >> /data/sub/row'").shows("row")
		})
	}
}

func TestDoctorRootOwnedMountAndIDs(t *testing.T) {
	s := ward(t, map[string]string{
		"docker-compose.dev.yml": `name: NAME
services:
  app:
    build:
      context: .
      args: {APP_UID: "${APP_UID:-1000}", APP_GID: "${APP_GID:-1000}"}
    command: ["sleep", "1000"]
    stop_grace_period: 0s
    volumes: ["./logs:/app/logs"]
`,
		"Dockerfile": "FROM python:3.13-slim\nARG APP_UID=1000\nARG APP_GID=1000\nRUN groupadd -o -g $APP_GID appuser && useradd -o -u $APP_UID -g appuser appuser\nUSER ${APP_UID}:${APP_GID}\n",
		"logs/.keep": "",
	})
	ids := fmt.Sprintf("APP_UID=%d\nAPP_GID=%d\n", s.user.uid, s.user.gid)
	s.write(".env", ids)
	s.run("unset APP_UID APP_GID; " + compose + "up -d --build")
	s.finds("unset APP_UID APP_GID; refit doctor dev")

	s.now("root has written into the folder")
	s.run(compose + "exec -T --user root app sh -c 'mkdir /app/logs/old && echo x > /app/logs/old/a.log'")
	s.finds("unset APP_UID APP_GID; refit doctor dev", "M16")[0].says(t, "root's: logs/old")
	s.run("unset APP_UID APP_GID; refit doctor dev --fix --yes").shows("M16 logs is cured")
	s.run("find . -user root").is("")
	s.run("echo y >> logs/old/a.log")

	s.now("the image was built for somebody else")
	s.write(".env", strings.Replace(ids, "APP_UID=", "APP_UID=9", 1))
	s.run("unset APP_UID APP_GID; " + compose + "up -d --build")
	d := s.finds("unset APP_UID APP_GID; refit doctor dev", "M17")[0]
	d.says(t, fmt.Sprintf("app runs as 9%d and you are %d", s.user.uid, s.user.uid))
	for _, line := range d.Cure.Commands {
		s.run("unset APP_UID APP_GID; " + line)
	}
	s.finds("unset APP_UID APP_GID; refit doctor dev")
	s.run(compose + "exec -T app id -u").is(fmt.Sprint(s.user.uid))
}
