package dockerfile

import (
	"slices"
	"strings"
)

// BaseName is the FROM's image or stage after substitution of the preamble's arguments, their
// defaults overridden by args; variables that nothing sets become empty.
func (s *Stage) BaseName(args map[string]string) string { return s.baseName(s.file.globals(args)) }

func (s *Stage) baseName(globals Env) string {
	name, _ := expand(s.Base, s.file.Escape, globals, false)
	return name
}

// Parent is the earlier stage that this one builds on, or nil when it builds on an image.
func (s *Stage) Parent(args map[string]string) *Stage {
	if len(args) > 0 {
		return s.parent(s.BaseName(args))
	}
	return s.below.Recall(func() *Stage { return s.parent(s.BaseName(nil)) })
}

// parent is the last stage of that name before this one.
func (s *Stage) parent(base string) *Stage {
	for i := s.Index - 1; i >= 0; i-- {
		if p := s.file.Stages[i]; p.Name != "" && strings.EqualFold(p.Name, base) {
			return p
		}
	}
	return nil
}

// ExternalBase is the image at the bottom of the stage's chain of FROMs, after substitution:
// "scratch" when there is none. ok is false when the name comes out blank, which fails the build.
func (s *Stage) ExternalBase(args map[string]string) (image string, ok bool) {
	if len(args) == 0 {
		for s.Parent(nil) != nil {
			s = s.Parent(nil)
		}
		image = s.BaseName(nil)
		return image, image != ""
	}
	globals := s.file.globals(args)
	base := s.baseName(globals)
	for p := s.parent(base); p != nil; p = p.parent(base) {
		base = p.baseName(globals)
	}
	return base, base != ""
}

// DependsOn lists the stages that the stage uses itself, in the order of the file: by FROM, COPY
// --from, RUN --mount=from=, and by the ONBUILD triggers of a parent in the same file.
func (s *Stage) DependsOn(args map[string]string) []*Stage {
	var out []*Stage
	add := func(d *Stage, ok bool) {
		if ok && d != nil && !slices.Contains(out, d) {
			out = append(out, d)
		}
	}
	parent := s.Parent(args)
	add(parent, true)
	run := s.Instructions
	if parent != nil {
		for _, in := range parent.Find("ONBUILD") {
			if in.Trigger != nil {
				run = append([]*Instruction{in.Trigger}, run...)
			}
		}
	}
	for _, in := range run {
		for _, ref := range in.FromRefs() {
			add(s.file.resolve(in, ref.Value))
		}
	}
	slices.SortFunc(out, func(a, b *Stage) int { return a.Index - b.Index })
	return out
}

// resolve finds the stage that a COPY --from or a mount's from= names. Only COPY takes an index.
func (f *File) resolve(in *Instruction, name string) (*Stage, bool) {
	if in.Keyword == "RUN" {
		s, ok := f.byName[strings.ToLower(name)]
		return s, ok
	}
	return f.Stage(name)
}

// Reachable lists the stages that a build of s needs, itself included, in the order of the file.
func (s *Stage) Reachable(args map[string]string) []*Stage {
	seen := map[*Stage]bool{}
	var visit func(*Stage)
	visit = func(s *Stage) {
		if seen[s] {
			return
		}
		seen[s] = true
		for _, d := range s.DependsOn(args) {
			visit(d)
		}
	}
	visit(s)
	var out []*Stage
	for _, st := range s.file.Stages {
		if seen[st] {
			out = append(out, st)
		}
	}
	return out
}

// FromRefs are the names of stages or images that a COPY --from or RUN --mount=from= copies or mounts
// from, with their spans. A span is zero where a quoted mount hides it.
func (in *Instruction) FromRefs() []Word {
	var out []Word
	switch in.Keyword {
	case "COPY":
		if f, ok := in.Flag("from"); ok && f.Value != "" {
			out = append(out, Word{Value: f.Value, Span: f.ValueSpan})
		}
	case "RUN":
		for _, m := range in.Mounts() {
			for _, p := range m.Fields {
				if p.Name == "from" && p.Value != "" {
					out = append(out, Word{Value: p.Value, Span: p.ValueSpan})
				}
			}
		}
	}
	return out
}
