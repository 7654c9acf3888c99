package env

import (
	"bytes"
	"path"
	"regexp"
	"slices"
	"strings"

	"refit/internal/project"
)

// maxSources bounds how many source files are searched for variables.
const maxSources = 3000

// demand is a variable that program code can't do without, and where it says so.
type demand struct {
	name, path string
	start, end int
}

var (
	environIndex  = regexp.MustCompile(`os\.environ\[["']([A-Za-z_][A-Za-z0-9_]*)["']\]([ \t]*=[^=])?`)
	settingsClass = regexp.MustCompile(`(?m)^class[ \t]+\w+\([^)\n]*BaseSettings[^)\n]*\)[ \t]*:.*\n`)
	settingsField = regexp.MustCompile(`^[ ]{4}([a-z][a-z0-9_]*)[ \t]*:[ \t]*([^=#\n]+?)[ \t]*(?:#.*)?$`)
	envPrefix     = regexp.MustCompile(`env_prefix[ \t]*=[ \t]*["'](\w*)["']`)
)

// demands lists the variables that the Python code of the repository requires: os.environ["NAME"], and
// fields of pydantic's settings without a default. Tests are left out: they supply their own.
func demands(p *project.Project) []demand {
	var found []demand
	read := 0
	for _, at := range p.Files.Paths() {
		if path.Ext(at) != ".py" || isTest(at) {
			continue
		}
		if read++; read > maxSources {
			return nil
		}
		e, _ := p.Files.Entry(at)
		if !e.IsRegular() || e.Size > 256<<10 {
			continue
		}
		text, err := e.Bytes()
		if err != nil || !bytes.Contains(text, []byte("environ[")) && !bytes.Contains(text, []byte("BaseSettings")) {
			continue
		}
		found = append(found, demandsIn(at, string(text))...)
	}
	return found
}

func isTest(at string) bool {
	base := path.Base(at)
	return strings.HasPrefix(base, "test_") || strings.HasSuffix(base, "_test.py") || base == "conftest.py" ||
		slices.ContainsFunc(strings.Split(path.Dir(at), "/"), func(dir string) bool { return dir == "tests" || dir == "test" })
}

func demandsIn(at, text string) []demand {
	var found []demand
	for _, m := range environIndex.FindAllStringSubmatchIndex(text, -1) {
		if m[4] < 0 { // not an assignment
			found = append(found, demand{text[m[2]:m[3]], at, m[2], m[3]})
		}
	}
	for _, class := range settingsClass.FindAllStringIndex(text, -1) {
		found = append(found, settingsDemands(at, text, class[1])...)
	}
	return found
}

// settingsDemands are the fields without a default of the class whose body begins at an offset.
func settingsDemands(at, text string, start int) []demand {
	var found []demand
	prefix, offset := "", start
	for line := range strings.Lines(text[start:]) {
		content := strings.TrimRight(line, "\r\n")
		if content != "" && content[0] != ' ' && content[0] != '\t' && content[0] != '#' {
			break
		}
		if strings.HasPrefix(content, "    def ") || strings.HasPrefix(content, "    @") {
			break // fields come first
		}
		if m := envPrefix.FindStringSubmatch(content); m != nil {
			prefix = m[1]
		}
		if m := settingsField.FindStringSubmatchIndex(content); m != nil && !strings.Contains(content, "ClassVar") && !strings.Contains(content, "alias") {
			found = append(found, demand{strings.ToUpper(prefix + content[m[2]:m[3]]), at, offset + m[2], offset + m[3]})
		}
		offset += len(line)
	}
	return found
}

func demandedByCode(p *project.Project) map[string]bool {
	names := map[string]bool{}
	for _, d := range demands(p) {
		names[d.name] = true
	}
	return names
}
