package project

import "testing"

// make runs the recipes of an included file where it was started, so that is where their paths start.
func TestIncludedMakefiles(t *testing.T) {
	p := repository(t, map[string]string{
		"Makefile":               "include mk/*.mk\n-include $(HOME)/mine.mk\n",
		"mk/dev.mk":              "include mk/deep/more.mk\nup:\n\tdocker compose -f docker-compose.dev.yml up -d\n",
		"mk/deep/more.mk":        "logs:\n\tdocker compose -f docker-compose.dev.yml logs\n",
		"other/Makefile":         "ps:\n\tdocker compose -f ../docker-compose.dev.yml ps\n",
		"docker-compose.dev.yml": "services:\n  a:\n    image: x\n",
	})
	exactSpans(t, p)
	after, _ := moved(t, p, map[string]string{"docker-compose.dev.yml": "compose/docker-compose.dev.yml"})
	for at, want := range map[string]string{
		"mk/dev.mk":       "include mk/deep/more.mk\nup:\n\tdocker compose -f compose/docker-compose.dev.yml up -d\n",
		"mk/deep/more.mk": "logs:\n\tdocker compose -f compose/docker-compose.dev.yml logs\n",
		"other/Makefile":  "ps:\n\tdocker compose -f ../compose/docker-compose.dev.yml ps\n",
	} {
		if after[at] != want {
			t.Errorf("%s: %q, want %q", at, after[at], want)
		}
	}
}
