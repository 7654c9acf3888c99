package secret

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"slices"
)

// Kind is the form of a secret to generate.
type Kind string

// The kinds of generated secrets.
const (
	Password Kind = "password" // 32 letters and digits, 190 bits
	Key      Kind = "key"      // 64 letters and digits, 381 bits: for signing and session keys
	Hex      Kind = "hex"      // 64 hexadecimal digits, 256 bits
	Fernet   Kind = "fernet"   // 32 bytes in URL-safe base64, "=" at the end, as Fernet wants them
)

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

// KindFor is the kind that suits a variable of this name.
func KindFor(name string) Kind {
	words := nameWords(name)
	switch {
	case slices.Contains(words, "fernet"):
		return Fernet
	case slices.Contains(words, "key"), slices.Contains(words, "secret"), slices.Contains(words, "token"):
		return Key
	}
	return Password
}

// Generate draws a new secret from the system's random source. Every kind but Fernet is letters
// and digits only: it needs no quoting or escaping in a URL, an environment file, a shell or YAML
// (where Hex may still look like a number; quote it there). An unknown kind is a Password.
func Generate(k Kind) string {
	switch k {
	case Hex:
		return hex.EncodeToString(random(32))
	case Fernet:
		return base64.URLEncoding.EncodeToString(random(32))
	case Key:
		return letters(64)
	}
	return letters(32)
}

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails: the program ends when the system has no randomness
	return b
}

// letters draws n characters, each equally likely: a byte that would favour the first characters
// is drawn again. The first is a letter, so that no reader takes the value for a number.
func letters(n int) string {
	out := make([]byte, 0, n)
	for len(out) < n {
		for _, b := range random(n) {
			choices := len(alphabet)
			if len(out) == 0 {
				choices -= 10
			}
			if int(b) < 256-256%choices && len(out) < n {
				out = append(out, alphabet[int(b)%choices])
			}
		}
	}
	return string(out)
}
