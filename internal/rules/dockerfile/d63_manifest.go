package dockerfile

import (
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"refit/internal/json"
	"refit/internal/toml"
)

// manifestName is a file by whose keys a program is built, installed or started.
var manifestName = regexp.MustCompile(`^(?:(?:package|composer|tsconfig[\w.-]*)\.json|(?:pyproject|Cargo|hatch)\.toml)$`)

// developmentKey is a key of manifests below which only developing reads, or that only describes.
var developmentKey = regexp.MustCompile(`\b(?:dev|tests?|lint|format|types?|exclude|sdist|envs|tasks?|poe|name|description|keywords|classifiers)\b`)

// namedByManifest is the key at which a manifest names the folder for more than developing, "" when none does.
func namedByManifest(at string, text []byte, folder string) (key string) {
	named := mention(folder)
	look := func(keys []string, value string) {
		onlyDevelops := func(k string) bool { return developmentKey.MatchString(k) || developmentTool.MatchString(k) }
		value = strings.TrimPrefix(strings.ReplaceAll(value, "\\", "/"), "./")
		if key == "" && (value == folder || named.MatchString(value)) && !developmentTool.MatchString(value) && !slices.ContainsFunc(keys, onlyDevelops) {
			key = strings.Join(keys, ".")
		}
	}
	if path.Ext(at) == ".toml" {
		document, err := toml.Parse(text)
		if err != nil {
			return "it can't be read"
		}
		for _, table := range document.Tables {
			for _, e := range table.Entries {
				eachString(slices.Concat(table.Key, e.Key), e.Value, look)
			}
		}
		return key
	}
	document, err := json.Parse(at, text)
	if err != nil {
		return "it can't be read"
	}
	document.Strings(func(keys []string, n *json.Node) { look(keys, n.Value) })
	return key
}

// eachString visits every string in a value of TOML with its keys.
func eachString(keys []string, value any, visit func(keys []string, value string)) {
	switch value := value.(type) {
	case string:
		visit(keys, value)
	case []any:
		for i, item := range value {
			eachString(append(slices.Clip(keys), strconv.Itoa(i)), item, visit)
		}
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(value)) {
			eachString(append(slices.Clip(keys), key), value[key], visit)
		}
	}
}
