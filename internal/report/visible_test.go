package report_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"refit/internal/report"
)

func TestVisible(t *testing.T) {
	for _, tt := range []struct{ in, plain, coloured string }{
		{"a\tb\r\nc\n", "a\tb\r\nc\n", ""},
		{"ünïcödé → 你好\n", "ünïcödé → 你好\n", ""},
		{"\x1b[1mbold\x1b[0m", `\u001b[1mbold\u001b[0m`, "\x1b[1mbold\x1b[0m"},
		{"\x1b[2J\x1b]0;title\a\x1b[31", `\u001b[2J\u001b]0;title\u0007\u001b[31`, ""},
		{"over\rwritten\x08\x7f", `over\u000dwritten\u0008\u007f`, ""},
		{"\u009b31m \u202egnp.exe \u2028", `\u009b31m \u202egnp.exe \u2028`, ""},
		{"\xff\xfe\x9b", `\xff\xfe\x9b`, ""},
	} {
		if tt.coloured == "" {
			tt.coloured = tt.plain
		}
		for colours, want := range map[bool]string{false: tt.plain, true: tt.coloured} {
			var out bytes.Buffer
			n, err := report.Visible(&out, colours).Write([]byte(tt.in))
			if n != len(tt.in) || err != nil || out.String() != want {
				t.Errorf("%q, colours %v: %q, want %q; %d, %v", tt.in, colours, out.String(), want, n, err)
			}
		}
	}
}

// TestVisibleKeepsJSON: JSON says the same behind it as before.
func TestVisibleKeepsJSON(t *testing.T) {
	said := "a\x00\x1b[2J\u009b\u202e\u2028\xff\n"
	text, err := json.Marshal(said)
	if err != nil {
		t.Fatal(err)
	}
	var want, got string
	var out bytes.Buffer
	if _, err := report.Visible(&out, true).Write(text); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(out.Bytes(), &got); err != nil || got != want {
		t.Errorf("%v: %q, want %q", err, got, want)
	}
}
