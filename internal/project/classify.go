package project

import (
	"bytes"
	"path"
	"strings"

	"refit/internal/compose"
	"refit/internal/dockerfile"
	"refit/internal/dotenv"
	"refit/internal/makefile"
	"refit/internal/parallel"
	"refit/internal/shell"
	"refit/internal/source"
	"refit/internal/workflow"
	"refit/internal/yaml"
)

// kinds are the files by what their names say.
type kinds struct {
	dockerfiles, yaml, env, scripts, workflows []*source.Entry
	makefile                                   *source.Entry
}

// Bounds of the files that are loaded to see what they are.
const (
	maxScript  = 256 << 10 // bytes of an executable without an ending
	maxGuess   = 512 << 10 // bytes of a YAML file whose name does not say Compose
	maxGuesses = 3000      // of such files
)

// classify sorts the files by name. Links are left out: what they point to is seen by itself.
func (d *discovery) classify() kinds {
	var k kinds
	for _, at := range d.p.Files.Paths() {
		name := path.Base(at)
		if neverRead(name) {
			continue
		}
		e, _ := d.p.Files.Entry(at)
		if !e.IsRegular() {
			continue
		}
		_, automation := workflow.KindOf(at)
		switch {
		case automation:
			k.workflows = append(k.workflows, e)
		case isDockerfileName(name):
			k.dockerfiles = append(k.dockerfiles, e)
		case isYAMLName(name), isComposeName(name):
			k.yaml = append(k.yaml, e)
		case isEnvFileName(name):
			k.env = append(k.env, e)
		case isScriptName(name) || path.Ext(name) == "" && e.Mode&0o111 != 0 && e.Size < maxScript:
			k.scripts = append(k.scripts, e)
		}
	}
	for _, name := range makefile.Names {
		if e := regular(d.p.Files, name); e != nil {
			k.makefile = e
			break
		}
	}
	return k
}

// neverRead says quickly that a file is none of those that classify looks for.
func neverRead(name string) bool {
	switch path.Ext(name) {
	case ".py", ".js", ".ts", ".tsx", ".jsx", ".go", ".rs", ".rb", ".java", ".kt", ".c", ".h", ".cc", ".cpp", ".cs", ".php", ".swift",
		".html", ".css", ".scss", ".svg", ".png", ".jpg", ".jpeg", ".gif", ".ico", ".woff", ".woff2", ".ttf", ".pdf", ".md", ".rst",
		".json", ".lock", ".sql", ".csv", ".map", ".snap", ".pyc", ".so", ".proto", ".vue", ".xml":
		return !strings.HasPrefix(name, "Dockerfile.") && !strings.HasPrefix(name, "Containerfile.")
	}
	return false
}

// parse reads the classified files in parallel, each by its format. A file that does not parse is a
// problem, and the others go on.
func (d *discovery) parse(k kinds) {
	p := d.p
	p.Dockerfiles = parallel.Map(k.dockerfiles, d.parseDockerfile)
	p.Compose = parallel.Map(d.likeCompose(k.yaml), d.parseCompose)
	p.EnvFiles = parallel.Map(k.env, d.parseEnv)
	p.Workflows = parallel.Map(k.workflows, d.parseWorkflow)
	p.Scripts = parallel.Map(k.scripts, d.parseScript)
	if k.makefile != nil {
		p.Makefile = d.parseMakefile(k.makefile)
	}
}

func (d *discovery) parseDockerfile(e *source.Entry) *Dockerfile {
	f, err := parsedAs(d.c, e, "dockerfile", dockerfile.Parse)
	if err != nil {
		d.failed(e.Path, err)
		return nil
	}
	return &Dockerfile{Path: e.Path, File: f}
}

// likeCompose chooses the YAML files that are Compose files, by name or by content.
func (d *discovery) likeCompose(entries []*source.Entry) []*source.Entry {
	guesses := 0
	var candidates []*source.Entry
	for _, e := range entries {
		if !isComposeName(path.Base(e.Path)) {
			if guesses++; e.Size > maxGuess || guesses > maxGuesses {
				continue
			}
		}
		candidates = append(candidates, e)
	}
	return parallel.Map(candidates, func(e *source.Entry) *source.Entry {
		if like, err := parsedAs(d.c, e, "compose?", func(at string, text []byte) (bool, error) {
			return compose.Recognized(at, text, func() (*yaml.File, error) { return d.c.yaml(e) }), nil
		}); err != nil {
			if isComposeName(path.Base(e.Path)) {
				d.failed(e.Path, err)
			}
			return nil
		} else if !like {
			return nil
		}
		return e
	})
}

// isComposeName says whether a name may be that of a Compose file, templates to copy included.
func isComposeName(name string) bool {
	lower := strings.ToLower(name)
	return strings.Contains(lower, "compose") && (strings.Contains(lower, ".yml") || strings.Contains(lower, ".yaml"))
}

func (d *discovery) parseCompose(e *source.Entry) *ComposeFile {
	f, err := d.c.compose(e)
	if err != nil {
		d.failed(e.Path, err)
		return nil
	}
	return &ComposeFile{Path: e.Path, File: f, First: e.Path}
}

func (d *discovery) parseEnv(e *source.Entry) *EnvFile {
	f, err := parsedAs(d.c, e, "dotenv", dotenv.Parse)
	if err != nil {
		d.failed(e.Path, err)
		return nil
	}
	for _, p := range f.Problems {
		d.problem(p)
	}
	return &EnvFile{Path: e.Path, File: f}
}

func (d *discovery) parseWorkflow(e *source.Entry) *Workflow {
	f, err := parsedAs(d.c, e, "workflow", workflow.Parse)
	if err != nil {
		d.failed(e.Path, err)
		return nil
	}
	return &Workflow{Path: e.Path, File: f}
}

func (d *discovery) parseMakefile(e *source.Entry) *Makefile {
	f, err := parsedAs(d.c, e, "makefile", func(at string, text []byte) (*makefile.File, error) { return makefile.Parse(at, text), nil })
	if err != nil {
		d.failed(e.Path, err)
		return nil
	}
	text, _ := e.Bytes()
	for _, p := range f.Problems {
		d.problem(&source.Problem{Path: e.Path, At: source.NewLines(text).Position(p.Span.Start), What: p.What, Why: "make stops here", Advice: "correct the line"})
	}
	return &Makefile{Path: e.Path, File: f}
}

// parseScript takes a file for a shell script when its name or its first line says so.
func (d *discovery) parseScript(e *source.Entry) *Script {
	text, err := e.Bytes()
	if err != nil {
		if isScriptName(path.Base(e.Path)) {
			d.failed(e.Path, err)
		}
		return nil
	}
	if !isScriptName(path.Base(e.Path)) && !bytes.HasPrefix(text, []byte("#!")) {
		return nil
	}
	if _, isShell := shell.DialectOf(text); !isShell {
		return nil
	}
	return &Script{Path: e.Path, Text: text}
}
