package markdown

import (
	"bytes"
	"strings"

	"refit/internal/shell"
	"refit/internal/source"
)

// anyTag marks an HTML block that starts with some complete tag alone on its line. It ends with a
// blank line like the ones of block tags, but can't end a paragraph.
const anyTag = "\x00"

// blockTags start an HTML block. Source: CommonMark 0.31, section 4.6, condition 6.
var blockTags = tagSet(`address article aside base basefont blockquote body caption center col colgroup dd details dialog dir div dl dt
	fieldset figcaption figure footer form frame frameset h1 h2 h3 h4 h5 h6 head header hr html iframe legend li link main menu menuitem
	nav noframes ol optgroup option p param search section summary table tbody td tfoot th thead title tr track ul`)

func tagSet(names string) map[string]bool {
	out := map[string]bool{}
	for _, n := range strings.Fields(names) {
		out[n] = true
	}
	return out
}

// htmlStart says whether the text starts an HTML block, and what ends it: "" for a blank line.
func htmlStart(rest []byte) (ok bool, until string) {
	if len(rest) < 2 || rest[0] != '<' {
		return false, ""
	}
	lower := strings.ToLower(string(rest[1:min(len(rest), 64)]))
	name := strings.TrimPrefix(lower, "/")
	n := 0
	for n < len(name) && (name[n] >= 'a' && name[n] <= 'z' || n > 0 && (name[n] >= '0' && name[n] <= '9' || name[n] == '-')) {
		n++
	}
	tag, tail := name[:n], name[n:]
	ends := tail == "" || strings.IndexByte(" \t>", tail[0]) >= 0
	switch {
	case strings.HasPrefix(lower, "!--"):
		return true, "-->"
	case strings.HasPrefix(lower, "?"):
		return true, "?>"
	case strings.HasPrefix(lower, "![cdata["):
		return true, "]]>"
	case len(lower) > 1 && lower[0] == '!' && lower[1] >= 'a' && lower[1] <= 'z':
		return true, ">"
	case ends && lower[0] != '/' && (tag == "script" || tag == "pre" || tag == "style" || tag == "textarea"):
		return true, "</"
	case blockTags[tag] && (ends || strings.HasPrefix(tail, "/>")):
		return true, ""
	case tag != "":
		if end, _ := htmlTag(string(rest)); end > 0 && len(bytes.TrimSpace(rest[end:])) == 0 {
			return true, anyTag
		}
	}
	return false, ""
}

// htmlLine reads a line of an HTML block; false says that the block ended in front of it.
func (s *scanner) htmlLine(c *cursor, at int) bool {
	until := s.leaf.until
	if c.blank() && (until == "" || until == anyTag) {
		return false
	}
	from := at + c.at
	s.tags(shell.Verbatim(s.text, source.Span{Start: from, End: at + len(c.s)}), until == "-->")
	rest := strings.ToLower(string(c.rest()))
	ends := until != "" && until != anyTag && strings.Contains(rest, until)
	if until == "</" {
		ends = strings.Contains(rest, "</script>") || strings.Contains(rest, "</pre>") || strings.Contains(rest, "</style>") || strings.Contains(rest, "</textarea>")
	}
	if ends {
		s.leaf = leaf{}
	}
	return true
}

// tags finds the targets in the tags of a line; what a comment says is no link.
func (s *scanner) tags(t shell.Text, comment bool) {
	if comment {
		return
	}
	str := t.String()
	for i := 0; i < len(str); i++ {
		if str[i] != '<' {
			continue
		}
		if end, attributes := htmlTag(str[i:]); end > 0 {
			s.attributes(t, i, end, attributes)
			i += end - 1
		}
	}
}

type attribute struct {
	name     string
	from, to int // of the value, in the tag
}

// htmlTag reads an open or closing tag at the start of s; end is 0 when there is none.
func htmlTag(s string) (end int, attributes []attribute) {
	i := 1
	if i < len(s) && s[i] == '/' {
		i++
	}
	start := i
	for i < len(s) && (isLetter(s[i]) || i > start && (s[i] >= '0' && s[i] <= '9' || s[i] == '-')) {
		i++
	}
	if i == start {
		return 0, nil
	}
	for i < len(s) {
		blank := i
		for i < len(s) && strings.IndexByte(" \t\n", s[i]) >= 0 {
			i++
		}
		switch {
		case i >= len(s):
			return 0, nil
		case s[i] == '>':
			return i + 1, attributes
		case strings.HasPrefix(s[i:], "/>"):
			return i + 2, attributes
		case i == blank:
			return 0, nil
		}
		name := i
		for i < len(s) && (isLetter(s[i]) || strings.IndexByte("_:.-@0123456789", s[i]) >= 0) {
			i++
		}
		if i == name {
			return 0, nil
		}
		a := attribute{name: strings.ToLower(s[name:i])}
		if i < len(s) && s[i] == '=' {
			i++
			a.from = i
			if i < len(s) && (s[i] == '"' || s[i] == '\'') {
				n := strings.IndexByte(s[i+1:], s[i])
				if n < 0 {
					return 0, nil
				}
				a.from, a.to = i+1, i+1+n
				i = a.to + 1
			} else {
				for i < len(s) && strings.IndexByte(" \t\n\"'=<>`", s[i]) < 0 {
					i++
				}
				a.to = i
			}
		}
		attributes = append(attributes, a)
	}
	return 0, nil
}

func isLetter(b byte) bool { return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' }

func (s *scanner) attributes(t shell.Text, i, end int, list []attribute) {
	for _, a := range list {
		if a.name != "href" && a.name != "src" && a.name != "srcset" || a.to <= a.from {
			continue
		}
		target := t.Slice(i+a.from, i+a.to)
		if at, ok := target.Origin(); ok {
			s.doc.Links = append(s.doc.Links, Link{Kind: LinkHTML, Target: target.String(), At: at, Span: t.Use(i, i+end)})
		}
	}
}
