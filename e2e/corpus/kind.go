package main

import (
	"path"
	"strings"
)

// kind is a format, as far as the checks know it.
type kind int

const (
	kindOther kind = iota
	kindYAML
	kindDockerfile
	kindIgnore // .dockerignore
	kindEnv
	kindShell
	kindMake
	kindJSON
	kindTOML
	kindHash    // others with comments from # on
	kindSlashes // programs with comments from // on
	kindProse
)

// kinds are formats by the end of a file's name, in lower case.
var kinds = map[string]kind{
	".yml": kindYAML, ".yaml": kindYAML, ".dockerfile": kindDockerfile, ".dockerignore": kindIgnore, ".sh": kindShell, ".bash": kindShell,
	".mk": kindMake, ".json": kindJSON, ".toml": kindTOML, ".md": kindProse, ".rst": kindProse, ".txt": kindProse, ".adoc": kindProse, ".mdx": kindProse,
	".markdown": kindProse, ".gitignore": kindHash, ".gitattributes": kindHash, ".py": kindHash, ".rb": kindHash, ".hcl": kindHash, ".tf": kindHash,
	".ini": kindHash, ".cfg": kindHash, ".conf": kindHash, ".properties": kindHash, ".ps1": kindHash, ".just": kindHash, ".zsh": kindHash, ".fish": kindHash,
	".js": kindSlashes, ".mjs": kindSlashes, ".cjs": kindSlashes, ".ts": kindSlashes, ".tsx": kindSlashes, ".go": kindSlashes, ".rs": kindSlashes,
	".java": kindSlashes, ".kt": kindSlashes, ".kts": kindSlashes, ".cs": kindSlashes, ".gradle": kindSlashes, ".jsonc": kindSlashes, ".json5": kindSlashes,
	".php": kindSlashes, ".groovy": kindSlashes,
}

func kindOf(p, text string) kind {
	base := strings.ToLower(path.Base(p))
	switch {
	case strings.HasSuffix(base, ".dockerignore"):
		return kindIgnore
	case strings.HasPrefix(base, "dockerfile"), strings.HasPrefix(base, "containerfile"):
		if k := kinds[path.Ext(base)]; k == kindProse || k == kindShell || k == kindYAML {
			return k
		}
		return kindDockerfile
	case base == "makefile", base == "gnumakefile", strings.HasPrefix(base, "makefile.") && kinds[path.Ext(base)] != kindProse:
		return kindMake
	case base == "justfile", base == "tiltfile", base == "procfile":
		return kindHash
	case strings.HasPrefix(base, ".env"), strings.HasSuffix(base, ".env"), strings.HasSuffix(base, ".env.example"), base == "env.example":
		return kindEnv
	}
	if k, ok := kinds[path.Ext(base)]; ok {
		return k
	}
	if first := firstLine(text); strings.HasPrefix(first, "#!") && (strings.HasSuffix(first, "sh") || strings.Contains(first, "bash")) {
		return kindShell
	}
	return kindOther
}
