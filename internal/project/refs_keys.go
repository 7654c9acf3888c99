package project

import (
	"path"
	"regexp"
	"strings"

	"refit/internal/source"
)

// keyed are configurations in which a key holds the path of a Docker file, from the root of the repository
// when the configuration lies there and none of the words in but stands in it: those move the start of paths.
var keyed = []struct {
	name *regexp.Regexp // of the file, lower case
	keys *regexp.Regexp // the key, and the value as the last group
	but  []string
}{
	// https://docs.docker.com/build/bake/reference/: a Dockerfile is relative to its context, which is "." by default.
	{regexp.MustCompile(`^docker-bake.*\.(hcl|json)$`), value(`dockerfile`), []string{"contexts", "matrix"}},
	// https://render.com/docs/blueprint-spec: from the root of the repository.
	{regexp.MustCompile(`^render\.ya?ml$`), value(`dockerfilePath`), []string{"rootDir"}},
	// https://docs.railway.com/reference/config-as-code
	{regexp.MustCompile(`^railway\.(json|toml)$`), value(`dockerfilePath`), nil},
	// https://devcenter.heroku.com/articles/build-docker-images-heroku-yml
	{regexp.MustCompile(`^heroku\.yml$`), value(`[a-z][\w-]*`), nil},
	// https://skaffold.dev/docs/references/yaml/: from the artifact's context, the folder of the file by default.
	{regexp.MustCompile(`^skaffold.*\.ya?ml$`), value(`dockerfile`), []string{"context:"}},
	// https://learn.microsoft.com/azure/devops/pipelines/tasks/reference/docker-v2
	{regexp.MustCompile(`^azure-pipelines.*\.ya?ml$`), value(`(?:[Dd]ockerfile|dockerComposeFile)`), []string{"workingDirectory", "checkout:", "$(Build"}},
	// https://plugins.drone.io/plugins/docker, https://woodpecker-ci.org/plugins/docker-buildx
	{regexp.MustCompile(`^\.(drone|woodpecker)\.ya?ml$`), value(`dockerfile`), []string{"context:"}},
	// https://github.com/buildkite-plugins/docker-compose-buildkite-plugin
	{regexp.MustCompile(`^\.buildkite\.ya?ml$|^pipeline\.ya?ml$`), value(`config`), []string{"project-directory"}},
	// https://github.com/avast/gradle-docker-compose-plugin: from the project's folder.
	{regexp.MustCompile(`^build\.gradle(\.kts)?$`), regexp.MustCompile(`\buseComposeFiles(?:\s*=\s*\[|\.add\(|\s*=\s*listOf\()\s*["']([^"'\n$]+)["']`), nil},
	// https://github.com/googleapis/release-please/blob/main/docs/customizing.md: from the root, with a slash or without.
	{regexp.MustCompile(`^release-please-config\.json$`), regexp.MustCompile(`(?:"extra-files"\s*:\s*\[\s*|"path"\s*:\s*)"/?([\w./@-]+)"`), nil},
	// https://www.jenkins.io/doc/book/pipeline/syntax/#agent-parameters
	{regexp.MustCompile(`^jenkinsfile`), regexp.MustCompile(`\bfilename\s+["']([^"'\n$]+)["']`), []string{"dir "}},
	// https://docs.tilt.dev/api.html: from the folder of the Tiltfile.
	{regexp.MustCompile(`^tiltfile$`), regexp.MustCompile(`\b(?:docker_compose\(|dockerfile\s*=)\s*["']([^"'\n]+)["']`), nil},
}

// value is a key of YAML, JSON, TOML or HCL with a plain path behind it.
func value(key string) *regexp.Regexp {
	return regexp.MustCompile(`(?m)(?:^|[\s{,\["'-])` + key + `["']?\s*[:=]\s*["']?([\w./@-]+)["']?\s*(?:[,}\]#\r]|$)`)
}

// keyedPaths notes the values of keys that hold paths.
func (x *extraction) keyedPaths() {
	dir := x.dir()
	if dir != "." && dir != ".buildkite" {
		return
	}
	for _, k := range keyed {
		if !k.name.MatchString(strings.ToLower(path.Base(x.at))) || contains(string(x.text), k.but) || otherContext.Match(x.text) {
			continue
		}
		for _, m := range k.keys.FindAllSubmatchIndex(x.text, -1) {
			at := source.Span{Start: m[len(m)-2], End: m[len(m)-1]}
			if v := string(at.Of(x.text)); notable(path.Base(v)) && !strings.HasPrefix(v, "../") {
				x.path(at, v, ".", false, asOperand, false)
			}
		}
	}
}

// otherContext is a build context that is not the root.
var otherContext = regexp.MustCompile(`\bcontext["']?\s*[:=]\s*["']?(?:[^."'\s]|\.[^"'\s/]|\./[^"'\s])`)

func contains(text string, words []string) bool {
	for _, w := range words {
		if strings.Contains(text, w) {
			return true
		}
	}
	return false
}
