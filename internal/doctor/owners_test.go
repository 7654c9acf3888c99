package doctor

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/volume"

	"refit/internal/engine"
	"refit/internal/machine"
)

var withVolume = with(plain, "compose.yml", "name: shop\nservices:\n  app:\n    build: .\n    user: \"1000:1000\"\n    volumes: [data:/data]\nvolumes:\n  data:\n")

// holding makes the volume hold files of root's.
func (c *clinic) holding(files string) {
	c.bench.users["shop-app"] = "1000:1000"
	c.bench.volumes = append(c.bench.volumes, volume.Volume{Name: "shop_data"})
	c.bench.run = func(o engine.RunOptions) (engine.Output, error) {
		if len(o.Binds) == 1 && o.Binds[0] != "shop_data:/mnt/refit:ro" || o.User != "0:0" || o.Network != "none" {
			return engine.Output{}, errors.New("not like that")
		}
		return engine.Output{Stdout: []byte(files)}, nil
	}
}

func TestRootOwnedVolume(t *testing.T) {
	c := admit(t, withVolume)
	c.holding("")
	c.only(t, "")

	c.holding("/mnt/refit/a\n/mnt/refit/b/c\n")
	c.set("app", nil)
	d := c.only(t, "warning M15 volume shop_data")
	has(t, d, "2 files and folders of root's", "root's: /data/b/c", "shop_data:/mnt/refit", "-exec chown -h 1000:1000 '{}' +")
	if d.Cure.Repair == nil || len(d.Cure.Changes) != 2 {
		t.Errorf("%+v", d.Cure)
	}
	c.bench.logs["id-app"] = []string{"starting", "PermissionError: [Errno 13] Permission denied: '/data/a' hunter2"}
	d = c.only(t, "error M15 volume shop_data")
	has(t, d, "Permission denied")
	for _, line := range d.Evidence {
		if strings.Contains(line, "hunter2") {
			t.Errorf("not masked: %s", line)
		}
	}

	c = admit(t, withVolume)
	c.holding("/mnt/refit\n")
	c.only(t, "") // empty and never used: Docker will give it the image's owner
	c.set("app", func(_ *engine.Container, i *container.InspectResponse) {
		i.Mounts = []container.MountPoint{{Name: "shop_data", Destination: "/data"}}
	})
	c.only(t, "error M15 volume shop_data")

	c.bench.run = nil
	_, r := c.examine(t)
	if len(r.Findings) > 0 || len(r.Notes) != 1 || !strings.Contains(r.Notes[0], "could not be seen") {
		t.Errorf("what was not seen is not said: %+v", r)
	}
}

func TestVolumeThatAnybodyMayWrite(t *testing.T) {
	c := admit(t, withVolume)
	c.holding("/mnt/refit\n/mnt/refit/a\n")
	c.set("app", nil)
	run := c.bench.run
	c.bench.run = func(o engine.RunOptions) (engine.Output, error) {
		if slices.Contains(o.Command, "-perm") {
			return engine.Output{}, nil
		}
		return run(o)
	}
	c.only(t, "")
}

func TestVolumesThatAreNotLookedInto(t *testing.T) {
	for name, compose := range map[string]string{
		"root's service": strings.Replace(withVolume["compose.yml"], "    user: \"1000:1000\"\n", "    user: root\n", 1),
		"read-only":      strings.Replace(withVolume["compose.yml"], "data:/data", "data:/data:ro", 1),
	} {
		c := admit(t, with(plain, "compose.yml", compose))
		c.holding("/mnt/refit/a\n")
		c.bench.run = func(o engine.RunOptions) (engine.Output, error) {
			t.Errorf("%s: %v is looked into", name, o.Binds)
			return engine.Output{}, nil
		}
		c.only(t, "")
	}
}

