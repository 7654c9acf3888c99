package gitrepo

import (
	"errors"
	"fmt"
	"strings"
)

// setting is one value of a file in git's configuration syntax. section and key are in lower case,
// sub is as written.
type setting struct{ section, sub, key, value string }

// parseConfig reads git's configuration syntax (git-config(1)); includes are not followed.
func parseConfig(text []byte) ([]setting, error) {
	var all []setting
	var section, sub string
	rest := strings.TrimPrefix(string(text), "\uFEFF")
	for n := 1; rest != ""; n++ {
		var line string
		line, rest, _ = strings.Cut(rest, "\n")
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "[") {
			var err error
			if section, sub, line, err = header(line); err != nil {
				return nil, fmt.Errorf("line %d: %w", n, err)
			}
		}
		if line == "" || line[0] == '#' || line[0] == ';' {
			continue
		}
		key, raw, hasValue := strings.Cut(line, "=")
		if !hasValue {
			key, _, _ = strings.Cut(key, "#")
			key, _, _ = strings.Cut(key, ";")
			raw = "true"
		}
		value, more := configValue(strings.TrimLeft(raw, " \t"))
		for more && rest != "" { // a backslash at the end continues the line
			var next, part string
			next, rest, _ = strings.Cut(rest, "\n")
			n++
			part, more = configValue(next)
			value += part
		}
		all = append(all, setting{section, sub, strings.ToLower(strings.TrimSpace(key)), value})
	}
	return all, nil
}

// header reads `[section]` or `[section "sub"]` and returns what follows on the line.
func header(line string) (section, sub, rest string, err error) {
	end := strings.IndexByte(line, ']')
	if quote := strings.IndexByte(line, '"'); quote >= 0 && quote < end {
		section = line[1:quote]
		i := quote + 1
		for ; i < len(line) && line[i] != '"'; i++ {
			if line[i] == '\\' && i+1 < len(line) {
				i++
			}
			sub += line[i : i+1]
		}
		end = i + 1
		if end >= len(line) || line[end] != ']' {
			return "", "", "", errors.New("section that is never closed")
		}
	} else if end < 0 {
		return "", "", "", errors.New("section that is never closed")
	} else {
		section, sub, _ = strings.Cut(line[1:end], ".")
	}
	return strings.ToLower(strings.TrimSpace(section)), sub, strings.TrimSpace(line[end+1:]), nil
}

// configValue resolves quotes, escapes and comments; more says that the value goes on on the next line.
func configValue(raw string) (value string, more bool) {
	raw = strings.TrimRight(raw, "\r")
	var out strings.Builder
	quoted, keep := false, 0 // keep: length up to which trailing blanks belong to the value
	for i := 0; i < len(raw); i++ {
		c := raw[i]
		switch {
		case c == '"':
			quoted = !quoted
			keep = out.Len()
			continue
		case c == '\\':
			if i++; i == len(raw) {
				return out.String(), true
			}
			if c = raw[i]; c == 'n' || c == 't' || c == 'b' {
				c = "\n\t\b"[strings.IndexByte("ntb", c)]
			}
			out.WriteByte(c)
			keep = out.Len()
			continue
		case !quoted && (c == '#' || c == ';'):
			return out.String()[:keep], false
		}
		out.WriteByte(c)
		if quoted || c != ' ' && c != '\t' {
			keep = out.Len()
		}
	}
	return out.String()[:keep], false
}

func isTrue(value string) bool {
	switch strings.ToLower(value) {
	case "true", "yes", "on", "1":
		return true
	}
	return false
}
