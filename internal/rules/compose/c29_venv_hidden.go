package compose

import (
	_ "embed"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"refit/internal/dockerfile"
	"refit/internal/project"
	"refit/internal/rule"
)

//go:embed c29_venv_hidden.md
var venvHiddenDoc string

// VenvHidden finds bind mounts that hide what the image installed: C29.
var VenvHidden = rule.Rule{
	Meta: rule.Meta{ID: "C29", Name: "venv-hidden", Theme: rule.Compose, Severity: rule.Warning, Since: "0.1.0",
		Summary: "a source mount hides the virtual environment or node_modules of the image", Doc: venvHiddenDoc},
	Check: func(pass *rule.Pass) {
		for _, s := range sites(pass.Project) {
			for _, d := range s.file.File.Services {
				stage, build := s.stage(d.Name)
				m := s.service(d.Name)
				if stage == nil || m == nil {
					continue
				}
				for _, dir := range installed(stage, build) {
					if path.Base(dir) == "node_modules" && modulesElsewhere(pass.Project) {
						continue
					}
					mount, hidden := "", false
					for _, v := range m.Mounts {
						if within(v.Target, dir) && len(v.Target) > len(mount) {
							mount, hidden = v.Target, v.Type == "bind" && path.Clean(v.Target) != dir
						}
					}
					if !hidden {
						continue
					}
					pass.Report(rule.Finding{
						At: s.at(d.KeySpan), Subject: "services." + d.Name + ".volumes:" + dir,
						Message: fmt.Sprintf("the mount at %s hides %s, which the image of service %s installed; the container runs with what lies on the host, or installs again at every start", mount, dir, d.Name),
						Fixes:   rule.Manual("Let "+dir+" show through", advice(dir)),
					})
				}
			}
		}
	},
}

// modulesElsewhere says whether a setting of yarn puts the packages somewhere else than into node_modules.
func modulesElsewhere(p *project.Project) bool {
	return slices.ContainsFunc(p.Files.Paths(), func(at string) bool {
		base := path.Base(at)
		if base != ".yarnrc" && base != ".yarnrc.yml" {
			return false
		}
		text, err := p.Files.Read(at)
		return err == nil && elsewhere.Match(text)
	})
}

var elsewhere = regexp.MustCompile(`--modules-folder|nodeLinker: *["']?pnp`)

func advice(dir string) string {
	if path.Base(dir) == "node_modules" {
		return "mount only the source folders, or add the anonymous volume `- " + dir + "` (it goes stale on a rebuild: `up --renew-anon-volumes`)"
	}
	return "an environment outside of the mount can't be hidden: install it to /opt/venv in the Dockerfile (ENV UV_PROJECT_ENVIRONMENT=/opt/venv, on PATH)"
}

// installed are the folders in the work directory into which the stage installs dependencies.
func installed(stage *dockerfile.Stage, build *project.Build) []string {
	config := stage.Config(build.Args)
	dir := path.Clean(config.WorkingDir.Value)
	if !path.IsAbs(dir) || dir == "/" {
		return nil
	}
	var runs strings.Builder
	for at := stage; at != nil; at = at.Parent(build.Args) {
		for _, in := range at.Find("RUN") {
			runs.WriteString(in.Source() + "\n")
		}
	}
	text := runs.String()
	var dirs []string
	if strings.Contains(text, "uv sync") {
		venv := path.Join(dir, ".venv")
		if v, ok := config.Env.Get("UV_PROJECT_ENVIRONMENT"); ok && v.Value != "" {
			venv = v.Value
			if !path.IsAbs(venv) {
				venv = path.Join(dir, venv)
			}
		}
		dirs = append(dirs, venv)
	}
	for _, install := range []string{"npm ci", "npm install\n", "npm install ", "yarn install", "pnpm install"} {
		if strings.Contains(text, install) && !strings.Contains(text, "--modules-folder") && !strings.Contains(text, "install -g") && !strings.Contains(text, "install --global") {
			dirs = append(dirs, path.Join(dir, "node_modules"))
			break
		}
	}
	return dirs
}
