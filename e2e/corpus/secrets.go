package main

import (
	"fmt"
	"regexp"
	"strings"
)

// printedSecrets are the secrets of the repository, or of the env files that refit made, that stand in
// anything it printed. Which values are secrets is told by a rule simpler than refit's.
func printedSecrets(e *evidence) []string {
	secrets := map[string]string{} // value -> where it stands
	for _, t := range []tree{e.before, e.after} {
		for _, p := range keysOf(t) {
			collectSecrets(p, t[p], secrets)
		}
	}
	open := openWords(e.before)
	var broken []string
	for _, value := range keysOf(secrets) {
		if open[value] || ordinary.MatchString(value) {
			continue
		}
		e.saw("secrets looked for", 1)
		for _, name := range keysOf(e.said) {
			if standsIn(string(e.said[name]), value) {
				broken = append(broken, fmt.Sprintf("the value of %s is printed in %s", secrets[value], name))
				break
			}
		}
	}
	return broken
}

// secretLine is a variable with a value in an env file or a Compose file; secretName what makes it a secret.
var (
	secretLine = regexp.MustCompile(`^\s*(?:-\s+)?["']?(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)["']?\s*[=:]\s*["']?([^\s"'#]{8,})["']?\s*(?:#.*)?$`)
	secretName = regexp.MustCompile(`(?i)(?:^|_)(?:PASSWORD|PASSWD|PWD|PASS|SECRET|TOKEN|APIKEY|KEY)S?(?:_|$)`)
	publicName = regexp.MustCompile(`(?i)PUBLIC|_ID$|_FILE$|_PATH$|_URL$|_HOST$|_NAME$|_HEADER|EXPIR|MINUTES|LENGTH|ALGORITHM|ALLOW|LIFETIME|_TTL|^PWD$`)
	ordinary   = regexp.MustCompile(`^[a-z_-]*(pass|secret|change|your|example|key|token|test|dummy|admin|root|user)[a-z_-]*$`) // changethis, your-api-key
	template   = regexp.MustCompile(`(?i)example|sample|template|dist$|default`)
)

// collectSecrets adds the secrets that an env file or a Compose file has as literals. A template has none.
func collectSecrets(p string, e entry, into map[string]string) {
	k := kindOf(p, e.text)
	if k != kindEnv && !(k == kindYAML && isCompose(p, e.text)) || template.MatchString(p) || !e.isText() {
		return
	}
	for i, line := range strings.Split(e.text, "\n") {
		found := secretLine.FindStringSubmatch(strings.TrimRight(line, "\r"))
		if found == nil || !secretName.MatchString(found[1]) || publicName.MatchString(found[1]) {
			continue
		}
		if value := found[2]; !strings.ContainsAny(value, "${<") && !strings.HasPrefix(value, "/") && into[value] == "" {
			into[value] = fmt.Sprintf("%s (%s:%d)", found[1], p, i+1)
		}
	}
}

// openWords are values that also stand where nothing is secret: names of images, users, databases, files.
func openWords(t tree) map[string]bool {
	words := map[string]bool{}
	for p, e := range t {
		for _, part := range strings.FieldsFunc(p, func(r rune) bool { return r == '/' || r == '.' }) {
			words[part] = true
		}
		k := kindOf(p, e.text)
		if !e.isText() || k != kindEnv && k != kindYAML && k != kindProse {
			continue
		}
		for line := range strings.Lines(e.text) {
			name, value, ok := strings.Cut(strings.TrimSpace(line), ":")
			if other, v, is := strings.Cut(strings.TrimSpace(line), "="); is && len(other) < len(name) || !ok {
				name, value = other, v
			}
			if !secretName.MatchString(strings.Trim(name, "- \"'")) {
				words[strings.Trim(value, " \"'\r")] = true
			}
		}
	}
	return words
}

// standsIn says whether a value stands in a text as a word of its own.
func standsIn(text, value string) bool {
	for from := 0; ; {
		i := strings.Index(text[from:], value)
		if i < 0 {
			return false
		}
		i += from
		if !wordByte(byteAt(text, i-1)) && !wordByte(byteAt(text, i+len(value))) {
			return true
		}
		from = i + 1
	}
}

func wordByte(c byte) bool {
	return c == '_' || c == '-' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}
