//go:build unix

package main

import "time"

// registryAnswers says whether official images can be had: it asks once, for an image that every build
// with a `# syntax=` line needs.
func registryAnswers() bool {
	return ask(10*time.Second, "docker", "manifest", "inspect", frontendImage) != ""
}
