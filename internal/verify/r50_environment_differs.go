package verify

import (
	"context"
	_ "embed"
	"maps"
	"os"
	"slices"
	"strings"

	"refit/internal/rule"
)

//go:embed r50_environment_differs.md
var environmentDiffersDoc string

// environmentDiffers compares the environment of each container with what image and files promise: R50.
var environmentDiffers = check("R50", "environment-differs", Configuration, rule.Error, "a container has another environment than the files promise", environmentDiffersDoc,
	func(_ context.Context, p *pass) {
		p.each(nil, func(b *box) {
			if b.image.Config == nil {
				p.notShown(b.Service, "the image that container %s runs is gone from the engine", b.Name)
				return
			}
			p.compareEnvironment(b)
		})
	})

func (p *pass) compareEnvironment(b *box) {
	promised := variables(b.image.Config.Env)
	home, _ := os.UserHomeDir()
	for name, value := range b.service.model.Environment {
		promised[name] = strings.ReplaceAll(strings.ReplaceAll(value, "${HOME}", home), "${PWD}", p.env.Root)
	}
	has := variables(b.info.Config.Env)
	say := func(name, format string, args ...any) {
		p.find(report{service: b.Service, subject: "environment." + name, at: []string{"services." + b.Service + ".environment." + name, "services." + b.Service + ".env_file"}, next: "refit up " + p.env.Name + " makes the container anew"},
			"container %s: "+format, append([]any{b.Name}, args...)...)
	}
	for _, name := range slices.Sorted(maps.Keys(promised)) {
		value, there := has[name]
		switch {
		case !there:
			say(name, "%s is not set, and the files set it", name)
		case value != promised[name]:
			say(name, "%s has another value than the files give it; it was changed after the container was made, or the container was made elsewhere", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(has)) {
		if _, known := promised[name]; !known && !isProxy(name) {
			say(name, "%s is set, and neither the files nor the image set it", name)
		}
	}
}

// isProxy says whether a variable is one that the Docker client adds by its own configuration
// (https://docs.docker.com/engine/cli/proxy/).
func isProxy(name string) bool {
	switch strings.ToLower(name) {
	case "http_proxy", "https_proxy", "ftp_proxy", "no_proxy", "all_proxy":
		return true
	}
	return false
}

// variables are NAME=value words as a map.
func variables(words []string) map[string]string {
	m := map[string]string{}
	for _, w := range words {
		name, value, _ := strings.Cut(w, "=")
		m[name] = value
	}
	return m
}
