//go:build linux

package engine_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// ownEngine is a Docker Engine that a scenario has for itself, to kill it and to fill its disk. Its mounts, network and
// processes are in namespaces of their own: a second dockerd beside the first one would take its bridge. Its disk is one
// in memory.
type ownEngine struct {
	t    *testing.T
	dir  string
	disk string
	// keeper holds the namespaces while no dockerd runs; inside is its first process.
	keeper *exec.Cmd
	inside string
	// ended is closed when the dockerd that was started last has ended.
	ended chan struct{}
}

// diskSize is enough for one base image, what is built on it and as much again that refit finds no fault with it. It takes
// no memory but for what is used.
const diskSize = 2 << 30

// startEngine starts one with these images of the machine's engine.
func startEngine(t *testing.T, images ...string) *ownEngine {
	t.Helper()
	for _, program := range []string{"dockerd", "unshare", "nsenter", "mount", "umount"} {
		if _, err := exec.LookPath(program); err != nil || os.Getuid() != 0 {
			t.Fatalf("this scenario kills an engine and fills its disk, so it starts one of its own: that takes root, and dockerd, unshare, nsenter and mount of docker.io, util-linux and mount (%s: %v, user %d)", program, err, os.Getuid())
		}
	}
	dir, err := os.MkdirTemp("", "refit-engine-")
	if err != nil {
		t.Fatal(err)
	}
	e := &ownEngine{t: t, dir: dir, disk: filepath.Join(dir, "disk")}
	t.Cleanup(e.remove)
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(e.disk, 0o755); err != nil {
		t.Fatal(err)
	}
	e.must(exec.Command("mount", "-t", "tmpfs", "-o", fmt.Sprintf("size=%d,mode=755", diskSize), "tmpfs", e.disk))
	e.keeper = exec.Command("unshare", "--mount", "--net", "--pid", "--fork", "--mount-proc", "--kill-child", "sh", "-c", "while :; do sleep 1; done")
	e.keeper.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL} // also when the tests are killed
	if err := e.keeper.Start(); err != nil {
		t.Fatal(err)
	}
	e.wait("the namespaces", func() bool {
		children, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", e.keeper.Process.Pid, e.keeper.Process.Pid))
		e.inside = strings.TrimSpace(string(children))
		name, _ := os.ReadFile("/proc/" + e.inside + "/comm")
		return e.inside != "" && string(name) == "sh\n" // mount-proc comes before
	})
	e.start()
	for _, image := range images {
		e.must(exec.Command("sh", "-c", "docker image inspect "+image+" >/dev/null 2>&1 || docker pull --quiet "+image))
	}
	e.must(exec.Command("sh", "-c", "docker save "+strings.Join(images, " ")+" | docker --host "+e.address()+" load --quiet"))
	return e
}

func (e *ownEngine) address() string { return "unix://" + filepath.Join(e.dir, "docker.sock") }

// start starts dockerd, at first or again.
func (e *ownEngine) start() {
	e.t.Helper()
	log, err := os.OpenFile(filepath.Join(e.dir, "dockerd.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		e.t.Fatal(err)
	}
	defer log.Close()
	at := func(name string) string { return filepath.Join(e.dir, name) }
	cmd := exec.Command("nsenter", "--target", e.inside, "--mount", "--net", "--pid", "dockerd", "--host", e.address(), "--group", "1000",
		"--cgroup-parent", "/"+filepath.Base(e.dir), "--data-root", filepath.Join(e.disk, "data"), "--exec-root", at("run"), "--pidfile", at("pid"))
	cmd.Dir, cmd.Stdout, cmd.Stderr = "/", log, log
	if err := cmd.Start(); err != nil {
		e.t.Fatal(err)
	}
	ended := make(chan struct{})
	e.ended = ended
	go func() { _ = cmd.Wait(); close(ended) }()
	e.wait("the engine", func() bool {
		return exec.Command("docker", "--host", e.address(), "version").Run() == nil
	})
}

// dies kills dockerd, and with it the containerd that it started. Containers go on until the next one finds them.
func (e *ownEngine) dies() {
	e.t.Helper()
	e.signal("KILL")
	<-e.ended
	if err := os.Remove(filepath.Join(e.dir, "pid")); err != nil {
		e.t.Fatal(err)
	}
}

func (e *ownEngine) signal(name string) {
	e.must(exec.Command("nsenter", "--target", e.inside, "--mount", "--pid", "sh", "-c", "kill -"+name+" $(cat "+filepath.Join(e.dir, "pid")+")"))
}

// fill leaves so many bytes of the disk free.
func (e *ownEngine) fill(left int64) {
	e.t.Helper()
	var disk syscall.Statfs_t
	if err := syscall.Statfs(e.disk, &disk); err != nil {
		e.t.Fatal(err)
	}
	e.resize(int64(disk.Blocks-disk.Bfree)*disk.Bsize + left)
}

// free makes the disk as large as it was.
func (e *ownEngine) free() {
	e.t.Helper()
	e.resize(diskSize)
}

func (e *ownEngine) resize(size int64) {
	e.t.Helper()
	e.must(exec.Command("mount", "-o", fmt.Sprintf("remount,size=%d", size), e.disk))
}

// volume is where the files of a volume are: they can be seen while the engine is dead, too.
func (e *ownEngine) volume(name string) string {
	return filepath.Join(e.disk, "data", "volumes", name, "_data")
}

// remove ends all that runs in the engine's namespaces, and takes its disk away.
func (e *ownEngine) remove() {
	if e.ended != nil {
		e.free()
		_ = exec.Command("sh", "-c", "docker --host "+e.address()+" ps -aq | xargs -r docker --host "+e.address()+" rm -f").Run()
		if _, err := os.Stat(filepath.Join(e.dir, "pid")); err == nil {
			e.signal("TERM")
			select {
			case <-e.ended:
			case <-time.After(20 * time.Second):
			}
		}
	}
	if e.keeper != nil && e.keeper.Process != nil {
		_ = e.keeper.Process.Kill()
		_ = e.keeper.Wait()
	}
	_ = exec.Command("find", "/sys/fs/cgroup", "-depth", "-type", "d", "-path", "*/"+filepath.Base(e.dir)+"*", "-exec", "rmdir", "{}", ";").Run()
	if e.t.Failed() {
		log, _ := exec.Command("tail", "-n", "20", filepath.Join(e.dir, "dockerd.log")).Output()
		e.t.Logf("the engine's last words:\n%s", log)
	}
	if out, err := exec.Command("umount", "--lazy", e.disk).CombinedOutput(); err != nil {
		e.t.Errorf("umount: %v\n%s", err, out)
	}
	if err := os.RemoveAll(e.dir); err != nil {
		e.t.Errorf("left on disk: %v", err)
	}
}

func (e *ownEngine) must(cmd *exec.Cmd) {
	e.t.Helper()
	if out, err := cmd.CombinedOutput(); err != nil {
		e.t.Fatalf("%s: %v\n%s", strings.Join(cmd.Args, " "), err, out)
	}
}

func (e *ownEngine) wait(what string, there func() bool) {
	e.t.Helper()
	for range 300 {
		if there() {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	log, _ := exec.Command("tail", "-n", "20", filepath.Join(e.dir, "dockerd.log")).Output()
	e.t.Fatalf("%s: not there after half a minute\n%s", what, log)
}
