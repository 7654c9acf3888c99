package shell

import (
	"slices"

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
	if program == "" || slices.Contains(builtIn, program) {
		return 0, "", false
	}
	return int(call.Pos().Offset()), program, true
}

// builtIn are the names that a POSIX shell may run itself. https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html
var builtIn = []string{".", ":", "[", "alias", "bg", "break", "builtin", "cd", "command", "continue", "echo", "eval", "exec", "exit", "export", "false", "fc", "fg",
	"getopts", "hash", "jobs", "kill", "local", "printf", "pwd", "read", "readonly", "return", "set", "shift", "source", "test", "times", "trap", "true",
	"type", "ulimit", "umask", "unalias", "unset", "wait"}

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
			found = found || len(n.Args) > 0 && slices.Contains([]string{"trap", "alias", "eval", ".", "source"}, n.Args[0].Lit())
		}
		return !found
	})
	return found
}
