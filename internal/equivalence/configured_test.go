package equivalence

import (
	"testing"

	"refit/internal/dockerfile"
)

// What is certain to run differently must not be the same to BuildKit, which is not asked then.
func TestConfiguredDifferently(t *testing.T) {
	texts := []string{
		"FROM a\nUSER u\nCMD x\n", "FROM a\nUSER u\nCMD [\"x\"]\n", "FROM a\nARG U=u\nUSER $U\nCMD x\n", "FROM a\nUSER v\nCMD x\n", "FROM a\nCMD x\n",
		"FROM a AS b\nUSER u\nFROM b\nCMD x\n", "FROM a\nUSER u\nSHELL [\"/bin/sh\", \"-c\"]\nCMD x\n", "FROM a\nUSER u\nSHELL [\"/bin/bash\", \"-c\"]\nCMD x\n",
		"FROM a\nUSER u\nENTRYPOINT [\"e\"]\nCMD x\n", "FROM a\nUSER u\nCMD x\nENTRYPOINT [\"e\"]\n", "FROM a\nUSER u\nCMD y\nCMD x\n", "FROM a\nUSER u\nCMD x # c\n",
		"FROM a\nUSER u\nCMD x \\\n  y\n", "FROM a\nUSER u\nCMD x   y\n", "FROM a\nUSER u\nENTRYPOINT []\nCMD x\n", "FROM scratch\nUSER u\nCMD x\n", "FROM a\nUSER \"u\"\nCMD x\n",
		"FROM a\nUSER u\nENV A=1 B=$A\nCMD x\n", "FROM a\nUSER u\nENV B=${A} A=\"1\"\nCMD x\n", "FROM a\nUSER u\nENV A 1\nCMD x\n", "FROM a\nUSER u\nENV A=1\nCMD x\n", "FROM a\nUSER u\nENV A=\nCMD x\n",
		"FROM a\nUSER u\nENV PATH=/o:$PATH\nCMD x\n", "FROM a\nUSER u\nENV PATH=/o:${PATH}\nCMD x\n", "FROM a\nUSER u\nENV PATH=/o:\nCMD x\n", "FROM a\nUSER u\nENV PATH=/o\nCMD x\n",
		"FROM a\nUSER u\nLABEL l=1\nCMD x\n", "FROM a\nUSER u\nLABEL \"l\"='1'\nCMD x\n", "FROM a\nUSER u\nLABEL l=2\nCMD x\n", "FROM a\nUSER u\nLABEL l=2\nLABEL l=1\nCMD x\n", "FROM a\nARG V=1\nUSER u\nLABEL l=$V\nCMD x\n",
		"FROM a\nUSER u\nHEALTHCHECK NONE\nCMD x\n", "FROM a\nUSER u\nHEALTHCHECK CMD h\nCMD x\n", "FROM a\nUSER u\nHEALTHCHECK CMD   h  # i\nCMD x\n", "FROM a\nUSER u\nHEALTHCHECK --interval=9s CMD h\nCMD x\n", "FROM a\nUSER u\nHEALTHCHECK CMD [\"h\"]\nCMD x\n",
		"FROM a\nUSER u\nHEALTHCHECK CMD [\"/bin/sh\", \"-c\", \"h\"]\nCMD x\n", "FROM a\nUSER u\nHEALTHCHECK CMD [\"CMD-SHELL\", \"h\"]\nCMD x\n",
	}
	var last []*dockerfile.Stage
	for _, text := range texts {
		f, err := dockerfile.Parse("Dockerfile", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		last = append(last, f.Stages[len(f.Stages)-1])
	}
	spared := 0
	for i := range last {
		for j := range last {
			p := pair{before: last[i], after: last[j]}
			if !configuredDifferently(p) {
				continue
			}
			spared++
			if _, same := graphs(p); same {
				t.Errorf("%q and %q run differently, and are the same to BuildKit", texts[i], texts[j])
			}
		}
	}
	if spared < 100 {
		t.Errorf("BuildKit was spared %d times", spared)
	}
}
