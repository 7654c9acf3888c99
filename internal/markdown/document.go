// Package markdown finds what names files in Markdown: code blocks, code spans and link targets, each
// with its bytes in the file. It reads the block structure of CommonMark 0.31 (quotes, lists, fences,
// indented code, HTML) so that a fence inside of a list or a quote keeps its places, and as much of
// the inline structure as code spans and links need. Emphasis and tables are text to it.
package markdown

import (
	"strings"

	"refit/internal/shell"
	"refit/internal/source"
)

// Document is one parsed file. Everything in it is in the order of the file.
type Document struct {
	Blocks    []Block
	CodeSpans []CodeSpan
	Links     []Link
	Headings  []Heading
}

// Block is a code block.
type Block struct {
	Fenced bool
	Info   string      // what stands behind the opening fence, trimmed
	Lang   string      // the first word of Info in lower case, without "{." and the like
	At     source.Span // of Info; empty at the end of the fence when there is none
	Span   source.Span // fences and the line end of the last line included
	Text   shell.Text  // the content without the indentation and ">" around it; lines end in "\n"
	Closed bool        // an indented block, or the closing fence is there
}

// CodeSpan is `code` in running text.
type CodeSpan struct {
	Span source.Span // backticks included
	Text shell.Text  // a line end within it is a space, as it is shown
}

// Heading is a heading with its level, 1 to 6.
type Heading struct {
	Level int
	Text  string
	Span  source.Span // of its text
}

// LinkKind is how a target is written.
type LinkKind string

// The kinds of links.
const (
	LinkInline     LinkKind = "link"       // [text](target)
	LinkImage      LinkKind = "image"      // ![text](target)
	LinkDefinition LinkKind = "definition" // [label]: target
	LinkAuto       LinkKind = "autolink"   // <https://...>
	LinkHTML       LinkKind = "html"       // href="target" or src="target"
)

// Link is a place that names a target.
type Link struct {
	Kind   LinkKind
	Label  string      // the text or label, as written; "" for autolinks and HTML
	Target string      // as written, backslashes and &entities; left alone
	At     source.Span // of Target, without "<" and ">" or quotes
	Span   source.Span // the whole construct
}

// Path is the part of a target that names a file, with its place: what comes before "#" and "?". ok is
// false for a target with a scheme or a host, for a place in the same file, and where the target is
// written with escapes, so that its bytes are not the path.
func (l Link) Path() (p string, at source.Span, ok bool) {
	p = l.Target
	if n := strings.IndexAny(p, "#?"); n >= 0 {
		p = p[:n]
	}
	if p == "" || strings.HasPrefix(p, "//") || strings.ContainsAny(p, `\%&`) || l.Kind == LinkAuto {
		return "", source.Span{}, false
	}
	if n := strings.IndexAny(p, ":/"); n >= 0 && p[n] == ':' {
		return "", source.Span{}, false
	}
	return p, source.Span{Start: l.At.Start, End: l.At.Start + len(p)}, true
}

// Parse reads a file. Every text is valid Markdown, so there are no errors.
func Parse(text []byte) *Document {
	s := &scanner{text: text, doc: &Document{}}
	at := 0
	if strings.HasPrefix(string(text[:min(3, len(text))]), "\ufeff") {
		at = 3
	}
	at = frontMatter(text, at)
	for at < len(text) {
		at = s.line(at)
	}
	s.endLeaf(len(text))
	return s.doc
}

// frontMatter skips a YAML header, which many generators put in front.
func frontMatter(text []byte, at int) int {
	s := string(text[at:])
	if !strings.HasPrefix(s, "---\n") && !strings.HasPrefix(s, "---\r\n") {
		return at
	}
	for from := strings.IndexByte(s, '\n') + 1; from < len(s); {
		n := strings.IndexByte(s[from:], '\n')
		if n < 0 {
			return at
		}
		line := strings.TrimRight(s[from:from+n], "\r")
		from += n + 1
		if line == "---" || line == "..." {
			return at + from
		}
		if line == "" || strings.HasPrefix(line, "#") && from < 8 {
			return at // a thematic break with text below it
		}
	}
	return at
}
