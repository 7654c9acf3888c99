package report

import "refit/internal/rule"

// Palette colours text for a terminal; the zero value leaves it plain.
type Palette struct{ On bool }

func (p Palette) paint(code, text string) string {
	if !p.On {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

// paletteCodes are the codes that a Palette writes.
var paletteCodes = []string{"0", "1", "2", "31", "32", "33"}

// Bold is for what a reader looks for first.
func (p Palette) Bold(s string) string { return p.paint("1", s) }

// Dim is for what a reader may skip.
func (p Palette) Dim(s string) string { return p.paint("2", s) }

// Red is for errors and removed lines.
func (p Palette) Red(s string) string { return p.paint("31", s) }

// Green is for what is well and for added lines.
func (p Palette) Green(s string) string { return p.paint("32", s) }

// Yellow is for warnings.
func (p Palette) Yellow(s string) string { return p.paint("33", s) }

// severity is the word, padded to one width and coloured.
func (p Palette) severity(s rule.Severity) string {
	switch s {
	case rule.Error:
		return p.Red("error  ")
	case rule.Warning:
		return p.Yellow("warning")
	}
	return p.Dim("info   ")
}
