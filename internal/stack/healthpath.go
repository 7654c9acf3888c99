package stack

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"refit/internal/source"
)

// healthPaths are the paths that services answer health probes at, the usual first.
var healthPaths = []string{"/healthz", "/health", "/api/health", "/api/healthz", "/api/v1/health", "/livez", "/ready", "/readyz", "/health/live", "/ping", "/up"}

// sourceSuffixes are those of files that declare routes.
var sourceSuffixes = []string{".py", ".js", ".mjs", ".cjs", ".ts", ".go", ".rb", ".php", ".java", ".kt", ".rs", ".cs"}

// route is a place where a path is declared or matched: a call or decorator (@app.get("/health")),
// or a comparison (path == "/health"). A client's URL ("http://x/health") is none.
var route = regexp.MustCompile(`(?i)(\b(get|route|handle|handlefunc|api_route|add_api_route|add_url_rule|path|use|all|map|mapget|maphealthchecks|getmapping|requestmapping|url|to)\b\s*[("'\x60]|[=!]=|\bcase\b|\bgetmapping\b)[^"'\x60\n]{0,40}["'\x60](/[\w/-]*)["'\x60]`)

// HealthPath finds the path that the unit's own source declares for health probes, and the file
// that does. ok is false when there is none: a path is never guessed. Tests and folders of vendored
// code don't count, since they ask and do not answer; nor do files for which skip says so, such as
// those of other services; skip may be nil.
func HealthPath(files *source.Snapshot, u *Unit, skip func(file string) bool) (urlPath, file string, ok bool) {
	best := len(healthPaths)
	for _, p := range files.Under(u.Dir) {
		if !slices.Contains(sourceSuffixes, path.Ext(p)) || isTest(p) || skip != nil && skip(p) {
			continue
		}
		if e, there := files.Entry(p); !there || !e.IsRegular() || e.Size > 1<<19 {
			continue
		}
		text, err := files.Read(p)
		if err != nil || !strings.Contains(string(text), "/") {
			continue
		}
		for _, m := range route.FindAllSubmatch(text, -1) {
			if i := slices.Index(healthPaths, string(m[3])); i >= 0 && i < best {
				best, file = i, p
			}
		}
	}
	if best == len(healthPaths) {
		return "", "", false
	}
	return healthPaths[best], file, true
}

func isTest(p string) bool {
	for _, part := range strings.Split(p, "/") {
		switch {
		case part == "test" || part == "tests" || part == "__tests__" || part == "spec" || part == "node_modules" || part == "vendor" || part == "e2e":
			return true
		case strings.HasPrefix(part, "test_") || strings.Contains(part, "_test.") || strings.Contains(part, ".test.") || strings.Contains(part, ".spec."):
			return true
		}
	}
	return false
}
