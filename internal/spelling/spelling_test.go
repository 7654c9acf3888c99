package spelling

import "testing"

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"", "abc", 3}, {"same", "same", 0}, {"kitten", "sitting", 3}, {"flaw", "lawn", 2},
		{"PORT", "PROT", 2}, {"é", "e", 2},
	} {
		if got := Distance(c.a, c.b); got != c.want {
			t.Errorf("%q to %q: %d, want %d", c.a, c.b, got, c.want)
		}
		if got := Distance(c.b, c.a); got != c.want {
			t.Errorf("%q to %q: %d, want %d", c.b, c.a, got, c.want)
		}
	}
}

func TestNearest(t *testing.T) {
	known := []string{"layout", "ignore", "ignored", "version"}
	for _, c := range []struct {
		name  string
		limit int
		want  string
	}{
		{"layuot", 2, "layout"}, {"layuot", 1, ""}, {"ignor", 2, "ignore"}, {"ignored", 2, "ignored"},
		{"ignorex", 1, "ignore"}, {"", 3, ""}, {"version", 0, "version"}, {"something else", 5, ""},
	} {
		if got := Nearest(c.name, known, c.limit); got != c.want {
			t.Errorf("%q within %d: %q, want %q", c.name, c.limit, got, c.want)
		}
	}
}

// FuzzDistance holds the distance to what every metric keeps.
func FuzzDistance(f *testing.F) {
	f.Add("kitten", "sitting", "x")
	f.Add("", "a", "\xff")
	f.Fuzz(func(t *testing.T, a, b, c string) {
		if len(a)+len(b)+len(c) > 1000 {
			return
		}
		ab := Distance(a, b)
		if (ab == 0) != (a == b) || ab != Distance(b, a) {
			t.Errorf("%q %q: %d", a, b, ab)
		}
		if ab > max(len(a), len(b)) || ab < max(len(a), len(b))-min(len(a), len(b)) {
			t.Errorf("%q %q: %d is out of bounds", a, b, ab)
		}
		if Distance(a, c) > ab+Distance(b, c) {
			t.Errorf("%q %q %q: the way round is shorter", a, b, c)
		}
	})
}
