package secret

import (
	"regexp"
	"strings"

	"refit/internal/source"
)

// shapes are the forms of secrets that their issuers publish, so that a value gives itself away.
var shapes = []struct {
	name string
	form *regexp.Regexp
}{
	{"a private key", regexp.MustCompile(`(?s)-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----(?:.*?-----END (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----|.*)`)},
	{"an AWS access key", regexp.MustCompile(`\b(?:AKIA|ASIA)[0-9A-Z]{16}\b`)},
	{"a GitHub token", regexp.MustCompile(`\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{22,})`)},
	{"a GitLab token", regexp.MustCompile(`\bglpat-[A-Za-z0-9_-]{20,}`)},
	{"a Slack token", regexp.MustCompile(`\bxox[abeoprs]-[A-Za-z0-9-]{10,}`)},
	{"a Slack webhook", regexp.MustCompile(`https://hooks\.slack\.com/services/T[A-Z0-9]+/B[A-Z0-9]+/[A-Za-z0-9]{16,}`)},
	{"a Stripe key", regexp.MustCompile(`\b[sr]k_(?:live|test)_[0-9A-Za-z]{16,}`)},
	{"a SendGrid key", regexp.MustCompile(`\bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}`)},
	{"a Google API key", regexp.MustCompile(`\bAIza[0-9A-Za-z_-]{35}`)},
	{"an OpenAI or Anthropic key", regexp.MustCompile(`\bsk-(?:ant-|proj-)?[A-Za-z0-9_-]{32,}`)},
	{"an npm token", regexp.MustCompile(`\bnpm_[A-Za-z0-9]{36}`)},
	{"a PyPI token", regexp.MustCompile(`\bpypi-[A-Za-z0-9_-]{40,}`)},
	{"a Docker Hub token", regexp.MustCompile(`\bdckr_(?:pat|oat)_[A-Za-z0-9_-]{20,}`)},
	{"a DigitalOcean token", regexp.MustCompile(`\bdo[opr]_v1_[0-9a-f]{64}`)},
	{"a Hugging Face token", regexp.MustCompile(`\bhf_[A-Za-z]{30,}`)},
	{"a signed web token", regexp.MustCompile(`\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}`)},
}

// shape finds the first part of the value that has the form of a known kind of secret.
func shape(value string) (name string, span source.Span, ok bool) {
	for _, s := range shapes {
		if m := s.form.FindStringIndex(value); m != nil {
			return s.name, source.Span{Start: m[0], End: m[1]}, true
		}
	}
	return "", source.Span{}, false
}

var scheme = regexp.MustCompile(`[A-Za-z][A-Za-z0-9+.-]*://`)

// URLPassword finds the password in the first URL of the value that has one
// ("postgres://user:PASSWORD@host/db"). An empty password is none.
func URLPassword(value string) (source.Span, bool) {
	for at := 0; ; {
		m := scheme.FindStringIndex(value[at:])
		if m == nil {
			return source.Span{}, false
		}
		start := at + m[1]
		end := start + authorityLength(value[start:])
		info := value[start:end]
		if i := strings.LastIndexByte(info, '@'); i >= 0 {
			if colon := outerColon(info[:i]); colon >= 0 && colon+1 < i {
				return source.Span{Start: start + colon + 1, End: start + i}, true
			}
		}
		at = end
	}
}

// outerColon is the first colon that stands in no ${NAME:-default}, -1 when there is none.
func outerColon(info string) int {
	depth := 0
	for i := range len(info) {
		switch {
		case strings.HasPrefix(info[i:], "${"):
			depth++
		case depth > 0:
			if info[i] == '}' {
				depth--
			}
		case info[i] == ':':
			return i
		}
	}
	return -1
}

// authorityLength is the length of the user, password, host and port at the start of rest; what
// stands in ${...} belongs to it whatever its characters.
func authorityLength(rest string) int {
	depth := 0
	for i := range len(rest) {
		switch {
		case strings.HasPrefix(rest[i:], "${"):
			depth++
		case depth > 0:
			if rest[i] == '}' {
				depth--
			}
		case strings.IndexByte("/?#\"'`,; \t\r\n<>\\", rest[i]) >= 0:
			return i
		}
	}
	return len(rest)
}

// Shaped finds the first part of a text that has the form of a known kind of secret, and says which; name is "" when none has.
func Shaped(text string) (name, value string) {
	name, at, ok := shape(text)
	if !ok || isPlaceholder(text[at.Start:at.End]) {
		return "", ""
	}
	return name, text[at.Start:at.End]
}
