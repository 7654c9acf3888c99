package environment

import (
	"runtime"

	"refit/internal/rule"
)

// modesCount is false where permission bits say nothing.
const modesCount = runtime.GOOS != "windows"

// The checks of an env file. Their IDs are permanent.
var (
	FileMissing       = meta("V01", "env-file-missing", rule.Error, "an environment has no env file")
	Unreadable        = meta("V02", "env-syntax", rule.Error, "a line of an env file that Compose rejects or misreads")
	KeyMissing        = meta("V03", "required-key-missing", rule.Error, "a required variable has no value")
	Drift             = meta("V04", "template-drift", rule.Info, "the template has a variable that the env file lacks")
	Unknown           = meta("V05", "unknown-key", rule.Info, "a variable that neither the template nor a Compose file knows")
	PlaceholderSecret = meta("V06", "placeholder-secret", rule.Warning, "a secret is still a placeholder, or empty")
	WeakSecret        = meta("V07", "weak-secret", rule.Warning, "a secret is a default or easily guessed")
	SharedSecret      = meta("V08", "shared-secret", rule.Warning, "two environments have the same secret")
	Disagree          = meta("V09", "passwords-disagree", rule.Error, "two variables of one account hold different passwords")
	Localhost         = meta("V10", "localhost-in-container", rule.Error, "a container would look for a server in itself")
	DebugOn           = meta("V11", "debug-in-production", rule.Error, "debugging is on in production")
	FileMode          = meta("V12", "env-file-mode", rule.Warning, "others can read an env file with secrets")
	Tracked           = meta("V13", "env-file-in-git", rule.Error, "git has, or would take, an env file with secrets")
)

func meta(id, name string, s rule.Severity, summary string) rule.Meta {
	return rule.Meta{ID: id, Name: name, Theme: rule.Env, Severity: s, Since: "0.1.0", Summary: summary}
}

// Checks lists the checks, in the order of their IDs.
func Checks() []*rule.Meta {
	return []*rule.Meta{&FileMissing, &Unreadable, &KeyMissing, &Drift, &Unknown, &PlaceholderSecret, &WeakSecret, &SharedSecret,
		&Disagree, &Localhost, &DebugOn, &FileMode, &Tracked}
}
