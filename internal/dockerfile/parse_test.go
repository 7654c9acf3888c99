package dockerfile

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/frontend/dockerfile/parser"

	"refit/internal/source"
)

// samples are Dockerfiles with the forms that are hard to read; the fuzz targets start from them.
var samples = map[string]string{
	"plain":            "FROM alpine:3.20\nRUN echo hi\nCMD [\"sh\"]\n",
	"no final newline": "FROM alpine\nUSER app",
	"crlf":             "# syntax=docker/dockerfile:1\r\nFROM alpine AS base\r\nRUN a && \\\r\n    b\r\n\r\nUSER app\r\n",
	"bom":              "\xef\xbb\xbf# comment\nFROM alpine\nRUN x\n",
	"bom at from":      "\xef\xbb\xbfFROM alpine\n",
	"escape":           "# escape=`\nFROM alpine\nRUN a `\n  b\nWORKDIR C:\\app\n",
	"comments inside":  "FROM alpine\nRUN apk add \\\n    # tools\n    curl \\\n\n    git \\\n\t# more\n    && true\nUSER app\n",
	"heredoc":          "FROM alpine\nRUN <<EOF\necho a\n# no comment\necho b \\\nEOF\nUSER app\n",
	"two heredocs":     "FROM alpine\nRUN <<FILE1 cat > a && <<-'FILE2' cat > b\nI am\nFILE1\n\ttabbed $X\n\tFILE2\nUSER app\n",
	"copy heredoc":     "FROM alpine\nCOPY <<EOF <<\"EOF2\" /etc/\n[x]\nEOF\n$y\nEOF2\n",
	"onbuild heredoc":  "FROM alpine\nONBUILD RUN <<EOF\nx\nEOF\nONBUILD COPY --chown=a:b . /app\n",
	"heredoc no end":   "FROM alpine\nRUN <<EOF\nx\nEOF",
	"lower case":       "from alpine as base\nrun true\nenv a=b\n",
	"tabs":             "\tFROM\talpine\tAS\tx\n\t RUN\t--mount=type=cache,target=/x\techo\n",
	"flags":            "FROM --platform=$BUILDPLATFORM golang:1 AS build\nCOPY --from=0 --chown=1000:1000 --link a b c/ /d/\nRUN --mount=type=cache,target=/root/.cache \\\n    --mount=type=bind,from=build,source=/a,target=/b \\\n    make\n",
	"quoted flag":      "FROM alpine\nCOPY --chown=\"a:b\" --chmod='0755' a b\n",
	"env":              "FROM alpine\nENV A=1 B=\"two words\" C='x' \\\n    D=a\\ b E=\nENV OLD the value \nARG X Y=2 Z=\nLABEL \"a.b\"=\"c d\" e=f\n",
	"json":             "FROM alpine\nCMD [ \"a\", \\\n  \"b \\\"q\\\" \\u00e9\" ]\nENTRYPOINT []\nSHELL [\"/bin/bash\", \"-c\"]\nVOLUME [\"/a\",\"/b\"]\nCOPY [\"a b\", \"/c/\"]\n",
	"health":           "FROM alpine\nHEALTHCHECK --interval=5s --timeout=3s \\\n  CMD curl -f http://localhost/ || exit 1\nHEALTHCHECK CMD [\"true\"]\nHEALTHCHECK NONE\n",
	"args":             "ARG BASE=alpine\nARG TAG=3\nFROM ${BASE}:${TAG} AS one\nFROM one AS two\nFROM one\n",
	"dangling":         "FROM alpine\nRUN a \\\n# c\n\n",
	"dangling twice":   "FROM alpine\nRUN a \\\n\\\n",
	"lone escape":      "\\\nFROM alpine\n\\\n  RUN x\n",
	"split keyword":    "FR\\\nOM alp\\\nine\n",
	"not utf-8":        "FROM alpine\nENV A=\xff\xfe B=\xe9\nRUN echo \xff\nLABEL x=\"\xe9\"\n",
	"nbsp":             "FROM alpine\nRUN echo\u00a0x \nEXPOSE 80\u00a081\n",
	"inert syntax":     "# a comment\n# syntax=docker/dockerfile:1\nFROM alpine\n",
	"expose":           "FROM alpine\nEXPOSE 80 443/tcp  8000-8002/udp\nSTOPSIGNAL SIGINT\nMAINTAINER me <a@b.c>\nUSER  a:b \nWORKDIR /a b\n",
	"trailing space":   "FROM alpine   \nRUN true \t \n",
	"escaped escape":   "FROM alpine\nRUN echo \\\\\nUSER a\n",
	"quoted heredoc":   "FROM alpine\nRUN echo '<<EOF' && cat <<EOF\nx\nEOF\n",
	"cr inside":        "FROM alpine\nRUN a\rb\r\r\nUSER x\n",
}

