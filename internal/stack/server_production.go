package stack

import "strings"

// ForProduction is a start command without what is for development: flags that restart the server
// on changed files or debug it; "fastapi dev" becomes "fastapi run". changed is false when there
// was nothing of the kind. It returns an error's reason in why when the server itself isn't made
// for production (flask run, runserver, vite): another has to take its place, which is a decision.
func ForProduction(words []string) (production []string, changed bool, why string) {
	s, ok := RecogniseServer(words)
	if !ok {
		return words, false, ""
	}
	fact := serverFacts[s.Program]
	if fact.development && s.Program != "fastapi dev" {
		return words, false, s.Program + " is a development server"
	}
	production = append(production, words[:s.Start]...)
	for i := s.Start; i < len(words); i++ {
		option, _, joined := strings.Cut(words[i], "=")
		switch {
		case contains(fact.reload, option):
			changed = true
		case strings.HasPrefix(option, "--reload-"): // --reload-dir src: only means something with --reload
			changed = true
			if !joined && i+1 < len(words) && !strings.HasPrefix(words[i+1], "-") {
				i++
			}
		case s.Program == "fastapi dev" && words[i] == "dev" && !changed:
			production, changed = append(production, "run"), true
		default:
			production = append(production, words[i])
		}
	}
	return production, changed, ""
}
