package project

import (
	"path"
	"strings"

	"refit/internal/json"
	"refit/internal/shell"
	"refit/internal/source"
)

// folderVariables stand for the root of the repository in the files of editors and dev containers.
var folderVariables = []string{"${workspaceFolder}", "${workspaceRoot}", "${localWorkspaceFolder}"}

// jsonText is a string of JSON with the places of its bytes; variables for the root are filled in.
func (x *extraction) jsonText(n *json.Node) shell.Text {
	var pieces []shell.Piece
	value := n.Value
	for i := 0; i < len(value); {
		at, ok := n.At(i)
		if !ok {
			pieces = append(pieces, shell.Piece{Text: value[i : i+1], Span: shell.Nowhere, Use: n.Span})
			i++
			continue
		}
		if v := folderVariable(value[i:]); v != "" {
			if use, ok := n.Sub(i, i+len(v)); ok {
				pieces = append(pieces, shell.Piece{Text: shell.Root, Span: shell.Nowhere, Use: use})
				i += len(v)
				continue
			}
		}
		span := source.Span{Start: at, End: at + 1}
		pieces = append(pieces, shell.Piece{Text: value[i : i+1], Span: span, Use: span})
		i++
	}
	return shell.NewText(pieces...)
}

func folderVariable(s string) string {
	for _, v := range folderVariables {
		if strings.HasPrefix(s, v) {
			return v
		}
	}
	return ""
}

func (x *extraction) jsonWord(n *json.Node) shell.Word { return shell.NewWord(x.jsonText(n), n.Span) }

func (x *extraction) parsedJSON() *json.File {
	f, err := json.Parse(x.at, x.text)
	if err != nil || f.Root == nil {
		return nil
	}
	return f
}

func isString(n *json.Node) bool { return n != nil && n.Kind == json.String }

// strings are the node when it is a string, or its items that are.
func stringsOf(n *json.Node) []*json.Node {
	switch {
	case n == nil:
		return nil
	case n.Kind == json.String:
		return []*json.Node{n}
	}
	var all []*json.Node
	for _, i := range n.Items {
		if i.Kind == json.String {
			all = append(all, i)
		}
	}
	return all
}

// jsonCommand reads a command as editors and dev containers take it: a string for a shell, a list of
// words, or an object of such.
func (x *extraction) jsonCommand(n *json.Node, dir string) {
	switch {
	case n == nil:
	case n.Kind == json.String:
		x.script(shell.ParseText(x.jsonText(n), shell.POSIX), shell.Start{Dir: dir})
	case n.Kind == json.Array:
		x.argv(stringsOf(n), dir)
	case n.Kind == json.Object:
		for _, e := range n.Entries {
			x.jsonCommand(e.Value, dir)
		}
	}
}

// argv reads a command that is given word by word.
func (x *extraction) argv(nodes []*json.Node, dir string) {
	if len(nodes) == 0 || nodes[0].Value == "" {
		return
	}
	c := shell.Command{Dir: dir, DirKnown: true, Span: source.Span{Start: nodes[0].Span.Start, End: nodes[len(nodes)-1].Span.End}}
	for _, n := range nodes {
		c.Words = append(c.Words, x.jsonWord(n))
	}
	before := len(x.calls)
	x.command(c)
	for i := before; i < len(x.calls); i++ {
		call := &x.calls[i]
		call.Argv, call.Program = true, nodes[0].Span
		if call.After <= nodes[0].Span.End && nodes[0].Parent.Kind == json.Object && len(nodes) > 1 {
			call.After = nodes[1].Span.Start // the program stands outside of the list
			call.ahead = true
		}
	}
}

// jsonValue notes a string that is a path as a whole.
func (x *extraction) jsonValue(n *json.Node, base string, own, keep bool) {
	if !isString(n) {
		return
	}
	if at, ok := n.Sub(0, len(n.Value)); ok && folderVariable(n.Value) == "" {
		x.path(at, n.Value, base, own, asOperand, keep)
		return
	}
	x.place(mention{weight: asOperand, keep: keep}, x.jsonWord(n), base, true)
}

// devcontainer finds what a devcontainer.json names. Its paths are relative to its own folder, its
// host command runs in the workspace's folder. https://containers.dev/implementors/json_reference/
func (x *extraction) devcontainer() {
	x.kind = RefDevcont
	f := x.parsedJSON()
	if f == nil {
		return
	}
	stack := stringsOf(f.Root.Get("dockerComposeFile"))
	for _, n := range stack {
		x.jsonValue(n, x.dir(), true, true)
	}
	x.devcontainerStack(stack)
	for _, keys := range [][]string{{"dockerFile"}, {"build", "dockerfile"}} {
		x.jsonValue(f.Root.Get(keys...), x.dir(), true, true)
	}
	for _, keys := range [][]string{{"context"}, {"build", "context"}} {
		x.jsonValue(f.Root.Get(keys...), x.dir(), true, false)
	}
	root := x.workspace()
	x.jsonCommand(f.Root.Get("initializeCommand"), root)
	x.runArgs(stringsOf(f.Root.Get("runArgs")), root)
	x.unsure = "it runs inside of the container"
	for _, key := range []string{"onCreateCommand", "updateContentCommand", "postCreateCommand", "postStartCommand", "postAttachCommand"} {
		before := len(x.calls)
		x.jsonCommand(f.Root.Get(key), root)
		x.calls = x.calls[:before] // whatever Docker that is, it is another one
	}
	x.unsure = ""
	x.jsonRest(f)
}

