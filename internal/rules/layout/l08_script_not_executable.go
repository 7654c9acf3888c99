package layout

import (
	"bytes"
	_ "embed" // the rule's documentation
	"path"
	"regexp"
	"slices"
	"strings"

	"refit/internal/change"
	"refit/internal/dockerfile"
	"refit/internal/edit"
	"refit/internal/project"
	"refit/internal/rule"
)

//go:embed l08_script_not_executable.md
var notExecutableDoc string

// NotExecutable finds scripts that an image starts and that nobody may execute.
var NotExecutable = rule.Rule{
	Meta: rule.Meta{
		ID: "L08", Name: "script-not-executable", Theme: rule.Layout, Severity: rule.Error, Since: "0.1.0",
		Summary: "The script that an image starts is not executable", Doc: notExecutableDoc,
	},
	Check: func(pass *rule.Pass) {
		p := pass.Project
		seen := map[string]bool{}
		for _, d := range p.Dockerfiles {
			for _, stage := range d.File.Stages {
				for _, program := range started(stage) {
					script, by := copied(p, d, stage, program)
					if script == "" || seen[d.Path+"\x00"+script] {
						continue
					}
					seen[d.Path+"\x00"+script] = true
					pass.Report(rule.Finding{
						At: rule.Location{Path: d.Path, Span: by.Span}, Subject: script,
						Message: script + " is copied without the right to execute it, and the image starts it as " + program + "; the container stops with \"permission denied\"; make it executable",
						Fixes:   []rule.Fix{executable(p, script)},
					})
				}
			}
		}
	},
}

// started are the programs that the stage's own ENTRYPOINT and CMD start directly.
func started(stage *dockerfile.Stage) []string {
	if len(stage.Find("ENTRYPOINT"))+len(stage.Find("CMD")) == 0 {
		return nil
	}
	var programs []string
	config := stage.Config(nil)
	for _, c := range []dockerfile.Command{config.Entrypoint, config.Cmd} {
		if c.At == nil || c.At.Stage != stage || len(c.Argv) == 0 {
			continue
		}
		first := c.Argv[0]
		if c.ShellForm {
			words := strings.Fields(c.Argv[len(c.Argv)-1])
			if len(words) > 0 && words[0] == "exec" {
				words = words[1:]
			}
			if len(words) == 0 {
				continue
			}
			first = words[0]
		}
		if strings.ContainsAny(first, "/.") && !strings.ContainsAny(first, "$`\"'();&|<>*") {
			programs = append(programs, first)
		}
	}
	return programs
}

var chmods = regexp.MustCompile(`\bchmod\b|\binstall\b.*-m`)

// copied is the script of the repository that a COPY brings to where the program is, when it can't
// be executed there; "" otherwise.
func copied(p *project.Project, d *project.Dockerfile, stage *dockerfile.Stage, program string) (script string, by *dockerfile.Instruction) {
	workdir := stage.Config(nil).WorkingDir.Value
	for s := stage; s != nil; s = s.Parent(nil) {
		for _, in := range slices.Backward(s.Instructions) {
			if in.Keyword == "RUN" && chmods.MatchString(in.ArgsText()) {
				return "", nil // perhaps on it
			}
			c, ok := in.Copy()
			if !ok || c.From != "" {
				continue
			}
			if file := brought(p, d, in, c, path.Join("/", workdir), program); file != "" {
				if _, set := in.Flag("chmod"); set {
					return "", nil
				}
				return notExecutable(p, file), in
			}
		}
	}
	return "", nil
}

// brought is the file of the build context that the COPY puts where the program is, "" for none.
func brought(p *project.Project, d *project.Dockerfile, in *dockerfile.Instruction, c dockerfile.Copy, workdir, program string) string {
	wants := []string{path.Join(workdir, program)}
	switch {
	case path.IsAbs(program):
		wants = []string{path.Clean(program)}
	case !strings.Contains(program, "/"):
		wants = []string{"/usr/local/bin/" + program, "/usr/bin/" + program, "/bin/" + program, "/usr/local/sbin/" + program}
	}
	dest := c.Dest.Value
	folder := strings.HasSuffix(dest, "/") || dest == "." || len(c.Sources) > 1
	if !path.IsAbs(dest) {
		dest = path.Join("/", d.File.StateAt(in, nil).WorkingDir.Value, dest)
	}
	dest = path.Clean(dest)
	for _, source := range c.Sources {
		if source.Heredoc != nil || source.IsRemote() || strings.ContainsAny(source.Value, "$*?[") {
			continue
		}
		from := path.Join(d.Context(), path.Clean("/"+source.Value))
		for _, want := range wants {
			switch {
			case p.Files.IsDir(from):
				if rest, ok := strings.CutPrefix(want, strings.TrimSuffix(dest, "/")+"/"); ok && p.Files.Has(path.Join(from, rest)) {
					return path.Join(from, rest)
				}
			case want == dest && !folder, want == path.Join(dest, path.Base(from)):
				return from
			}
		}
	}
	return ""
}

// notExecutable is the file when it is a script that nobody may execute, else "".
func notExecutable(p *project.Project, file string) string {
	e, ok := regular(p, file)
	if !ok || e.Mode.Perm()&0o111 != 0 {
		return ""
	}
	if text, err := e.Bytes(); err != nil || !bytes.HasPrefix(text, []byte("#!")) {
		return ""
	}
	return file
}

func executable(p *project.Project, script string) rule.Fix {
	e, _ := p.Files.Entry(script)
	mode := e.Mode.Perm() | (e.Mode.Perm()&0o444)>>2
	return rule.Fix{Title: "Make " + script + " executable", Safety: change.Safe, Ops: []edit.Op{edit.Chmod(script, mode)}}
}
