package layout

import (
	"path"
	"slices"
	"strings"
)

// leftoverWords are words by which people name what they keep and no longer use.
var leftoverWords = map[string]bool{
	"archive": true, "archives": true, "archived": true, "old": true, "deprecated": true, "obsolete": true,
	"backup": true, "backups": true, "bak": true, "orig": true,
}

// leftoverStems are what each of these words holds one of.
var leftoverStems = []string{"archive", "old", "deprecated", "obsolete", "backup", "bak", "orig"}

// nameWords are the words of a name.
func nameWords(name string) []string {
	return strings.FieldsFunc(name, func(r rune) bool { return r == '-' || r == '_' || r == '.' || r == ' ' })
}

// Leftover says whether a file is a copy that somebody keeps, by its name or those of the folders above it: archive/,
// backup-2024/, old/, docker-compose-backup.yml, Dockerfile.bak. Whether something uses it all the same, the name can't say.
func Leftover(at string) bool {
	lower := strings.ToLower(at)
	if !slices.ContainsFunc(leftoverStems, func(stem string) bool { return strings.Contains(lower, stem) }) {
		return strings.HasSuffix(at, "~") // by far the most
	}
	elements := strings.Split(lower, "/")
	for _, folder := range elements[:len(elements)-1] {
		if leftover(nameWords(folder)) {
			return true
		}
	}
	name := strings.TrimSuffix(path.Base(lower), "~")
	for _, ending := range []string{".yml", ".yaml", ".env", ".sh"} {
		name = strings.TrimSuffix(name, ending)
	}
	words := nameWords(name)
	return strings.HasSuffix(at, "~") || len(words) > 1 && leftover(words)
}

// leftover says whether the words of a name, dates and numbers aside, begin or end with one for leftovers. backup-service is
// a service; backup-2024 is none.
func leftover(words []string) bool {
	words = slices.DeleteFunc(slices.Clone(words), func(w string) bool { return strings.Trim(w, "0123456789v") == "" })
	if len(words) == 0 {
		return false
	}
	first, last := strings.TrimRight(words[0], "0123456789"), strings.TrimRight(words[len(words)-1], "0123456789")
	return leftoverWords[last] || leftoverWords[first] && first != "backup" && first != "archive"
}
