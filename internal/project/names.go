package project

import (
	"path"
	"strings"
)

// isDockerfileName says whether a file of this name is a Dockerfile by custom: Dockerfile,
// Containerfile, with something behind a dot or a dash, or as a suffix.
func isDockerfileName(name string) bool {
	lower := strings.ToLower(name)
	if isTemplateName(lower) || strings.HasSuffix(lower, ".dockerignore") || strings.HasSuffix(lower, ".containerignore") {
		return false
	}
	for _, word := range []string{"dockerfile", "containerfile"} {
		rest, prefixed := strings.CutPrefix(lower, word)
		switch {
		case lower == word, strings.HasSuffix(lower, "."+word), strings.HasSuffix(lower, "-"+word):
			return true
		case prefixed && (rest[0] == '.' || rest[0] == '-' || rest[0] == '_') && !aboutDockerfiles[path.Ext(lower)]:
			return true
		}
	}
	return false
}

// aboutDockerfiles are endings of files that are named after a Dockerfile and are none.
var aboutDockerfiles = map[string]bool{
	".md": true, ".txt": true, ".py": true, ".go": true, ".js": true, ".ts": true, ".rb": true, ".sh": true, ".json": true,
	".yml": true, ".yaml": true, ".toml": true, ".lock": true, ".html": true, ".vim": true, ".snap": true, ".png": true,
	".svg": true, ".bak": true, ".orig": true, ".rej": true, ".swp": true,
}

// isTemplateName says whether a program fills the file in before it is what its name says.
func isTemplateName(name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".j2", ".jinja", ".jinja2", ".tmpl", ".tpl", ".template", ".in", ".erb", ".mustache", ".hbs", ".gotmpl", ".mako", ".ejs", ".m4":
		return true
	}
	return strings.Contains(name, "{{") || strings.Contains(name, "${")
}

// isYAMLName says whether the name ends as YAML files do.
func isYAMLName(name string) bool {
	ext := strings.ToLower(path.Ext(name))
	return ext == ".yml" || ext == ".yaml"
}

// isEnvFileName says whether a file of this name is a dotenv file: ".env", ".env.dev", "dev.env",
// ".env-dev", "env.example". direnv's ".envrc" is a script.
func isEnvFileName(name string) bool {
	lower := strings.ToLower(name)
	switch {
	case isSourceName(lower):
		return false
	case lower == ".env" || lower == "env.example" || lower == "env.sample" || lower == "env.template" || lower == "env.dist":
		return true
	case strings.HasSuffix(lower, ".env"):
		return true
	case strings.HasPrefix(lower, ".env.") || strings.HasPrefix(lower, ".env-") || strings.HasPrefix(lower, ".env_"):
		return true
	}
	trimmed := strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(lower, ".example"), ".sample"), ".template"), ".dist")
	return trimmed != lower && strings.HasSuffix(trimmed, ".env")
}

// isSourceName says whether the name is that of program text or of something else that is not
// configuration, such as ".env.d.ts".
func isSourceName(lower string) bool {
	switch path.Ext(lower) {
	case ".ts", ".js", ".mjs", ".cjs", ".py", ".go", ".rb", ".rs", ".md", ".sh", ".bash", ".ps1", ".json", ".yml", ".yaml", ".toml", ".zip", ".gz", ".enc", ".gpg", ".age", ".asc", ".swp", ".html":
		return true
	}
	return false
}

// isExampleName says whether an env file is a template that is meant to be committed.
func isExampleName(name string) bool {
	lower := strings.ToLower(name)
	for _, word := range []string{"example", "sample", "template", "dist", "tmpl", "tpl", "default", "defaults"} {
		if hasWord(lower, word) {
			return true
		}
	}
	return false
}

// isKeyFileName says whether the name is that of a certificate or a key.
func isKeyFileName(name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".pem", ".key", ".crt", ".cer", ".p12", ".pfx", ".jks", ".csr":
		return true
	}
	return false
}

// isScriptName says whether a file is a shell script by its name.
func isScriptName(name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".sh", ".bash", ".zsh", ".ksh", ".bats":
		return true
	}
	return name == ".envrc"
}

// words cuts a file name at its dots, dashes and underscores.
func words(name string) []string {
	return strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return r == '.' || r == '-' || r == '_' || r == ' ' })
}

func hasWord(name, word string) bool {
	for _, w := range words(name) {
		if w == word {
			return true
		}
	}
	return false
}
