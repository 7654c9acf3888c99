package dockerfile

import (
	"testing"

	"refit/internal/edit"
)

// TestLetterCase: new instructions are written as most of the file is, here-documents and comments left alone.
func TestLetterCase(t *testing.T) {
	const text = "FROM debian AS base\n# COPY this\nRUN <<EOF\nUSER me\nEOF\nHEALTHCHECK --retries=3 \\\n    CMD true\n"
	for file, want := range map[string]string{
		"from alpine\nrun true\n":              "from debian as base\n# COPY this\nrun <<EOF\nUSER me\nEOF\nhealthcheck --retries=3 \\\n    CMD true\n",
		"FROM alpine\nRUN true\nuser nobody\n": text,
	} {
		f, err := Parse("Dockerfile", []byte(file))
		if err != nil {
			t.Fatal(err)
		}
		if got := f.Cased(text); got != want {
			t.Errorf("in %q:\n%s\nwant\n%s", file, got, want)
		}
	}
}

// TestVerbsKeepLetterCase: what the verbs write has the file's letter case, in CRLF files with another escape character, too.
func TestVerbsKeepLetterCase(t *testing.T) {
	f, err := Parse("Dockerfile", []byte("# escape=`\r\nfrom alpine\r\nrun a `\r\n    b\r\ncmd a\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	run, cmd := f.Instructions[1], f.Instructions[2]
	edits := append(run.InsertBefore("ARG A"), append(run.InsertAfter(f.Multiline("RUN c", "d")+"\nUSER 1"), cmd.Replace(`CMD ["a"]`)...)...)
	got, err := edit.Patch(f.Text, edits)
	if err != nil {
		t.Fatal(err)
	}
	if want := "# escape=`\r\nfrom alpine\r\narg A\r\nrun a `\r\n    b\r\nrun c `\r\n    d\r\nuser 1\r\ncmd [\"a\"]\r\n"; string(got) != want {
		t.Errorf("%q, want %q", got, want)
	}
}
