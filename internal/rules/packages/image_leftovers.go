package packages

import (
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"refit/internal/dockerfile"
	"refit/internal/edit"
	"refit/internal/source"
)

// leads lets the comments above what changed speak of uv.
func (i *image) leads() {
	for _, in := range i.d.File.Instructions {
		lead := in.Lead.Of(i.d.File.Text)
		edited := slices.ContainsFunc(i.edits, func(e edit.Edit) bool { return e.Start >= in.Span.Start && e.End <= in.Span.End && e.Start < e.End })
		if !edited || !aboutPoetry.Match(lead) || i.overlaps(in.Lead) {
			continue
		}
		for _, at := range namesPoetry.FindAllIndex(lead, -1) {
			text := "uv"
			if name := string(lead[at[0]:at[1]]); strings.Contains(name, ".lock") {
				text = "uv.lock"
			}
			i.replace(in, edit.Replace(source.Span{Start: in.Lead.Start + at[0], End: in.Lead.Start + at[1]}, text, ""))
		}
		for line := range strings.Lines(string(lead)) {
			if aboutPoetry.MatchString(line) {
				i.comment(in, strings.TrimSpace(line))
			}
		}
	}
}

var namesPoetry = regexp.MustCompile(`(?i)\bpoetry(?:\.lock\*|\.lock\b|\b)`)

func (i *image) overlaps(s source.Span) bool {
	return slices.ContainsFunc(i.edits, func(e edit.Edit) bool { return e.Start < s.End && s.Start < e.End })
}

// leftovers refuses a file in which something of the old package manager would stay.
func (i *image) leftovers() {
	if i.err != nil || len(i.edits) == 0 {
		return
	}
	after, err := edit.Patch(i.d.File.Text, i.edits)
	if err != nil {
		i.err = fmt.Errorf("%s: %w", i.d.Path, err)
		return
	}
	now, err := dockerfile.Parse(i.d.Path, after)
	if err != nil {
		i.err = fmt.Errorf("%s would not be read any more: %w", i.d.Path, err)
		return
	}
	for _, in := range now.Instructions {
		for _, file := range i.m.names() {
			if strings.Contains(codeOf(in), file) {
				i.err = fmt.Errorf("%s: %s would stay in %s, and what becomes of it can't be told", i.d.Path, file, in.Keyword)
				return
			}
		}
		line := staying.FindString(codeOf(in))
		if line == "" && slices.Contains([]string{"CMD", "ENTRYPOINT", "HEALTHCHECK"}, in.Keyword) {
			line = outside.FindString(codeOf(in))
		}
		if line != "" {
			i.err = fmt.Errorf("%s: `%s` would stay in %s, and what becomes of it can't be told", i.d.Path, strings.TrimSpace(line), in.Keyword)
			return
		}
	}
	i.systemPackages()
	i.git()
	if len(i.syncing) == 0 {
		i.err = errors.New(i.d.Path + ": no command in it installs the dependencies as a whole")
	}
}

// names are the project's requirements files by their names.
func (m *move) names() (names []string) {
	if m.lists != nil {
		for _, file := range m.lists.all {
			names = append(names, path.Base(file))
		}
	}
	return names
}

// codeOf is an instruction without the comments in it.
func codeOf(in *dockerfile.Instruction) string {
	var lines []string
	for line := range strings.Lines(in.Source()) {
		if !strings.HasPrefix(strings.TrimSpace(line), "#") {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "")
}

// staying are words that only the old package manager gives a meaning, and folders that its installs would be in.
var staying = regexp.MustCompile(`(?i)\S*poetry\S*|/usr/local/bin/(?:gunicorn|uvicorn|celery|flask|alembic|pytest|hypercorn|daphne|fastapi|django-admin)\b|\S*site-packages\S*`)

// outside are programs of the image's own Python by their paths, which don't find what is in the environment.
var outside = regexp.MustCompile(`/usr/(?:local/)?bin/(?:python[\d.]*|gunicorn|uvicorn|celery|flask|alembic|pytest|hypercorn|daphne|fastapi|django-admin)\b`)