// checkFile holds the properties of every file that parses.
func checkFile(t *testing.T, f *File, text []byte) {
	t.Helper()
	res, err := parser.Parse(bytes.NewReader(text))
	if err != nil {
		t.Fatalf("BuildKit rejects it: %v", err)
	}
	if len(res.AST.Children) != len(f.Instructions) {
		t.Fatalf("%d instructions, BuildKit has %d", len(f.Instructions), len(res.AST.Children))
	}
	at := 0
	for i, in := range f.Instructions {
		node := res.AST.Children[i]
		if in.Keyword != strings.ToUpper(node.Value) || in.Line != node.StartLine || in.EndLine != node.EndLine {
			t.Fatalf("%s on lines %d-%d, to BuildKit %s on %d-%d", in.Keyword, in.Line, in.EndLine, node.Value, node.StartLine, node.EndLine)
		}
		if in.Lead.Start < at || in.Lead.End > in.Span.Start || in.Span.Start > in.Span.End || in.Span.End > len(text) {
			t.Fatalf("%s: lead %v, span %v behind %d do not tile", in.Keyword, in.Lead, in.Span, at)
		}
		at = in.Span.End
		checkInstruction(t, f, in)
		for _, d := range in.Heredocs {
			if string(d.Body.Of(text)) != d.Content || d.Mark.End > in.Span.End {
				t.Fatalf("here-document %s: %v %v", d.Name, d.Body, d.Mark)
			}
		}
	}
	// What lies outside of the instructions is blank or comment: cut out, nothing of meaning is left.
	var gaps []byte
	at = 0
	for _, in := range f.Instructions {
		gaps = append(gaps, text[at:in.Span.Start]...)
		at = in.Span.End
	}
	gaps = append(gaps, text[at:]...)
	for _, line := range bytes.Split(bytes.TrimPrefix(gaps, []byte(byteOrderMark)), []byte("\n")) {
		if s := bytes.Trim(bytes.TrimSpace(line), string(rune(f.Escape))); len(bytes.TrimSpace(s)) > 0 && !isComment(line) {
			t.Fatalf("outside of all instructions: %q", line)
		}
	}
}

