//go:build unix

package engine_test

import (
	"cmp"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// account is who plays the scenario: an ordinary user who may talk to the engine. Root plays it as the
// user 1000, since as root nothing that a container's account may not write would be noticed.
type account struct {
	uid, gid int
	home     string
	// as is nil for who we are already.
	as *syscall.Credential
	// config is the folder of the client's own plugins and contexts; DOCKER_CONFIG gives root another one, to try other plugins.
	config string
	// refit says that refit is on PATH.
	refit bool
	// engine is where docker finds its engine; "" for that of the machine.
	engine string
}

func ordinaryUser(t *testing.T, home string) account {
	t.Helper()
	if uid := os.Getuid(); uid != 0 {
		own, _ := os.UserHomeDir()
		return account{uid: uid, gid: os.Getgid(), home: home, refit: true, config: filepath.Join(own, ".docker")}
	}
	a := account{uid: 1000, gid: 1000, home: home, refit: true, config: os.Getenv("DOCKER_CONFIG"), as: &syscall.Credential{Uid: 1000, Gid: 1000}}
	if socket, ok := strings.CutPrefix(engineAddress(), "unix://"); ok {
		info, err := os.Stat(socket)
		if err != nil {
			t.Fatal(err)
		}
		a.as.Groups = []uint32{info.Sys().(*syscall.Stat_t).Gid}
	}
	return a
}

// owns hands a folder and all that is in it to the account.
func (a account) owns(t *testing.T, folder string) {
	t.Helper()
	if a.as == nil {
		return
	}
	err := filepath.WalkDir(folder, func(path string, _ os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, a.uid, a.gid)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// command is a shell command as the account types it in dir, with the environment of a fresh terminal.
func (a account) command(dir, line string) *exec.Cmd {
	cmd := exec.Command("sh", "-c", line)
	cmd.Dir = dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: a.as}
	cmd.Env = []string{"HOME=" + a.home, "LANG=C.UTF-8"}
	path := "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"
	if a.refit {
		path = filepath.Dir(refit) + ":" + path
	}
	cmd.Env = append(cmd.Env, "PATH="+path)
	if address := cmp.Or(a.engine, engineAddress()); address != "" {
		cmd.Env = append(cmd.Env, "DOCKER_HOST="+address)
	}
	if a.config != "" {
		cmd.Env = append(cmd.Env, "DOCKER_CONFIG="+a.config)
	}
	if a.uid != 1000 {
		cmd.Env = append(cmd.Env, "APP_UID="+strconv.Itoa(a.uid), "APP_GID="+strconv.Itoa(a.gid))
	}
	return cmd
}
