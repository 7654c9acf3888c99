package stack

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/distribution/reference"
)

// ErrVariable is returned by ParseImage for a reference that holds a variable ("python:${V}"):
// expand it first.
var ErrVariable = errors.New("image reference holds a variable")

// ImageRef is a parsed image reference.
type ImageRef struct {
	Registry   string // "docker.io", "ghcr.io", "localhost:5000"; "" for scratch
	Repository string // path in the registry, "library/python", "astral-sh/uv"
	Tag        string // "" when the reference has none
	Digest     string // "sha256:...", "" when the reference has none
}

// ParseImage parses a reference as FROM, COPY --from and Compose's image take it. The grammar is
// that of github.com/distribution/reference. It returns ErrVariable, wrapped, for a reference with
// a variable, and an error that says what is wrong for one that is malformed.
func ParseImage(ref string) (ImageRef, error) {
	if known, ok := references.Load(ref); ok {
		return known.(ImageRef), nil
	}
	r, err := parseImage(ref)
	if err == nil && len(ref) < 200 && remembered.Add(1) <= 10_000 {
		references.Store(ref, r)
	}
	return r, err
}

// references are the images that were asked for, by their names: a repository asks for few images again and again.
// remembered bounds their number.
var (
	references sync.Map
	remembered atomic.Int32
)

func parseImage(ref string) (ImageRef, error) {
	switch {
	case strings.Contains(ref, "$"):
		return ImageRef{}, fmt.Errorf("%w: %q", ErrVariable, ref)
	case ref == "scratch":
		return ImageRef{Repository: "scratch"}, nil
	}
	named, err := reference.ParseNormalizedNamed(ref)
	if err != nil {
		return ImageRef{}, fmt.Errorf("image reference %q: %w", ref, err)
	}
	r := ImageRef{Registry: reference.Domain(named), Repository: reference.Path(named)}
	if t, ok := named.(reference.Tagged); ok {
		r.Tag = t.Tag()
	}
	if d, ok := named.(reference.Digested); ok {
		r.Digest = d.Digest().String()
	}
	return r, nil
}

// Name is the repository as people write it: "python", "bitnami/redis", "ghcr.io/astral-sh/uv".
func (r ImageRef) Name() string {
	switch r.Registry {
	case "":
		return r.Repository
	case "docker.io":
		return strings.TrimPrefix(r.Repository, "library/")
	}
	return r.Registry + "/" + r.Repository
}

// mirrors of Docker Hub, by the host and what comes before the image's path: Hub's other names, which Rails writes into the
// Dockerfile of a new application, and copies of Amazon's and Google's.
var mirrors = []string{
	"registry.docker.com/", "registry-1.docker.io/", "registry.hub.docker.com/", "mirror.gcr.io/", "public.ecr.aws/docker/",
}

// onHub is the name that the same image has on Docker Hub; Name for one that is none of a mirror of it.
func (r ImageRef) onHub() string {
	name := r.Name()
	for _, m := range mirrors {
		if rest, ok := strings.CutPrefix(name, m); ok {
			return strings.TrimPrefix(rest, "library/")
		}
	}
	return name
}

// windows says whether the image is one of Windows, by the names that Microsoft and the official images use.
// https://learn.microsoft.com/virtualization/windowscontainers/manage-containers/container-base-images
func (r ImageRef) windows() bool {
	text := strings.ToLower(r.Name() + ":" + r.Tag)
	return strings.HasPrefix(text, "mcr.microsoft.com/windows") || strings.HasPrefix(text, "mcr.microsoft.com/dotnet/framework/") ||
		strings.Contains(text, "nanoserver") || strings.Contains(text, "servercore") || strings.Contains(r.Tag, "windows")
}

// String is the whole reference in its short form.
func (r ImageRef) String() string {
	s := r.Name()
	if r.Tag != "" {
		s += ":" + r.Tag
	}
	if r.Digest != "" {
		s += "@" + r.Digest
	}
	return s
}

// Pinning says how firmly a reference names one image.
type Pinning int

// From the loosest to the firmest. Scratch is no image and counts as PinnedByDigest.
const (
	Untagged        Pinning = iota // no tag: latest is meant
	FloatingTag                    // latest, stable, lts, alpine, slim, ...: another version any day
	PinnedByVersion                // a version or a release's code name
	PinnedByDigest                 // content-addressed: always the same bytes
)

// Pinning of the reference.
func (r ImageRef) Pinning() Pinning {
	switch {
	case r.Digest != "" || r.Repository == "scratch":
		return PinnedByDigest
	case r.Tag == "":
		return Untagged
	case isFloating(r):
		return FloatingTag
	}
	return PinnedByVersion
}

// isFloating says whether no part of the tag is a version. A code name is the version of a
// distribution's own image; on others ("python:bookworm") it pins the base, not the language.
func isFloating(r ImageRef) bool {
	t := parseTag(r.Tag)
	if t.version != "" || strings.HasPrefix(r.Tag, "sha-") || len(r.Tag) >= 7 && isHex(r.Tag) {
		return false
	}
	distribution := r.Name() == "debian" || r.Name() == "ubuntu" || r.Name() == "buildpack-deps"
	return !(distribution && t.codename != "")
}

func isHex(s string) bool { return strings.Trim(s, "0123456789abcdef") == "" }

// tag is what the parts of an image's tag say, in the habits of the official images:
// "3.13-slim-bookworm", "22-alpine3.21", "0.8.22-python3.13-trixie-slim", "24.04".
type tag struct {
	version  string // first part that is a version, without "v"; "" when none is
	codename string // Debian's or Ubuntu's release
	alpine   string // Alpine's release ("3.21"), "" when the tag does not say
	isAlpine bool
	slim     bool
	parts    []string
}

func parseTag(s string) tag {
	t := tag{parts: strings.Split(s, "-")}
	for _, p := range t.parts {
		switch {
		case p == "slim":
			t.slim = true
		case releaseOf[p] != "":
			t.codename = p
		case strings.HasPrefix(p, "alpine"):
			t.isAlpine = true
			t.alpine = strings.TrimPrefix(p, "alpine")
		case t.version == "" && isVersion(p):
			t.version = strings.TrimPrefix(p, "v")
		}
	}
	return t
}

// has says whether one of the tag's parts is word.
func (t tag) has(word string) bool {
	for _, p := range t.parts {
		if p == word {
			return true
		}
	}
	return false
}

// after is the rest of the first part that starts with prefix: after("python") of
// "0.8.22-python3.13-alpine" is "3.13".
func (t tag) after(prefix string) string {
	for _, p := range t.parts {
		if rest, ok := strings.CutPrefix(p, prefix); ok && rest != "" {
			return rest
		}
	}
	return ""
}

func isVersion(s string) bool {
	s = strings.TrimPrefix(s, "v")
	return s != "" && s[0] >= '0' && s[0] <= '9'
}

// minor shortens a version to its first two numbers: "3.13.1" becomes "3.13".
func minor(version string) string {
	parts := strings.SplitN(version, ".", 3)
	if len(parts) > 2 {
		parts = parts[:2]
	}
	return strings.Join(parts, ".")
}

// major shortens a version to its first number.
func major(version string) string {
	m, _, _ := strings.Cut(version, ".")
	return m
}
