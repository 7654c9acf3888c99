package apply

import (
	"encoding/json"
	"io"
	"os"
	"syscall"
	"time"
)

// lock is held by the one process that writes to a repository. The system lets go of it when the
// process dies, however it dies.
type lock struct{ file *os.File }

// holder is who holds the lock. It stands in a file of its own, since on Windows a locked one can't
// be read by others.
type holder struct {
	PID     int       `json:"pid"`
	Command string    `json:"command"`
	Since   time.Time `json:"since"`
}

// lockWait is how long acquire tries: a command that only looks holds the lock for a moment.
const lockWait = 300 * time.Millisecond

// acquire locks a state folder. It returns a *Busy when another process holds the lock.
func acquire(state *disk, command string) (*lock, error) {
	f, err := state.root.OpenFile("lock", os.O_RDWR|os.O_CREATE|syscall.O_NONBLOCK, 0o600)
	if err != nil {
		return nil, err
	}
	for end := time.Now().Add(lockWait); ; time.Sleep(20 * time.Millisecond) {
		got, err := tryLock(f)
		if err != nil {
			_ = f.Close()
			return nil, &os.PathError{Op: "lock", Path: f.Name(), Err: err}
		}
		if got {
			break
		}
		if time.Now().After(end) {
			_ = f.Close()
			return nil, whoHolds(state)
		}
	}
	who, _ := json.Marshal(holder{os.Getpid(), command, time.Now().UTC().Truncate(time.Second)})
	if state.remove("holder") == nil { // on a full disk one does without it
		if h, err := state.root.OpenFile("holder", os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600); err == nil {
			_, _ = h.Write(who)
			_ = h.Close()
		}
	}
	return &lock{f}, nil
}

func whoHolds(state *disk) *Busy {
	var h holder
	if f, err := state.open("holder"); err == nil {
		defer f.Close()
		if json.NewDecoder(io.LimitReader(f, 4096)).Decode(&h) != nil {
			h = holder{}
		}
	}
	return &Busy{PID: h.PID, Command: h.Command, Since: h.Since}
}

// held says whether a process holds the lock of a state folder just now.
func held(state *disk) bool {
	f, err := state.open("lock")
	if err != nil {
		return false
	}
	defer f.Close()
	got, err := tryLock(f)
	return err == nil && !got
}

// release lets go of the lock: closing the only handle does.
func (l *lock) release() { _ = l.file.Close() }
