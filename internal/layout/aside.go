package layout

import (
	"path"
	"strings"
)

// asideFolders are names of folders with what nobody deploys: tests, examples, documentation.
var asideFolders = map[string]bool{
	"test": true, "tests": true, "testing": true, "e2e": true, "e2e-tests": true, "integration": true, "integration-tests": true, "integration_tests": true,
	"spec": true, "fixtures": true, "testdata": true, "__tests__": true, "load": true, "perf": true, "bench": true, "benchmark": true, "benchmarks": true,
	"example": true, "examples": true, "sample": true, "samples": true, "demo": true, "demos": true, "tutorial": true, "tutorials": true,
	"quickstart": true, "quickstarts": true, "recipes": true, "cookbook": true, "playground": true, "sandbox": true, "docs": true, "doc": true,
	"documentation": true, "ci": true, ".github": true, "hack": true, "contrib": true,
}

// Aside says whether a file lies in a folder for tests, examples or documentation, by the names of the folders above it.
func Aside(at string) bool {
	for _, folder := range strings.Split(strings.ToLower(path.Dir(at)), "/") {
		if asideFolders[folder] {
			return true
		}
	}
	return false
}