func TestTwoAccountsOfOneVolume(t *testing.T) {
	c := admit(t, with(withVolume, "compose.yml", strings.TrimSuffix(withVolume["compose.yml"], "volumes:\n  data:\n")+
		"  other:\n    build: .\n    user: \"2000\"\n    volumes: [data:/data]\nvolumes:\n  data:\n"))
	c.holding("/mnt/refit/a\n")
	d := c.only(t, "warning M15 volume shop_data")
	has(t, d, "other uses it too, as 2000")
	if d.Cure.Repair != nil {
		t.Error("refit would decide between two accounts")
	}
}

func TestNamedAccount(t *testing.T) {
	c := admit(t, with(withVolume, "compose.yml", strings.Replace(withVolume["compose.yml"], "\"1000:1000\"", "appuser", 1)))
	c.holding("/mnt/refit/a\n")
	run := c.bench.run
	c.bench.run = func(o engine.RunOptions) (engine.Output, error) {
		if o.Entrypoint[0] == "id" && o.User == "appuser" {
			return engine.Output{Stdout: []byte("uid=1001(appuser) gid=1002(appuser) groups=1002(appuser)\n")}, nil
		}
		return run(o)
	}
	has(t, c.only(t, "warning M15 volume shop_data"), "1001:1002")
}

var withMount = with(plain, "compose.yml", "name: shop\nservices:\n  app:\n    build: .\n    user: \"1000:1000\"\n    volumes: [./logs:/app/logs]\n", "logs/a.log", "x")

func TestRootOwnedMount(t *testing.T) {
	c := admit(t, withMount)
	c.Machine.OwnedBy = func(folder string, uid, _ int) ([]string, bool) {
		if uid != 0 || folder != filepath.Join(c.Root, "logs") {
			t.Errorf("%s %d", folder, uid)
		}
		return []string{filepath.Join(folder, "a.log")}, true
	}
	c.bench.users["shop-app"] = "1000:1000"
	c.bench.run = func(engine.RunOptions) (engine.Output, error) { return engine.Output{}, nil }
	d := c.only(t, "warning M16 logs")
	has(t, d, "1 file or folder of the host's folder logs", "root's: logs/a.log", filepath.Join(c.Root, "logs")+":/mnt/refit")
	if d.Cure.Repair == nil {
		t.Error("no repair")
	}

	c.Engine = nil
	d = c.only(t, "warning M16 logs")
	has(t, d, "sudo find "+filepath.Join(c.Root, "logs"))
	if d.Cure.Repair != nil {
		t.Error("a repair without an engine")
	}

	c.Machine.UID, c.Machine.Owner = 0, func(string) (int, int, bool) { return 0, 0, true }
	c.only(t, "") // the repository is root's own
	c.Machine.UID = 1000
	c.Engine = c.bench
	c.bench.info.SecurityOptions = []string{"name=rootless"}
	c.only(t, "")
	c.bench.info.SecurityOptions = nil
	c.bench.info.Name = "a virtual machine"
	c.only(t, "")
}

func TestMountBehindALink(t *testing.T) {
	c := admit(t, withMount)
	outside := t.TempDir()
	logs := filepath.Join(c.Root, "logs")
	if err := errors.Join(os.RemoveAll(logs), os.Symlink(outside, logs)); err != nil {
		t.Skip(err)
	}
	c.Machine.OwnedBy = func(folder string, _, _ int) ([]string, bool) {
		t.Errorf("%s is walked", folder)
		return nil, true
	}
	c.only(t, "")
}

func TestUIDMismatch(t *testing.T) {
	c := admit(t, with(withMount, "Dockerfile", "FROM python:3.13-slim\nARG APP_UID=1000\nRUN useradd --uid $APP_UID appuser\nUSER 1000:1000\n",
		"compose.yml", strings.Replace(withMount["compose.yml"], "build: .", "build: {context: ., args: {APP_UID: \"1000\"}}", 1), ".env", "A=1\n"))
	c.only(t, "")
	c.Machine.UID, c.Machine.GID = 1005, 1006
	has(t, c.only(t, "warning M17 services.app uid"), "app runs as 1000 and you are 1005", `printf 'APP_UID=1005\nAPP_GID=1006\n' >> .env`, "build app", "up -d app")
}

