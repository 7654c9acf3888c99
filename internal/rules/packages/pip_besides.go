package packages

import (
	"errors"
	"fmt"
	"path"
	"regexp"
	"strings"

	"refit/internal/project"
	"refit/internal/stack"
)

var describes = regexp.MustCompile(`(?m)^\[(?:metadata|options)\]`)

// packaged is why a project that setuptools describes can't be described by a new pyproject.toml: its [project] would count
// in the place of what setup.py and setup.cfg say of the name, the version, what it needs and its programs.
// https://setuptools.pypa.io/en/latest/userguide/pyproject_config.html
func packaged(p *project.Project, u *stack.Unit) error {
	if file := u.Path("setup.py"); p.Files.Has(file) {
		return fmt.Errorf("%s describes the project as a package, which a new [project] in pyproject.toml would overrule", file)
	}
	if file := u.Path("setup.cfg"); p.Files.Has(file) {
		if text, err := p.Files.Read(file); err != nil || describes.Match(text) {
			return fmt.Errorf("%s describes the project as a package, which a new [project] in pyproject.toml would overrule", file)
		}
	}
	return nil
}

// settingOfPip are settings that decide which packages pip takes. uv reads none of them:
// https://docs.astral.sh/uv/pip/compatibility/#configuration-files-and-environment-variables
var settingOfPip = regexp.MustCompile(`\bPIP_(?:EXTRA_INDEX_URL|INDEX_URL|FIND_LINKS|NO_INDEX|CONFIG_FILE|CONSTRAINT|PRE|NO_BINARY|ONLY_BINARY|TRUSTED_HOST|CERT)\b|\bpip\.(?:conf|ini)\b|\bpip3? config\b`)

// configured is why a project can't move whose packages come from where only pip's own settings say: without them uv would take
// whatever has the name on PyPI.
func configured(p *project.Project, u *stack.Unit) error {
	for _, file := range p.Files.Paths() {
		name := path.Base(file)
		switch {
		case (name == "pip.conf" || name == "pip.ini") && inside(file, u.Dir):
			return fmt.Errorf("%s says where pip takes packages from; uv doesn't read it", file)
		case strings.HasPrefix(file, ".github/workflows/"):
			text, err := p.Files.Read(file)
			if err != nil {
				return errors.Join(fmt.Errorf("%s can't be read", file), err)
			}
			if said := settingOfPip.Find(text); said != nil {
				return fmt.Errorf("%s sets %s, which says where pip takes packages from; uv doesn't read it", file, said)
			}
		}
	}
	for _, d := range p.Dockerfiles {
		if !reaches(d, u) {
			continue
		}
		for _, in := range d.File.Instructions {
			if said := settingOfPip.FindString(codeOf(in)); said != "" {
				return fmt.Errorf("%s:%d: %s says where pip takes packages from; uv doesn't read it", d.Path, in.Line, said)
			}
		}
	}
	return nil
}