// devcontainerStack notes that an editor starts several Compose files on top of one another, as a command
// with several -f would: the paths in all of them start from the folder of the first.
func (x *extraction) devcontainerStack(list []*json.Node) {
	var files []string
	for _, n := range list {
		at, ok := shell.Resolve(x.dir(), n.Value)
		if !ok || !isString(n) || strings.Contains(n.Value, "${") {
			return
		}
		files = append(files, at)
	}
	if len(files) < 2 {
		return
	}
	x.calls = append(x.calls, command{
		Call: Call{Kind: CallCompose, From: x.at, Files: files, Subcommand: "up", Dir: x.dir(), Certain: true},
		kind: x.kind, patterns: make([]string, len(files)), listed: true,
	})
}

// workspace is the folder that an editor opens for a configuration folder such as .devcontainer.
func (x *extraction) workspace() string {
	dir := x.dir()
	for at := dir; at != "." && at != "/"; at = path.Dir(at) {
		if b := path.Base(at); b == ".devcontainer" || b == ".vscode" {
			return path.Dir(at)
		}
	}
	return dir
}

// runArgs are options of docker run.
func (x *extraction) runArgs(nodes []*json.Node, root string) {
	for i, n := range nodes {
		if n.Value == "--env-file" && i+1 < len(nodes) {
			x.jsonValue(nodes[i+1], root, false, true)
		}
		if rest, ok := strings.CutPrefix(n.Value, "--env-file="); ok {
			w := x.jsonWord(n)
			x.place(mention{weight: asOperand, keep: true}, w.Cut(len(w.Value)-len(rest), len(w.Value)), root, true)
		}
	}
}

// editor finds what the tasks and launch configurations of VS Code name. Tasks run in the workspace's
// folder. https://code.visualstudio.com/docs/editor/tasks
func (x *extraction) editor() {
	x.kind = RefEditor
	f := x.parsedJSON()
	if f == nil {
		return
	}
	root := x.workspace()
	f.Root.Walk(func(n *json.Node) bool {
		if n.Kind == json.Object && isString(n.Get("command")) {
			dir := root
			if cwd := n.Get("options", "cwd"); isString(cwd) {
				if at, ok := shell.Resolve(root, x.jsonText(cwd).String()); ok {
					dir = at
				}
			}
			command, args := n.Get("command"), stringsOf(n.Get("args"))
			if len(args) == 0 || strings.Contains(command.Value, " ") {
				x.jsonCommand(command, dir)
			} else {
				x.argv(append([]*json.Node{command}, args...), dir)
			}
		}
		return true
	})
	x.jsonRest(f)
}

// jsonRest notes the other strings that are a path from the root.
func (x *extraction) jsonRest(f *json.File) {
	root := x.workspace()
	f.Strings(func(_ []string, n *json.Node) {
		if len(n.Value) < 300 && !strings.ContainsAny(n.Value, " \n") && notable(path.Base(n.Value)) {
			w := asValue
			before := x.unsure
			if folderVariable(n.Value) == "" {
				x.unsure = "refit can't tell from which folder it is read"
			}
			x.place(mention{weight: w}, x.jsonWord(n), root, true)
			x.unsure = before
		}
	})
	x.tokens(tokenRules{comments: f.Comments, loose: "refit can't tell what reads it here"})
}

// packageJSON finds what the scripts of a package.json run; they start in its folder.
func (x *extraction) packageJSON() {
	x.kind = RefPackage
	f := x.parsedJSON()
	if f == nil {
		return
	}
	if scripts := f.Root.Get("scripts"); scripts != nil {
		for _, e := range scripts.Entries {
			x.target = e.Key
			for _, n := range stringsOf(e.Value) {
				x.jsonCommand(n, x.dir())
			}
		}
	}
	x.target = ""
	x.tokens(tokenRules{comments: f.Comments, loose: "refit can't tell what reads it here"})
}

// renovate finds the paths and patterns of a Renovate configuration.
// https://docs.renovatebot.com/configuration-options/
func (x *extraction) renovate() {
	x.kind = RefBot
	f := x.parsedJSON()
	if f == nil {
		return
	}
	f.Strings(func(keys []string, n *json.Node) {
		if len(keys) < 2 {
			return
		}
		switch keys[len(keys)-2] {
		case "includePaths", "ignorePaths", "matchFileNames", "matchPaths":
			if at, ok := n.Sub(0, len(n.Value)); ok {
				x.pattern(at, n.Value, ".", asOperand)
			}
		case "fileMatch", "managerFilePatterns":
			x.jsonRegex(n)
		}
	})
	x.tokens(tokenRules{comments: f.Comments, loose: "refit can't tell what reads it here"})
}

func (x *extraction) jsonRegex(n *json.Node) {
	for _, part := range regexPaths(strings.TrimSuffix(strings.TrimPrefix(n.Value, "/"), "/")) {
		shift := 0
		if strings.HasPrefix(n.Value, "/") {
			shift = 1
		}
		a, okA := n.At(part.from + shift)
		b, okB := n.At(part.to - 1 + shift)
		if okA && okB {
			at := source.Span{Start: a, End: b + 1}
			x.add(mention{Reference: Reference{Span: at, Raw: string(at.Of(x.text)), To: part.path, Base: ".", Escape: EscapeQuotedRegex}, weight: asOperand})
		}
	}
}