func TestRepairIsRememberedUntilItIsDone(t *testing.T) {
	j := Journal{File: filepath.Join(t.TempDir(), "state", "repair.json")}
	r := Repair{Kind: RepairOwner, Mount: "shop_data", Image: "shop-app", UID: 1000, GID: 1000}
	d := &docker{code: 1, during: func() {
		if u := j.Last(); u == nil || u.Repair.Mount != "shop_data" {
			t.Error("it is not remembered while it is at work")
		}
	}}
	if err := Carry(t.Context(), d, r, j, engine.Streams{}); err == nil || j.Last() == nil {
		t.Errorf("a repair that failed is forgotten: %v", err)
	}
	if text := strings.Join(d.calls, "\n"); !strings.HasPrefix(text, "rm --force refit-repair-") || !strings.Contains(text, "--cap-drop ALL") || !strings.Contains(text, "-user 0") {
		t.Error(text)
	}

	c := admit(t, withVolume)
	c.holding("/mnt/refit/a\n")
	c.Journal = j
	got := c.only(t, "warning M18 shop_data") // and no M15 for the same volume
	has(t, got, "did not finish", "--volume shop_data:/mnt/refit")
	if err := j.Begin(r); err != nil {
		t.Fatal(err)
	}
	c.Machine.Alive = func(int) bool { return true }
	c.only(t, "") // it is at work just now

	d.code = 0
	if err := Carry(t.Context(), d, *got.Cure.Repair, j, engine.Streams{}); err != nil || j.Last() != nil {
		t.Errorf("a repair that is done is remembered: %v", err)
	}
	if err := os.WriteFile(j.File, []byte("{half"), 0o600); err != nil || j.Last() != nil {
		t.Errorf("half a note is believed: %v", err)
	}
}

func TestNothingIsDoneThatCanNotBeRemembered(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	d := &docker{}
	err := Carry(t.Context(), d, Repair{Kind: RepairOwner, Mount: "x"}, Journal{File: filepath.Join(file, "repair.json")}, engine.Streams{})
	if err == nil || len(d.calls) != 1 {
		t.Errorf("%v %v", err, d.calls)
	}
}

// docker is one that only notes its calls.
type docker struct {
	code   int
	calls  []string
	during func()
}

func (d *docker) Do(_ context.Context, _ engine.Streams, args ...string) (int, error) {
	d.calls = append(d.calls, strings.Join(args, " "))
	if args[0] == "run" && d.during != nil {
		d.during()
	}
	return d.code, nil
}

// TestOwnedByFollowsNoLinks is of the walk that looks at the host's folders.
func TestOwnedByFollowsNoLinks(t *testing.T) {
	folder, outside := t.TempDir(), t.TempDir()
	for _, f := range []string{filepath.Join(outside, "secret"), filepath.Join(folder, "a"), filepath.Join(folder, "twice")} {
		if err := os.WriteFile(f, nil, fs.ModePerm); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(os.Symlink(outside, filepath.Join(folder, "link")), os.Link(filepath.Join(folder, "twice"), filepath.Join(outside, "other-name"))); err != nil {
		t.Skip(err)
	}
	files, complete := machine.OwnedBy(folder, os.Getuid(), 10)
	var names []string
	for _, f := range files {
		rel, _ := filepath.Rel(folder, f)
		names = append(names, rel)
	}
	if got := strings.Join(names, " "); got != ". a link" || !complete {
		t.Errorf("%q %t", got, complete)
	}
	if files, complete := machine.OwnedBy(folder, os.Getuid(), 1); len(files) != 1 || complete {
		t.Errorf("%v %t", files, complete)
	}
	if files, _ := machine.OwnedBy(folder, os.Getuid()+4711, 10); len(files) > 0 {
		t.Errorf("%v", files)
	}
}
