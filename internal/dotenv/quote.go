package dotenv

import (
	"strings"
	"unicode"
)

// spellings lists the ways to write value, the preferred one first; each reads back as value in
// Compose where nothing but a line end follows. Unquoted comes first when a shell, too, reads the
// value so; prefer keeps a file's own quotes where they make no difference.
func spellings(value string, prefer Quote) []string {
	plain, single, double := isPlain(value), fitsSingle(value), inDouble(value)
	var all []string
	if plain && prefer == Unquoted {
		all = append(all, value)
	}
	if prefer != Single && !strings.ContainsAny(value, "$\\\"`\n\r") {
		all = append(all, double) // nothing to escape
	}
	if single {
		all = append(all, "'"+value+"'")
	}
	return append(all, double)
}

// isPlain says whether value needs no quotes in Compose, in a shell and for `docker run --env-file`.
func isPlain(value string) bool {
	for _, r := range value {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("_-./:@%+,=^*?[]{}", r) {
			return false
		}
	}
	return true
}

// fitsSingle says whether value can stand in single quotes and mean the same to a shell: Compose
// lets a backslash escape the quote there, a shell does not.
func fitsSingle(value string) bool {
	return !strings.ContainsAny(value, "'\n\r") && !strings.HasSuffix(value, `\`)
}

var doubleEscapes = strings.NewReplacer(`\`, `\\`, `"`, `\"`, `$`, `\$`, "\n", `\n`, "\r", `\r`)

func inDouble(value string) string { return `"` + doubleEscapes.Replace(value) + `"` }
