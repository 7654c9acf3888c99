package equivalence

import (
	"slices"
	"strings"

	"refit/internal/change"
)

// declarations are what fixes declare, by what they speak of: a plan of many fixes has as many differences.
type declarations struct {
	all     []change.Declared
	of      map[subject][]int // those of one subject
	several map[change.Aspect][]int
}

type subject struct {
	aspect change.Aspect
	name   string
}

func indexed(declared []change.Declared) declarations {
	known := declarations{all: declared, of: map[subject][]int{}, several: map[change.Aspect][]int{}}
	for i, d := range declared {
		if strings.Contains(d.Subject, "*") {
			known.several[d.Aspect] = append(known.several[d.Aspect], i)
		} else {
			known.of[subject{d.Aspect, d.Subject}] = append(known.of[subject{d.Aspect, d.Subject}], i)
		}
	}
	return known
}

// covering is the first declaration that speaks of the difference, nil when none does.
func (k declarations) covering(d change.Difference) *change.Declared {
	first := len(k.all)
	for _, list := range [][]int{k.of[subject{d.Aspect, d.Subject}], k.several[d.Aspect]} {
		if at := slices.IndexFunc(list, func(i int) bool { return k.all[i].Covers(d) }); at >= 0 {
			first = min(first, list[at])
		}
	}
	if first == len(k.all) {
		return nil
	}
	return &k.all[first]
}
