package operate

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"refit/internal/machine"
)

// Journal remembers the command that is at work on an environment, in a file of the user's state folder: one that
// was killed is thereby known to the next command.
type Journal struct{ File string } // no File: nothing is remembered

// Unfinished is a command that began and did not end.
type Unfinished struct {
	Command string    `json:"command"`
	Began   time.Time `json:"began"`
	PID     int       `json:"pid"`
	Why     string    `json:"why"` // it stopped, "" when it could not say so any more
}

// Begin notes that a command is at work.
func (j Journal) Begin(command string) error {
	return j.write(Unfinished{Command: command, Began: time.Now().UTC().Truncate(time.Second), PID: os.Getpid()})
}

// Stopped notes why the command did not come to its end: "it was interrupted".
func (j Journal) Stopped(why string) error {
	u, err := j.Last()
	if u == nil || err != nil {
		return err
	}
	u.Why = why
	return j.write(*u)
}

// End notes that the command came to its end, good or bad.
func (j Journal) End() error {
	if j.File == "" {
		return nil
	}
	if err := os.Remove(j.File); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// Last is the command that did not end; nil when there is none.
func (j Journal) Last() (*Unfinished, error) {
	if j.File == "" {
		return nil, nil
	}
	text, err := os.ReadFile(j.File)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	u := &Unfinished{}
	if json.Unmarshal(text, u) != nil || u.Command == "" {
		return nil, os.Remove(j.File) // half a file is of a power loss: nothing can be learnt from it
	}
	return u, nil
}

func (j Journal) write(u Unfinished) error {
	if j.File == "" {
		return nil
	}
	text, err := json.Marshal(u)
	if err != nil {
		return err
	}
	return machine.Note(j.File, text)
}

// String says what happened, for the next command.
func (u *Unfinished) String() string {
	at := u.Began.Local().Format("15:04 on 2 January")
	switch {
	case u.Why != "":
		return fmt.Sprintf("%s, begun at %s, did not finish: %s", u.Command, at, u.Why)
	case machine.Alive(u.PID):
		return fmt.Sprintf("%s, begun at %s, is still at work (process %d)", u.Command, at, u.PID)
	}
	return fmt.Sprintf("%s, begun at %s, did not finish: it was killed, or the machine went down", u.Command, at)
}
