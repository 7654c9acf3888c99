package stack

import (
	"maps"
	"strings"
	"testing"
)

// TestLinked says which projects are installed by a link that a few files decide.
func TestLinked(t *testing.T) {
	const hatch = "[build-system]\nrequires = [\"hatchling>=1.27\"]\nbuild-backend = \"hatchling.build\"\n"
	const uvBuild = "[build-system]\nrequires = [\"uv_build>=0.8,<0.9\"]\nbuild-backend = \"uv_build\"\n"
	const packages = "[tool.hatch.build.targets.wheel]\npackages = [\"src/shop\", \"lib/more\"]\n"
	const both = "README.md LICENSE src/shop/__init__.py"
	for name, c := range map[string]struct{ project, rest, want string }{
		"hatch, by default":              {"", hatch, both},
		"hatch, told":                    {"", hatch + packages, both + " lib/more/__init__.py"},
		"uv_build":                       {"", uvBuild, both},
		"a workspace's root":             {"", hatch + "[tool.uv.workspace]\nmembers = []\n", ""},
		"a dependency of the repository": {"", hatch + "[tool.uv.sources]\nmore = {path = \"more\"}\n", ""},
		"no package":                     {"", hatch + "[tool.uv]\npackage = false\n", ""},
		"a version out of the code":      {"dynamic = [\"version\"]\n", hatch + "[tool.hatch.version]\npath = \"src/shop/__init__.py\"\n", ""},
		"a hook":                         {"", hatch + "[tool.hatch.build.hooks.custom]\n", ""},
		"further files":                  {"", hatch + "[tool.hatch.build.targets.wheel.force-include]\n\"a\" = \"b\"\n", ""},
		"a plugin":                       {"", strings.Replace(hatch, ">=1.27\"]", "\", \"hatch-vcs\"]", 1), ""},
		"a package that is not there":    {"", hatch + "[tool.hatch.build.targets.wheel]\npackages = [\"src/other\"]\n", ""},
		"another place for uv_build":     {"", uvBuild + "[tool.uv.build-backend]\nmodule-root = \"\"\n", ""},
		"setuptools":                     {"", "[build-system]\nrequires = [\"setuptools\"]\nbuild-backend = \"setuptools.build_meta\"\n", ""},
		"a backend of its own":           {"", hatch + "backend-path = [\".\"]\n", ""},
		"hatch of the same file":         {"", hatch + "[tool.hatch.envs.default]\npython = \"3.13\"\n", both},
		"licences by their names":        {"license-files = [\"EULA*\"]\n", hatch, "README.md EULA.txt LICENSE src/shop/__init__.py"},
		"licences by the older form":     {"license-files = {paths = [\"EULA.txt\"]}\n", hatch, ""},
		"every file is a licence":        {"license-files = [\"**\"]\n", hatch, ""},
		"a licence in a folder":          {"license-files = [\"legal/*\"]\n", hatch, ""},
	} {
		files := map[string]string{"README.md": "", "LICENSE": "", "uv.lock": "version = 1\n", "src/shop/__init__.py": "", "src/shop/more.py": "", "EULA.txt": "", "lib/more/__init__.py": "", "legal/terms": ""}
		maps.Copy(files, map[string]string{"pyproject.toml": "[project]\nname = \"Shop\"\nversion = \"1\"\nreadme = \"README.md\"\n" + c.project + c.rest})
		i, err := Detect(repository(files), Hints{})[0].Install(Options{})
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(i.Linked, " "); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// TestNotLinked says what in the folder itself keeps a project from being installed by a link first.
func TestNotLinked(t *testing.T) {
	for _, other := range []string{"setup.py", "hatch.toml", "LICENSE (MIT).txt"} {
		files := map[string]string{"uv.lock": "version = 1\n", "shop/__init__.py": "", other: "",
			"pyproject.toml": "[project]\nname = \"shop\"\nversion = \"1\"\n[build-system]\nrequires = [\"hatchling\"]\nbuild-backend = \"hatchling.build\"\n"}
		i, err := Detect(repository(files), Hints{})[0].Install(Options{})
		if err != nil || len(i.Linked) > 0 {
			t.Errorf("%s: %v, %v", other, i.Linked, err)
		}
	}
}
