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

// direct is a place where a path is declared on the application itself, or compared with what is asked:
// nothing can stand before it.
var direct = regexp.MustCompile(`(?i)(@app\.(?:get|route|api_route)\(|\bapp\.(?:get|all|use)\(|\b(?:http|mux)\.(?:HandleFunc|Handle)\(|\.path\s*={2,3})\s*["'\x60](?:GET )?(/[\w/-]*)["'\x60]`)

// routed is one on a router, under whose prefix it stands if it has one. A client's call
// ("client.get(...)") is none.
var routed = regexp.MustCompile(`(?i)(@?\b\w*(?:router|routes|bp|blueprint|health|fastify|server|r|e|engine)\.(?:get|route|handle|handlefunc)\()\s*["'\x60](/[\w/-]*)["'\x60]`)

// prefixed says that paths may stand behind a prefix; guarded that a probe's Host may be refused.
var (
	prefixed = regexp.MustCompile(`(?i)prefix|root_path|basepath|base_path|\.use\(\s*["'\x60]/\w|\.group\(|\.route\(\s*["'\x60]/[^"'\x60]*["'\x60]\s*,|\.nest\(|\.mount\(|scope|namespace|requestmapping|context-path`)
	guarded  = regexp.MustCompile(`TrustedHost|ALLOWED_HOSTS|HostAuthorization|host_authorization|HTTPSRedirectMiddleware|SECURE_SSL_REDIRECT`)
)

// HealthPath finds the path that the unit's own source declares for health probes, and the file
// that does. ok is false when there is none, when a prefix may stand before it, or when the source
// refuses unknown hosts: a path is never guessed. Tests and folders of vendored code don't count,
// since they ask and do not answer; nor do files for which skip says so, such as those of other
// services; skip may be nil.
func HealthPath(files *source.Snapshot, u *Unit, skip func(file string) bool) (urlPath, file string, ok bool) {
	found := map[*regexp.Regexp]int{direct: len(healthPaths), routed: len(healthPaths)}
	where := map[*regexp.Regexp]string{}
	hasPrefix := false
	for _, p := range files.Under(u.Dir) {
		text, readable := sourceText(files, p)
		if !readable || isTest(p) || skip != nil && skip(p) {
			continue
		}
		if guarded.Match(text) {
			return "", "", false
		}
		hasPrefix = hasPrefix || prefixed.Match(text)
		for _, form := range []*regexp.Regexp{direct, routed} {
			for _, m := range form.FindAllSubmatch(text, -1) {
				if i := slices.Index(healthPaths, string(m[2])); i >= 0 && i < found[form] {
					found[form], where[form] = i, p
				}
			}
		}
	}
	for _, form := range []*regexp.Regexp{direct, routed} {
		if i := found[form]; i < len(healthPaths) && (form == direct || !hasPrefix) {
			return healthPaths[i], where[form], true
		}
	}
	return "", "", false
}

// sourceText is the text of a file of program code; ok is false for others and for large ones.
func sourceText(files *source.Snapshot, p string) (text []byte, ok bool) {
	if !slices.Contains(sourceSuffixes, path.Ext(p)) {
		return nil, false
	}
	e, there := files.Entry(p)
	if !there || !e.IsRegular() || e.Size > 1<<19 {
		return nil, false
	}
	text, err := files.Read(p)
	return text, err == nil
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
