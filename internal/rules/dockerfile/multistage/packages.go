package multistage

import (
	"slices"
	"strings"

	"refit/internal/dockerfile"
	"refit/internal/edit"
	"refit/internal/rules/dockerfile/script"
	"refit/internal/shell"
	"refit/internal/source"
	"refit/internal/stack"
)

// words are the packages that a RUN installs, with their spans in the file.
func (s *Split) words(in *dockerfile.Instruction) []shell.Word {
	if _, ok := commands(in); !ok {
		return nil
	}
	var packages []shell.Word
	for _, i := range script.InstallsAsShell(in) {
		if i != nil && i.Action == shell.ActionAdd {
			packages = append(packages, i.Packages...)
		}
	}
	return packages
}

// buildOnly are the packages that production can do without for certain: compilers, and headers
// whose run-time library is known.
func (s *Split) buildOnly(packages []shell.Word) []shell.Word {
	var list []shell.Word
	for _, w := range packages {
		if stack.RoleOf(s.image.Distro, w.Value) != stack.BuildRole {
			continue
		}
		if _, known := stack.Counterpart(s.image.Distro, s.image.Release, w.Value); known {
			list = append(list, w)
		}
	}
	return list
}

// counterparts are the run-time libraries of what is dropped, as far as they are not installed anyway.
func (s *Split) counterparts(drop, packages []shell.Word) []string {
	var libs []string
	for _, w := range drop {
		needs, _ := stack.Counterpart(s.image.Distro, s.image.Release, w.Value)
		for _, lib := range needs {
			if !slices.Contains(libs, lib) && !named(packages, lib) {
				libs = append(libs, lib)
			}
		}
	}
	return libs
}

func named(packages []shell.Word, name string) bool {
	return slices.ContainsFunc(packages, func(w shell.Word) bool { return w.Value == name })
}

// runtimePackages is the user's RUN without the packages that only a build needs and with the
// run-time libraries in the place of the headers. It is "" when nothing is left to install.
func (s *Split) runtimePackages(p part) string {
	packages := s.words(p.in)
	drop := s.buildOnly(packages)
	libs := s.counterparts(drop, packages)
	if len(drop) == 0 {
		return p.text
	}
	if len(drop) == len(packages) && len(libs) == 0 {
		return ""
	}
	return s.without(p, drop, libs)
}

// without takes package words out of a RUN's text; a line that held nothing else goes with them.
func (s *Split) without(p part, drop []shell.Word, libs []string) string {
	text := []byte(p.text)
	start := p.in.Span.Start
	var edits []edit.Edit
	for _, w := range drop {
		at := w.Span.Shift(-start)
		var own []string // the libraries of these headers, in their place
		needs, _ := stack.Counterpart(s.image.Distro, s.image.Release, w.Value)
		libs = slices.DeleteFunc(slices.Clone(libs), func(lib string) bool {
			if slices.Contains(needs, lib) {
				own = append(own, lib)
				return true
			}
			return false
		})
		if len(own) > 0 {
			edits = append(edits, edit.Replace(at, strings.Join(own, " "), ""))
		} else {
			edits = append(edits, edit.Delete(widened(text, at), ""))
		}
	}
	out, err := edit.Patch(text, edits)
	if err != nil {
		return p.text
	}
	return string(out)
}

// widened is a word with the blank before it, or its whole line when it stands alone on it.
func widened(text []byte, word source.Span) source.Span {
	lines := source.NewLines(text)
	line := lines.SpanWithEnd(lines.Position(word.Start).Line)
	before := strings.TrimSpace(string(text[line.Start:word.Start]))
	after := strings.TrimSpace(string(text[word.End:line.End]))
	if before == "" && after == "\\" {
		return line
	}
	if before != "" {
		for word.Start > line.Start && (text[word.Start-1] == ' ' || text[word.Start-1] == '\t') {
			word.Start--
		}
		return word
	}
	for word.End < line.End && (text[word.End] == ' ' || text[word.End] == '\t') {
		word.End++
	}
	return word
}

// buildPackages is the command that installs what only a build needs; "" when there is none.
func (s *Split) buildPackages(p part) string {
	var build []string
	for _, w := range s.buildOnly(s.words(p.in)) {
		build = append(build, w.Value)
	}
	manager, ok := s.image.PackageManager()
	if len(build) == 0 || !ok {
		return ""
	}
	return manager.Install(build...)
}
