package layout

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"refit/internal/compose"
	"refit/internal/project"
	"refit/internal/source"
)

// otherName is another name that the project of an environment has where a script or a workflow runs it, and the
// "file:line" that tells: the folder of a server need not be called as the repository's clone is. The name that
// is in effect here, written into the file, would start there with new, empty volumes. Both are "" when nothing tells.
//
// Two things tell: a volume that is named in full (`docker volume rm app_data`), and the folder outside of the
// repository in which Compose is started (`cd ~/app`).
func otherName(p *project.Project, e *project.Environment) (name, at string) {
	found := source.Recall(&p.Memo, otherNameOf{e}, func() [2]string {
		name, at := findOtherName(p, e)
		return [2]string{name, at}
	})
	return found[0], found[1]
}

// otherNameOf is the key of what was found: several rules ask.
type otherNameOf struct{ environment *project.Environment }

func findOtherName(p *project.Project, e *project.Environment) (name, at string) {
	if e.ProjectVia != "folder" || !ownsData(e) {
		return "", ""
	}
	for _, from := range p.Files.Paths() {
		if !runnable.MatchString(from) {
			continue
		}
		text, err := p.Files.Read(from)
		if err != nil {
			continue
		}
		for _, find := range []func(*project.Environment, string) (string, int){namedVolume, foreignFolder} {
			if name, offset := find(e, string(text)); name != "" {
				return name, position(p, from, offset)
			}
		}
	}
	return "", ""
}

// runnable are the scripts, Makefiles and workflows of a repository. Prose is not among them: its folders are examples.
var runnable = regexp.MustCompile(`(?i)(\.(sh|bash|zsh|mk)|(^|/)(gnu)?makefile|(^|/)justfile|(^|/)taskfile\.ya?ml|^\.gitlab-ci\.ya?ml|^\.(github|gitea|forgejo|circleci)/.*\.ya?ml)$`)

var volumeCommand = regexp.MustCompile(`\bvolume\s+(?:rm|remove|inspect|create)\b[^\n;&|]*`)

// namedVolume is the project in the full name of one of the environment's volumes that a command names.
func namedVolume(e *project.Environment, text string) (name string, offset int) {
	if !slices.ContainsFunc(composeCommand.FindAllStringSubmatch(text, -1), func(m []string) bool { return starts(m[1], e.Files[0]) }) {
		return "", 0 // another stack's, whose volumes are called alike
	}
	for _, at := range volumeCommand.FindAllStringIndex(text, -1) {
		for _, word := range strings.Fields(text[at[0]:at[1]]) {
			for key := range e.Model.Volumes {
				before, ok := strings.CutSuffix(strings.Trim(word, `"'`), "_"+key)
				if ok && before != "" && compose.NormalizeName(before) == before && before != e.Model.Name {
					return before, at[0]
				}
			}
		}
	}
	return "", 0
}

var (
	absoluteFolder = regexp.MustCompile(`(?m)(?:^|[\s;&|"'])cd\s+["']?((?:~|\$HOME|\$\{HOME\})?(?:/[\w.-]+)+)/?["']?\s*(?:$|[;&|"'])`)
	composeCommand = regexp.MustCompile(`\bdocker[ -]compose\b([^\n;&|]*)`)
	foundUnasked   = regexp.MustCompile(`^(docker-)?compose\.ya?ml$`)
	temporary      = regexp.MustCompile(`^/(tmp|var/tmp|app|src|code|workspace)(/|$)`)
)

// foreignFolder is the project's name by the folder to which the command line just before a `docker compose` goes.
func foreignFolder(e *project.Environment, text string) (name string, offset int) {
	for _, at := range absoluteFolder.FindAllStringSubmatchIndex(text, -1) {
		folder := text[at[2]:at[3]]
		behind := text[at[1]:min(len(text), at[1]+600)]
		if next := absoluteFolder.FindStringIndex(behind); next != nil {
			behind = behind[:next[0]]
		}
		command := composeCommand.FindStringSubmatch(behind)
		if command == nil || temporary.MatchString(folder) || !starts(command[1], e.Files[0]) {
			continue
		}
		if own := compose.NormalizeName(path.Base(folder)); own != "" && own != e.Model.Name {
			return own, at[2]
		}
	}
	return "", 0
}

// starts says whether the words behind `docker compose` are about a file and leave the project's name to the folder.
func starts(words, file string) bool {
	fields := strings.Fields(words)
	if slices.Contains(fields, "-p") || strings.Contains(words, "--project-name") {
		return false
	}
	if !slices.Contains(fields, "-f") && !strings.Contains(words, "--file") {
		return foundUnasked.MatchString(file)
	}
	return slices.ContainsFunc(fields, func(w string) bool { return path.Base(strings.Trim(w, `"'`)) == file })
}
