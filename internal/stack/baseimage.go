package stack

import (
	"fmt"
	"maps"
)

// Kind is what an image is for.
type Kind string

// Kinds of images.
const (
	PlainKind    Kind = "distribution" // debian, alpine, scratch
	RuntimeKind  Kind = "runtime"      // python, node, a JRE: an application runs in it
	BuildKind    Kind = "build"        // golang, maven, an SDK: it makes what another image runs
	ServiceKind  Kind = "service"      // nginx, postgres: the program that runs is in it
	ToolsKind    Kind = "tools"        // a program to copy out, such as ghcr.io/astral-sh/uv:0.8.22
	UnknownImage Kind = ""
)

// Image is what is known of an image without looking into it.
type Image struct {
	Ref     ImageRef
	Kind    Kind
	Distro  Distro
	Release string // "trixie", "3.21", "24.04"; "" when the tag does not tell

	Language Language // of the runtime, "" when there is none
	Version  string   // of the language's runtime as far as the tag tells: "3.13"; else ""

	// User is the USER that the image sets, "" for root; it counts only when UserKnown.
	User      string
	UserKnown bool
	// DropsPrivileges says that the entrypoint starts as root on purpose (it fixes the ownership of
	// a volume) and then goes on as another account: a USER is not missing there.
	DropsPrivileges bool
	// UID1000 is the account that already has UID 1000; "" counts as free when UIDsKnown.
	UID1000   string
	UIDsKnown bool
	// Account is one made for applications that the image brings along, nil when it has none.
	Account *Account

	// Programs are those that probes and start commands ask for, with their paths. A program that is
	// missing here is not in the image.
	Programs map[string]string

	Workdir    string   // "" for /
	Env        []string // NAME=value, as far as other stages may rely on it; PATH is not listed
	Entrypoint []string
	Cmd        []string
	Ports      []int // that the image's own start command serves

	// Windows says that the image is one of Windows, of which nothing else is known: no sh, no passwd file.
	Windows bool

	packageManager  string
	accountPackages []string
}

// Has says whether a program is known to be in the image.
func (i Image) Has(program string) bool { return i.Programs[program] != "" }

// HasShell says whether /bin/sh is in the image.
func (i Image) HasShell() bool { return i.Has("sh") }

// PackageManager that is in the image; ok is false where there is none or none that is known.
func (i Image) PackageManager() (m PackageManager, ok bool) {
	if i.packageManager != "" {
		m, ok = packageManagers[i.packageManager]
		return m, ok
	}
	if !i.HasShell() {
		return m, false
	}
	return i.Distro.PackageManager()
}

// Lookup says what is known of the image that a reference names. known is false when refit knows
// nothing of it; the image then holds the parsed reference alone.
//
// Facts: the images' own Dockerfiles and https://github.com/docker-library/repo-info (packages,
// USER, ENTRYPOINT, CMD), read in 2026. Floating facts, such as the Debian release behind a tag
// that names none, are left out.
func Lookup(ref string) (img Image, known bool) {
	r, err := ParseImage(ref)
	if err != nil {
		return Image{}, false
	}
	return LookupRef(r)
}

// LookupRef is Lookup for a parsed reference.
func LookupRef(r ImageRef) (img Image, known bool) {
	img.Ref = r
	if img.Windows = r.windows(); img.Windows {
		return img, false
	}
	name := r.onHub()
	t := parseTag(r.Tag)
	for _, list := range [][]family{families, platforms} {
		for _, f := range list {
			if f.matches(name) {
				f.describe(&img, name, t)
				return img, img.Distro != UnknownDistro || img.Kind != UnknownImage
			}
		}
	}
	return img, false
}

// OnWindows says whether the image that a reference names is one of Windows.
func OnWindows(ref string) bool {
	r, err := ParseImage(ref)
	return err == nil && r.windows()
}

// SameVenv says whether a virtual environment that was made in the builder's image works in the
// other: the same libc, interpreter path and Python version. err names the first difference, or
// what is not known.
func SameVenv(builder, final Image) error {
	b, f := builder.Programs["python3"], final.Programs["python3"]
	switch {
	case b == "" || f == "":
		return fmt.Errorf("no known Python interpreter in %s", pick(b == "", builder, final).Ref)
	case b != f:
		return fmt.Errorf("the interpreter is %s in %s and %s in %s", b, builder.Ref, f, final.Ref)
	case builder.Version == "" || final.Version == "":
		return fmt.Errorf("the tag of %s does not say which Python it holds", pick(builder.Version == "", builder, final).Ref)
	case minor(builder.Version) != minor(final.Version):
		return fmt.Errorf("%s holds Python %s and %s holds %s", builder.Ref, minor(builder.Version), final.Ref, minor(final.Version))
	case builder.Distro != final.Distro:
		return fmt.Errorf("%s is %s and %s is %s: compiled packages need the same C library", builder.Ref, builder.Distro, final.Ref, final.Distro)
	case builder.Release != final.Release:
		return fmt.Errorf("%s and %s are of different or unnamed releases: compiled packages may miss libraries", builder.Ref, final.Ref)
	}
	return nil
}

func pick(first bool, a, b Image) Image {
	if first {
		return a
	}
	return b
}

// RuntimeFor is the slim image for a production stage whose virtual environment is made in img:
// for ghcr.io/astral-sh/uv:0.8.22-python3.13-trixie-slim it is python:3.13-slim-trixie, which that
// image is built from. ok is false when img has no such counterpart, or its tag doesn't name
// everything that has to agree.
func RuntimeFor(img Image) (ref string, ok bool) {
	name := img.Ref.Name()
	if img.Language != Python || img.Version == "" || name != "python" && name != "ghcr.io/astral-sh/uv" {
		return "", false
	}
	version := img.Version
	switch {
	case img.Distro == Alpine:
		return "python:" + version + "-alpine" + img.Release, true
	case img.Release != "":
		return "python:" + version + "-slim-" + img.Release, true
	}
	return "python:" + version + "-slim", true
}

// common programs of the distributions.
var (
	bash        = map[string]string{"sh": "/bin/sh", "bash": "/bin/bash"}
	busyboxTool = map[string]string{"sh": "/bin/sh", "wget": "/usr/bin/wget", "busybox": "/bin/busybox"}
	// fetchers are what buildpack-deps adds (its "curl" and "scm" variants).
	fetchers = map[string]string{"curl": "/usr/bin/curl", "wget": "/usr/bin/wget", "git": "/usr/bin/git"}
)

// add puts programs into the image; the maps given are only read.
func (i *Image) add(sets ...map[string]string) {
	if i.Programs == nil {
		i.Programs = map[string]string{}
	}
	for _, s := range sets {
		maps.Copy(i.Programs, s)
	}
}
