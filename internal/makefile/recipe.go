package makefile

import (
	"fmt"
	"slices"
	"strings"

	"refit/internal/shell"
)

// Script is a text that make gives to the shell: a recipe line, or with .ONESHELL a whole recipe.
type Script struct {
	// Text is what the shell gets: $$ is $, variables are put in as far as they are known. Each of
	// its bytes knows its place in the file, in a variable's definition where it came from there.
	Text    shell.Text
	Line    *Line // the line it starts with
	Silent  bool  // @
	Ignore  bool  // -
	Always  bool  // +
	Start   shell.Start
	Dialect shell.Dialect
}

// Commands are the commands that the script may start.
func (s Script) Commands() []shell.Command {
	return shell.Commands(shell.ParseText(s.Text, s.Dialect), s.Start)
}

// Recipe is what make runs for one target on one way through the conditionals.
type Recipe struct {
	Target string
	// Via is the target that was asked for when its own variables reach this one, "" otherwise:
	// "prod: FILE = x" and "prod: up".
	Via     string
	Default bool // what make does when nothing is set on the outside
	Scripts []Script
}

// Recipes are the texts that a rule gives to the shell for one of its targets: one Recipe for each
// way through the conditionals and for each target whose variables reach it. Nothing is run.
func (f *File) Recipes(r *Rule, target string) []Recipe {
	if len(r.Recipe) == 0 {
		return nil
	}
	var out []Recipe
	for i, via := range f.reachedFrom(target) {
		c := f.at(len(f.text))
		c.rule, c.target, c.via = r, target, via
		for j, scripts := range ways(c, (*context).scripts) {
			rec := Recipe{Target: target, Default: i == 0 && j == 0, Scripts: scripts}
			if i > 0 {
				rec.Via = via[0]
			}
			out = append(out, rec)
		}
	}
	return out
}

// Commands are the commands that a target's recipes may start, each way once.
func (f *File) Commands(target string) []shell.Command {
	var out []shell.Command
	seen := map[string]bool{}
	for _, r := range f.Rules {
		if !slices.ContainsFunc(r.Targets, func(w shell.Word) bool { return w.Is(target) }) {
			continue
		}
		for _, rec := range f.Recipes(r, target) {
			for _, s := range rec.Scripts {
				for _, c := range s.Commands() {
					key := fmt.Sprint(c.Span, c.Dir, c.DirKnown, c.Exported)
					for _, w := range c.Words {
						key += fmt.Sprint("\n", w.Parts.Pieces())
					}
					if !seen[key] {
						seen[key] = true
						out = append(out, c)
					}
				}
			}
		}
	}
	return out
}

// maxReach bounds how many targets that hand their variables down are told apart.
const maxReach = 8

// reachedFrom lists the targets whose own variables hold for a target: by itself, and by way of each
// target with variables that needs it, nearest first.
func (f *File) reachedFrom(target string) [][]string {
	out := [][]string{{target}}
	seen := map[string]bool{target: true}
	for queue := []string{target}; len(queue) > 0 && len(out) < maxReach; queue = queue[1:] {
		for _, needs := range f.neededBy[queue[0]] {
			if seen[needs] {
				continue
			}
			seen[needs] = true
			queue = append(queue, needs)
			if len(f.byTargets[needs]) > 0 && len(out) < maxReach {
				out = append(out, []string{needs, target})
			}
		}
	}
	return out
}

// scripts are the texts of the recipe on the way that the context is on.
func (c *context) scripts() []Script {
	if !c.holds(c.rule.Guards) {
		return nil
	}
	start := shell.Start{Dir: c.file.Dir, Vars: c.exported()}
	dialect := shell.POSIX
	if v, ok := c.lookup("SHELL"); ok && strings.Contains(v.String(), "bash") {
		dialect = shell.Bash
	}
	var out []Script
	for _, l := range c.rule.Recipe {
		if !c.holds(l.Guards) {
			continue
		}
		for _, t := range splitLines(c.expand(l.text)) {
			s := Script{Line: l, Start: start, Dialect: dialect}
			s.prefixes(t)
			if s.Text.Len() > 0 {
				out = append(out, s)
			}
		}
	}
	if len(out) > 1 && c.file.oneShell() {
		all := out[0]
		for _, s := range out[1:] {
			all.Text = shell.Join(all.Text, shell.Literal("\n"), s.Text)
		}
		return []Script{all}
	}
	return out
}

// prefixes takes @, - and + off the front of a line.
func (s *Script) prefixes(t shell.Text) {
	text := t.String()
	i := 0
	for ; i < len(text) && strings.IndexByte("@-+ \t", text[i]) >= 0; i++ {
		switch text[i] {
		case '@':
			s.Silent = true
		case '-':
			s.Ignore = true
		case '+':
			s.Always = true
		}
	}
	s.Text = t.Slice(i, len(text))
}

// splitLines cuts an expanded recipe line where a variable brought more lines in: each is a line of
// its own unless the one in front of it ends in a backslash.
func splitLines(t shell.Text) []shell.Text {
	var out []shell.Text
	s := t.String()
	at := 0
	for i := range len(s) {
		if s[i] == '\n' && !continued([]byte(s[at:i])) {
			out = append(out, t.Slice(at, i))
			at = i + 1
		}
	}
	return append(out, t.Slice(at, len(s)))
}

func (f *File) oneShell() bool {
	return slices.ContainsFunc(f.Rules, func(r *Rule) bool { return r.Special == ".ONESHELL" })
}

// exported are the variables that make hands to the recipe's shell.
func (c *context) exported() map[string]shell.Text {
	names := map[string]bool{}
	all := slices.ContainsFunc(c.file.Rules, func(r *Rule) bool { return r.Special == ".EXPORT_ALL_VARIABLES" })
	for _, e := range c.file.Exports {
		if len(e.Names) == 0 {
			all = !e.Undo
		}
		for _, n := range e.Names {
			names[n] = !e.Undo
		}
	}
	for _, v := range c.file.Variables {
		if _, said := names[v.Name]; v.Exported || all && !said && isShellName(v.Name) {
			names[v.Name] = true
		}
	}
	out := map[string]shell.Text{}
	for name, on := range names {
		if on && name != "" && name != "SHELL" {
			if v, ok := c.lookup(name); ok {
				out[name] = v
			}
		}
	}
	return out
}

// isShellName says whether "export" without names takes a variable along: only names that a shell
// can have.
func isShellName(s string) bool {
	return s != "" && strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789") == ""
}
