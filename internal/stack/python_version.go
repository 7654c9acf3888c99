package stack

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// bound is one clause of requires-python that refit compares; every other form is left undecided.
var bound = regexp.MustCompile(`^(>=|<|==)\s*(\d+(?:\.\d+)*)(?:\.\*)?$`)

// Runs says whether the image's Python is for certain one that the unit accepts, so that uv takes it and fetches none.
// https://packaging.python.org/en/latest/specifications/version-specifiers/
func (i Image) Runs(u *Unit) bool {
	if i.Language != Python || u.Pinned != "" && !sameVersion(i.Version, u.Pinned) {
		return false
	}
	if u.Requires == "" {
		return true
	}
	have := releaseNumbers(i.Version)
	if len(have) < 2 { // "3" may be any
		return false
	}
	for clause := range strings.SplitSeq(u.Requires, ",") {
		m := bound.FindStringSubmatch(strings.TrimSpace(clause))
		if m == nil {
			return false
		}
		want := releaseNumbers(m[2])
		if len(want) > len(have) && slices.Equal(want[:len(have)], have) {
			return false // the tag does not say the patch release that decides
		}
		switch order := slices.Compare(have, want); {
		case m[1] == ">=" && order < 0, m[1] == "<" && order >= 0, m[1] == "==" && !sameVersion(i.Version, m[2]):
			return false
		}
	}
	return true
}

// sameVersion says whether a version is the one that is asked for, or one of its releases.
func sameVersion(have, want string) bool {
	return have == want || strings.HasPrefix(have, want+".")
}

// releaseNumbers are the parts of a version, nil for one that has others.
func releaseNumbers(version string) []int {
	var list []int
	for part := range strings.SplitSeq(version, ".") {
		n, err := strconv.Atoi(part)
		if err != nil {
			return nil
		}
		list = append(list, n)
	}
	return list
}
