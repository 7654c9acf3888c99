package shell

import (
	"path"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// Tail is the command that a script ends with and waits for: where it stands in the text, and its program. ok is false when `exec`
// in front of it could change anything but the process: where it is not one program by its name, or where the shell has
// something left to do, as the trap or the function that it was told of.
//
// dash and BusyBox' ash stay and wait; bash 5.1 and later give their process to the last command by themselves.
func (s *Script) Tail() (at int, program string, ok bool) {
	if len(s.Problems) > 0 || len(s.stmts) == 0 || slices.ContainsFunc(s.stmts, keepsShell) {
		return 0, "", false
	}
	last := s.stmts[len(s.stmts)-1]
	for {
		if last.Negated || last.Background || last.Coprocess || slices.ContainsFunc(last.Redirs, func(r *syntax.Redirect) bool { return r.Hdoc != nil }) {
			return 0, "", false
		}
		b, chain := last.Cmd.(*syntax.BinaryCmd)
		if !chain {
			break
		}
		if b.Op != syntax.AndStmt || len(last.Redirs) > 0 {
			return 0, "", false
		}
		last = b.Y
	}
	call, is := last.Cmd.(*syntax.CallExpr)
	if !is || len(call.Assigns) > 0 || len(call.Args) == 0 || last.Pos() != call.Pos() {
		return 0, "", false
	}
	program = call.Args[0].Lit()
	if program == "" || IsBuiltIn(program) {
		return 0, "", false
	}
	return int(call.Pos().Offset()), program, true
}

// builtIn are the names that a POSIX shell may run itself. https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html
var builtIn = []string{".", ":", "[", "alias", "bg", "break", "builtin", "cd", "command", "continue", "echo", "eval", "exec", "exit", "export", "false", "fc", "fg",
	"getopts", "hash", "jobs", "kill", "local", "printf", "pwd", "read", "readonly", "return", "set", "shift", "source", "test", "times", "trap", "true",
	"type", "ulimit", "umask", "unalias", "unset", "wait"}

// IsBuiltIn says whether a POSIX shell may run a command of that name itself.
func IsBuiltIn(name string) bool { return slices.Contains(builtIn, name) }

// keepsShell says whether a statement gives the shell something to do later: a trap, a function or an alias that stands for a program, something
// in the background.
func keepsShell(stmt *syntax.Stmt) bool {
	found := false
	syntax.Walk(stmt, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.FuncDecl:
			found = true
		case *syntax.Stmt:
			found = found || n.Background || n.Coprocess
		case *syntax.CallExpr:
			found = found || changesShell(n.Args)
		}
		return !found
	})
	return found
}

// changesShell says whether a command may leave a trap, a function or an alias behind. The script that activates a virtual
// environment leaves nothing that a program could be meant by.
func changesShell(args []*syntax.Word) bool {
	for len(args) > 1 && slices.Contains([]string{"command", "builtin"}, args[0].Lit()) {
		args = args[1:]
	}
	if len(args) == 0 {
		return false
	}
	switch args[0].Lit() {
	case "trap", "alias", "eval":
		return true
	case ".", "source":
		return len(args) != 2 || !strings.HasSuffix(args[1].Lit(), "/bin/activate")
	}
	return false
}

// SignalsAll says whether a command line starts an init that signals the children of its child too, so that a shell
// keeps nothing from them.
func SignalsAll(argv []string) bool {
	if !IsInit(argv) {
		return false
	}
	switch path.Base(argv[0]) {
	case "dumb-init":
		return !slices.Contains(argv, "-c") && !slices.Contains(argv, "--single-child")
	case "tini", "tini-static", "docker-init":
		return slices.Contains(argv, "-g")
	}
	return true // of s6-overlay
}

// IsInit says whether a command line starts an init, which gives the signals that it gets to its child.
func IsInit(argv []string) bool {
	if len(argv) == 0 {
		return false
	}
	switch path.Base(argv[0]) {
	case "dumb-init", "tini", "tini-static", "docker-init":
		return true
	}
	return argv[0] == "/init"
}