// checkInstruction checks that every span lies in its instruction and folds back to its value.
func checkInstruction(t *testing.T, f *File, in *Instruction) {
	t.Helper()
	inside := func(what string, s source.Span) {
		if s.Start < in.Span.Start || s.End > in.Span.End || s.Start > s.End {
			t.Fatalf("%s: %s %v lies outside of %v", in.Keyword, what, s, in.Span)
		}
	}
	simple := func(s source.Span) bool { return !bytes.ContainsAny(s.Of(f.Text), "\n") }
	inside("keyword", in.KeywordSpan)
	if s := string(in.KeywordSpan.Of(f.Text)); simple(in.KeywordSpan) && strings.ToUpper(s) != in.Keyword {
		t.Fatalf("keyword %q reads %q", in.Keyword, s)
	}
	inside("args", in.Args)
	if s := string(in.Args.Of(f.Text)); simple(in.Args) && s != in.ArgsText() {
		t.Fatalf("%s: args %q read %q", in.Keyword, in.ArgsText(), s)
	}
	at := in.KeywordSpan.End
	for _, fl := range in.Flags {
		inside("flag", fl.Span)
		if fl.Span.Start < at || fl.ValueSpan.Start < fl.Span.Start || fl.ValueSpan.End != fl.Span.End {
			t.Fatalf("flag %+v", fl)
		}
		at = fl.Span.End
	}
	for _, w := range in.Words {
		inside("word", w.Span)
		if s := string(w.Span.Of(f.Text)); w.Span.Start < at || !in.JSON && simple(w.Span) && s != w.Value {
			t.Fatalf("word %q reads %q", w.Value, s)
		}
		at = w.Span.End
	}
	for _, p := range in.Pairs {
		inside("pair", p.Span)
		if p.Span.Start < at || p.NameSpan.Start != p.Span.Start || p.ValueSpan.End != p.Span.End {
			t.Fatalf("pair %+v", p)
		}
		at = p.Span.End
	}
	if sc, ok := in.Script(); ok {
		last := in.Span.Start
		for i := range len(sc.Text) + 1 {
			if o := sc.Offset(i); o < last || o > in.Span.End {
				t.Fatalf("byte %d of the script stands at %d, behind %d", i, o, last)
			} else {
				last = o
			}
		}
	}
	if in.Trigger != nil {
		checkInstruction(t, f, in.Trigger)
	}
}

func mustParse(t testing.TB, text string) *File {
	t.Helper()
	f, err := Parse("Dockerfile", []byte(text))
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return f
}

func TestParseSamples(t *testing.T) {
	for name, text := range samples {
		t.Run(name, func(t *testing.T) { checkFile(t, mustParse(t, text), []byte(text)) })
	}
}

func FuzzParse(f *testing.F) {
	for _, text := range samples {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		checkNodes(t, text)
		file, err := Parse("Dockerfile", text)
		if err == nil {
			checkFile(t, file, text)
			return
		}
		var p *source.Problem
		if !errors.As(err, &p) || p.At.Line < 1 || strings.Contains(p.What, "differently") {
			t.Fatalf("%v\n%q", err, text)
		}
		if res, err := parser.Parse(bytes.NewReader(text)); err == nil {
			if stages, _, err := instructions.Parse(res.AST, linter.New(&linter.Config{})); err == nil && len(stages) > 0 {
				t.Fatalf("BuildKit accepts what Parse rejects: %v", p)
			}
		}
	})
}

func TestParseErrors(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"empty", "", "Dockerfile:1:1: file with no instructions; docker build stops here; correct the Dockerfile"},
		{"comments only", "# x\n\n", "Dockerfile:2:1: file with no instructions"},
		{"no stage", "ARG A\n", "Dockerfile:1:1: no FROM"},
		{"before from", "ARG A\n  RUN x\nFROM a\n", "Dockerfile:2:3: RUN stands before the first FROM"},
		{"unknown", "FROM a\n\n\tRUNN x\n", "Dockerfile:3:2: unknown instruction: RUNN"},
		{"open heredoc", "FROM a\nRUN <<EOF\nx\n", "Dockerfile:2:1: unterminated heredoc"},
		{"flag", "FROM a\nCOPY --nope=1 a b\n", "Dockerfile:2:1: unknown flag: --nope"},
		{"one word", "FROM a\nCOPY a\n", "Dockerfile:2:1: COPY requires at least two arguments"},
		{"huge line", "FROM a\nRUN " + strings.Repeat("x", 70000) + "\n", "greater than max allowed size"},
		{"escape", "# escape=x\nFROM a\n", "invalid escape token"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Parse("Dockerfile", []byte(c.text))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
	_, err := Parse("Dockerfile", []byte("FROM a\nENV PASSWORD=made up-not-a-secret\n"))
	if err == nil || strings.Contains(err.Error(), "up-not-a-secret") {
		t.Errorf("the error repeats a value: %v", err)
	}
}

