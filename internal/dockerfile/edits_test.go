package dockerfile

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"refit/internal/edit"
)

// find is the nth instruction (from 0) with that keyword.
func find(t testing.TB, f *File, keyword string, n int) *Instruction {
	t.Helper()
	for _, in := range f.Instructions {
		if in.Keyword == keyword {
			if n == 0 {
				return in
			}
			n--
		}
	}
	t.Fatalf("no %s", keyword)
	return nil
}

func patch(t testing.TB, f *File, edits []edit.Edit) string {
	t.Helper()
	out, err := edit.Patch(f.Text, edits)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func TestEdits(t *testing.T) {
	for _, c := range []struct {
		name, text string
		verb       func(f *File) []edit.Edit
		want       string
		addrs      []string
	}{
		{"before its comment", "FROM a AS x\n\n# why\nCMD c\n",
			func(f *File) []edit.Edit { return f.Instructions[1].InsertBefore("USER app") },
			"FROM a AS x\n\nUSER app\n\n# why\nCMD c\n", []string{"stage:x/USER"}},
		{"never before a directive", "# syntax=s\nFROM a\n",
			func(f *File) []edit.Edit { return f.Instructions[0].InsertBefore("ARG V=1") },
			"# syntax=s\nARG V=1\nFROM a\n", []string{"preamble/ARG/V"}},
		{"behind the byte order mark", "\xef\xbb\xbfFROM a\n",
			func(f *File) []edit.Edit { return f.Instructions[0].InsertBefore("ARG V=1") },
			"\xef\xbb\xbfARG V=1\nFROM a\n", []string{"preamble/ARG/V"}},
		{"several, crlf, indented", "FROM a\r\n  CMD c\r\n",
			func(f *File) []edit.Edit {
				return f.Instructions[1].InsertBefore("# user\nRUN add \\\n    app\nUSER app\n")
			},
			"FROM a\r\n  # user\r\nRUN add \\\r\n    app\r\n  USER app\r\n  CMD c\r\n", []string{"stage:0/RUN+", "stage:0/USER"}},
		{"after, no final newline", "FROM a\nCMD c",
			func(f *File) []edit.Edit { return f.Instructions[1].InsertAfter("USER app") }, "FROM a\nCMD c\nUSER app", []string{"stage:0/USER"}},
		{"after a heredoc", "FROM a\nRUN <<EOF\nx\nEOF\nCMD c\n",
			func(f *File) []edit.Edit { return f.Instructions[1].InsertAfter("USER app") }, "FROM a\nRUN <<EOF\nx\nEOF\nUSER app\nCMD c\n", []string{"stage:0/USER"}},
		{"after a heredoc without newline", "FROM a\nRUN <<EOF\nx\nEOF",
			func(f *File) []edit.Edit { return f.Stages[0].Append("USER app") }, "FROM a\nRUN <<EOF\nx\nEOF\nUSER app", []string{"stage:0/USER"}},
		{"after an unfinished continuation", "FROM a\nRUN x \\\n# c\n",
			func(f *File) []edit.Edit { return f.Stages[0].Append("USER app") }, "FROM a\nRUN x \n# c\nUSER app\n", []string{"stage:0/USER"}},
		{"after two of them, no newline", "FROM a\nRUN x \\\n \\",
			func(f *File) []edit.Edit { return f.Stages[0].Append("USER app") }, "FROM a\nRUN x \n \nUSER app", []string{"stage:0/USER"}},
		{"append to an inner stage", "FROM a AS x\nRUN y\n\n# two\nFROM x\n",
			func(f *File) []edit.Edit { return f.Stages[0].Append("EXPOSE 80") }, "FROM a AS x\nRUN y\nEXPOSE 80\n\n# two\nFROM x\n", []string{"stage:x/EXPOSE/80"}},
		{"a new stage", "FROM a\nRUN y\n",
			func(f *File) []edit.Edit { return f.Instructions[0].InsertBefore("FROM b AS deps\nRUN z\n\n") }, "FROM b AS deps\nRUN z\nFROM a\nRUN y\n", []string{"stage:deps"}},
		{"replace", "FROM a\nUSER root  \nUSER x\n",
			func(f *File) []edit.Edit { return f.Instructions[1].Replace("USER 1:1") }, "FROM a\nUSER 1:1\nUSER x\n", []string{"stage:0/USER@1"}},
		{"replace by a heredoc", "FROM a\nRUN x \t\nUSER x\n",
			func(f *File) []edit.Edit { return f.Instructions[1].Replace("RUN <<EOF\ny\nEOF") }, "FROM a\nRUN <<EOF\ny\nEOF\nUSER x\n", []string{"stage:0/RUN@1"}},
		{"replace a heredoc", "FROM a\nRUN <<EOF\nx\nEOF\nCMD c\n",
			func(f *File) []edit.Edit { return f.Instructions[1].Replace(f.Multiline("RUN x", "&& y")) }, "FROM a\nRUN x \\\n    && y\nCMD c\n", []string{"stage:0/RUN@1"}},
		{"delete with comment", "FROM a\n# why\nRUN x \\\n  y\nCMD c\n",
			func(f *File) []edit.Edit { return f.Instructions[1].Delete(true) }, "FROM a\nCMD c\n", []string{"stage:0/RUN@1"}},
		{"delete without comment", "FROM a\n# why\nRUN x\nCMD c\n",
			func(f *File) []edit.Edit { return f.Instructions[1].Delete(false) }, "FROM a\n# why\nCMD c\n", []string{"stage:0/RUN@1"}},
		{"delete the last", "FROM a\r\nCMD c",
			func(f *File) []edit.Edit { return f.Instructions[1].Delete(true) }, "FROM a", []string{"stage:0/CMD"}},
		{"escape", "# escape=`\nFROM a\nCMD c\n",
			func(f *File) []edit.Edit { return f.Instructions[0].InsertAfter(f.Multiline("RUN x", "y")) }, "# escape=`\nFROM a\nRUN x `\n    y\nCMD c\n", []string{"stage:0/RUN+"}},
		{"move a directive", "# hello\n# syntax=s\nFROM a\n",
			func(f *File) []edit.Edit { return f.MoveToTop(f.Directives[0]) }, "# syntax=s\n# hello\nFROM a\n", []string{"directive:syntax", "directive:syntax"}},
		{"move one behind another", "# escape=\\\n\n # syntax=s\nFROM a\n",
			func(f *File) []edit.Edit { return f.MoveToTop(f.Directives[1]) }, "# escape=\\\n# syntax=s\n\nFROM a\n", []string{"directive:syntax", "directive:syntax"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := mustParse(t, c.text)
			edits := c.verb(f)
			got := patch(t, f, edits)
			if got != c.want {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
			mustParse(t, got)
			var inserted []edit.Edit
			for _, e := range edits {
				if e.New != "" || len(edits) == len(c.addrs) {
					inserted = append(inserted, e)
				}
			}
			if !slices.EqualFunc(inserted, c.addrs, func(e edit.Edit, want string) bool {
				return e.Addr == want || strings.HasSuffix(want, "+") && strings.HasPrefix(e.Addr, want)
			}) {
				t.Errorf("addresses %+v, want %q", inserted, c.addrs)
			}
		})
	}
	if f := mustParse(t, "# hello\n# syntax=s\nFROM a\n"); true {
		moved := mustParse(t, patch(t, f, f.MoveToTop(f.Directives[0])))
		if d, ok := moved.Directive("syntax"); !ok || d.Value != "s" {
			t.Error("the moved directive is not in force")
		}
	}
}

func TestPartEdits(t *testing.T) {
	type verb func(in *Instruction) ([]edit.Edit, error)
	word := func(i int, v string) verb {
		return func(in *Instruction) ([]edit.Edit, error) { return in.SetWord(in.Words[i], v) }
	}
	flag := func(name, v string) verb {
		return func(in *Instruction) ([]edit.Edit, error) { return in.SetFlag(name, v) }
	}
	pair := func(name, v string) verb {
		return func(in *Instruction) ([]edit.Edit, error) { return in.SetPair(name, v) }
	}
	drop := func(i int) verb {
		return func(in *Instruction) ([]edit.Edit, error) { return in.DeleteFlag(in.Flags[i]) }
	}
	for _, c := range []struct {
		name, text string // the last instruction is changed
		verb       verb
		want       string // "" for refused
		addr       string
	}{
		{"source", "COPY a \\\n  b c/", word(1, "x"), "COPY a \\\n  x c/", "stage:0/COPY@1/1"},
		{"json source", `COPY ["a b", "c"]`, word(0, `x "y" <z>`), `COPY ["x \"y\" <z>", "c"]`, "stage:0/COPY@1/0"},
		{"json command", `CMD ["a"]`, word(0, "b"), `CMD ["b"]`, "stage:0/CMD/0"},
		{"health element", `HEALTHCHECK CMD ["a"]`, word(1, "b"), `HEALTHCHECK CMD ["b"]`, "stage:0/HEALTHCHECK/1"},
		{"blank in a list", "COPY a b", word(0, "x y"), "", ""},
		{"empty word", "COPY a b", word(0, ""), "", ""},
		{"flag-like word", "COPY a b", word(0, "--from=x"), "", ""},
		{"heredoc-like word", "COPY a b", word(0, "<<EOF"), "", ""},
		{"continuation", "USER a", word(0, `b\`), "", ""},
		{"comment", "COPY \\\n  a b", word(0, "#a"), "", ""},
		{"new line", "USER a", word(0, "b\nUSER c"), "", ""},
		{"user with space", "USER a", word(0, "b c"), "USER b c", "stage:0/USER/0"},
		{"onbuild", "ONBUILD COPY a b", nil, "ONBUILD COPY x b", "stage:0/COPY@1/0"},
		{"flag", "COPY --chown=a --link b c", flag("chown", "1:1"), "COPY --chown=1:1 --link b c", "stage:0/COPY@1/--chown"},
		{"quoted flag", `COPY --chown="a" b c`, flag("chown", "1:1"), "COPY --chown=1:1 b c", "stage:0/COPY@1/--chown"},
		{"new flag", "COPY b c", flag("chown", "1:1"), "COPY --chown=1:1 b c", "stage:0/COPY@1/--chown"},
		{"new flag behind others", "COPY --link \\\n  b c", flag("chmod", "755"), "COPY --link --chmod=755 \\\n  b c", "stage:0/COPY@1/--chmod"},
		{"bare flag", "COPY\tb c", flag("link", ""), "COPY --link\tb c", "stage:0/COPY@1/--link"},
		{"unknown flag", "COPY b c", flag("nope", "1"), "", ""},
		{"flag with blank", "COPY b c", flag("chown", "a b"), "", ""},
		{"drop the first", "COPY --link --chown=a b c", drop(0), "COPY --chown=a b c", "stage:0/COPY@1/--link"},
		{"drop the second", "RUN --network=none \\\n  --mount=type=tmpfs,target=/x \\\n  a", drop(1), "RUN --network=none \\\n  a", "stage:0/RUN@1/--mount"},
		{"drop, comment stays", "RUN --network=none \\\n  # c\n  --mount=type=tmpfs,target=/x \\\n  a", drop(1), "RUN --network=none \\\n  # c\n   \\\n  a", "stage:0/RUN@1/--mount"},
		{"env", "ENV A=1 B=2", pair("A", `"x y"`), `ENV A="x y" B=2`, "stage:0/ENV/A"},
		{"env unquoted", "ENV A=1 B=2", pair("A", "x y=z"), "", ""},
		{"legacy env", "ENV A b c", pair("A", "d"), "ENV A d", "stage:0/ENV/A"},
		{"arg default", "ARG A", pair("A", "1"), "ARG A=1", "stage:0/ARG/A"},
		{"no such arg", "ARG A", pair("B", "1"), "", ""},
		{"label", "LABEL \"a\"=b", pair("\"a\"", "c"), "LABEL \"a\"=c", "stage:0/LABEL/\"a\""},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := mustParse(t, "FROM a\n"+c.text+"\n# end\nEXPOSE 1\n")
			in := f.Instructions[1]
			if c.verb == nil {
				in, c.verb = in.Trigger, word(0, "x")
			}
			edits, err := c.verb(in)
			if c.want == "" {
				if err == nil {
					t.Errorf("accepted: %q", patch(t, f, edits))
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got, want := patch(t, f, edits), "FROM a\n"+c.want+"\n# end\nEXPOSE 1\n"; got != want {
				t.Errorf("got  %q\nwant %q", got, want)
			}
			if edits[0].Addr != c.addr {
				t.Errorf("address %q, want %q", edits[0].Addr, c.addr)
			}
		})
	}
}

// checkVerbs tries every verb on every instruction: the result parses, and the other instructions are
// the same, byte for byte.
func checkVerbs(t *testing.T, f *File) {
	t.Helper()
	spans := func(f *File) []string {
		var out []string
		for _, in := range f.Instructions {
			out = append(out, in.Keyword+" "+strings.TrimSpace(in.fold.text)+"|"+strings.Join(contents(in), "|"))
		}
		return out
	}
	was := spans(f)
	try := func(what string, edits []edit.Edit, want []string) {
		t.Helper()
		text := patch(t, f, edits)
		now, err := Parse("Dockerfile", []byte(text))
		if err != nil {
			t.Fatalf("%s: %v\n%q\n%q", what, err, f.Text, text)
		}
		got := spans(now)
		for i := range want {
			if want[i] == "" && i < len(got) {
				want[i] = got[i] // the one that is to change
			}
		}
		if len(got) != len(want) || !slices.Equal(fields(got), fields(want)) {
			t.Fatalf("%s:\ngot  %q\nwant %q\n%q\n%q", what, got, want, f.Text, text)
		}
		if bytes.HasSuffix(f.Text, []byte("\n")) != strings.HasSuffix(text, "\n") && text != "" && what != "delete" {
			t.Fatalf("%s: the final newline changed: %q", what, text)
		}
	}
	label := "LABEL " + f.Cased("LABEL z=1") + "|"
	for i, in := range f.Instructions {
		with := func(at int, s ...string) []string { return slices.Insert(slices.Clone(was), at, s...) }
		if in.Stage != nil {
			try("after", in.InsertAfter("LABEL z=1"), with(i+1, label))
		}
		if i > len(f.Preamble) {
			try("before", in.InsertBefore("LABEL z=1"), with(i, label))
			if in.Keyword != "FROM" {
				for _, lead := range []bool{true, false} {
					try("delete", in.Delete(lead), slices.Delete(slices.Clone(was), i, i+1))
				}
				replaced := slices.Clone(was)
				replaced[i] = label
				try("replace", in.Replace("LABEL z=1"), replaced)
			}
		}
	}
}

// fields compares by words: taking away an unfinished continuation leaves blanks.
func fields(list []string) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = strings.Join(strings.Fields(s), " ")
	}
	return out
}

func contents(in *Instruction) []string {
	var out []string
	for _, h := range in.Heredocs {
		out = append(out, h.Content)
	}
	return out
}

func TestVerbsOnSamples(t *testing.T) {
	for name, text := range samples {
		t.Run(name, func(t *testing.T) { checkVerbs(t, mustParse(t, text)) })
	}
}

func FuzzVerbs(f *testing.F) {
	for _, text := range samples {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if file, err := Parse("Dockerfile", text); err == nil && len(file.Instructions) < 20 {
			checkVerbs(t, file)
		}
	})
}
