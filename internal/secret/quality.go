package secret

import (
	"math"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"refit/internal/source"
)

var (
	bracketed = regexp.MustCompile(`^(<[^>]*>|\[[^\]]*\]|\{[^}]*\}|__[A-Za-z0-9_]+__|%[A-Za-z_]+%|@[A-Za-z_]+@)$`)
	filler    = regexp.MustCompile(`(?i)^(x+|\*+|\.+|\?+|-+|_+|0+|…+|•+)$`)
)

// Words that ask for a replacement.
var placeholderWords = set("changeme changethis changeit replaceme replacethis replace change your yours yourself placeholder todo tbd fixme insert enter " +
	"here redacted example examplekey dummy fake fill mock sample notreal xxx xxxx xxxxx xxxxxx xxxxxxxx hunter")

// Words that only look like a password.
var weakWords = set("password passwd pass pwd passw0rd p4ssw0rd pa55word secret secrets secretkey key token api apikey jwt auth admin administrator root user username guest " +
	"test testing tests tester dev develop development local localhost default demo postgres postgresql pg mysql mariadb mongo mongodb redis rabbitmq rabbit minio minioadmin " +
	"elastic elasticsearch neo4j db database sa my super very the a an not so this that is in for of and on app application service web backend server myapp project django flask fastapi rails " +
	"laravel node insecure unsafe weak simple letmein welcome qwerty qwertz azerty abc abcd abcdef abcdefg foo bar baz foobar hello world master login access " +
	"temp tmp pw ci staging prod production session cookie signing encryption private public use only do long random string some value supersecret mysecret topsecret " +
	"client customer email mail smtp mailer oauth oauth2 system code site hub rpc api1 id name host url uri account company shared common dummyvalue plain text jwtsecret " +
	"secretpassword mypassword rootpassword testpassword adminpassword devpassword dbpassword testtest grafana keycloak airflow superset s3cret s3cr3t sekret sekrit null none nopass iloveyou dragon monkey football")

// isPlaceholder says whether the value asks to be replaced.
func isPlaceholder(value string) bool {
	if bracketed.MatchString(value) || filler.MatchString(value) {
		return true
	}
	found := false
	for _, w := range valueWords(value) {
		switch {
		case placeholderWords[w], strings.HasPrefix(w, "changeme"), strings.HasPrefix(w, "changethis"), strings.HasSuffix(w, "example"), strings.HasPrefix(w, "xxxx"):
			found = true
		case looksRandom(w):
			return false
		}
	}
	return found
}

// isWeak says whether the value is a default, a word from a name, or too short to resist guessing.
func isWeak(value string) bool {
	runes := map[rune]bool{}
	length, digits := 0, true
	for _, r := range value {
		runes[r] = true
		length++
		digits = digits && unicode.IsDigit(r)
	}
	if length < 8 || len(runes) < 5 || digits && length < 16 {
		return true
	}
	words := valueWords(value)
	if strings.HasPrefix(value, "django-insecure-") { // what startproject writes
		return true
	}
	for _, w := range words {
		base := strings.TrimRight(w, "0123456789")
		if !weakWords[w] && !weakWords[base] && strings.TrimLeft(w, "0123456789") != "" && !runTogether(base, func(string) bool { return true }) {
			return false
		}
	}
	return true
}

// isSample says whether the value is known words run together that ask to be replaced.
func isSample(value string) bool {
	return !slices.ContainsFunc(valueWords(value), looksRandom) && slices.ContainsFunc(valueWords(value), func(w string) bool {
		return runTogether(w, func(part string) bool { return placeholderWords[part] })
	})
}

// runTogether says whether a word is nothing but known words run together ("thisisasamplesecret"), at
// least one of which is wanted.
func runTogether(word string, wanted func(string) bool) bool {
	if len(word) > 64 {
		return false
	}
	type way struct{ some, wanted bool } // how the word can be read up to an offset
	ways := make([]way, len(word)+1)
	ways[0].some = true
	for end := 1; end <= len(word); end++ {
		for start := max(0, end-12); start < end; start++ {
			part := word[start:end]
			if ways[start].some && (weakWords[part] || placeholderWords[part]) {
				ways[end].some = true
				ways[end].wanted = ways[end].wanted || ways[start].wanted || wanted(part)
			}
		}
	}
	return ways[len(word)].wanted
}

// repeatsName says whether the value is made of the words of its variable's name: clientsecret for
// OAUTH_CLIENT_SECRET.
func repeatsName(key, value string) bool {
	letters := func(s string) string { return strings.Join(valueWords(s), "") }
	v := letters(value)
	return len(v) >= 4 && strings.Contains(letters(key), v)
}

// valueWords splits a value at everything but letters and digits; words are in lower case.
func valueWords(value string) []string {
	return strings.FieldsFunc(strings.ToLower(value), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

var (
	hexadecimal = regexp.MustCompile(`^[0-9a-fA-F]+$`)
	tokenLike   = regexp.MustCompile(`^[A-Za-z0-9+/=_.~-]+$`)
	digest      = regexp.MustCompile(`^(sha(1|256|384|512)|md5)[:-]`)
	uuid        = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)
)

// looksRandom says whether the value was drawn rather than written: long, of one piece, letters
// and digits mixed, with little repetition. Digests and UUIDs are left out: they name things.
func looksRandom(value string) bool {
	if len(value) < 20 || !tokenLike.MatchString(value) || digest.MatchString(value) || uuid.MatchString(value) {
		return false
	}
	if !strings.ContainsAny(value, "0123456789") || strings.IndexFunc(value, unicode.IsLetter) < 0 {
		return false
	}
	if hexadecimal.MatchString(value) {
		return len(value) >= 32 && entropy(value) >= 3
	}
	return entropy(value) >= 3.8
}

var digestName = regexp.MustCompile(`(sha(1|256|384|512)|md5):$`)
var piece = regexp.MustCompile(`[A-Za-z0-9+_~-]+=*`) // "=" pads the end; in NAME=value it parts the two

// Drawn lists the parts of the text that look random, whatever they are called. Judge needs a telling name
// for such a value, since a finding needs a ground; who copies a text to where others read it needs none.
func Drawn(text string) []source.Span {
	var spans []source.Span
	for _, m := range piece.FindAllStringIndex(text, -1) {
		if looksRandom(text[m[0]:m[1]]) && !digestName.MatchString(text[:m[0]]) {
			spans = append(spans, source.Span{Start: m[0], End: m[1]})
		}
	}
	return spans
}

// entropy is Shannon's, in bits a byte.
func entropy(s string) float64 {
	var counts [256]int
	for i := range len(s) {
		counts[s[i]]++
	}
	bits := 0.0
	for _, n := range counts {
		if n > 0 {
			p := float64(n) / float64(len(s))
			bits -= p * math.Log2(p)
		}
	}
	return bits
}
