package environment

import (
	"fmt"
	"slices"
	"strings"

	"refit/internal/project"
	"refit/internal/rule"
	"refit/internal/secret"
)

// secrets judges every secret of the file, by itself and beside those of the others.
func (c *check) secrets() {
	for _, a := range accountsOf(c.file.File, servedBy(c.project, c.env)) {
		for _, m := range a.members {
			c.quality(a, m)
			if m.class == secret.Secret {
				c.shared(m)
			}
		}
		c.agreement(a)
	}
}

func (c *check) quality(a *account, m *member) {
	key, severity := m.v.Key, rule.Warning
	if strict(c.env) {
		severity = rule.Error
	}
	todo := "refit env rotate " + c.env + " --key " + key + " makes a random one"
	if !a.database && isIssued(key) {
		todo = "get it from its issuer"
	}
	switch m.class {
	case secret.Placeholder:
		c.report(&PlaceholderSecret, c.at(key), key, fmt.Sprintf("%s still has the template's placeholder; everybody knows it; %s", key, todo), severity)
	case secret.Weak:
		c.report(&WeakSecret, c.at(key), key, fmt.Sprintf("%s is a default or easily guessed; whoever reaches the service is in; %s", key, todo), severity)
	case secret.Absent:
		c.report(&PlaceholderSecret, c.at(key), key, fmt.Sprintf("%s is empty; what it protects is open, or fails; write its value into %s", key, c.file.Path), severityOfEmpty(c.env))
	}
}

func severityOfEmpty(env string) rule.Severity {
	if strict(env) {
		return rule.Warning
	}
	return rule.Info
}

// shared looks for the same secret in other files: another environment's, or a template.
func (c *check) shared(m *member) {
	key := m.v.Key
	for _, f := range c.project.EnvFiles {
		if f.Path == c.file.Path || f.Env == c.env && !f.Example {
			continue
		}
		other := sameSecret(f, m)
		if other == "" {
			continue
		}
		related := rule.Related{At: rule.Location{Path: f.Path}, Message: other + " is the same"}
		severity, what := rule.Warning, "whoever has the one environment has the other"
		if strict(c.env) || strict(f.Env) {
			severity = rule.Error
		}
		if f.Example {
			what = "whoever has the repository has it"
		}
		before := len(c.found)
		c.report(&SharedSecret, c.at(key), key, fmt.Sprintf("%s has the same value in %s; %s; refit env rotate %s --key %s makes it differ", key, f.Path, what, c.env, key), severity)
		if len(c.found) > before {
			c.found[before].Related = append(c.found[before].Related, related)
		}
	}
}

func sameSecret(f *project.EnvFile, m *member) string {
	for _, v := range f.File.Vars {
		if other := memberOf(v); other != nil && other.value == m.value {
			return v.Key
		}
	}
	return ""
}

// agreement finds variables of one account that hold different passwords: one of them fails.
func (c *check) agreement(a *account) {
	var first *member
	for _, m := range a.members {
		if !a.database || m.value == "" {
			continue
		}
		if first == nil {
			first = m
			continue
		}
		if m.value != first.value {
			c.report(&Disagree, c.at(m.v.Key), m.v.Key, fmt.Sprintf("%s and %s are for one account and hold different passwords; one of the two is refused; give both the same", first.v.Key, m.v.Key))
		}
	}
}

// production looks for what only developers want.
func (c *check) production() {
	if !strict(c.env) {
		return
	}
	for _, v := range c.file.File.Vars {
		on := slices.Contains([]string{"1", "true", "yes", "on"}, strings.ToLower(v.Value))
		if on && (v.Key == "DEBUG" || strings.HasSuffix(v.Key, "_DEBUG")) {
			c.report(&DebugOn, c.at(v.Key), v.Key, fmt.Sprintf("%s is on in %s; stack traces and settings reach whoever provokes an error; switch it off", v.Key, c.env))
		}
	}
}

// exposure looks at who can read the file: its mode and git.
func (c *check) exposure() {
	secrets, severity := false, rule.Warning // defaults are committed on purpose sometimes
	for _, v := range c.file.File.Vars {
		switch m := memberOf(v); {
		case m != nil && m.class == secret.Secret:
			secrets, severity = true, rule.Error
		case m != nil && m.class == secret.Weak:
			secrets = true
		}
	}
	at := rule.Location{Path: c.file.Path}
	if e, ok := c.project.Files.Entry(c.file.Path); ok && secrets && modesCount && e.IsRegular() && e.Mode.Perm()&0o077 != 0 {
		c.report(&FileMode, at, "mode", fmt.Sprintf("the mode is %04o; every user of this machine reads its secrets; chmod 600 %s", e.Mode.Perm(), c.file.Path))
	}
	switch {
	case c.file.Tracked && secrets:
		c.report(&Tracked, at, "git", fmt.Sprintf("git tracks this file with secrets; everyone who has the repository or its history has them; run `git rm --cached %s`, ignore it, and rotate every secret in it", c.file.Path), severity)
	case c.project.Git.Exists && !c.file.Ignored && !c.file.Tracked && secrets:
		c.report(&Tracked, at, "git", fmt.Sprintf("git does not ignore this file with secrets; the next `git add .` takes it along; add /%s to .gitignore (refit apply --only E09 does)", c.file.Path), severity)
	}
}
