package shell

import "strings"

// builtin is what a command that changes what is known does; nil for every other command. None of
// them writes to standard output, apart from those that say so by f.capture.
func builtin(name string) func(f *frame, args []Word, st *state) []*state {
	switch name {
	case "cd", "chdir":
		return cd
	case "pushd":
		return pushd
	case "popd":
		return popd
	case "exit":
		return exit
	case "return":
		return goReturn
	case "break":
		return goBreak
	case "continue":
		return goContinue
	case "set":
		return set
	case "shift":
		return shift
	case "export", "readonly":
		return export
	case "local":
		return local
	case "unset", "read", "mapfile", "readarray", "getopts":
		return setUnknown
	case "eval":
		return eval
	case "trap":
		return trap
	case ":", "true", "false", "mkdir", "test", "[", "umask", "shopt", "ulimit", "alias", "unalias", "wait":
		return nothing
	}
	return nil
}

func nothing(_ *frame, _ []Word, st *state) []*state { return []*state{st} }

func cd(_ *frame, args []Word, st *state) []*state {
	for len(args) > 0 && (args[0].Is("-P") || args[0].Is("-L") || args[0].Is("-e") || args[0].Is("--")) {
		args = args[1:]
	}
	switch {
	case len(args) == 0: // home
		st.old, st.dir = st.dir, place{}
	case len(args) > 1 || args[0].Open:
		st.old, st.dir = st.dir, place{}
	default:
		st.enter(args[0])
	}
	return []*state{st}
}

func pushd(f *frame, args []Word, st *state) []*state {
	if f.capture != nil {
		f.capture.unknown = true // it prints the stack
	}
	if len(st.stack) < 100 {
		st.stack = append(st.stack, st.dir)
	}
	if len(args) == 1 && !strings.HasPrefix(args[0].Value, "+") && !strings.HasPrefix(args[0].Value, "-") {
		st.enter(args[0])
		return []*state{st}
	}
	st.dir, st.stack = place{}, nil
	return []*state{st}
}

func popd(f *frame, args []Word, st *state) []*state {
	if f.capture != nil {
		f.capture.unknown = true
	}
	n := len(st.stack)
	if n == 0 || len(args) > 0 {
		st.dir, st.stack = place{}, nil
		return []*state{st}
	}
	st.old, st.dir, st.stack = st.dir, st.stack[n-1], st.stack[:n-1]
	return []*state{st}
}

func exit(f *frame, _ []Word, st *state) []*state {
	*f.gone = []*state{st}
	return nil
}

func goReturn(f *frame, args []Word, st *state) []*state { return f.jump(f.ret, args, st) }

func goBreak(f *frame, args []Word, st *state) []*state { return f.jump(f.brk, args, st) }

func goContinue(f *frame, args []Word, st *state) []*state { return f.jump(f.cont, args, st) }

// jump takes the state to where a return, break or continue leads.
func (f *frame) jump(to *[]*state, args []Word, st *state) []*state {
	if to == nil {
		return exit(f, args, st)
	}
	*to = append(*to, st)
	*f.gone = []*state{st.clone()}
	return nil
}

func set(_ *frame, args []Word, st *state) []*state {
	for i := 0; i < len(args); i++ {
		v := args[i].Value
		switch {
		case v == "--":
			st.args, st.argsKnown = texts(args[i+1:])
			return []*state{st}
		case (v == "-o" || v == "+o") && i+1 < len(args):
			i++
			setOption(st, v == "-o", args[i].Value)
		case strings.HasPrefix(v, "-") || strings.HasPrefix(v, "+"):
			on := v[0] == '-'
			if strings.Contains(v, "e") {
				st.errexit = on
			}
			if strings.Contains(v, "a") {
				st.allexport = on
			}
			if strings.HasSuffix(v, "o") && i+1 < len(args) {
				i++
				setOption(st, on, args[i].Value)
			}
		default:
			st.args, st.argsKnown = texts(args[i:])
			return []*state{st}
		}
	}
	return []*state{st}
}

func setOption(st *state, on bool, name string) {
	switch name {
	case "errexit":
		st.errexit = on
	case "allexport":
		st.allexport = on
	}
}

func shift(_ *frame, args []Word, st *state) []*state {
	if len(args) > 0 && !args[0].Is("1") || len(st.args) == 0 {
		st.args, st.argsKnown = nil, false
	} else {
		st.args = st.args[1:]
	}
	return []*state{st}
}

// export is the builtin where the parser sees a plain command, as it does in POSIX shell.
func export(f *frame, args []Word, st *state) []*state { return declare(f, args, st, true) }

func local(f *frame, args []Word, st *state) []*state {
	for _, w := range args {
		name, _, _ := strings.Cut(w.Value, "=")
		st.local(name)
	}
	return declare(f, args, st, false)
}

func declare(f *frame, args []Word, st *state, exported bool) []*state {
	for _, w := range args {
		name, _, assigns := strings.Cut(w.Value, "=")
		if strings.HasPrefix(name, "-") || strings.Contains(name, Unknown) {
			continue
		}
		if exported {
			st.export(name)
		}
		if assigns {
			v := w.Cut(len(name)+1, len(w.Value))
			st.set(name, scalar(v.Parts))
			f.trace.Assignments = append(f.trace.Assignments, Assignment{Name: name, Value: v, Exported: exported, Span: w.Span})
		}
	}
	return []*state{st}
}

func setUnknown(_ *frame, args []Word, st *state) []*state {
	for _, w := range args {
		if _, ok := st.vars[w.Value]; ok {
			st.set(w.Value, scalar(UnknownAt(w.Span)))
		}
	}
	return []*state{st}
}

// eval runs its arguments in the same shell.
func eval(f *frame, args []Word, st *state) []*state {
	if f.capture != nil {
		f.capture.unknown = true
	}
	if f.depth >= maxDepth || f.tired() || len(args) == 0 {
		return []*state{st}
	}
	g := *f
	g.depth++
	script := ParseText(joined(args), Bash)
	g.text, g.capture, g.backquotes = script.text, nil, false
	g.declare(script.stmts)
	return g.exec(script.stmts, []*state{st})
}

// trap runs its first argument when the script ends.
func trap(f *frame, args []Word, st *state) []*state {
	if len(args) > 1 && !strings.HasPrefix(args[0].Value, "-") && args[0].Value != "" && f.depth < maxDepth {
		g := f.inner()
		g.run(args[0].Parts, st.clone())
	}
	return []*state{st}
}

// joined is words as one text, as eval joins them.
func joined(words []Word) Text {
	var list []Text
	for i, w := range words {
		if i > 0 {
			list = append(list, Literal(" "))
		}
		list = append(list, w.Parts)
	}
	return Join(list...)
}

// run runs a script that stands in a word, in a process of its own.
func (f *frame) run(text Text, st *state) {
	script := ParseText(text, Bash)
	g := f.inner()
	g.depth++
	g.text, g.backquotes = script.text, false
	g.declare(script.stmts)
	g.exec(script.stmts, []*state{st})
}

// nested runs what a command says another shell on this machine should run: bash -c '...'.
func (f *frame) nested(cmd Command, st *state) {
	script, args, ok := cmd.Unwrapped().Inline()
	if !ok || f.depth >= maxDepth || f.tired() {
		return
	}
	st = st.clone()
	for name := range st.vars {
		if !st.exported[name] {
			delete(st.vars, name)
		}
	}
	for _, a := range cmd.Unwrapped().Env {
		st.put(a.Name, scalar(a.Value.Parts))
		st.export(a.Name)
	}
	st.args, st.argsKnown = args, args != nil
	f.run(script, st)
}
