package shell

import (
	"slices"
	"strings"

	"refit/internal/source"
)

// Compose is a command line of docker compose, docker-compose or podman compose.
type Compose struct {
	V1 bool // docker-compose, the program that was withdrawn in 2023
	// Name covers "docker compose" or "docker-compose" as written; what stands between the two
	// words (docker's own options) included.
	Name             source.Span
	Files            []Word // -f, in order
	EnvFiles         []Word // --env-file, in order
	Profiles         []Word
	ProjectName      *Word  // -p
	ProjectDirectory *Word  // --project-directory
	Subcommand       Word   // no Value when there is none
	Args             []Word // what follows the subcommand, its options included
	Options          []Option
	// Open says that something unknown stands before the subcommand, which may hold more options.
	Open bool
}

var (
	// dockerOptions take a value and stand before docker's subcommand.
	// Source: docker --help, Docker 28.
	dockerOptions = wordSet("-c --context -H --host --config -l --log-level --tlscacert --tlscert --tlskey")
	// composeOptions take a value and stand before Compose's subcommand.
	// Source: docker compose --help, Compose 2.39; -H, -c, --context, --log-level and the --tls ones are of 1.29.
	composeOptions = wordSet("-f --file --env-file -p --project-name --project-directory --workdir --profile --ansi --parallel --progress -H --host -c --context --log-level --tlscacert --tlscert --tlskey")
	// engines are the programs whose command line is docker's.
	engines = wordSet("docker docker.exe podman nerdctl finch")
)

// engineCommand is what follows "docker" and docker's own options: the subcommand and the rest.
func engineCommand(c Command) (words []Word, ok bool) {
	if !engines[c.Name()] {
		return nil, false
	}
	_, words, _ = options(c.Words[1:], dockerOptions, true)
	return words, len(words) > 0
}

// AsCompose reads a command as one of Compose; wrappers such as sudo and env are looked through.
func AsCompose(c Command) (Compose, bool) {
	c = c.Unwrapped()
	var out Compose
	rest := c.Words[1:]
	last := c.Words[0]
	switch c.Name() {
	case "docker-compose", "docker-compose.exe":
		out.V1 = true
	case "podman-compose":
	default:
		words, ok := engineCommand(c)
		if !ok || !words[0].Is("compose") {
			return Compose{}, false
		}
		last, rest = words[0], words[1:]
	}
	out.Name = source.Span{Start: min(c.Words[0].Span.Start, last.Span.Start), End: max(c.Words[0].Span.End, last.Span.End)}
	opts, words, open := options(rest, composeOptions, true)
	out.Options, out.Open = opts, open
	out.Files = given(opts, "-f", "--file")
	out.EnvFiles = given(opts, "--env-file")
	out.Profiles = given(opts, "--profile")
	out.ProjectName = lastGiven(opts, "-p", "--project-name")
	out.ProjectDirectory = lastGiven(opts, "--project-directory", "--workdir")
	if len(words) > 0 {
		out.Subcommand, out.Args = words[0], words[1:]
	}
	return out, true
}

// FileList is the Compose files that the command names: by -f, otherwise by COMPOSE_FILE as far as
// the script sets it. It is empty when Compose looks for its default names.
func (c Compose) FileList(cmd Command) []Word {
	if len(c.Files) > 0 {
		return c.Files
	}
	list, ok := cmd.Getenv("COMPOSE_FILE")
	if !ok || list.Value == "" {
		return nil
	}
	sep := ":"
	if s, ok := cmd.Getenv("COMPOSE_PATH_SEPARATOR"); ok && s.Constant && s.Value != "" {
		sep = s.Value
	}
	return list.Split(sep)
}

// EnvFileList is the env files for interpolation that the command names: by --env-file, otherwise by
// COMPOSE_ENV_FILES. It is empty when Compose looks for .env.
func (c Compose) EnvFileList(cmd Command) []Word {
	if len(c.EnvFiles) > 0 {
		return c.EnvFiles
	}
	if list, ok := cmd.Getenv("COMPOSE_ENV_FILES"); ok && list.Value != "" {
		return list.Split(",")
	}
	return nil
}

// Project is the project name that the command gives, by -p or COMPOSE_PROJECT_NAME; nil for none.
func (c Compose) Project(cmd Command) *Word {
	if c.ProjectName != nil {
		return c.ProjectName
	}
	if w, ok := cmd.Getenv("COMPOSE_PROJECT_NAME"); ok && w.Value != "" {
		return &w
	}
	return nil
}

// StackDeploy is docker stack deploy.
type StackDeploy struct {
	Files []Word
	Name  *Word
}

// AsStackDeploy reads a command as docker stack deploy (or stack up, stack config).
func AsStackDeploy(c Command) (StackDeploy, bool) {
	words, ok := engineCommand(c.Unwrapped())
	if !ok || len(words) < 2 || !words[0].Is("stack") || !slices.Contains([]string{"deploy", "up", "config"}, words[1].Value) {
		return StackDeploy{}, false
	}
	opts, args, _ := options(words[2:], wordSet("-c --compose-file --orchestrator --resolve-image"), false)
	out := StackDeploy{Files: given(opts, "-c", "--compose-file")}
	if len(args) > 0 {
		out.Name = &args[0]
	}
	return out, true
}

// Copy is docker cp or docker compose cp.
type Copy struct{ From, To Word }

// AsCopy reads a command as docker cp. Which side is in a container, its "name:" says.
func AsCopy(c Command) (Copy, bool) {
	var rest []Word
	if compose, ok := AsCompose(c); ok {
		if !compose.Subcommand.Is("cp") {
			return Copy{}, false
		}
		rest = compose.Args
	} else {
		words, ok := engineCommand(c.Unwrapped())
		if ok && len(words) > 1 && words[0].Is("container") {
			words = words[1:]
		}
		if !ok || !words[0].Is("cp") {
			return Copy{}, false
		}
		rest = words[1:]
	}
	_, args, open := options(rest, wordSet("--index"), false)
	if len(args) != 2 || open {
		return Copy{}, false
	}
	return Copy{args[0], args[1]}, true
}

// InContainer says whether a side of docker cp is in a container: NAME:PATH.
func InContainer(w Word) bool {
	at := strings.IndexByte(w.Value, ':')
	return at > 0 && !strings.ContainsAny(w.Value[:at], "/.") && !strings.HasPrefix(w.Value, Root)
}
