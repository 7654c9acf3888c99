package markdown

import (
	"strings"
	"testing"
	"time"

	"refit/internal/fuzztest"
	"refit/internal/shell"
	"refit/internal/source"
)

// TestCommandPlaces: a path in a command of a code block is found where it stands in the file.
func TestCommandPlaces(t *testing.T) {
	for name, src := range map[string]string{
		"fence":         "# Start\n\n```bash\ndocker compose -f a.yml up\n```\n",
		"crlf":          "```sh\r\ndocker compose -f a.yml up\r\n```\r\n",
		"prompt":        "```console\n$ docker compose \\\n    -f a.yml up\nCreating network: docker compose -f b.yml\n```\n",
		"user prompt":   "```\n(venv) me@host:~/app$ docker compose -f a.yml up\nok\n```\n",
		"quote":         "> 1. x\n>\n>    ```sh\n>    docker compose \\\n>      -f a.yml up\n>    ```\n",
		"list with tab": "-\tx\n\n\t```sh\n\tdocker compose -f a.yml up\n\t```\n",
		"indented":      "Run:\n\n    docker compose -f a.yml up\n",
		"code span":     "Run `docker compose -f a.yml up`.\n",
		"span prompt":   "Run `$ docker compose -f a.yml up`.\n",
		"over lines":    "Run `docker compose\n  -f a.yml up`.\n",
		"no newline":    "```sh\ndocker compose -f a.yml up",
		"info string":   "```{.bash .copy}\ndocker compose -f a.yml up\n```\n",
		"angle prompt":  "```\n> docker compose -f a.yml up\n> docker compose -f a.yml ps\n```\n",
		"front matter":  "---\ntitle: `x`\n---\n```sh\ndocker compose -f a.yml up\n```\n",
		"bom":           "\ufeff```sh\ndocker compose -f a.yml up\n```\n",
	} {
		t.Run(name, func(t *testing.T) {
			text := []byte(src)
			doc := Parse(text)
			var scripts []shell.Text
			for _, b := range doc.Blocks {
				if script, _, ok := b.Shell(); ok {
					scripts = append(scripts, script)
				}
			}
			for _, c := range doc.CodeSpans {
				scripts = append(scripts, c.Shell())
			}
			found := 0
			for _, script := range scripts {
				for _, c := range shell.Commands(shell.ParseText(script, shell.Bash), shell.Start{}) {
					compose, ok := shell.AsCompose(c)
					if !ok {
						continue
					}
					found++
					if len(compose.Files) != 1 || string(compose.Files[0].Origin().Of(text)) != "a.yml" || compose.Subcommand.Value == "" {
						t.Errorf("read as %q", script)
					}
				}
			}
			if found == 0 {
				t.Error("no command")
			}
		})
	}
}

func TestShell(t *testing.T) {
	for _, tt := range []struct {
		src      string
		sure, ok bool
		want     string
	}{
		{"```bash\nls\n```", true, true, "ls\n"},
		{"```\nls\n```", false, true, "ls\n"},
		{"```\n$ ls\nout\n```", true, true, "ls\n"},
		{"```yaml\n$ ls\n```", false, false, ""},
		{"```powershell\nls\n```", false, false, ""},
		{"```sh\n# a comment\nls\n```", true, true, "# a comment\nls\n"},
		{"```console\n$ cat <<E \\\n> a\nE\n```", true, true, "cat <<E \\\na\n"},
		{"    ls", false, true, "ls"},
		{"```sh\nls", true, true, "ls"},
	} {
		b := Parse([]byte(tt.src)).Blocks[0]
		got, sure, ok := b.Shell()
		if got.String() != tt.want || sure != tt.sure || ok != tt.ok {
			t.Errorf("%q: %q %v %v", tt.src, got, sure, ok)
		}
	}
}

func TestLinks(t *testing.T) {
	src := "See [the `file`](docker-compose.yml#dev \"x\") and ![i](./a%20b.png), [w](https://x/y), [h](#here), <img src=\"docs/x.svg\" alt='[n](o)'>\n\n[r]: ../d.md?x\n\n<p align=center>\n<a href=e.md>\n</p>\n\n`[no](x)` \\[no](y)\n"
	var got []string
	for _, l := range Parse([]byte(src)).Links {
		if string(l.At.Of([]byte(src))) != l.Target {
			t.Errorf("%q stands at %q", l.Target, l.At.Of([]byte(src)))
		}
		p, at, ok := l.Path()
		if ok && string(at.Of([]byte(src))) != p {
			t.Errorf("path %q stands at %q", p, at.Of([]byte(src)))
		}
		got = append(got, string(l.Kind)+" "+l.Target+" "+p)
	}
	want := "link docker-compose.yml#dev docker-compose.yml|image ./a%20b.png |link https://x/y |link #here |html docs/x.svg docs/x.svg|definition ../d.md?x ../d.md|html e.md e.md"
	if g := strings.Join(got, "|"); g != want {
		t.Errorf("\n got %s\nwant %s", g, want)
	}
}

