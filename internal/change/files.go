package change

import (
	"fmt"
	"io/fs"
	"strings"

	"refit/internal/edit"
	"refit/internal/source"
)

// Files is what happened to each file between two snapshots, sorted by path, without causes. renames
// maps paths in before to paths in after (edit.Renames). It returns an error when a file that
// changed can't be read.
func Files(before, after *source.Snapshot, renames map[string]string) ([]File, error) {
	deltas, err := edit.Compact(before, after, renames)
	if err != nil {
		return nil, err
	}
	files := make([]File, 0, len(deltas))
	for _, d := range deltas {
		f := File{Op: d.Op, Path: d.Path, From: d.From, Text: d.New, Old: d.Old, Mode: d.Mode, Was: d.Was}
		if d.Op != edit.KindCreate {
			f.Before = HashOf(d.Old)
		}
		if d.Op != edit.KindDelete {
			f.After = HashOf(d.New)
		}
		files = append(files, f)
	}
	return files, nil
}

// Delta is the change in the form that shows it as a diff.
func (f File) Delta() edit.Delta {
	return edit.Delta{Op: f.Op, Path: f.Path, From: f.From, Old: f.Old, New: f.Text, Mode: f.Mode, Was: f.Was}
}

// IsLink says whether the change is one of a symbolic link: Text is then what the link says.
func (f File) IsLink() bool { return (f.Mode|f.Was)&fs.ModeSymlink != 0 }

// Stale is the error for files that are no longer what a plan was made for. Nothing was written.
type Stale struct {
	Paths []string // repo-relative, sorted
}

// Error names the files and says what to do.
func (s *Stale) Error() string {
	return fmt.Sprintf("changed since the plan was made: %s; nothing was written, because the changes would be lost; make a new plan",
		strings.Join(s.Paths, ", "))
}
