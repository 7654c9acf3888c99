// Package change holds what a plan is made of: the changes of files, the differences that fixes
// declare, what was refused and why, and the steps that are left to do. Plan makes a Set,
// equivalence judges it, apply carries it out, report prints it.
package change

import (
	"crypto/sha256"
	"encoding/hex"
	"io/fs"

	"refit/internal/edit"
)

// Safety says what a fix does to behaviour.
type Safety string

// The three classes of fixes (docs/ARCHITECTURE.md, "promises").
const (
	Safe      Safety = "safe"      // behaviour is preserved
	Behaviour Safety = "behaviour" // behaviour changes on purpose: non-root, a healthcheck
	Manual    Safety = "manual"    // described, never applied
)

// Hash is the SHA-256 of a file's bytes in lower-case hexadecimal; "" stands for "no file".
type Hash string

// HashOf is the hash of text.
func HashOf(text []byte) Hash {
	sum := sha256.Sum256(text)
	return Hash(hex.EncodeToString(sum[:]))
}

// Cause is the finding that a change repairs.
type Cause struct {
	Rule    string `json:"rule"` // id, as "D05"
	Name    string `json:"name"` // name, as "root-user"
	Subject string `json:"subject,omitempty"`
	Title   string `json:"title"` // what the fix does, imperative
	Safety  Safety `json:"safety"`
}

// File is the change of one file from the baseline to the planned state.
// From is "" for a file that is created, Path is "" never: for a deleted file it is the old path.
type File struct {
	Op     edit.Kind   // create, edit, rename (perhaps edited too), delete or chmod
	Path   string      // where the file is afterwards
	From   string      // where it was, when it was somewhere else
	Before Hash        // of the baseline's bytes, for a link of what it says; apply checks it again before it writes
	After  Hash        // of Text
	Text   []byte      // the bytes afterwards, for a link what it says; nil for a delete
	Old    []byte      // the bytes before, for the diff; not serialised
	Mode   fs.FileMode // permission bits afterwards, with fs.ModeSymlink for a link
	Was    fs.FileMode // the same before
	Causes []Cause
}

// Source is the file's path in the baseline; "" when it is created.
func (f File) Source() string {
	switch {
	case f.Op == edit.KindCreate:
		return ""
	case f.From != "":
		return f.From
	}
	return f.Path
}

// Refusal is a finding that could have had a fix and has none in this plan, with the reason.
type Refusal struct {
	Rule    string `json:"rule"`
	Path    string `json:"path"`
	Subject string `json:"subject,omitempty"`
	Why     string `json:"why"`
}

// Step is something left to do that refit does not do unasked, such as making a lock file.
type Step struct {
	Name    string   `json:"name"`    // stable, as "uv lock"
	Command []string `json:"command"` // argv, run in Dir
	Dir     string   `json:"dir"`     // repo-relative folder
	Why     string   `json:"why"`
	Makes   []string `json:"makes,omitempty"` // files that it makes, repo-relative
	Image   string   `json:"image,omitempty"` // toolchain image that has the program, for whoever lacks it; "" when none is known
}

// Layout is the decision whether the repository's files move, with the evidence.
type Layout struct {
	Decision string   `json:"decision"` // "move" or "keep"
	Reason   string   `json:"reason"`
	Evidence []string `json:"evidence"`
	Stays    []Stay   `json:"stays,omitempty"`
	Would    []Place  `json:"would,omitempty"` // what moves when somebody asks for it
}

// Place is a file and where it would go.
type Place struct {
	Path string `json:"path"`
	To   string `json:"to"`
}

// Stay is a file that could move and stays where it is.
type Stay struct {
	Path   string `json:"path"`
	Reason string `json:"reason"`
	Why    string `json:"why,omitempty"` // in words, when it is a reason of its own
}

// Set is everything that one apply does. Its JSON form is the plan file of `refit plan --out`.
type Set struct {
	Files   []File // sorted by Path
	Refused []Refusal
	Steps   []Step
	Compare Comparison // what equivalence said of it
	Layout  Layout     // whether files move
	// Secrets are the values that must never be written into a plan file or a diff.
	Secrets []SecretRef
}

// SecretRef says where the baseline holds a secret. The value itself is never serialised.
type SecretRef struct {
	Path       string // baseline path
	Start, End int    // byte offsets
	Hash       Hash   // of the value
}

// Empty says whether applying the set would change no file.
func (s *Set) Empty() bool { return s == nil || len(s.Files) == 0 }

// Moves maps the baseline path of every renamed file to its new path.
func (s *Set) Moves() map[string]string {
	moves := map[string]string{}
	for _, f := range s.Files {
		if f.From != "" {
			moves[f.From] = f.Path
		}
	}
	return moves
}
