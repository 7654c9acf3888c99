package secret

import (
	"strings"
	"unicode"
)

// The words that make a name that of a secret, wherever they stand in it.
var secretWords = set("password passwd passphrase secret token apikey credential credentials privatekey secretkey accesskey authtoken")

// Words that do so at the end of a name only: DB_PASS and DB_ROOT_PW, but not PASS_THROUGH.
var secretEndings = set("pass pw pwd salt pepper")

// Words that make a "key" behind them a secret: API_KEY, SIGNING_KEY_V2.
var secretKeys = set("api app access secret private encryption encrypt encrypted signing sign signature master auth session hmac jwt fernet aes " +
	"cookie admin root account storage service deploy ssh license recovery openai stripe anthropic sendgrid mailgun twilio")

// Words that make it something about a secret when they follow: PASSWORD_FILE, TOKEN_EXPIRE_MINUTES.
var aboutSecrets = set("file files path paths dir directory folder url uri host hostname port name names id ids user username ttl expire expires expiry " +
	"expiration expired minutes minute hours hour seconds second secs days day ms age lifetime duration timeout min max length len size count limit rounds " +
	"iterations cost algorithm alg algo type kind method scheme policy required require enabled disabled enable regex pattern format header prefix suffix " +
	"lifespan life validity valid period window skew tolerance grace maxage sec " +
	"field param parameter hint validators hashers hasher hashing reset change issuer iss audience aud realm endpoint provider backend store manager " +
	"arn version rotation interval encoding strength scope scopes mode class service location placeholder label verification verify rate " +
	"auth check complexity history threshold attempts lockout lookup driver engine env var ref source usage bytes bits chars leeway")

// Words that do so when they stand in front: MAX_TOKEN, ALLOW_EMPTY_PASSWORD, NEXT_PUBLIC_API_KEY.
var beforeSecrets = set("public publishable pub max min num use enable disable allow require has is no skip random empty without generate show hide " +
	"forgot reset vite verify check validate csrf")

// IsName says whether a variable of this name holds a secret: POSTGRES_PASSWORD, JWT_SECRET, apiToken,
// AWS_SECRET_ACCESS_KEY. Names of settings about a secret are none (PASSWORD_MIN_LENGTH,
// TOKEN_EXPIRE_MINUTES, DB_PASSWORD_FILE, PUBLIC_KEY).
func IsName(name string) bool {
	if name == "PWD" || name == "OLDPWD" {
		return false // a shell's working folder
	}
	words := nameWords(name)
	at := -1
	for i, w := range words {
		last := i == len(words)-1
		switch {
		case secretWords[w], last && secretEndings[w], hasSecretEnding(w):
			at = i
		case (w == "key" || last && w == "keys") && i > 0 && secretKeys[words[i-1]]:
			at = i
		case w == "cookie" && i > 0 && words[i-1] == "erlang":
			at = i
		}
	}
	if at < 0 {
		return false
	}
	for _, w := range words[:at] {
		if beforeSecrets[w] {
			return false
		}
	}
	for _, w := range words[at+1:] {
		if aboutSecrets[w] {
			return false
		}
	}
	return true
}

// hasSecretEnding finds what is written in one word: PGPASSWORD, CLIENTSECRET.
func hasSecretEnding(word string) bool {
	for _, ending := range []string{"password", "passwd", "secret", "token", "apikey"} {
		if strings.HasSuffix(word, ending) {
			return true
		}
	}
	return false
}

func endsInKey(name string) bool {
	words := nameWords(name)
	return len(words) > 1 && words[len(words)-1] == "key" && !beforeSecrets[words[len(words)-2]]
}

// nameWords splits a name at _, -, . and where camelCase starts a word; the words are in lower case.
func nameWords(name string) []string {
	var words []string
	var word strings.Builder
	flush := func() {
		if word.Len() > 0 {
			words = append(words, strings.ToLower(word.String()))
			word.Reset()
		}
	}
	lower := false
	for _, r := range name {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			flush()
			lower = false
			continue
		}
		if unicode.IsUpper(r) && lower {
			flush()
		}
		lower = unicode.IsLower(r)
		word.WriteRune(r)
	}
	flush()
	return words
}

func set(words string) map[string]bool {
	s := map[string]bool{}
	for _, w := range strings.Fields(words) {
		s[w] = true
	}
	return s
}
