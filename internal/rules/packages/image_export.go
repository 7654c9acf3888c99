package packages

import (
	"path"
	"slices"
	"strings"

	"refit/internal/dockerfile"
	"refit/internal/edit"
	"refit/internal/shell"
	"refit/internal/source"
)

// export is a `poetry export` into a list that pip installs, in its own stage or in one that copies the list.
type export struct {
	stage *dockerfile.Stage
	file  string // absolute, in the image
	// copies and installs are what another stage does with the list.
	copies   []*dockerfile.Instruction
	installs []*dockerfile.Instruction
}

// findExports looks for the lists and for who installs them.
func (i *image) findExports() {
	for _, in := range i.d.File.Instructions {
		for _, c := range commands(in) {
			if c.Name() == "poetry" && len(c.Words) > 1 && c.Words[1].Is("export") {
				if file := i.exportedTo(in, c); file != "" {
					i.exported = append(i.exported, &export{stage: in.Stage, file: file})
				}
			}
		}
	}
	for _, e := range i.exported {
		at := map[*dockerfile.Stage]string{e.stage: e.file}
		for _, in := range i.d.File.Instructions {
			if c, ok := in.Copy(); ok && c.From != "" && len(c.Sources) == 1 {
				if from, known := i.d.File.Stage(c.From); known && inChain(from, e.stage) && c.Sources[0].Value == e.file {
					target, unproven := c.Target(i.d.File.StateAt(in, nil))
					if len(unproven) == 0 {
						if strings.HasSuffix(target, "/") || strings.HasSuffix(c.Dest.Value, ".") {
							target = path.Join(target, path.Base(e.file))
						}
						at[in.Stage] = path.Clean(target)
						e.copies = append(e.copies, in)
					}
				}
			}
			if in.Stage != nil && at[in.Stage] != "" && i.installsList(in, at[in.Stage]) {
				e.installs = append(e.installs, in)
			}
		}
	}
}

// exportedTo is the list that an export writes, "" when that can't be told.
func (i *image) exportedTo(in *dockerfile.Instruction, c shell.Command) string {
	name := ""
	for k, w := range c.Words {
		v, joined := strings.CutPrefix(w.Value, "--output=")
		switch {
		case joined:
			name = v
		case (w.Is("-o") || w.Is("--output")) && k+1 < len(c.Words):
			name = c.Words[k+1].Value
		}
	}
	for _, r := range c.Redirects {
		if r.Op == ">" {
			name = r.Target.Value
		}
	}
	return i.absolute(in, name)
}

func (i *image) absolute(in *dockerfile.Instruction, name string) string {
	if name == "" || strings.Contains(name, shell.Unknown) {
		return ""
	}
	if !path.IsAbs(name) {
		name = path.Join(i.d.File.StateAt(in, nil).WorkingDir.Value, name)
	}
	return path.Clean(name)
}

// installsList says whether a RUN is `pip install -r` of the list and nothing else.
func (i *image) installsList(in *dockerfile.Instruction, list string) bool {
	all := commands(in)
	for _, c := range all {
		p, ok := shell.Installs(c)
		if !ok || p.Manager != "pip" || p.Action != shell.ActionRestore || len(p.Requirements) != 1 || i.absolute(in, p.Requirements[0].Value) != list {
			return false
		}
		for _, o := range p.Options {
			if !slices.Contains([]string{"-r", "--requirement", "--no-cache-dir", "--upgrade", "-U", "--no-deps", "--require-hashes", "-q", "--quiet", "--disable-pip-version-check"}, o.Name) {
				return false
			}
		}
	}
	return len(all) == 1
}

// ofExport: the environment itself takes the place of the list. Each stage that installed the list gets it by COPY; it has to be
// built on the same image, since an environment names its interpreter.
func (i *image) ofExport(in *dockerfile.Instruction, c shell.Command) outcome {
	var e *export
	for _, one := range i.exported {
		if one.stage == in.Stage && one.file == i.exportedTo(in, c) {
			e = one
		}
	}
	if e == nil || len(e.installs) == 0 {
		return refuse("where the list that `poetry export` writes is installed can't be told")
	}
	for _, other := range e.installs {
		if s := other.Stage; s != e.stage && s.From.Words[0].Value != e.stage.From.Words[0].Value {
			return refuse("the list that `poetry export` writes is installed on another base image (%s) than it is written on (%s)", s.From.Words[0].Value, e.stage.From.Words[0].Value)
		}
	}
	w := c.Words
	command := "uv sync --locked --no-install-project"
	groups := ""
	for k := 2; k < len(w); k++ {
		name, value, given := strings.Cut(w[k].Value, "=")
		if !given && slices.Contains([]string{"-f", "--format", "-o", "--output", "--with", "--only", "--without", "-E", "--extras"}, name) && k+1 < len(w) {
			k++
			value = w[k].Value
		}
		switch name {
		case "-f", "--format", "-o", "--output", "--without-hashes", "--without-urls":
		case "--dev", "--all-groups":
			groups = " "
		case "--with", "--only", "--without", "-E", "--extras":
			option, err := i.m.option(name, value)
			if err != nil {
				return refuse("%v", err)
			}
			if name == "--with" && i.m.isDefault(value) {
				groups = " "
				continue
			}
			command += " " + option
		default:
			if option, err := i.m.option(name, value); err == nil && option == "" {
				continue
			}
			return refuse("%s of `poetry export` has no certain counterpart", w[k].Value)
		}
	}
	if groups == "" {
		command += " " + i.m.withoutDev()
	}
	span := source.Span{Start: w[0].Span.Start, End: w[len(w)-1].Span.End}
	for _, r := range c.Redirects {
		span.End = max(span.End, r.Span.End)
	}
	i.say("requirements."+e.file, "*", "", "the environment takes the place of the list")
	return outcome{verdict: changed, syncs: true, edits: []edit.Edit{edit.Replace(span, command, "")}}
}

// isDefault says whether a plain install takes the groups.
func (m *move) isDefault(names string) bool {
	for _, name := range strings.Split(names, ",") {
		if !slices.Contains(m.out.defaults, name) {
			return false
		}
	}
	return true
}

// listInstalled takes away what installed a list.
func (i *image) listInstalled(in *dockerfile.Instruction) bool {
	for _, e := range i.exported {
		dir := i.venv
		switch {
		case slices.Contains(e.copies, in):
			c, _ := in.Copy()
			flags := ""
			for _, f := range in.Flags {
				flags += " " + string(f.Span.Of(in.File().Text))
			}
			i.replace(in, in.Replace("COPY"+flags+" "+dir+" "+dir)...)
			i.say("files."+c.From+":"+e.file+" -> *", "copied", "", "the environment takes the place of the list")
			i.say("files."+c.From+":"+dir+" -> *", "", "copied", "the environment takes the place of the list")
		case slices.Contains(e.installs, in):
			for _, c := range commands(in) {
				i.declare(in, c)
				p, _ := shell.Installs(c)
				i.say("requirements."+p.Requirements[0].Value, "*", "", "the environment takes the place of the list")
			}
			if in.Stage == e.stage {
				i.gone = append(i.gone, in)
				return true
			}
			i.replace(in, in.Replace("ENV PATH=\""+dir+"/bin:$PATH\"")...)
		default:
			continue
		}
		return true
	}
	return false
}