func TestWhatStandsWhere(t *testing.T) {
	f := mustParse(t, "# syntax=docker/dockerfile:1\n# about the base\n# and more\nFROM alpine AS base\n\n# far\n\nRUN --mount=type=cache,target=/x a \\\n  # inner\n  b\n")
	from, run := f.Instructions[0], f.Instructions[1]
	read := func(s source.Span) string { return string(s.Of(f.Text)) }
	for what, c := range map[string][2]string{
		"lead":      {read(from.Lead), "# about the base\n# and more\n"},
		"no lead":   {read(run.Lead), ""},
		"span":      {read(run.Span), "RUN --mount=type=cache,target=/x a \\\n  # inner\n  b"},
		"args":      {read(run.Args), "a \\\n  # inner\n  b"},
		"args text": {run.ArgsText(), "a   b"},
		"flag":      {read(run.Flags[0].ValueSpan), "type=cache,target=/x"},
		"base":      {read(from.Words[0].Span), "alpine"},
		"name":      {read(from.Words[2].Span), "base"},
		"directive": {read(f.Directives[0].ValueSpan), "docker/dockerfile:1"},
	} {
		if c[0] != c[1] {
			t.Errorf("%s is %q, want %q", what, c[0], c[1])
		}
	}
	if run.Lead.Start != run.Span.Start {
		t.Errorf("an instruction without comment has its lead at %v, span %v", run.Lead, run.Span)
	}
}

func TestDirectives(t *testing.T) {
	for _, c := range []struct {
		name, text, directive string
		inert                 bool
		blocked               string
	}{
		{"first", "# syntax=a/b:1\nFROM x\n", "syntax", false, ""},
		{"second", "# escape=\\\n#syntax = a/b:1 \nFROM x\n", "syntax", false, ""},
		{"behind a comment", "# hello\n# syntax=a/b:1\nFROM x\n", "syntax", true, "# hello"},
		{"behind a blank line", "\n# syntax=a/b:1\nFROM x\n", "syntax", true, ""},
		{"behind ARG", "ARG A\n# syntax=a/b:1\nFROM x\n", "syntax", true, "ARG A"},
		{"indented", "  # syntax=a/b:1\nFROM x\n", "syntax", true, "  # syntax=a/b:1"},
		{"shebang", "#!/bin/x\n# syntax=a/b:1\nFROM x\n", "syntax", false, ""},
		{"escape behind a shebang", "#!/bin/x\n# escape=`\nFROM x\n", "escape", true, "#!/bin/x"},
		{"bom", "\xef\xbb\xbf# syntax=a/b:1\nFROM x\n", "syntax", false, ""},
		{"check", "# check=skip=all\nFROM x\n", "check", false, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := mustParse(t, c.text)
			var d *Directive
			for i := range f.Directives {
				if f.Directives[i].Name == c.directive {
					d = &f.Directives[i]
				}
			}
			if d == nil {
				t.Fatalf("not found in %+v", f.Directives)
			}
			if d.Inert != c.inert || string(d.BlockedBy.Of(f.Text)) != c.blocked {
				t.Errorf("inert %v blocked by %q", d.Inert, d.BlockedBy.Of(f.Text))
			}
		})
	}
	f := mustParse(t, "FROM x\n# check=skip=A\nRUN a\n# syntax = see above\n")
	if len(f.Directives) != 0 {
		t.Errorf("comments taken for directives: %+v", f.Directives)
	}
}

func BenchmarkParse(b *testing.B) {
	text := []byte(strings.Repeat(samples["comments inside"]+samples["two heredocs"]+samples["env"], 10))
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if _, err := Parse("Dockerfile", text); err != nil {
			b.Fatal(err)
		}
	}
}
