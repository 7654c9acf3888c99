package markdown

import (
	"fmt"
	"strings"
	"testing"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	gmtext "github.com/yuin/goldmark/text"
)

// judged is what an independent reader of CommonMark finds: code blocks, code spans, targets.
func judged(src []byte) (blocks, spans, targets []string) {
	doc := goldmark.New().Parser().Parse(gmtext.NewReader(src))
	lines := func(n ast.Node) string {
		var b strings.Builder
		for i := range n.Lines().Len() {
			seg := n.Lines().At(i)
			b.Write(seg.Value(src))
		}
		return b.String()
	}
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.FencedCodeBlock:
			info := ""
			if n.Info != nil {
				info = string(n.Info.Segment.Value(src))
			}
			blocks = append(blocks, fmt.Sprintf("fenced %q %q", strings.TrimSpace(info), normal(lines(n))))
		case *ast.CodeBlock:
			blocks = append(blocks, fmt.Sprintf("indented %q", normal(lines(n))))
		case *ast.CodeSpan:
			var b strings.Builder
			for c := n.FirstChild(); c != nil; c = c.NextSibling() {
				b.Write(c.(*ast.Text).Segment.Value(src))
			}
			spans = append(spans, strings.ReplaceAll(normal(b.String()), "\n", " "))
		case *ast.Link:
			targets = append(targets, string(n.Destination))
		case *ast.Image:
			targets = append(targets, string(n.Destination))
		}
		return ast.WalkContinue, nil
	})
	return blocks, spans, targets
}

func normal(s string) string { return strings.TrimRight(strings.ReplaceAll(s, "\r\n", "\n"), " \n") }

func ours(src []byte) (blocks, spans, targets []string) {
	doc := Parse(src)
	for _, b := range doc.Blocks {
		if b.Fenced {
			blocks = append(blocks, fmt.Sprintf("fenced %q %q", b.Info, normal(b.Text.String())))
		} else {
			blocks = append(blocks, fmt.Sprintf("indented %q", normal(b.Text.String())))
		}
	}
	for _, c := range doc.CodeSpans {
		spans = append(spans, normal(c.Text.String()))
	}
	for _, l := range doc.Links {
		if l.Kind == LinkInline || l.Kind == LinkImage {
			targets = append(targets, l.Target)
		}
	}
	return blocks, spans, targets
}

// TestAsGoldmark compares with goldmark on documents as people write them.
func TestAsGoldmark(t *testing.T) {
	for name, src := range documents {
		for _, eol := range []string{"\n", "\r\n"} {
			text := []byte(strings.ReplaceAll(src, "\n", eol))
			b, s, l := ours(text)
			wb, ws, wl := judged(text)
			for _, pair := range []struct {
				what      string
				got, want []string
			}{{"blocks", b, wb}, {"spans", s, ws}, {"targets", l, wl}} {
				if g, w := strings.Join(pair.got, "\n"), strings.Join(pair.want, "\n"); g != w {
					t.Errorf("%s (%q), %s\ngot\n%s\ngoldmark\n%s", name, eol, pair.what, g, w)
				}
			}
		}
	}
}

var documents = map[string]string{
	"fences":        "a\n```bash\nls\n```\n~~~ yaml title=\"x\"\na: b\n```\n~~~\n````\n```\n````\n```\nopen\n",
	"list":          "1. One:\n   ```sh\n   docker compose up\n   ```\n2. Two:\n\n   ```\n     in\n\n   ```\n\n       indented\n- a\n  - b\n\n    ```\n    c\n    ```\n",
	"list by tab":   "-\ta\n\n\t```\n\tb\n\t```\n\n1.\tx\n\n\t\tcode\n",
	"quote":         "> ```sh\n> ls\n>\n> pwd\n> ```\n> - > ~~~\n>   > x\n> text\n```\n> not\n```\n",
	"quote ends":    "> ```\n> a\nb\n\n> c\nlazy `x`\n",
	"indented":      "text\n    not code\n\n    code\n\n      more\n\n\nend\n# h\n    code\n",
	"headings":      "# a `b` #\n```\nx\n```\nSetext\n===\nother `c`\n---\n- x\n---\n    y\n",
	"spans":         "`a` ``b`c`` ` d ` `e\nf` \\`g` `h`` i` <a href=\"`\">`\n",
	"links":         "[a](b.yml) ![c](d/e.png \"t\") [f](<g h>) [i](j(k)l) [m]( n 'o' ) [p] (q) [r](s t) \\[u](v) [w\\](x) [y](z\n'a b') [`c]`](d) [e [f](g) h\n",
	"definitions":   "[a]: b.md\n[c]: <d> 'e'\n[f]:\n  g\n'h'\n[i]: j k\n\ntext\n[l]: m\n",
	"html":          "<div>\n\n```\na\n```\n</div>\n\n<div>\n```\nb\n```\n</div>\n\n<!-- ```\n``` -->\n<pre>\n`x`\n\n```\n</pre>\n\n<x-y a=b>\n`q`\n\ntext <b>`r`</b>\n",
	"breaks":        "* * *\n- - -\n  ```\n  a\n  ```\n_ _ _\n***\n",
	"empty item":    "-\n  ```\n  a\n  ```\n-\n\n  b\n\n      c\n",
	"numbers":       "text\n2. no list\n1. list\n\n       code\n10) other\n\n    ```\n    a\n    ```\n",
	"tabs in code":  "\ta\n\n \tb\n\n- x\n\n\t  y\n\n```\n\tz\n```\n",
	"nested quotes": "> > - a\n> >\n> >   ```\n> >   b\n> >   ```\n> c\n",
	"no newline":    "```\na",
	"interrupted":   "a\n```\nb\n```\nc\n# d\ne\n> f\ng\n- h\ni\n",
	"auto":          "<https://x.y/`z`> <a@b.c> `d` <e `f`\n",
	"table":         "| a | `b|c` |\n|---|---|\n| [d](e) | `f` |\n",
	"fence indent":  "   ```\n   a\n  b\n     c\n   ```\n    ```\n    d\n",
	"item code":     "-     code\n\n- a\n\n      b\n1.      c\n",
}
