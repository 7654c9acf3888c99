package project

import (
	"bytes"
	"path"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"refit/internal/dotenv"
	"refit/internal/json"
	"refit/internal/source"
	"refit/internal/yaml"
)

// Comments lists the comments of a file that refit edits, in the order of the file, each with its
// marks and without the blanks around it. The path tells the format. It serves to show that no
// comment is lost: where a format is unclear it rather takes a line too many for a comment.
// A text that does not parse is read line by line.
func Comments(at string, text []byte) []string {
	return comments(at, text, func() []yaml.Comment { return yaml.Comments(text) })
}

// comments is Comments with what knows the comments of the text as YAML, nil when it has none or is none.
func comments(at string, text []byte, inYAML func() []yaml.Comment) []string {
	name := strings.ToLower(path.Base(at))
	ext := path.Ext(name)
	switch {
	case isDockerfileName(path.Base(at)):
		return hashComments(text, wholeLines)
	case strings.HasPrefix(name, ".env") || strings.HasSuffix(name, ".env") || isEnvFileName(name):
		return dotenvComments(at, text)
	case strings.HasSuffix(name, "ignore") || name == "codeowners":
		return hashComments(text, firstColumn)
	case isYAMLName(name) || isComposeName(name):
		return yamlComments(text, inYAML())
	case ext == ".json" || ext == ".jsonc" || ext == ".code-workspace":
		return jsonComments(at, text)
	case ext == ".md" || ext == ".markdown":
		return markdownComments(text)
	case isScriptName(name) || bytes.HasPrefix(text, []byte("#!")):
		return shellComments(text)
	}
	return hashComments(text, anywhere) // Makefile, TOML and the like
}

// CommentsIn is Comments of a file of the project; nil when it can't be read. What was parsed is not parsed again.
func (p *Project) CommentsIn(at string) []string {
	e := resolve(p.Files, at)
	if e == nil {
		return nil
	}
	text, err := e.Bytes()
	if err != nil {
		return nil
	}
	return comments(at, text, func() []yaml.Comment {
		y, err := p.cache.yaml(e)
		if err != nil {
			return nil
		}
		return y.Comments
	})
}

// where says which "#" of a line begins a comment.
type where int

const (
	firstColumn where = iota // the first byte of the line
	wholeLines               // the first byte that is no blank
	anywhere                 // that, or one behind a blank, outside of quotes
)

func hashComments(text []byte, rule where) []string {
	var found []string
	for line := range bytes.Lines(bytes.TrimPrefix(text, []byte("\uFEFF"))) {
		at := hash(line, rule)
		if at >= 0 {
			found = append(found, string(bytes.TrimSpace(line[at:])))
		}
	}
	return found
}

// hash is the offset of the "#" that begins the line's comment, -1 when it has none.
func hash(line []byte, rule where) int {
	var quote byte
	for i, b := range line {
		blank := i == 0 || line[i-1] == ' ' || line[i-1] == '\t'
		switch {
		case b == '#' && quote == 0 && blank:
			return i
		case rule == firstColumn:
			return -1
		case rule == wholeLines && b != ' ' && b != '\t':
			return -1
		case quote != 0 && b == quote:
			quote = 0
		case quote == 0 && (b == '"' || b == '\'') && bytes.IndexByte(line[i+1:], b) >= 0:
			quote = b
		}
	}
	return -1
}

func spans(text []byte, list []source.Span) []string {
	var found []string
	for _, s := range list {
		found = append(found, string(bytes.TrimSpace(s.Of(text))))
	}
	return found
}

func yamlComments(text []byte, list []yaml.Comment) []string {
	if list == nil {
		return hashComments(text, anywhere)
	}
	var at []source.Span
	for _, c := range list {
		at = append(at, c.Span)
	}
	return spans(text, at)
}

func dotenvComments(at string, text []byte) []string {
	f, err := dotenv.Parse(at, text)
	if err != nil {
		return hashComments(text, wholeLines)
	}
	var list []source.Span
	for _, l := range f.Lines {
		if l.Kind == dotenv.Comment {
			list = append(list, l.Span)
		}
		for _, v := range l.Vars {
			if !v.Comment.IsZero() {
				list = append(list, v.Comment)
			}
		}
	}
	return spans(text, list)
}

func jsonComments(at string, text []byte) []string {
	f, err := json.Parse(at, text)
	if err != nil {
		return nil
	}
	return spans(text, f.Comments)
}

// markdownComments are the HTML comments.
func markdownComments(text []byte) []string {
	var found []string
	for {
		_, rest, ok := bytes.Cut(text, []byte("<!--"))
		if !ok {
			return found
		}
		comment, behind, _ := bytes.Cut(rest, []byte("-->"))
		found = append(found, "<!--"+string(comment)+"-->")
		text = behind
	}
}

func shellComments(text []byte) []string {
	f, err := syntax.NewParser(syntax.KeepComments(true)).Parse(bytes.NewReader(text), "")
	if err != nil {
		return hashComments(text, anywhere)
	}
	var found []string
	syntax.Walk(f, func(n syntax.Node) bool {
		if c, ok := n.(*syntax.Comment); ok {
			found = append(found, strings.TrimSpace("#"+c.Text))
		}
		return true
	})
	return found
}
