package pipeline

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"refit/internal/apply"
	"refit/internal/change"
	"refit/internal/engine"
	"refit/internal/project"
	"refit/internal/rules"
	"refit/internal/secret"
	"refit/internal/source"
)

// Mask hides the repository's secrets in a text, and the passwords of URLs.
func (r *Repository) Mask(text string) string {
	return secret.MaskURLs(secret.MaskIn(text, r.secrets()))
}

func (r *Repository) secrets() []string {
	if r.known == nil {
		r.known = project.Secrets(r.Project)
		if r.known == nil {
			r.known = []string{}
		}
	}
	return r.known
}

// ConfigProblem is what is wrong with .refit.yaml, nil when nothing is.
func (r *Repository) ConfigProblem() error {
	for _, p := range r.Project.Problems {
		if p.Path == ".refit.yaml" {
			return p
		}
	}
	var known []string
	for _, rule := range rules.All() {
		known = append(known, rule.ID, rule.Name)
	}
	if unknown := r.Project.Config.Unknown(known); len(unknown) > 0 {
		return unknown[0]
	}
	return nil
}

// Backup keeps a copy of every configuration file that a plan may touch.
func (r *Repository) Backup() (string, error) {
	id, err := apply.Backup(r.Root, configurationFiles(r.Project), apply.Options{})
	return string(id), err
}

// configurationFiles are the files that refit reads and may rewrite.
func configurationFiles(p *project.Project) []string {
	var list []string
	for _, path := range p.Files.Paths() {
		e, _ := p.Files.Entry(path)
		if e.IsRegular() && e.Size <= source.MaxFileSize && p.Configures(path) {
			list = append(list, path)
		}
	}
	return list
}

// ErrNoTool is returned for a step whose program is not on PATH.
var ErrNoTool = errors.New("the program is not on PATH")

// RunStep runs a step that a plan leaves to be done, its output going to w: the program on PATH, or else
// in the step's toolchain image. It returns ErrNoTool, wrapped, when neither is there. It is the only place where
// refit runs a program on a repository, and only when asked.
func (r *Repository) RunStep(s change.Step, w io.Writer) error {
	if len(s.Command) == 0 {
		return fmt.Errorf("%s: no command", s.Name)
	}
	if !filepath.IsLocal(filepath.FromSlash(s.Dir)) {
		return fmt.Errorf("%s: the folder %s is not in the repository", s.Name, s.Dir)
	}
	program, err := exec.LookPath(s.Command[0])
	if err != nil && s.Image != "" {
		fmt.Fprintf(w, "%s is not on PATH: running it in %s\n", s.Command[0], s.Image)
		return engine.RunTool(s.Image, r.Root, s.Dir, s.Command, w)
	}
	if err != nil {
		return fmt.Errorf("%w: %s; install it, or run it elsewhere: %s", ErrNoTool, s.Command[0], strings.Join(s.Command, " "))
	}
	cmd := exec.Command(program, s.Command[1:]...)
	cmd.Dir = filepath.Join(r.Root, filepath.FromSlash(s.Dir))
	cmd.Stdout, cmd.Stderr, cmd.Stdin = w, w, nil
	cmd.Env = os.Environ()
	return cmd.Run()
}
