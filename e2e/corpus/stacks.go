package main

import (
	"path"
	"regexp"
	"slices"
	"strings"
)

// stack is one way in which Compose files are started together, found without refit: each file alone, what
// Compose loads from a folder by itself, and what a line with several -f or a COMPOSE_FILE names.
type stack struct {
	files         []string // by their paths before
	template      string   // a copy of that of the .env that Compose would load by itself, "" where git has that
	level         int      // how much of it Compose resolves, see levels
	before, after model
}

var (
	composeName   = regexp.MustCompile(`(?i)(^|[-_.])(docker-)?compose([-_.].*)?\.ya?ml$`)
	servicesKey   = regexp.MustCompile(`(?m)^services:\s*(#.*)?\r?$`)
	fileFlag      = regexp.MustCompile(`(?:^|\s)(?:-f|--file)(?:=|\s+|)["']?([^\s"';&|)]+\.ya?ml)`)
	composeFile   = regexp.MustCompile(`COMPOSE_FILE\s*[:?]?=\s*["']?([^\s"']+)`)
	envFileFlag   = regexp.MustCompile(`--env-file(?:=|\s+)["']?([^\s"']+)`)
	defaultFiles  = []string{"compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"}
	overrideFiles = []string{"compose.override.yaml", "compose.override.yml", "docker-compose.override.yml", "docker-compose.override.yaml"}
)

// isCompose says whether a file looks like one of Compose, by its name or its services.
func isCompose(p, text string) bool {
	ext := path.Ext(p)
	return (ext == ".yml" || ext == ".yaml") && (composeName.MatchString(path.Base(p)) || servicesKey.MatchString(text))
}

// stacksOf finds the stacks of a repository, each once.
func stacksOf(t tree) []stack {
	var stacks []stack
	seen := map[string]bool{}
	add := func(files []string) {
		if key := strings.Join(files, "\x00"); len(files) > 0 && !seen[key] {
			seen[key] = true
			stacks = append(stacks, stack{files: files})
		}
	}
	for _, p := range keysOf(t) {
		if e := t[p]; e.isText() && isCompose(p, e.text) && !strings.Contains(p, "{{") {
			add([]string{p})
			add(implied(t, path.Dir(p)))
		}
	}
	for _, p := range keysOf(t) {
		for _, files := range called(t, p) {
			add(files)
		}
	}
	return stacks
}

// implied are the files that Compose loads in a folder without -f.
func implied(t tree, dir string) []string {
	var files []string
	for _, names := range [][]string{defaultFiles, overrideFiles} {
		for _, name := range names {
			if _, ok := t[path.Join(dir, name)]; ok {
				files = append(files, path.Join(dir, name))
				break
			}
		}
	}
	if len(files) == 1 && slices.Contains(overrideFiles, path.Base(files[0])) {
		return nil
	}
	return files
}

// called are the stacks of two files or more that the lines of a file name.
func called(t tree, p string) [][]string {
	var stacks [][]string
	for _, line := range logicalLines(t[p]) {
		var names []string
		if strings.Contains(line, "compose") {
			for _, found := range fileFlag.FindAllStringSubmatch(line, -1) {
				names = append(names, found[1])
			}
		}
		if files := present(t, p, names); len(files) > 1 {
			stacks = append(stacks, files)
		}
		if found := composeFile.FindStringSubmatch(line); found != nil {
			if files := present(t, p, strings.Split(found[1], ":")); len(files) > 1 {
				stacks = append(stacks, files)
			}
		}
	}
	return stacks
}

// logicalLines are a file's lines, continued ones joined.
func logicalLines(e entry) []string {
	if !e.isText() {
		return nil
	}
	return strings.Split(strings.ReplaceAll(strings.ReplaceAll(e.text, "\r\n", "\n"), "\\\n", " "), "\n")
}

// present resolves names from the root, from the folder of the file that has them, or from the one folder at
// the root where all of them are (a job's working directory); nil when one is not there.
func present(t tree, p string, names []string) []string {
	if len(names) == 0 {
		return nil
	}
	dirs := []string{".", path.Dir(p)}
	for at, e := range t {
		if e.mode.IsDir() && !strings.Contains(at, "/") && t[path.Join(at, names[0])].isText() {
			dirs = append(dirs, at)
		}
	}
	if len(dirs) > 3 {
		dirs = dirs[:2]
	}
	for _, dir := range dirs {
		var files []string
		for _, name := range names {
			if file := path.Join(dir, name); t[file].isText() && !slices.Contains(files, file) {
				files = append(files, file)
			} else {
				files = nil
				break
			}
		}
		if files != nil {
			return files
		}
	}
	return nil
}

// envFiles are the env files that a caller passes to a stack: those of the first line that names all files.
func envFiles(t tree, files []string) []string {
	for _, p := range keysOf(t) {
		for _, line := range logicalLines(t[p]) {
			if !strings.Contains(line, "--env-file") || !strings.Contains(line, "compose") {
				continue
			}
			var names []string
			for _, found := range fileFlag.FindAllStringSubmatch(line, -1) {
				names = append(names, found[1])
			}
			if !slices.Equal(present(t, p, names), files) {
				continue
			}
			var envs []string
			for _, found := range envFileFlag.FindAllStringSubmatch(line, -1) {
				envs = append(envs, found[1])
			}
			if envs = present(t, p, envs); envs != nil {
				return envs
			}
		}
	}
	return nil
}