func TestBlocks(t *testing.T) {
	src := "a\n\n  ```Sh {x}\n  b\n  ```\nc\n\n    d\n\n    e\n\nf\n# g `h` #\n"
	doc := Parse([]byte(src))
	if len(doc.Blocks) != 2 || len(doc.Headings) != 1 || doc.Headings[0].Text != "g `h`" {
		t.Fatalf("%+v", doc)
	}
	b := doc.Blocks[0]
	if got := string(b.Span.Of([]byte(src))); got != "```Sh {x}\n  b\n  ```\n" || !b.Closed || b.Lang != "sh" || string(b.At.Of([]byte(src))) != "Sh {x}" {
		t.Errorf("%q %+v", got, b)
	}
	if got := string(doc.Blocks[1].Span.Of([]byte(src))); got != "    d\n\n    e\n" || doc.Blocks[1].Text.String() != "d\n\ne\n" {
		t.Errorf("%q %q", got, doc.Blocks[1].Text)
	}
}

func TestHostile(t *testing.T) {
	many := strings.Repeat
	for name, src := range map[string]string{
		"quotes": many(">", 100_000) + "a", "lists": many("- ", 50_000) + "a", "brackets": many("[", 100_000), "links": many("[a](", 50_000),
		"backticks": func() string {
			var b strings.Builder
			for i := range 2000 {
				b.WriteString(many("`", i%300+1) + "a")
			}
			return b.String()
		}(),
		"tags": many("<a ", 100_000), "comments": many("<!--", 50_000), "angles": many("<", 100_000), "definitions": many("[a]: b\n", 30_000),
		"labels": many("[a\n", 50_000), "lines": many("- a\n  - b\n", 30_000), "deep": func() string {
			var b strings.Builder
			for i := range 600 {
				b.WriteString(many(" ", i*2) + "- a\n")
			}
			return b.String()
		}(), "parens": many("[a](", 3) + many("(", 100_000), "quoted lines": many(many(">", 99)+"a\n", 3000), "destinations": many("[](<", 50_000), "titles": many("[](a '", 50_000),
	} {
		t.Run(name, func(t *testing.T) {
			start := fuzztest.CPUTime()
			Parse([]byte(src))
			if d := fuzztest.CPUTime() - start; d > 3*time.Second {
				t.Errorf("took %v", d)
			}
		})
	}
}

// FuzzParse holds what must be true of every text: no panic, places inside of the file and in order,
// and every byte of code that claims a place stands there.
func FuzzParse(f *testing.F) {
	for _, src := range documents {
		f.Add(src)
	}
	f.Fuzz(func(t *testing.T, src string) {
		text := []byte(src)
		doc := Parse(text)
		check := func(what string, at source.Span) {
			if at.Start < 0 || at.End < at.Start || at.End > len(text) {
				t.Errorf("%s: %v of %d", what, at, len(text))
			}
		}
		pieces := func(c shell.Text) {
			for _, p := range c.Pieces() {
				if p.Span != shell.Nowhere && p.Span.Len() == len(p.Text) && string(p.Span.Of(text)) != p.Text {
					t.Errorf("%q stands at %q", p.Text, p.Span.Of(text))
				}
			}
		}
		last := 0
		for _, b := range doc.Blocks {
			check("block", b.Span)
			check("info", b.At)
			if b.Span.Start < last {
				t.Errorf("blocks overlap at %d", last)
			}
			last = b.Span.End
			pieces(b.Text)
			if script, _, ok := b.Shell(); ok {
				pieces(script)
			}
		}
		for _, c := range doc.CodeSpans {
			check("span", c.Span)
			pieces(c.Text)
		}
		for _, l := range doc.Links {
			check("link", l.Span)
			if string(l.At.Of(text)) != l.Target {
				t.Errorf("%q stands at %q", l.Target, l.At.Of(text))
			}
		}
		for _, h := range doc.Headings {
			check("heading", h.Span)
		}
	})
}
