package environment

import (
	"path"
	"regexp"
	"strings"

	"refit/internal/project"
	"refit/internal/source"
)

// setting is a variable that an application reads by itself.
type setting struct {
	key      string // upper case
	required bool   // it has no default
	at       string // file
	span     source.Span
}

var (
	settingsClass  = regexp.MustCompile(`(?m)^class\s+\w+\s*\([^)\n]*\bBaseSettings\b[^)\n]*\)\s*:`)
	settingsField  = regexp.MustCompile(`^([ \t]+)([a-z][a-z0-9_]*)[ \t]*:[ \t]*([^=#\n]+?)[ \t]*(?:#.*)?$`)
	requiredField  = regexp.MustCompile(`^([ \t]+)([a-z][a-z0-9_]*)[ \t]*:[ \t]*[^=#\n]+=[ \t]*Field\([ \t]*(?:\.\.\.)?[ \t]*\)[ \t]*(?:#.*)?$`)
	optionalField  = regexp.MustCompile(`^([ \t]+)([a-z][a-z0-9_]*)[ \t]*:[ \t]*[^=\n]+=`)
	settingsPrefix = regexp.MustCompile(`env_prefix|alias|env_nested_delimiter|settings_customise_sources|secrets_dir`)
)

// maxSettings bounds the size of a source file that is looked into, in bytes.
const maxSettings = 256 << 10

// settingsOf are the fields of the pydantic settings of a Python unit. The application does not start
// without the required ones (docs.pydantic.dev, "Settings Management": the variable has the name of the
// field, letter case aside). A class that renames its variables is left out.
func settingsOf(p *project.Project) []setting {
	var list []setting
	for _, at := range p.Files.Paths() {
		base := path.Base(at)
		if path.Ext(at) != ".py" || !strings.Contains(base, "config") && !strings.Contains(base, "settings") && !strings.Contains(at, "/settings/") ||
			strings.HasPrefix(base, "test_") || p.Unit(at) == nil {
			continue
		}
		e, _ := p.Files.Entry(at)
		if !e.IsRegular() || e.Size > maxSettings {
			continue
		}
		if text, err := p.Files.Read(at); err == nil {
			list = append(list, settingsIn(at, string(text))...)
		}
	}
	return list
}

func settingsIn(at, text string) []setting {
	var list []setting
	for _, head := range settingsClass.FindAllStringIndex(text, -1) {
		body := classBody(text, head[1])
		if settingsPrefix.MatchString(text[head[1]:body]) {
			continue
		}
		list = append(list, fieldsIn(at, text, head[1], body)...)
	}
	return list
}

// classBody is where the indented block that begins at start ends.
func classBody(text string, start int) int {
	for end := start; ; {
		i := strings.IndexByte(text[end:], '\n')
		if i < 0 {
			return len(text)
		}
		end += i + 1
		if end < len(text) && !strings.ContainsRune(" \t\r\n#", rune(text[end])) {
			return end
		}
	}
}

func fieldsIn(at, text string, start, end int) []setting {
	var list []setting
	indent := ""
	for offset := start; offset < end; {
		line := text[offset:end]
		if i := strings.IndexByte(line, '\n'); i >= 0 {
			line = line[:i]
		}
		bare := strings.TrimRight(line, "\r")
		m := settingsField.FindStringSubmatchIndex(bare)
		if m == nil {
			m = requiredField.FindStringSubmatchIndex(bare)
		}
		required := m != nil
		if m == nil {
			m = optionalField.FindStringSubmatchIndex(bare)
		}
		if m != nil {
			depth, name := bare[m[2]:m[3]], bare[m[4]:m[5]]
			if indent == "" {
				indent = depth
			}
			ofClass := depth == indent && name != "model_config" && !strings.Contains(bare, "ClassVar") && !strings.HasSuffix(bare, ":")
			if ofClass {
				list = append(list, setting{strings.ToUpper(name), required, at, source.Span{Start: offset + m[4], End: offset + m[5]}})
			}
		} else if trimmed := strings.TrimSpace(bare); indent == "" && trimmed != "" && !strings.HasPrefix(trimmed, "#") {
			indent = bare[:len(bare)-len(strings.TrimLeft(bare, " \t"))]
		}
		offset += len(line) + 1
	}
	return list
}
