package toml

import (
	"fmt"
	"regexp"
	"strings"
)

var bareKey = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// Key writes a key: bare where TOML allows it.
func Key(parts ...string) string {
	var list []string
	for _, p := range parts {
		if !bareKey.MatchString(p) {
			p = String(p)
		}
		list = append(list, p)
	}
	return strings.Join(list, ".")
}

// String writes a string on one line: as a basic one, or as a literal one where that spares escapes.
func String(s string) string {
	var b strings.Builder
	plain := true
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
			plain = false
		case r == '\t':
			b.WriteString(`\t`)
		case r < ' ' || r == 0x7f:
			fmt.Fprintf(&b, `\u%04X`, r)
			plain = false
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	if plain && b.Len() > len(s)+2 && !strings.ContainsAny(s, "'") {
		return "'" + s + "'"
	}
	return b.String()
}
