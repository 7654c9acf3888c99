//go:build linux

package engine_test

import (
	"strings"
	"testing"
)

// TestStoppedInTheMiddle: an engine that dies, a full disk and Ctrl-C, each in the middle of up, of rebuild and of a repair
// of a data volume. Files and data are whole, and the next command says what happened and goes on.
func TestStoppedInTheMiddle(t *testing.T) {
	onRequest(t)
	t.Parallel()
	e := startEngine(t, "redis:8.2.1-alpine3.22")
	// One after the other: they kill the engine under one another. Each leaves the store as it found it
	for command, cases := range map[string][]stop{
		"up":      {{"the engine dies", engineDiesInUp}, {"the disk is full", diskFullInUp}, {"Ctrl-C", ctrlCInUp}},
		"rebuild": {{"the engine dies", engineDiesInRebuild}, {"the disk is full", diskFullInRebuild}, {"Ctrl-C", ctrlCInRebuild}},
		"a repair": {{"the engine dies", engineDiesInRepair}, {"the disk is full before", diskFullBeforeRepair},
			{"the disk is full", diskFullInRepair}, {"Ctrl-C", ctrlCInRepair}},
	} {
		t.Run("in "+command, func(t *testing.T) {
			s := openStore(t, e)
			for _, c := range cases {
				well := t.Run(c.what, func(t *testing.T) { s.in(t); c.play(s) })
				if s.in(t); !well {
					return
				}
			}
		})
	}
}

// stop is what stops a command in the middle.
type stop struct {
	what string
	play func(*store)
}

func engineDiesInUp(s *store) {
	s.meanwhile("env HOLD=yes refit up dev", shows("store: starting"), func() {
		s.keep("written-while-up-waits")
		s.engine.dies()
	}).shows("the Docker engine does not answer any more", "last seen: store starting", "your files and the volumes are as they were",
		"start it again; refit up dev goes on", "code 3")
	s.isWhole()

	s.now("while it is dead, every command says so, and what was going on")
	s.run("refit status dev; echo code $?").shows("refit up dev, begun at", "did not finish: the Docker engine went away", "no Docker engine answers at "+s.engine.address(), "code 3")
	s.run("refit up dev; echo code $?").shows("did not finish: the Docker engine went away", "start Docker", "code 3")
	s.run("refit doctor dev; echo code $?").shows("engine answers at "+s.engine.address(), "code 1")

	s.engine.start()
	s.run("refit up dev").shows("did not finish: the Docker engine went away", "dev is up")
	s.isWell()
}

func engineDiesInRebuild(s *store) {
	s.write("install.sh", "sleep 300\n")
	s.meanwhile("refit rebuild dev", shows("RUN sh /install.sh"), s.engine.dies).
		shows("the Docker engine does not answer any more", "start it again; dev was taken down before the build", "refit rebuild dev builds again", "code 3")
	s.isWhole()
	s.run("refit status dev; echo code $?").shows("refit rebuild dev, begun at", "did not finish: the Docker engine went away", "code 3")

	s.engine.start()
	s.write("install.sh", "true\n")
	s.run("refit rebuild dev").shows("did not finish: the Docker engine went away", "refit rebuild dev builds again", "dev is up")
	s.isWell()
}

func engineDiesInRepair(s *store) {
	s.papersAreRoots()
	s.meanwhile("refit doctor dev --fix --yes", s.someHandedOver, s.engine.dies).
		shows("the repair of "+s.name+"_data did not finish: the Docker engine went away", "every file is whole, with its old or its new owner", "refit doctor --fix goes on", "code 3").
		lacks("is cured")
	s.isWhole()
	s.handedOver(some)
	s.run("refit status dev; echo code $?").shows("the repair of "+s.name+"_data, begun at", "did not finish: the Docker engine went away", "code 3")

	s.engine.start()
	s.repairGoesOn()
	s.finds("refit doctor dev", "M18")[0].says(s.t, "did not finish: the Docker engine went away")
	s.run("refit doctor dev --fix --yes").shows("M18 " + s.name + "_data is cured")
	s.handedOver(all)
	s.run("refit up dev").lacks("did not finish").shows("dev is up")
	s.isWell()
}

func diskFullInUp(s *store) {
	s.meanwhile("env HOLD=yes refit up dev", shows("store: starting"), func() {
		s.engine.fill(200 << 10)
		s.fails(compose + `exec -T store sh -c 'head -c 1000000 /dev/zero | tr "\0" x | redis-cli -x set large | grep OK'`)
	}).shows("store: failed: it ended with exit code 1", "likely cause: the engine's disk", "dev did not come up", "code 3")
	s.isWhole()
	s.run("refit status dev; echo code $?").shows("refit up dev, begun at", "did not finish: the engine's disk was full", "code 1")
	s.run("refit doctor dev; echo code $?").shows("M07 disk-full", "docker system df", "code 1")
	s.run("refit up dev; echo code $?").shows("MB left; nothing can be built or started", "nothing was started", "code 3")

	s.engine.free()
	s.run("refit up dev").shows("did not finish: the engine's disk was full", "dev is up")
	s.isWell()
}

