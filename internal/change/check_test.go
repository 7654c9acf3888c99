package change

import (
	"testing"

	"refit/internal/edit"
)

// Two files that differ in letter case only are changed where they are; nothing is moved or made beside them.
func TestCheckLetterCase(t *testing.T) {
	modify := func(p, from string) File {
		before := HashOf([]byte("old"))
		return File{Path: p, From: from, Op: edit.KindText, Before: before, After: HashOf([]byte("new")), Text: []byte("new"), Mode: 0o644, Was: 0o644}
	}
	both := &Set{Files: []File{modify("Dockerfile", ""), modify("dockerfile", "")}}
	if err := both.Check(); err != nil {
		t.Errorf("changed in place: %v", err)
	}
	create := File{Path: "dockerfile", Op: edit.KindCreate, After: HashOf([]byte("new")), Text: []byte("new"), Mode: 0o644}
	for _, s := range []*Set{
		{Files: []File{modify("Dockerfile", ""), create}},
		{Files: []File{create, modify("Dockerfile", "")}},
	} {
		if err := s.Check(); err == nil {
			t.Error("a file that is the same as another on some systems is made")
		}
	}
}
