package gitrepo

import (
	"path"
	"strings"
)

// Attributes knows the values of gitattributes(5). It must not be used concurrently.
type Attributes struct {
	read  func(path string) ([]byte, bool)
	files map[string][]attributeLine // by folder
}

type attributeLine struct {
	pattern compiled
	set     []string // as written: "name", "-name", "!name", "name=value"
}

// NewAttributes reads the .gitattributes files that read supplies; it says false for one that does
// not exist or is a symbolic link.
func NewAttributes(read func(path string) ([]byte, bool)) *Attributes {
	return &Attributes{read: read, files: map[string][]attributeLine{}}
}

// Value is what the attribute has for the path: "set", "unset" (-name), the value of name=value,
// or "" when nothing is said. The nearest file and in it the last line decides. Macros other than
// the built-in "binary" are not known.
func (a *Attributes) Value(p string, isDir bool, name string) string {
	p = path.Clean(p)
	for at := path.Dir(p); ; at = path.Dir(at) {
		base := ""
		if at != "." {
			base = at + "/"
		}
		lines := a.lines(at)
		for i := len(lines) - 1; i >= 0; i-- {
			if !lines[i].pattern.match(p[len(base):], isDir) {
				continue
			}
			if value, ok := lines[i].value(name); ok {
				return value
			}
		}
		if at == "." || at == "/" {
			return ""
		}
	}
}

// ExportIgnored says whether `git archive` leaves the file out: it or a folder above it has
// export-ignore.
func (a *Attributes) ExportIgnored(p string) bool {
	p = path.Clean(p)
	if a.Value(p, false, "export-ignore") == "set" {
		return true
	}
	for dir := path.Dir(p); dir != "." && dir != "/"; dir = path.Dir(dir) {
		if a.Value(dir, true, "export-ignore") == "set" {
			return true
		}
	}
	return false
}

func (a *Attributes) lines(dir string) []attributeLine {
	lines, ok := a.files[dir]
	if ok {
		return lines
	}
	if text, found := a.read(path.Join(dir, ".gitattributes")); found {
		for _, line := range strings.Split(strings.TrimPrefix(string(text), "\uFEFF"), "\n") {
			if l, ok := parseAttributeLine(strings.Trim(line, " \t\r")); ok {
				lines = append(lines, l)
			}
		}
	}
	a.files[dir] = lines
	return lines
}

func parseAttributeLine(line string) (attributeLine, bool) {
	if line == "" || line[0] == '#' || line[0] == '!' || strings.HasPrefix(line, "[attr]") {
		return attributeLine{}, false // git refuses negative patterns here
	}
	pattern, rest := line, ""
	if line[0] == '"' {
		end := 1
		for end < len(line) && line[end] != '"' {
			if line[end] == '\\' {
				end++
			}
			end++
		}
		if end >= len(line) {
			return attributeLine{}, false
		}
		pattern, rest = strings.NewReplacer(`\\`, `\`, `\"`, `"`, `\t`, "\t").Replace(line[1:end]), line[end+1:]
	} else if i := strings.IndexAny(line, " \t"); i >= 0 {
		pattern, rest = line[:i], line[i:]
	}
	return attributeLine{compilePattern(pattern), strings.Fields(rest)}, true
}

func (l attributeLine) value(name string) (string, bool) {
	for i := len(l.set) - 1; i >= 0; i-- {
		word := l.set[i]
		if word == "binary" && (name == "diff" || name == "merge" || name == "text") {
			return "unset", true
		}
		key, value, hasValue := strings.Cut(word, "=")
		switch {
		case hasValue && key == name:
			return value, true
		case word == name:
			return "set", true
		case word == "-"+name:
			return "unset", true
		case word == "!"+name:
			return "", true
		}
	}
	return "", false
}
