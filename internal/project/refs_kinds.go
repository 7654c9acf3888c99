package project

import (
	"bytes"
	"path"
	"strings"

	"refit/internal/makefile"
	"refit/internal/shell"
	"refit/internal/source"
	"refit/internal/workflow"
)

// maxReferring bounds the files in which references are looked for, in bytes.
const maxReferring = 512 << 10

// extractorOf says by name and size whether a file is looked into.
func extractorOf(e *source.Entry) func(*extraction) {
	if e.Size > maxReferring || vendored(e.Path) {
		return nil
	}
	return extractorFor(e.Path, nil)
}

// vendored says whether a file is somebody else's work.
func vendored(at string) bool {
	for part := range strings.SplitSeq(path.Dir(at), "/") {
		switch part {
		case "vendor", "node_modules", "third_party", "bower_components", "site-packages", "dist-packages":
			return true
		}
	}
	return false
}

// extractorFor is how a file is read for references; nil when it is not. Without its text, the name
// has to do.
func extractorFor(at string, text []byte) func(*extraction) {
	name := path.Base(at)
	lower := strings.ToLower(name)
	ext := path.Ext(lower)
	if _, automation := workflow.KindOf(at); automation {
		return (*extraction).workflow
	}
	switch {
	case isMakefileName(name):
		return (*extraction).makefile
	case isDockerfileName(name):
		return (*extraction).dockerfileComments
	case isComposeName(name) && isYAMLName(name):
		return (*extraction).composeComments
	case isEnvFileName(name):
		return (*extraction).envFile
	case isScriptName(name):
		return (*extraction).shellScript
	case lower == "justfile" || lower == ".justfile" || ext == ".just":
		return (*extraction).justfile
	case strings.HasPrefix(lower, "devcontainer") && ext == ".json" || lower == ".devcontainer.json":
		return (*extraction).devcontainer
	case (lower == "tasks.json" || lower == "launch.json" || lower == "settings.json") && strings.HasSuffix(path.Dir(at), ".vscode"), ext == ".code-workspace":
		return (*extraction).editor
	case lower == "package.json" || lower == "composer.json":
		return (*extraction).packageJSON
	case strings.HasPrefix(lower, "renovate") && (ext == ".json" || ext == ".json5") || strings.HasPrefix(lower, ".renovaterc"):
		return (*extraction).renovate
	case ext == ".md" || ext == ".markdown":
		return (*extraction).markdown
	case ext == ".txt" || ext == ".rst" || ext == ".adoc" || ext == ".mdx":
		return (*extraction).plainText
	case lower == ".dockerignore" || strings.HasSuffix(lower, ".dockerignore"):
		return (*extraction).dockerignore
	case lower == ".gitignore" || lower == ".gitattributes" || lower == "codeowners" || lower == ".prettierignore" || lower == ".eslintignore":
		return (*extraction).gitPatterns
	case ext == ".toml" || ext == ".cfg" || ext == ".ini":
		return (*extraction).settings
	case ext == "" && bytes.HasPrefix(text, []byte("#!")):
		if _, ok := shell.DialectOf(text); ok {
			return (*extraction).shellScript
		}
		return (*extraction).code
	case ext == "" || codeExts[ext]:
		return (*extraction).code
	}
	return nil
}

func isMakefileName(name string) bool {
	for _, n := range makefile.Names {
		if n == name {
			return true
		}
	}
	return strings.HasSuffix(name, ".mk") || strings.HasSuffix(name, ".mak")
}

// codeExts are the endings of files in which a string may name a file.
var codeExts = map[string]bool{
	".py": true, ".js": true, ".mjs": true, ".cjs": true, ".ts": true, ".mts": true, ".cts": true, ".go": true, ".rb": true,
	".java": true, ".kt": true, ".kts": true, ".gradle": true, ".groovy": true, ".rs": true, ".php": true, ".cs": true, ".csproj": true,
	".sln": true, ".slnx": true, ".dcproj": true, ".props": true, ".targets": true, ".ps1": true, ".psm1": true, ".bat": true, ".cmd": true,
	".fish": true, ".nix": true, ".hcl": true, ".tf": true, ".json": true, ".yml": true, ".yaml": true, ".xml": true, ".ex": true, ".exs": true,
	".lua": true, ".pl": true, ".scala": true, ".swift": true, ".dart": true, ".nu": true,
}
