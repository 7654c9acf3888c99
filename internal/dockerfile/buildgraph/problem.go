package buildgraph

import (
	"errors"

	"github.com/moby/buildkit/frontend/dockerfile/parser"

	"refit/internal/dockerfile"
	"refit/internal/source"
)

// problem puts a frontend's error at the line that it names.
func problem(f *dockerfile.File, err error) error {
	p := &source.Problem{
		Path: f.Path, At: source.Position{Line: 1, Column: 1}, Original: err,
		What: err.Error(), Why: "docker build stops here", Advice: "correct the Dockerfile",
	}
	var at *parser.LocationError
	if errors.As(err, &at) && len(at.Locations) > 0 && len(at.Locations[0]) > 0 {
		p.At = f.Lines.Position(lineStart(f, at.Locations[0][0].Start.Line))
	}
	return p
}

// lineStart is the offset of the first byte of a line that is no blank.
func lineStart(f *dockerfile.File, line int) int {
	s := f.Lines.Span(line)
	for s.Start < s.End && (f.Text[s.Start] == ' ' || f.Text[s.Start] == '\t') {
		s.Start++
	}
	return s.Start
}

func noTarget(f *dockerfile.File, target string) error {
	return &source.Problem{
		Path:   f.Path,
		What:   "there is no stage named " + target,
		Why:    "a build of that target fails",
		Advice: "name one of the file's stages",
	}
}
