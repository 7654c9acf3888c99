package environment

import (
	"slices"

	"refit/internal/project"
	"refit/internal/secret"
)

// State says how a variable compares in two environments.
type State string

// The states of a variable.
const (
	OnlyFirst  State = "only-first"
	OnlySecond State = "only-second"
	Different  State = "different"
	Same       State = "same"
)

// Difference is one variable in two env files. It has no values.
type Difference struct {
	Key           string
	State         State
	Secret        bool // by its name or what it holds
	First, Second string
}

// Comparison is two env files, variable by variable.
type Comparison struct {
	First, Second string       // paths
	Variables     []Difference // in the order of the first file, then those of the second only
}

// Diff compares the env files of two environments. First and Second of a Difference are masked
// values: "" for one that is empty or not there. It returns a *Missing when there is no file.
func Diff(p *project.Project, a, b string) (*Comparison, error) {
	fa, fb := existing(p, a), existing(p, b)
	if fa == nil {
		return nil, &Missing{a, Path(p, a)}
	}
	if fb == nil {
		return nil, &Missing{b, Path(p, b)}
	}
	c := &Comparison{First: fa.Path, Second: fb.Path}
	keys := fa.File.Keys()
	for _, key := range fb.File.Keys() {
		if !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	for _, key := range keys {
		c.Variables = append(c.Variables, difference(key, fa, fb))
	}
	return c, nil
}

func difference(key string, a, b *project.EnvFile) Difference {
	d := Difference{Key: key, State: Same}
	va, inA := a.File.Get(key)
	vb, inB := b.File.Get(key)
	if inA {
		d.First = secret.Mask(va.Value)
		d.Secret = secret.Judge(key, va.Value).Class != secret.None
	}
	if inB {
		d.Second = secret.Mask(vb.Value)
		d.Secret = d.Secret || secret.Judge(key, vb.Value).Class != secret.None
	}
	switch {
	case !inB:
		d.State = OnlyFirst
	case !inA:
		d.State = OnlySecond
	case va.Value != vb.Value:
		d.State = Different
	}
	return d
}
