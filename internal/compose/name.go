package compose

import (
	"bytes"
	"errors"
	"path"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/loader"
	"go.yaml.in/yaml/v4"
)

// Origin is where a project's name comes from.
type Origin string

// The origins, the strongest first.
const (
	OriginFlag        Origin = "flag"        // --project-name
	OriginEnvironment Origin = "environment" // COMPOSE_PROJECT_NAME, of the caller or of the env file
	OriginFile        Origin = "file"        // name: in a Compose file
	OriginFolder      Origin = "folder"      // the name of the project directory
)

// NormalizeName is the project name that Docker Compose makes of a folder's name or of `name:`: lower
// case, letters, digits, "_" and "-" only, the first one a letter or digit. It may be empty.
func NormalizeName(s string) string { return loader.NormalizeProjectName(s) }

// projectName is the effective name of the project. It may be empty.
func (l *loading) projectName() (string, Origin, error) {
	given, origin := l.ProjectName, OriginFlag
	if given == "" {
		given, origin = l.env["COMPOSE_PROJECT_NAME"], OriginEnvironment
	}
	if given != "" {
		if NormalizeName(given) != given {
			return "", "", errors.New("the project name " + given + " of the " + string(origin) + " is invalid; it may hold lower-case letters, digits, - and _ and starts with a letter or digit")
		}
		return given, origin, nil
	}
	written, err := l.writtenName()
	if err != nil {
		return "", "", err
	}
	if written != "" {
		return NormalizeName(written), OriginFile, nil
	}
	folder := path.Base(l.dir)
	if l.dir == "." {
		folder = l.RootName
	}
	return NormalizeName(folder), OriginFolder, nil
}

// writtenName is the last `name:` of the files, variables filled in.
func (l *loading) writtenName() (string, error) {
	written, file := "", ""
	for i, f := range l.Files {
		name, err := l.nameIn(f, i == 0)
		if err != nil {
			return "", err
		}
		if name != "" {
			written, file = name, f
		}
	}
	if written == "" {
		return "", nil
	}
	name, err := l.substitute(file, written, l.env.Resolve)
	if err != nil {
		return "", problemIn(file, err)
	}
	return plainPath(name), nil
}

// nameIn is the last `name:` of one file as it is written, "" when there is none.
func (l *loading) nameIn(file string, first bool) (string, error) {
	if known := l.parsed[file]; known != nil {
		return lastName(known), nil
	}
	text, err := l.read(file, file)
	if err != nil {
		return "", err
	}
	if !first || l.First == nil {
		return l.decodedName(file, text), nil
	}
	name, known := l.First.name(text)
	if !known {
		name = l.decodedName(file, text)
		l.First.keepName(text, name)
	}
	return name, nil
}

// decodedName looks for the name in the decoded file, which is kept for whoever reads it next.
func (l *loading) decodedName(file string, text []byte) (name string) {
	if docs, err := decode(file, text); err == nil && plainlyNamed(docs) {
		if l.named == nil {
			l.named = map[string][]document{}
		}
		l.named[file] = docs
		for _, doc := range docs {
			if written, _ := doc.tree["name"].(string); written != "" {
				name = written
			}
		}
		return name
	}
	d := yaml.NewDecoder(bytes.NewReader(text))
	for {
		var top struct {
			Name string `yaml:"name"`
		}
		if d.Decode(&top) != nil { // the end, or an error that reading the whole file will report
			return name
		}
		if top.Name != "" {
			name = top.Name
		}
	}
}

// plainlyNamed says whether each name is a text: what YAML makes a text of otherwise, its decoder knows.
func plainlyNamed(docs []document) bool {
	return !slices.ContainsFunc(docs, func(doc document) bool {
		name, named := doc.tree["name"]
		_, text := name.(string)
		return named && !text || len(doc.resets) > 0
	})
}

func splitProfiles(s string) []string {
	var profiles []string
	for p := range strings.SplitSeq(s, ",") {
		profiles = append(profiles, strings.TrimSpace(p))
	}
	return profiles
}
