package buildgraph

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/moby/buildkit/frontend/dockerfile/parser"

	"refit/internal/dockerfile"
	"refit/internal/source"
)

// Warning is one finding of BuildKit's build checks.
type Warning struct {
	Rule    string // BuildKit's name of the check: "StageNameCasing"
	Message string
	Span    source.Span // the lines that it speaks of, without blanks at both ends
	URL     string      // the check's documentation
	// Unproven says that the check depends on what the base image sets, which is not known here:
	// BuildKit with the image at hand may not warn.
	Unproven bool
}

// Lint runs BuildKit's build checks (v0.34.2; docs.docker.com/reference/build-checks) over all stages, without
// network. "# check=skip=" is honoured, at the top and above instructions. Warnings come in
// the order of the file. The error is a *source.Problem where the frontend rejects the build; the warnings up to there
// are returned with it.
func Lint(ctx context.Context, f *dockerfile.File) ([]Warning, error) {
	for _, s := range f.Stages {
		if err := s.CheckSize(nil); err != nil {
			return nil, err
		}
	}
	var out []Warning
	var mu sync.Mutex // base images are looked at concurrently
	opt := options("", nil)
	opt.AllStages = true
	opt.Warn = func(rule, _, url, message string, at []parser.Range) {
		w := Warning{Rule: rule, Message: message, URL: url, Span: span(f, at)}
		w.Unproven = rule == "UndefinedVar" && !onScratch(f, w.Span)
		mu.Lock()
		defer mu.Unlock()
		if !slices.Contains(out, w) {
			out = append(out, w)
		}
	}
	_, err := convert(ctx, f, opt)
	slices.SortStableFunc(out, func(a, b Warning) int { return cmp.Compare(a.Span.Start, b.Span.Start) })
	// "# check=error=true" makes an error of warnings that are reported already.
	if err != nil && !strings.HasPrefix(err.Error(), "lint violation found") {
		return out, problem(f, err)
	}
	return out, nil
}

func span(f *dockerfile.File, at []parser.Range) source.Span {
	if len(at) == 0 {
		return source.Span{}
	}
	first, last := at[0].Start.Line, at[len(at)-1].End.Line
	s := source.Span{Start: lineStart(f, first), End: f.Lines.Span(last).End}
	for s.End > s.Start && (f.Text[s.End-1] == ' ' || f.Text[s.End-1] == '\t') {
		s.End--
	}
	return s
}

// onScratch says whether the stage around the span builds on no image, so that the file says it all.
func onScratch(f *dockerfile.File, at source.Span) bool {
	for _, s := range slices.Backward(f.Stages) {
		if s.From.Span.Start <= at.Start {
			base, _ := s.ExternalBase(nil)
			return base == "scratch"
		}
	}
	return false
}