func diskFullInRebuild(s *store) {
	s.write("install.sh", "dd if=/dev/zero of=/large bs=1M count=200\n")
	s.engine.fill(120 << 20)
	s.run("refit rebuild dev; echo code $?").shows("docker compose failed (exit code ", "build --no-cache; likely cause: the engine's disk is full",
		"dev was taken down before the build; its data and the images of before are there", "code 3")
	s.isWhole()
	s.run("refit doctor dev; echo code $?").shows("M07 disk-full", "docker builder prune", "code 1")

	s.now("the images of before still start, on the little that is left")
	s.run("refit up dev").shows("refit rebuild dev, begun at", "did not finish: the engine's disk was full", "dev is up")
	s.isWell()
	s.engine.free()
	s.run("refit rebuild dev").lacks("did not finish").shows("dev is up")
	s.isWell()
}

func diskFullBeforeRepair(s *store) {
	s.papersAreRoots()
	s.now("the disk fills between the look and the cure")
	s.holdsUpRepairs()
	s.meanwhile(`PATH="$PWD/../bin:$PATH" exec refit doctor dev --fix --yes`, s.repairIsHeldUp, func() {
		s.engine.fill(0)
		s.letsRepairsGoOn()
	}).shows("the repair of "+s.name+"_data did not finish: the engine's disk is full", "no space left on device", "refit doctor --fix goes on", "M07 disk-full", "code 3").
		lacks("is cured")
	s.isWhole()
	s.handedOver(none)
	s.run("refit status dev; true").shows("the repair of "+s.name+"_data, begun at", "did not finish: the engine's disk is full")

	s.engine.free()
	s.repairGoesOn()
	s.run("refit doctor dev --fix --yes").shows("M18 " + s.name + "_data is cured")
	s.handedOver(all)
	s.isWell()
}

func diskFullInRepair(s *store) {
	s.papersAreRoots()
	s.now("a change of owner takes no space: it comes to its end")
	s.meanwhile("refit doctor dev --fix --yes", s.someHandedOver, func() { s.engine.fill(0); s.repairGoesOn() }).shows("M07 disk-full")
	s.isWhole()
	s.handedOver(all)
	s.engine.free()
	s.finds("refit doctor dev")
	s.isWell()
}

func ctrlCInUp(s *store) {
	before := s.run("docker ps -q --filter name=" + s.name).text
	s.write("install.sh", "sleep 300\n")
	s.meanwhile("refit up dev --build", shows("RUN sh /install.sh"), s.ctrlC).
		shows("interrupted; running: store; refit up dev goes on, refit down dev takes it down", "code 130")
	s.isWhole()
	s.run("docker ps -q --filter name=" + s.name).is(strings.TrimSpace(before))
	s.run("refit status dev").shows("refit up dev, begun at", "did not finish: it was interrupted")
	s.write("install.sh", "true\n")
	s.run("refit up dev --build").shows("did not finish: it was interrupted", "dev is up")
	s.isWell()
}

func ctrlCInRebuild(s *store) {
	s.write("install.sh", "sleep 300\n")
	s.meanwhile("refit rebuild dev", shows("RUN sh /install.sh"), s.ctrlC).
		shows("interrupted; not running: store; dev was taken down before the build", "refit up dev starts those, refit rebuild dev builds again", "code 130")
	s.isWhole()
	s.run("refit up dev").shows("refit rebuild dev, begun at", "did not finish: it was interrupted", "dev is up")
	s.run("refit status dev").lacks("did not finish")
	s.isWell()
}

func ctrlCInRepair(s *store) {
	s.papersAreRoots()
	s.now("it does not wait for the last file")
	s.meanwhile("refit doctor dev --fix --yes", s.someHandedOver, s.ctrlC).
		shows("the repair of "+s.name+"_data did not finish: it was interrupted", "refit doctor --fix goes on", "code 130").lacks("is cured")
	s.isWhole()
	s.handedOver(some)
	s.run("docker ps -aq --filter name=refit-repair").is("")
	s.finds("refit doctor dev", "M18")[0].says(s.t, "did not finish: it was interrupted")
	s.repairGoesOn()
	s.run("refit doctor dev --fix --yes").shows("M18 " + s.name + "_data is cured")
	s.handedOver(all)
	s.isWell()
}
