package yaml

import (
	"strings"
	"testing"
)

func BenchmarkParse(b *testing.B) {
	text := []byte("a:\n" + strings.ReplaceAll("\n"+strings.Repeat(strings.ReplaceAll(usual, "name:", "name_:"), 1), "\n", "\n  "))
	big := []byte{}
	for i := 0; len(big) < 100_000; i++ {
		big = append(big, strings.Replace(string(text), "a:", "a"+strings.Repeat("x", i)+":", 1)...)
		big = append(big, '\n')
	}
	b.SetBytes(int64(len(big)))
	for b.Loop() {
		f := &File{Text: big}
		docs, err := f.load()
		if err != nil || len(docs) == 0 {
			b.Fatal(err)
		}
		if _, err := Parse("", big); err != nil {
			b.Fatal(err)
		}
	}
}
