package cli_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"refit/examples"
	"refit/internal/cli"
)

// The command line is tested by scripts, testdata/script/*.txtar, one subject each: the language is that
// of github.com/rogpeppe/go-internal/testscript. In them
//
//	refit ARGS...           runs the program (docker-refit: as a Docker CLI plugin); `! refit` wants another exit code than 0
//	exits CODE refit ARGS   wants exactly that exit code
//	ledger DIR              lays the sample out
//	mode OCTAL FILE         wants the permission bits of a file (nothing on Windows)
//	hides WORD...           wants none of the words in the last output, stdout and stderr
//	nodocker                leaves only refit itself on PATH, and /bin and /usr/bin when they have no docker
//	gitinit DIR             makes the folder a repository, as far as refit looks: no git is needed
//
// State goes to a folder of the script's own. There is no terminal, so what would ask refuses.
// UPDATE_SCRIPTS=1 go test ./internal/cli -run Scripts writes new output into the scripts' cmp files.
func TestMain(m *testing.M) {
	program := func() { os.Exit(cli.Main(os.Args, cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr})) }
	testscript.Main(m, map[string]func(){"refit": program, "docker-refit": program})
}

func TestScripts(t *testing.T) {
	update := os.Getenv("UPDATE_SCRIPTS") != ""
	testscript.Run(t, testscript.Params{
		Dir:                filepath.Join("testdata", "script"),
		UpdateScripts:      update,
		RequireUniqueNames: true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("XDG_STATE_HOME", filepath.Join(e.WorkDir, ".state"))
			e.Setenv("HOME", filepath.Join(e.WorkDir, ".home"))
			e.Setenv("NO_COLOR", "1")
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "ledger": ledger, "mode": mode, "hides": hides, "gitinit": gitInit, "nodocker": noDocker,
		},
	})
}

func exits(ts *testscript.TestScript, neg bool, args []string) {
	want, err := strconv.Atoi(args[0])
	if err != nil || neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM ARGS...")
	}
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var code interface{ ExitCode() int }
		if !asExit(err, &code) {
			ts.Fatalf("%s: %v", args[1], err)
		}
		got = code.ExitCode()
	}
	if got != want {
		ts.Fatalf("%s: exit code %d, want %d", strings.Join(args[1:], " "), got, want)
	}
}

func asExit(err error, to *interface{ ExitCode() int }) bool {
	code, ok := err.(interface{ ExitCode() int })
	if ok {
		*to = code
	}
	return ok
}

func ledger(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(examples.WriteLedger(ts.MkAbs(args[0])))
}

func mode(ts *testscript.TestScript, neg bool, args []string) {
	if os.PathSeparator == '\\' {
		return
	}
	info, err := os.Stat(ts.MkAbs(args[1]))
	ts.Check(err)
	if got := fmt.Sprintf("%04o", info.Mode()&fs.ModePerm); (got == args[0]) == neg {
		ts.Fatalf("%s: mode %s", args[1], got)
	}
}

func hides(ts *testscript.TestScript, _ bool, args []string) {
	for _, stream := range []string{"stdout", "stderr"} {
		text := ts.ReadFile(stream)
		for _, word := range args {
			if strings.Contains(text, word) {
				ts.Fatalf("%s shows %q", stream, word)
			}
		}
	}
}

func gitInit(ts *testscript.TestScript, _ bool, args []string) {
	dir := filepath.Join(ts.MkAbs(args[0]), ".git")
	ts.Check(os.MkdirAll(filepath.Join(dir, "objects"), 0o755))
	ts.Check(os.MkdirAll(filepath.Join(dir, "refs"), 0o755))
	ts.Check(os.WriteFile(filepath.Join(dir, "HEAD"), []byte("ref: refs/heads/main\n"), 0o644))
	ts.Check(os.WriteFile(filepath.Join(dir, "config"), []byte("[core]\n\trepositoryformatversion = 0\n\tbare = false\n"), 0o644))
}

func noDocker(ts *testscript.TestScript, _ bool, _ []string) {
	var kept []string
	for i, dir := range filepath.SplitList(ts.Getenv("PATH")) {
		if _, err := os.Stat(filepath.Join(dir, "docker")); i == 0 || err != nil && (dir == "/bin" || dir == "/usr/bin") {
			kept = append(kept, dir)
		}
	}
	ts.Setenv("PATH", strings.Join(kept, string(os.PathListSeparator)))
}
