package compose

import "strings"

// scalarText is a string as YAML text.
func scalarText(s string) string {
	if plainSafe(s) {
		return s
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

// plainSafe says whether a string can stand without quotes wherever a value can and still be a string.
func plainSafe(s string) bool {
	if s == "" || strings.HasSuffix(s, ":") {
		return false
	}
	for i := range len(s) {
		if !isLetter(s[i]) && !isDigit(s[i]) && !strings.ContainsRune("_./-$@+:", rune(s[i])) {
			return false
		}
	}
	switch strings.ToLower(s) {
	case "true", "false", "yes", "no", "on", "off", "y", "n", "null", ".nan", ".inf":
		return false
	}
	if isDigit(s[0]) { // a number has at most one dot; "127.0.0.1" is a string
		return strings.Count(s, ".") > 1 && strings.Trim(s, "0123456789.") == ""
	}
	return isLetter(s[0]) || s[0] == '_' || s[0] == '/' || s[0] == '.' && len(s) > 1 && (s[1] == '/' || s[1] == '.' || isLetter(s[1])) || s == "."
}
