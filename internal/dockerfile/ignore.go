package dockerfile

import "path"

// IgnoreKind says which ignore file a builder reads.
type IgnoreKind string

// The kinds of ignore files.
const (
	IgnoreNone    IgnoreKind = ""        // there is none: the whole context is sent
	IgnoreBeside  IgnoreKind = "beside"  // <Dockerfile>.dockerignore, which BuildKit alone reads
	IgnoreContext IgnoreKind = "context" // .dockerignore at the root of the context
)

// IgnoreFor is the ignore file that BuildKit reads for a build: <Dockerfile path>.dockerignore beside the
// Dockerfile when it exists, and then that one only; else .dockerignore at the root of the context. (An
// empty one counts as absent to a frontend named by "# syntax=", not to the built-in one.) Paths are repo-relative; has says whether a file exists. path is "" for IgnoreNone. When the
// Dockerfile lies outside of the context the file beside it still counts: it comes with the Dockerfile.
// Source: initContext and dockerIgnorePatterns in frontend/dockerui/config.go of BuildKit v0.34.2, and
// docs.docker.com/build/concepts/context/#filename-and-location.
func IgnoreFor(dockerfilePath, contextDir string, has func(path string) bool) (ignore string, kind IgnoreKind) {
	if beside := path.Clean(dockerfilePath) + ".dockerignore"; has(beside) {
		return beside, IgnoreBeside
	}
	return ClassicIgnoreFor(contextDir, has)
}

// ClassicIgnoreFor is the ignore file that the classic builder reads (DOCKER_BUILDKIT=0, clients without
// buildx): only .dockerignore at the root of the context. Source: ReadDockerignore in
// cli/command/image/build/dockerignore.go of docker/cli.
func ClassicIgnoreFor(contextDir string, has func(path string) bool) (ignore string, kind IgnoreKind) {
	if p := path.Join(contextDir, ".dockerignore"); has(p) {
		return p, IgnoreContext
	}
	return "", IgnoreNone
}
