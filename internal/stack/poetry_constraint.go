package stack

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// PEP440 writes a version constraint of Poetry as the specifiers that every other tool reads: ^1.2 is
// ">=1.2,<2.0", ~1.2 is ">=1.2,<1.3". "" stands for any version. The error says what has no counterpart.
// https://python-poetry.org/docs/dependency-specification/#version-constraints
func PEP440(constraint string) (string, error) {
	var alternatives [][]clause
	for alternative := range strings.SplitSeq(strings.ReplaceAll(constraint, "||", "|"), "|") {
		list, err := clauses(alternative)
		if err != nil {
			return "", err
		}
		alternatives = append(alternatives, list)
	}
	if len(alternatives) == 1 {
		return written(alternatives[0]), nil
	}
	return union(constraint, alternatives)
}

// clause is one specifier: an operator and a version.
type clause struct{ op, version string }

func written(list []clause) string {
	var words []string
	for _, c := range list {
		words = append(words, c.op+c.version)
	}
	return strings.Join(words, ",")
}

var (
	oneClause     = regexp.MustCompile(`^[\s,]*(\^|~=|~|===|==|=|!=|<>|>=|<=|>|<)?\s*([^\s,<>=!~^|]+)`)
	poetryVersion = regexp.MustCompile(`^v?(\d+(?:\.\d+)*)((?:[-_.]?(?:alpha|beta|preview|post|dev|rev|pre|rc|a|b|c|r)[-_.]?\d*)*(?:\+[a-z0-9.]+)?)$`)
	wildcard      = regexp.MustCompile(`^v?(\d+(?:\.\d+)*)(?:\.\*)+$`)
)

func clauses(text string) ([]clause, error) {
	rest := strings.ToLower(strings.TrimSpace(text))
	if rest == "" {
		return nil, fmt.Errorf("%q is no version constraint", text)
	}
	var list []clause
	for strings.Trim(rest, ", \t") != "" {
		m := oneClause.FindStringSubmatch(rest)
		if m == nil {
			return nil, fmt.Errorf("%q is no version constraint that refit knows", strings.TrimSpace(text))
		}
		rest = rest[len(m[0]):]
		more, err := clausesOf(m[1], m[2])
		if err != nil {
			return nil, err
		}
		list = append(list, more...)
	}
	return list, nil
}

func clausesOf(op, version string) ([]clause, error) {
	if version == "*" && (op == "" || op == "==" || op == "=") {
		return nil, nil
	}
	if m := wildcard.FindStringSubmatch(version); m != nil {
		switch op {
		case "", "=", "==":
			return []clause{{"==", m[1] + ".*"}}, nil
		case "!=", "<>":
			return []clause{{"!=", m[1] + ".*"}}, nil
		}
		return nil, fmt.Errorf("%s%s: an asterisk behind %s has no counterpart", op, version, op)
	}
	m := poetryVersion.FindStringSubmatch(version)
	if m == nil {
		return nil, fmt.Errorf("%q is no version that refit knows", version)
	}
	release := numbers(m[1])
	plain := m[1] + m[2]
	switch op {
	case "^":
		first := slices.IndexFunc(release, func(n int) bool { return n > 0 })
		if first < 0 {
			first = len(release) - 1
		}
		return []clause{{">=", plain}, {"<", bumped(release, first)}}, nil
	case "~":
		return []clause{{">=", plain}, {"<", bumped(release, min(1, len(release)-1))}}, nil
	case "", "=":
		op = "=="
	case "<>":
		op = "!="
	}
	return []clause{{op, plain}}, nil
}

func numbers(release string) []int {
	var list []int
	for part := range strings.SplitSeq(release, ".") {
		n, _ := strconv.Atoi(part) // an overlong one is 0 here, and is no version anybody has
		list = append(list, n)
	}
	return list
}

// bumped is the release with the part at i raised and those behind it 0.
func bumped(release []int, i int) string {
	var words []string
	for k, n := range release {
		switch {
		case k == i:
			n++
		case k > i:
			n = 0
		}
		words = append(words, strconv.Itoa(n))
	}
	return strings.Join(words, ".")
}

// union joins alternatives that leave no gap, as "^1.0 || ^2.0" does: specifiers know no "or".
func union(constraint string, alternatives [][]clause) (string, error) {
	refused := fmt.Errorf("%q has alternatives with a gap between them, and specifiers know no \"or\"", constraint)
	var lo, hi string
	for i, list := range alternatives {
		if len(list) == 1 && list[0].op == "==" && strings.HasSuffix(list[0].version, ".*") {
			release := numbers(strings.TrimSuffix(list[0].version, ".*"))
			list = []clause{{">=", strings.TrimSuffix(list[0].version, ".*")}, {"<", bumped(release, len(release)-1)}}
		}
		if len(list) == 0 || list[0].op != ">=" || len(list) > 2 || len(list) == 2 && list[1].op != "<" {
			return "", refused
		}
		switch {
		case i == 0:
			lo = list[0].version
		case hi == "" || CompareReleases(list[0].version, hi) > 0 || CompareReleases(list[0].version, lo) < 0:
			return "", refused
		}
		hi = ""
		if len(list) == 2 {
			hi = list[1].version
		}
	}
	out := []clause{{">=", lo}}
	if hi != "" {
		out = append(out, clause{"<", hi})
	}
	return written(out), nil
}

// CompareReleases compares the numbers of two versions.
func CompareReleases(a, b string) int {
	x, y := numbers(a), numbers(b)
	for len(x) < len(y) {
		x = append(x, 0)
	}
	for len(y) < len(x) {
		y = append(y, 0)
	}
	return slices.Compare(x, y)
}

// PythonMarker says a constraint of Poetry on Python as an environment marker: "^3.8" is
// "python_version >= '3.8' and python_version < '4.0'". "" is any Python.
// https://python-poetry.org/docs/dependency-specification/#python-restricted-dependencies
func PythonMarker(constraint string) (string, error) {
	spec, err := PEP440(constraint)
	if err != nil || spec == "" {
		return "", err
	}
	var parts []string
	for one := range strings.SplitSeq(spec, ",") {
		op := one[:strings.IndexFunc(one, func(r rune) bool { return r >= '0' && r <= '9' })]
		version := one[len(op):]
		name := "python_version"
		switch {
		case strings.HasSuffix(version, ".*") && strings.Count(version, ".") == 2:
			version = strings.TrimSuffix(version, ".*")
		case strings.HasSuffix(version, ".*"):
			name = "python_full_version"
		case strings.Count(version, ".") == 0:
			version += ".0"
		}
		if n := strings.Count(version, "."); n > 1 || n == 1 && (op == ">" || op == "<=") {
			name = "python_full_version"
			if n == 1 {
				version += ".0"
			}
		}
		parts = append(parts, fmt.Sprintf("%s %s '%s'", name, op, version))
	}
	return strings.Join(parts, " and "), nil
}

var platformWord = regexp.MustCompile(`^(!=|==)?\s*([a-z0-9]+)$`)

// PlatformMarker says Poetry's platform key as an environment marker.
func PlatformMarker(platform string) (string, error) {
	m := platformWord.FindStringSubmatch(platform)
	if m == nil {
		return "", fmt.Errorf("platform %q is more than one name", platform)
	}
	op := m[1]
	if op == "" {
		op = "=="
	}
	return "sys_platform " + op + " '" + m[2] + "'", nil
}
