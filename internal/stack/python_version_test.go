package stack

import "testing"

func TestImageRunsUnit(t *testing.T) {
	for _, c := range []struct {
		image, requires, pinned string
		want                    bool
	}{
		{"python:3.13.2-slim", ">=3.13", "", true},
		{"python:3.13.2-slim", ">=3.11,<3.14", "3.13", true},
		{"python:3.12-slim", ">=3.13", "", false},
		{"python:3.13-slim", ">=3.13.5", "", false}, // which patch release it is, the tag does not say
		{"python:3.13-slim", "<3.13", "", false},
		{"python:3.13-slim", "~=3.13", "", false},
		{"python:3.13-slim", "", "3.12", false},
		{"python:3.13-slim", "==3.13.*", "", true},
		{"python:3-slim", ">=3.9", "", false},
		{"python:slim", "", "", true},
		{"node:22-slim", "", "", false},
	} {
		image, _ := Lookup(c.image)
		if got := image.Runs(&Unit{Requires: c.requires, Pinned: c.pinned}); got != c.want {
			t.Errorf("%s %s %s: %v", c.image, c.requires, c.pinned, got)
		}
	}
}
