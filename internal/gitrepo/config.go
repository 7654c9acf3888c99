package gitrepo

import (
	"errors"
	"fmt"
	"strings"
)

// setting is one value of a file in git's configuration syntax. section and key are in lower case,
// sub is as written, in its old form ([section.sub]) in lower case.
type setting struct{ section, sub, key, value string }

// parseConfig reads git's configuration syntax (git-config(1)); includes are not followed.
func parseConfig(text []byte) ([]setting, error) {
	c := configText{strings.ReplaceAll(strings.TrimPrefix(string(text), "\uFEFF"), "\r\n", "\n")}
	whole := c.rest
	var all []setting
	var at setting
	for c.rest != "" {
		var err error
		switch c.rest[0] {
		case ' ', '\t', '\n', '\r':
			c.rest = c.rest[1:]
		case '#', ';':
			_, c.rest, _ = strings.Cut(c.rest, "\n")
		case '[':
			at.section, at.sub, err = c.header()
		default:
			at.key, at.value, err = c.variable()
			all = append(all, at)
		}
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", strings.Count(whole[:len(whole)-len(c.rest)], "\n")+1, err)
		}
	}
	return all, nil
}

// configText is what is still to be read of a configuration.
type configText struct{ rest string }

// word takes letters, digits and what else is given off the text, in lower case.
func (c *configText) word(others string) string {
	n := 0
	for n < len(c.rest) && (isAlnum(c.rest[n]) || strings.IndexByte(others, c.rest[n]) >= 0) {
		n++
	}
	word := c.rest[:n]
	c.rest = c.rest[n:]
	return strings.ToLower(word)
}

func isAlnum(b byte) bool {
	return 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' || '0' <= b && b <= '9'
}

var errSection = errors.New("section that is never closed")

// header reads `[section]`, `[section.sub]` or `[section "sub"]`.
func (c *configText) header() (section, sub string, err error) {
	c.rest = c.rest[1:]
	section = c.word("-.")
	if quoted := strings.TrimLeft(c.rest, " \t\r"); quoted != c.rest && strings.HasPrefix(quoted, `"`) {
		c.rest = quoted[1:]
		for c.rest != "" && c.rest[0] != '"' && c.rest[0] != '\n' {
			if c.rest[0] == '\\' && len(c.rest) > 1 {
				c.rest = c.rest[1:]
			}
			sub += c.rest[:1]
			c.rest = c.rest[1:]
		}
		if !strings.HasPrefix(c.rest, `"`) {
			return "", "", errSection
		}
		c.rest = c.rest[1:]
	} else {
		section, sub, _ = strings.Cut(section, ".")
	}
	if !strings.HasPrefix(c.rest, "]") {
		return "", "", errSection
	}
	c.rest = c.rest[1:]
	return section, sub, nil
}

// variable reads `key = value`, or `key` alone, which is true.
func (c *configText) variable() (key, value string, err error) {
	if key = c.word("-"); key == "" {
		return "", "", errors.New("neither a section nor a variable")
	}
	c.rest = strings.TrimLeft(c.rest, " \t")
	switch {
	case c.rest == "" || c.rest[0] == '\n':
		return key, "true", nil
	case c.rest[0] != '=':
		return "", "", errors.New("variable without a value")
	}
	c.rest = c.rest[1:]
	value, err = c.value()
	return key, value, err
}

// value reads up to the end of the line, or of a later one that a backslash joins. Blanks around it and
// comments are no part of it; quotes and escapes are resolved.
func (c *configText) value() (string, error) {
	var out strings.Builder
	quoted, keep := false, 0 // keep: length up to which blanks belong to the value
	for c.rest != "" {
		b := c.rest[0]
		c.rest = c.rest[1:]
		switch {
		case b == '\n':
			if quoted {
				return "", errors.New("quote that is never closed")
			}
			return out.String()[:keep], nil
		case b == '"':
			quoted = !quoted
			keep = out.Len()
			continue
		case b == '\\':
			keep = out.Len()  // blanks before it count
			if c.rest == "" { // the end of the file ends the line
				return out.String()[:keep], nil
			}
			b = c.rest[0]
			c.rest = c.rest[1:]
			if b == '\n' {
				continue
			}
			i := strings.IndexByte(`ntb\"`, b)
			if i < 0 {
				return "", fmt.Errorf("escape that git does not know: \\%c", b)
			}
			out.WriteByte("\n\t\b\\\""[i])
			keep = out.Len()
			continue
		case !quoted && (b == '#' || b == ';'):
			_, c.rest, _ = strings.Cut(c.rest, "\n")
			return out.String()[:keep], nil
		case !quoted && strings.IndexByte(" \t\r", b) >= 0:
			if out.Len() > 0 {
				out.WriteByte(b)
			}
			continue
		}
		out.WriteByte(b)
		keep = out.Len()
	}
	if quoted {
		return "", errors.New("quote that is never closed")
	}
	return out.String()[:keep], nil
}

func isTrue(value string) bool {
	switch strings.ToLower(value) {
	case "true", "yes", "on", "1":
		return true
	}
	return false
}
