package project

import (
	"bytes"
	"path"
	"slices"
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
	case ext == ".md" || ext == ".markdown" || ext == ".mdx":
		return (*extraction).markdown
	case documentExts[ext] && lower != "cmakelists.txt":
		return (*extraction).document
	case lower == "procfile" || strings.HasPrefix(lower, "procfile.") || lower == "jenkinsfile" || strings.HasPrefix(lower, "jenkinsfile.") || lower == "tox.ini" ||
		slices.Contains([]string{".ps1", ".psm1", ".bat", ".cmd", ".fish", ".nu", ".jenkinsfile", ".groovy"}, ext):
		return (*extraction).otherScript
	case lower == "crontab" || slices.Contains([]string{".service", ".timer", ".cron", ".j2", ".jinja", ".jinja2", ".tmpl", ".tpl", ".erb"}, ext):
		return (*extraction).elsewhere
	case lower == ".dockerignore" || strings.HasSuffix(lower, ".dockerignore"):
		return (*extraction).dockerignore
	case lower == ".gitignore" || lower == ".gitattributes" || lower == "codeowners" || strings.HasPrefix(lower, ".") && strings.HasSuffix(lower, "ignore"):
		return (*extraction).gitPatterns
	case lower == ".editorconfig":
		return (*extraction).editorconfig
	case ext == ".toml" || ext == ".cfg" || ext == ".ini":
		return (*extraction).settings
	case ext == "" && bytes.HasPrefix(text, []byte("#!")):
		if _, ok := shell.DialectOf(text); ok {
			return (*extraction).shellScript
		}
		return (*extraction).code
	case ext == "" || lower == ext || codeExts[ext] || lower == "cmakelists.txt":
		return (*extraction).code
	case dataExts[ext]:
		return (*extraction).data
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
	".java": true, ".kt": true, ".kts": true, ".gradle": true, ".rs": true, ".php": true,
	".nix": true, ".hcl": true, ".tf": true, ".ex": true, ".exs": true, ".lua": true, ".pl": true, ".scala": true, ".swift": true, ".dart": true,
	".tsx": true, ".jsx": true, ".vue": true, ".svelte": true, ".tfvars": true, ".cmake": true, ".bazel": true, ".bzl": true, ".build": true, ".star": true,
	".cs": true, ".fs": true, ".clj": true, ".jl": true, ".r": true, ".c": true, ".cc": true, ".cpp": true, ".h": true,
}

// dataExts are the endings of files in which a value may name a file, and a text may speak of one.
var dataExts = map[string]bool{
	".json": true, ".json5": true, ".jsonc": true, ".yml": true, ".yaml": true, ".xml": true, ".properties": true, ".conf": true, ".in": true, ".jsonnet": true,
	".csproj": true, ".fsproj": true, ".vbproj": true, ".sln": true, ".slnx": true, ".dcproj": true, ".props": true, ".targets": true, ".esproj": true,
}

// documentExts are the endings of documents that are not Markdown.
var documentExts = map[string]bool{".rst": true, ".adoc": true, ".asciidoc": true, ".txt": true, ".html": true, ".htm": true, ".org": true, ".textile": true}
