package compose

import (
	"testing"

	format "refit/internal/compose"
	"refit/internal/edit"
)

// TestVersionAtTheTop: the blank line below goes with the version, behind a byte order mark too.
func TestVersionAtTheTop(t *testing.T) {
	for before, want := range map[string]string{
		"version: '3'\n\nservices: {}\n":             "services: {}\n",
		"\uFEFFversion: '3'\n\nservices: {}\n":       "\uFEFFservices: {}\n",
		"\uFEFFversion: '3'\r\n\r\nservices: {}\r\n": "\uFEFFservices: {}\r\n",
		"# top\nversion: '3'\n\nservices: {}\n":      "# top\n\nservices: {}\n",
	} {
		f, err := format.Parse("compose.yml", []byte(before))
		if err != nil {
			t.Fatal(err)
		}
		edits, err := f.RemoveVersion()
		if err != nil {
			t.Fatal(err)
		}
		got, err := edit.Patch(f.Text, withoutBlankTop(f.Text, edits))
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != want {
			t.Errorf("%q becomes %q, want %q", before, got, want)
		}
	}
}
