package secret

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
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
	s, _ := Draw(rand.Reader, k) // never fails: the program ends when the system has no randomness
	return s
}

// Draw is Generate with the random source given. It returns the source's error.
func Draw(random io.Reader, k Kind) (string, error) {
	switch k {
	case Hex:
		b, err := drawBytes(random, 32)
		return hex.EncodeToString(b), err
	case Fernet:
		b, err := drawBytes(random, 32)
		return base64.URLEncoding.EncodeToString(b), err
	case Key:
		return letters(random, 64)
	}
	return letters(random, 32)
}

func drawBytes(random io.Reader, n int) ([]byte, error) {
	b := make([]byte, n)
	if _, err := io.ReadFull(random, b); err != nil {
		return nil, fmt.Errorf("no random bytes: %w", err)
	}
	return b, nil
}

// letters draws n characters, each equally likely: a byte that would favour the first characters
// is drawn again. The first is a letter, so that no reader takes the value for a number.
func letters(random io.Reader, n int) (string, error) {
	out := make([]byte, 0, n)
	for len(out) < n {
		drawn, err := drawBytes(random, n)
		if err != nil {
			return "", err
		}
		for _, b := range drawn {
			choices := len(alphabet)
			if len(out) == 0 {
				choices -= 10
			}
			if int(b) < 256-256%choices && len(out) < n {
				out = append(out, alphabet[int(b)%choices])
			}
		}
	}
	return string(out), nil
}
