package markdown

import (
	"regexp"
	"strings"

	"refit/internal/shell"
)

// shellLangs are the names under which shell commands are fenced.
var shellLangs = tagSet("sh bash shell zsh ksh ash dash console shell-session shellsession sh-session bash-session terminal term session cli command commandline cmdline")

// notShell are languages in which a command line may look the same, but is read otherwise.
var notShell = tagSet("powershell pwsh ps1 ps bat batch cmd fish")

// prompt is what a terminal prints in front of a command: "$ ", "% ", "user@host:~/app$ ".
var prompt = regexp.MustCompile(`^[ \t]*(?:\([^)]*\) ?)?(?:[\w.-]+@[\w.-]+[^$#%]*)?[$%❯➜] +`)

// Shell is the block's text as a script. Where lines start with a prompt, these and what continues
// them are the script, and the rest is output. sure is false for a block that doesn't say its
// language and shows no prompt: it may be anything. ok is false for other languages.
func (b Block) Shell() (script shell.Text, sure, ok bool) {
	known := shellLangs[b.Lang]
	if !known && b.Lang != "" && b.Lang != "text" && b.Lang != "txt" && b.Lang != "plaintext" && b.Lang != "none" || notShell[b.Lang] {
		return shell.Text{}, false, false
	}
	if script, found := prompted(b.Text); found {
		return script, true, true
	}
	return b.Text, known, true
}

// Shell is a code span's text as a command line, a prompt in front of it taken off.
func (c CodeSpan) Shell() shell.Text {
	if at := prompt.FindStringIndex(c.Text.String()); at != nil {
		return c.Text.Slice(at[1], c.Text.Len())
	}
	return c.Text
}

// prompted keeps the lines with a prompt, without it.
func prompted(t shell.Text) (shell.Text, bool) {
	s := t.String()
	var parts []shell.Text
	found, goesOn := false, false
	quoted := everyLineQuoted(s)
	for at := 0; at < len(s); {
		end := strings.IndexByte(s[at:], '\n') + at + 1
		if end <= at {
			end = len(s)
		}
		line := s[at:end]
		skip := -1
		switch p := prompt.FindStringIndex(line); {
		case p != nil:
			skip = p[1]
		case goesOn && strings.HasPrefix(line, "> "), quoted && strings.HasPrefix(line, "> "):
			skip = 2
		case goesOn:
			skip = 0
		}
		if skip >= 0 {
			found = true
			parts = append(parts, t.Slice(at+skip, end))
			goesOn = strings.HasSuffix(strings.TrimRight(line, "\n"), `\`)
		} else {
			goesOn = false
		}
		at = end
	}
	return shell.Join(parts...), found
}

// everyLineQuoted says whether ">" is used as the prompt.
func everyLineQuoted(s string) bool {
	any := false
	for line := range strings.SplitSeq(s, "\n") {
		if line == "" {
			continue
		}
		if !strings.HasPrefix(line, "> ") {
			return false
		}
		any = true
	}
	return any
}
