package env

import (
	"strings"
	"testing"

	"refit/internal/dotenv"
)

// What git never had must not get into it by the template, however odd the variable's name is. The values are made up.
func TestTemplateKeepsNoOddSecret(t *testing.T) {
	key := "-----BEGIN " + "PRIVATE KEY-----\nMADEUPmadeupMADEUP\n-----END " + "PRIVATE KEY-----"
	for _, c := range []struct{ text, want string }{
		{"# the signer's\nSIGNER=\"" + key + "\"\nPORT=8000\n", "# the signer's\nSIGNER=\"change-me\"\nPORT=8000\n"},
		{"CERT='-----BEGIN CERTIFICATE-----\nmadeup\n-----END CERTIFICATE-----'\n", "CERT='change-me'\n"},
		{"SENTRY_DSN=https://q8Zt1Lw0Xr5Vb7Nc2Md9Kf4@errors.example.org/42\n", "SENTRY_DSN=https://change-me@errors.example.org/42\n"},
		{"MAILER=q8Zt1Lw0Xr5Vb7Nc2Md9Kf4\nAPP_NAME=Ledger\n", "MAILER=change-me\nAPP_NAME=Ledger\n"},
		{"# the one of 2023 was q8Zt1Lw0Xr5Vb7Nc2Md9Kf4\nMAILER=a\n", ""},
	} {
		f, err := dotenv.Parse(".env", []byte(c.text))
		if err != nil {
			t.Fatal(err)
		}
		got, err := templateOf(f)
		if err != nil && c.want != "" || got != c.want {
			t.Errorf("%q: %q, %v; want %q", c.text, got, err, c.want)
		}
		if strings.Contains(got, "MADEUP") || strings.Contains(got, "q8Zt1Lw0") {
			t.Errorf("%q: a secret is in the template: %q", c.text, got)
		}
	}
}
