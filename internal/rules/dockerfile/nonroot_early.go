package dockerfile

import (
	"path"
	"slices"
	"strings"

	"refit/internal/dockerfile"
	"refit/internal/shell"
)

// split are the commands that can stand above the first copy, and those that have to come last.
func (n *nonRoot) split() (early, late []string) {
	all := slices.Concat(n.makes, n.steps)
	first := n.firstCopy()
	if first == nil || len(n.makes) == 0 || len(n.needs) > 0 || !n.rootAt(first) || !hasSbin(n.r.stateAt(first).Vars) || n.accountsChangeFrom(first) {
		return nil, all
	}
	if len(n.folders) > 0 && len(n.steps) == 1 && n.workdirAt(first, n.folders) && !n.removedFrom(first, n.folders) {
		return all, nil // what is copied there has the owner by itself
	}
	return n.makes, n.steps
}

// rootAt says whether root runs what is inserted above an instruction.
func (n *nonRoot) rootAt(in *dockerfile.Instruction) bool {
	user := n.r.stateAt(in).User
	return (n.final == nil || n.final.Span.Start > in.Span.Start) && (user.At == nil || isRoot(user.Value))
}

// firstCopy is the first instruction of the stage that takes something of the build context in, itself or out of another stage.
func (n *nonRoot) firstCopy() *dockerfile.Instruction {
	for _, in := range n.r.stage.Instructions {
		c, ok := in.Copy()
		if !ok {
			continue
		}
		if _, stage := n.r.d.File.Stage(c.From); stage || c.From == "" {
			return in
		}
	}
	return nil
}

// accountsChangeFrom says whether from an instruction on something may touch the files that hold the accounts, or another
// shell would run what stands there.
func (n *nonRoot) accountsChangeFrom(first *dockerfile.Instruction) bool {
	for _, in := range n.r.stage.Instructions {
		if in.Span.Start < first.Span.Start {
			continue
		}
		if c, ok := in.Copy(); ok {
			target, unproven := c.Target(n.r.stateAt(in))
			if to := path.Clean(target); len(unproven) > 0 || to == "/" || below(to, []string{"/etc"}) {
				return true
			}
		}
		if in.Keyword == "SHELL" || in.Keyword == "USER" || in.Keyword == "RUN" && namesAccounts(in.ArgsText()) {
			return true
		}
	}
	return false
}

// namesAccounts says whether commands are about accounts or the files that hold them.
func namesAccounts(text string) bool {
	return slices.ContainsFunc([]string{"passwd", "shadow", "/etc/group", "useradd", "adduser", "userdel", "deluser", "usermod", "groupadd", "addgroup", "groupmod", "groupdel", "delgroup"},
		func(word string) bool { return strings.Contains(text, word) })
}

// workdirAt says whether the folders are work directories that are there before an instruction.
func (n *nonRoot) workdirAt(first *dockerfile.Instruction, folders []string) bool {
	made := map[string]bool{}
	for _, in := range n.r.stage.Instructions {
		if in.Span.Start >= first.Span.Start {
			break
		}
		if in.Keyword == "WORKDIR" && len(in.Words) > 0 && path.IsAbs(in.Words[0].Value) {
			made[path.Clean(in.Words[0].Value)] = true
		}
	}
	return !slices.ContainsFunc(folders, func(dir string) bool { return !made[dir] })
}

// removedFrom says whether from an instruction on something may put another folder in the place of one of them.
func (n *nonRoot) removedFrom(first *dockerfile.Instruction, folders []string) bool {
	for _, in := range n.r.stage.Find("RUN") {
		if in.Span.Start < first.Span.Start {
			continue
		}
		for _, c := range commands(in) {
			if name := c.Name(); (name == "rm" || name == "mv" || name == "rmdir") && slices.ContainsFunc(c.Words, func(w shell.Word) bool { return slices.Contains(folders, path.Clean(w.Value)) }) {
				return true
			}
		}
	}
	return false
}
