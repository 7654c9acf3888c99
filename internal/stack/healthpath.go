package stack

import (
	"bytes"
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

// prefixed says that paths may stand behind a prefix.
var prefixed = regexp.MustCompile(`(?i)prefix|root_path|basepath|base_path|\.use\(\s*["'\x60]/\w|\.group\(|\.route\(\s*["'\x60]/[^"'\x60]*["'\x60]\s*,|\.nest\(|\.mount\(|scope|namespace|requestmapping|context-path`)

// guards are words that say that a probe's Host may be refused.
var guards = []string{"TrustedHost", "ALLOWED_HOSTS", "HostAuthorization", "host_authorization", "HTTPSRedirectMiddleware", "SECURE_SSL_REDIRECT"}

// holds says whether one of the words stands in the text. It is asked first: most files hold none.
func holds(text []byte, words []string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return bytes.Contains(text, []byte(w)) })
}

// HealthPath finds the path that the unit's own source declares for health probes, and the file
// that does. ok is false when there is none, when a prefix may stand before it, or when the source
// refuses unknown hosts: a path is never guessed. Tests and folders of vendored code don't count,
// since they ask and do not answer; nor do files for which skip says so, such as those of other
// services; skip may be nil.
func HealthPath(files *source.Snapshot, u *Unit, skip func(file string) bool) (urlPath, file string, ok bool) {
	best := sight{direct: len(healthPaths), routed: len(healthPaths)}
	var directIn, routedIn string
	for _, p := range files.Under(u.Dir) {
		if isTest(p) || skip != nil && skip(p) {
			continue
		}
		seen := look(files, p)
		if seen.guarded {
			return "", "", false
		}
		if seen.direct < best.direct {
			best.direct, directIn = seen.direct, p
		}
		if seen.routed < best.routed {
			best.routed, routedIn = seen.routed, p
		}
	}
	switch {
	case best.direct < len(healthPaths):
		return healthPaths[best.direct], directIn, true
	case best.routed < len(healthPaths) && !anyPrefix(files, u, skip):
		return healthPaths[best.routed], routedIn, true
	}
	return "", "", false
}

// anyPrefix says whether a file of the unit says that paths may stand behind a prefix.
func anyPrefix(files *source.Snapshot, u *Unit, skip func(file string) bool) bool {
	for _, p := range files.Under(u.Dir) {
		if isTest(p) || skip != nil && skip(p) {
			continue
		}
		if text, readable := sourceText(files, p); readable && prefixed.Match(text) {
			return true
		}
	}
	return false
}

// sight is what one file says of health paths: the best one declared on the application itself and on
// a router, as indexes into healthPaths (its length: none).
type sight struct {
	guarded        bool
	direct, routed int
}

// sightKey is the key under which an entry remembers its sight.
type sightKey struct{}

// look reads one file, once for each version of it.
func look(files *source.Snapshot, p string) sight {
	none := sight{direct: len(healthPaths), routed: len(healthPaths)}
	if !slices.Contains(sourceSuffixes, path.Ext(p)) {
		return none
	}
	e, there := files.Entry(p)
	if !there {
		return none
	}
	return source.Recall(&e.Memo, sightKey{}, func() sight {
		text, readable := sourceText(files, p)
		if !readable {
			return none
		}
		if holds(text, guards) {
			return sight{guarded: true, direct: len(healthPaths), routed: len(healthPaths)}
		}
		if !holds(text, healthPaths) {
			return none
		}
		return sight{direct: first(direct, text), routed: first(routed, text)}
	})
}

// first is the best health path that a form declares in the text.
func first(form *regexp.Regexp, text []byte) int {
	best := len(healthPaths)
	for _, m := range form.FindAllSubmatch(text, -1) {
		if i := slices.Index(healthPaths, string(m[2])); i >= 0 && i < best {
			best = i
		}
	}
	return best
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
