package apply

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"
)

// RolledBack is the error of an operation that failed midway; every file is as it was before.
type RolledBack struct{ Cause error }

func (e *RolledBack) Error() string {
	return fmt.Sprintf("%v; everything was put back as it was", e.Cause)
}

// Unwrap is why it failed.
func (e *RolledBack) Unwrap() error { return e.Cause }

// Unfinished is the error of an operation that failed midway and could not be undone either. The
// journal is kept: Recover goes on with it.
type Unfinished struct {
	ID          ID
	Cause, Undo error
}

func (e *Unfinished) Error() string {
	return fmt.Sprintf("%v; putting the files back failed too (%v); remove the cause and run refit rollback, which goes on with %s", e.Cause, e.Undo, e.ID)
}

// Unwrap is why it failed, and why it could not be undone.
func (e *Unfinished) Unwrap() []error { return []error{e.Cause, e.Undo} }

// Busy is the error for a repository that another refit is writing to.
type Busy struct {
	PID     int    // 0 when unknown
	Command string // "" when unknown
	Since   time.Time
}

func (e *Busy) Error() string {
	who := "another refit"
	if e.Command != "" {
		who = fmt.Sprintf("%q", e.Command)
	}
	if e.PID != 0 {
		who += fmt.Sprintf(" (process %d, since %s)", e.PID, e.Since.Local().Format("15:04:05"))
	}
	return "this repository is being changed by " + who + "; wait for it to end"
}

// Changed is the error for files that changed since the transaction that is to be taken back.
// Nothing was written.
type Changed struct {
	ID    ID
	Paths []string // repo-relative, sorted
}

func (e *Changed) Error() string {
	return fmt.Sprintf("changed since %s: %s; nothing was written, because these changes would be lost; keep a copy of them, then use refit rollback --force",
		e.ID, strings.Join(e.Paths, ", "))
}

// Refused is the error for a path that can't be written safely. Nothing was written.
type Refused struct{ Path, Why string }

func (e *Refused) Error() string { return e.Path + ": " + e.Why }

// Corrupt is the error for a journal or a backup that is damaged. Nothing was written.
type Corrupt struct {
	File string // on this machine
	What string
}

func (e *Corrupt) Error() string {
	return fmt.Sprintf("%s: %s; nothing was written, because it can't be trusted; look at the copies beside it, then move the folder away", e.File, e.What)
}

// UnknownError is the error for an ID that names no transaction, or several.
type UnknownError struct {
	ID   ID
	What string
}

func (e *UnknownError) Error() string {
	if e.ID == "" {
		return e.What
	}
	return fmt.Sprintf("%s: %s; refit backups lists them", e.ID, e.What)
}

// reason is the cause of a file system error without the path, which the message names already.
func reason(err error) string {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err.Error()
	}
	return err.Error()
}
