package doctor

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"os"
	"strconv"
	"time"

	"refit/internal/machine"
)

// RepairKind is a way in which --fix carries a cure out.
type RepairKind string

// The kinds of repairs.
const (
	RepairOwner  RepairKind = "owner"  // hand root's files in a mount over to the container's account
	RepairRemove RepairKind = "remove" // remove containers; their volumes stay
	RepairEnv    RepairKind = "env"    // refit env init
	RepairCerts  RepairKind = "certs"  // refit certs
)

// Repair is a cure that refit can carry out.
type Repair struct {
	Kind        RepairKind `json:"kind"`
	Environment string     `json:"environment,omitempty"`
	Mount       string     `json:"mount,omitempty"` // of an owner: a volume's name, or a folder's absolute path
	Image       string     `json:"image,omitempty"` // has find and chown
	UID         int        `json:"uid,omitempty"`
	GID         int        `json:"gid,omitempty"`
	Containers  []string   `json:"containers,omitempty"` // of a removal: names
}

// inside is where a mount is seen in the container of a repair: no image has anything there.
const inside = "/mnt/refit"

// rootsOwn are the words of find for what a repair hands over: root's folders, links and files, but no file that has
// another name elsewhere, and no device. Links are not followed, other file systems not entered.
var rootsOwn = []string{"-xdev", "-user", "0", "(", "-type", "d", "-o", "-type", "l", "-o", "-type", "f", "-links", "1", ")"}

// inTheWay narrows them to what others may not write.
var inTheWay = []string{"!", "-type", "l", "!", "-perm", "-002"}

// Words are the call of docker that carries the repair out; nil when it is refit itself that does.
func (r Repair) Words() []string {
	switch r.Kind {
	case RepairOwner:
		words := []string{"run", "--rm", "--name", r.container(), "--pull", "never", "--network", "none", "--user", "0:0",
			"--cap-drop", "ALL", "--cap-add", "CHOWN", "--cap-add", "DAC_OVERRIDE", "--no-healthcheck",
			"--volume", r.Mount + ":" + inside, "--entrypoint", "find", r.Image, inside}
		words = append(words, rootsOwn...)
		return append(words, "-exec", "chown", "-h", strconv.Itoa(r.UID)+":"+strconv.Itoa(r.GID), "{}", "+")
	case RepairRemove:
		return append([]string{"rm", "--force"}, r.Containers...)
	}
	return nil
}

// container is the name of the repair's container: the same each time, so that one that was left is found.
func (r Repair) container() string {
	h := fnv.New32a()
	_, _ = h.Write([]byte(r.Mount))
	return "refit-repair-" + hex.EncodeToString(h.Sum(nil))
}

// Journal remembers the repair that is at work, in a file of the user's state folder.
type Journal struct{ File string } // no File: nothing is remembered

// Unfinished is a repair that began and did not end.
type Unfinished struct {
	Repair Repair    `json:"repair"`
	Began  time.Time `json:"began"`
	PID    int       `json:"pid"`           // 0 when it is known to have stopped
	Why    string    `json:"why,omitempty"` // it stopped, "" when it could not say so any more
}

// Begin notes a repair before anything is changed, durably.
func (j Journal) Begin(r Repair) error {
	if j.File == "" {
		return nil
	}
	return j.write(Unfinished{Repair: r, Began: time.Now().UTC().Truncate(time.Second), PID: os.Getpid()})
}

// Stopped notes why the repair did not come to its end.
func (j Journal) Stopped(why string) error {
	u := j.Last()
	if u == nil {
		return nil
	}
	u.PID, u.Why = 0, why
	return j.write(*u)
}

func (j Journal) write(u Unfinished) error {
	text, err := json.Marshal(u)
	if err != nil {
		return err
	}
	return machine.Note(j.File, text)
}

// End notes that the repair is done.
func (j Journal) End() error {
	if j.File == "" {
		return nil
	}
	if err := os.Remove(j.File); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// Last is the repair that did not end; nil when there is none.
func (j Journal) Last() *Unfinished {
	if j.File == "" {
		return nil
	}
	text, err := os.ReadFile(j.File)
	if err != nil {
		return nil
	}
	u := &Unfinished{}
	if json.Unmarshal(text, u) != nil || u.Repair.Kind != RepairOwner {
		return nil
	}
	return u
}

// AtWork says whether the repair goes on at this moment. 0 is no process: kill(2) would take it for the whole group.
func (u *Unfinished) AtWork(alive func(pid int) bool) bool { return u.PID != 0 && alive(u.PID) }

// String says what happened, for the next command.
func (u *Unfinished) String() string {
	why := u.Why
	if why == "" {
		why = "it was killed, or the machine went down"
	}
	return fmt.Sprintf("the repair of %s, begun at %s, did not finish: %s; what was done stays, refit doctor --fix goes on", u.Repair.Mount, u.Began.Local().Format("15:04 on 2 January"), why)
}
