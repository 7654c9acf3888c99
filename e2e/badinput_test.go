package e2e_test

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"refit/examples"
	"refit/internal/cli"
)

// run calls refit as from a shell without a terminal.
func run(args ...string) (code int, stdout, stderr string) {
	var out, errs bytes.Buffer
	code = cli.Main(append([]string{"refit"}, args...), cli.Streams{In: strings.NewReader(""), Out: &out, Err: &errs})
	return code, out.String(), errs.String()
}

// TestBadInput breaks one file of the sample at a time: the error says where, the other files are
// still handled, nothing is written.
func TestBadInput(t *testing.T) {
	place := `%s:\d+:\d+: .+; .+; .+`
	cases := []struct {
		name, path, text string
		place            string // pattern of the error; "" when there is none to expect
	}{
		{"broken YAML", "docker-compose.dev.yml", "services:\n  app: [\n", place},
		{"duplicate key", "docker-compose.dev.yml", "services:\n  app:\n    image: a\n    image: b\n", place},
		{"tab in YAML", "docker-compose.ci.yml", "services:\n\tapp:\n", place},
		{"broken Dockerfile", "Dockerfile", "FROM scratch\nRUNN x\n", place},
		{"Dockerfile without a stage", "Dockerfile", "# nothing\n", `%s:.*: .+; .+`},
		{"broken dotenv", ".env.dev", "A='unclosed\nB=2\n", `%s:\d+:\d+: .+`},
		{"binary data", "docker-compose.test.yml", "\x00\x01\x02services:\xff", `%s.*: .+`},
		{"not UTF-8", "docker-compose.test.yml", "services:\n  \xff\xfe: {}\n", `%s.*: .+`},
		{"broken workflow", ".github/workflows/ci.yml", "jobs: {\n", place},
		{"broken configuration", ".refit.yaml", "rulez: {}\n", `\.refit\.yaml:\d+:\d+: .+`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv("XDG_STATE_HOME", t.TempDir())
			dir := filepath.Join(t.TempDir(), "ledger")
			if err := examples.WriteLedger(dir); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, c.path), []byte(c.text), 0o644); err != nil {
				t.Fatal(err)
			}
			before := tree(t, dir)
			code, stdout, stderr := run("audit", dir)
			wantCode := 1 // the findings of the other files
			if c.path == ".refit.yaml" {
				wantCode = 2
			}
			if code != wantCode {
				t.Errorf("audit ends with %d, want %d\n%s%s", code, wantCode, stdout, stderr)
			}
			want := strings.Replace(c.place, "%s", regexp.QuoteMeta(c.path), 1)
			if !regexp.MustCompile(want).MatchString(stdout + stderr) {
				t.Errorf("nothing says %s:\n%s%s", want, stdout, stderr)
			}
			if strings.Contains(stdout+stderr, "panic") || strings.Contains(stdout+stderr, "goroutine") {
				t.Errorf("a panic reaches the user:\n%s%s", stdout, stderr)
			}
			planCode, planOut, planErr := run("plan", dir)
			if c.path != ".refit.yaml" && planCode != 1 {
				t.Errorf("plan ends with %d: the other files could be repaired\n%s%s", planCode, planOut, planErr)
			}
			for p, f := range tree(t, dir) {
				if before[p] != f {
					t.Errorf("%s was written by reading", p)
				}
			}
		})
	}
}

func TestUsageErrors(t *testing.T) {
	for _, args := range [][]string{
		{"audit", "/does/not/exist"}, {"audit", "--format", "yaml"}, {"audit", "--fail-on", "sometimes"}, {"nonsense"},
		{"plan", "--only", "X99"}, {"explain"}, {"explain", "X99"}, {"apply", "--nonsense"}, {"plan", "a", "b"},
	} {
		if code, stdout, stderr := run(args...); code != cli.ExitUsage || stderr == "" {
			t.Errorf("refit %v: exit %d, want 2\n%s%s", args, code, stdout, stderr)
		}
	}
}

// TestApplyAsksForYes: without a terminal, what would ask refuses unless --yes, and nothing is written.
func TestApplyAsksForYes(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	dir := filepath.Join(t.TempDir(), "ledger")
	if err := examples.WriteLedger(dir); err != nil {
		t.Fatal(err)
	}
	before := tree(t, dir)
	if code, _, stderr := run("apply", dir); code != cli.ExitUsage || !strings.Contains(stderr, "--yes") {
		t.Errorf("exit %d: %s", code, stderr)
	}
	for p, f := range tree(t, dir) {
		if before[p] != f {
			t.Errorf("%s was written without asking", p)
		}
	}
	if code, _, stderr := run("apply", dir, "--yes"); code != cli.ExitOK {
		t.Fatalf("apply --yes: exit %d: %s", code, stderr)
	}
	if code, out, _ := run("plan", dir); code != cli.ExitOK || !strings.Contains(out, "Nothing to change") {
		t.Errorf("a second plan: exit %d\n%s", code, out)
	}
	if code, _, stderr := run("rollback", dir, "--yes"); code != cli.ExitOK {
		t.Fatalf("rollback: exit %d: %s", code, stderr)
	}
	after := tree(t, dir)
	for p, f := range before {
		if after[p] != f {
			t.Errorf("%s is not what it was", p)
		}
	}
}

// TestOutsideIsNeverRead plants links that leave the repository and a secret behind them.
func TestOutsideIsNeverRead(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	parent := t.TempDir()
	outside := filepath.Join(parent, "outside.env")
	if err := os.WriteFile(outside, []byte("POSTGRES_PASSWORD=made-up-outside-secret\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(parent, "ledger")
	if err := examples.WriteLedger(dir); err != nil {
		t.Fatal(err)
	}
	for name, target := range map[string]string{".env.local": "../outside.env", "compose.yml": outside, "docker-compose.prod.yml": "../../../../etc/passwd"} {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	code, out, errs := run("plan", dir, "--format", "diff")
	if strings.Contains(out+errs, "outside-secret") || strings.Contains(out+errs, "root:x:") {
		t.Errorf("something outside of the repository was read:\n%s%s", out, errs)
	}
	if code != cli.ExitFindings {
		t.Errorf("exit %d: %s", code, errs)
	}
	if text, _ := os.ReadFile(outside); string(text) != "POSTGRES_PASSWORD=made-up-outside-secret\n" {
		t.Error("a file outside of the repository was written")
	}
}
