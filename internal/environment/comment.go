package environment

import (
	"strings"

	"refit/internal/dotenv"
)

// commentOf is the comment above a variable without its marks, "" when there is none.
func commentOf(f *dotenv.File, v *dotenv.Var) string {
	if v.Lead.IsZero() {
		return ""
	}
	var lines []string
	for _, line := range strings.Split(strings.TrimRight(string(v.Lead.Of(f.Text)), "\r\n"), "\n") {
		line = strings.TrimPrefix(strings.TrimSpace(line), "#")
		lines = append(lines, strings.TrimPrefix(line, " "))
	}
	return strings.Join(lines, "\n")
}
