package apply

import (
	"encoding/json"
	"os"
	"path/filepath"
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
func acquire(state, command string) (*lock, error) {
	f, err := os.OpenFile(filepath.Join(state, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
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
	if err := os.WriteFile(filepath.Join(state, "holder"), who, 0o600); err != nil {
		_ = f.Close()
		return nil, err
	}
	return &lock{f}, nil
}

func whoHolds(state string) *Busy {
	var h holder
	if text, err := os.ReadFile(filepath.Join(state, "holder")); err == nil {
		if json.Unmarshal(text, &h) != nil {
			h = holder{}
		}
	}
	return &Busy{PID: h.PID, Command: h.Command, Since: h.Since}
}

// held says whether a process holds the lock of a state folder just now.
func held(state string) bool {
	f, err := os.Open(filepath.Join(state, "lock"))
	if err != nil {
		return false
	}
	defer f.Close()
	got, err := tryLock(f)
	return err == nil && !got
}

// release lets go of the lock: closing the only handle does.
func (l *lock) release() { _ = l.file.Close() }
