// Package spelling finds the known word that a misspelt one may mean.
package spelling

// Distance is Levenshtein's: how many bytes must be added, left out or replaced to make b of a. It
// takes time in proportion to len(a)*len(b).
func Distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}

// Nearest is the known word with the smallest Distance to name, the first of several; "" when none is
// within limit.
func Nearest(name string, known []string, limit int) string {
	best := ""
	for _, k := range known {
		if long := max(len(k), len(name)) - min(len(k), len(name)); long > limit {
			continue // Distance is no less than that
		}
		if d := Distance(name, k); d <= limit {
			best, limit = k, d-1
		}
	}
	return best
}
