package stack

import "strings"

// Distro is a distribution as far as its commands differ from those of the others.
type Distro string

// The distributions that refit tells apart.
const (
	UnknownDistro Distro = ""
	Debian        Distro = "debian"
	Ubuntu        Distro = "ubuntu"
	Alpine        Distro = "alpine"
	RedHat        Distro = "redhat" // Fedora, RHEL, UBI, CentOS, Rocky, Alma, Oracle, Amazon Linux
	BusyBox       Distro = "busybox"
	Distroless    Distro = "distroless" // run-time files only: no shell, no package manager
	Scratch       Distro = "scratch"    // nothing at all
)

// releaseOf tells which distribution a code name is a release of. A code name that is missing here
// is newer than this table, and so its libraries' names are unknown.
var releaseOf = map[string]Distro{
	"buster": Debian, "bullseye": Debian, "bookworm": Debian, "trixie": Debian, "forky": Debian, "sid": Debian,
	"focal": Ubuntu, "jammy": Ubuntu, "noble": Ubuntu, "resolute": Ubuntu,
}

// codenames of the releases that images name by number.
// https://www.debian.org/releases/ and https://wiki.ubuntu.com/Releases
var codenames = map[Distro]map[string]string{
	Debian: {"10": "buster", "11": "bullseye", "12": "bookworm", "13": "trixie", "14": "forky"},
	Ubuntu: {"20.04": "focal", "22.04": "jammy", "24.04": "noble", "26.04": "resolute"},
}

// HasShell says whether /bin/sh is there, so that RUN and shell forms work.
func (d Distro) HasShell() bool { return d != Scratch && d != Distroless && d != UnknownDistro }

// LoginShell is the shell for an account: /bin/bash where the distribution's image has it.
func (d Distro) LoginShell() string {
	switch d {
	case Debian, Ubuntu, RedHat:
		return "/bin/bash"
	case Alpine, BusyBox:
		return "/bin/sh"
	}
	return ""
}

// PackageManager is how packages get into an image.
type PackageManager struct {
	Program string   // "apt-get", "apk", "dnf", ...
	before  string   // command that comes first, with its " && "
	install string   // command that the packages' names are appended to
	after   string   // command that cleans up in the same layer, with its " && "
	Cache   []string // folders for cache mounts; with them the cleaning must be left out
}

// packageManagers by program.
//   - apt-get: https://docs.docker.com/build/building/best-practices/#apt-get; the cache mounts:
//     https://docs.docker.com/reference/dockerfile/#run---mounttypecache
//   - apk: https://wiki.alpinelinux.org/wiki/Alpine_Package_Keeper (--no-cache leaves no index behind)
//   - dnf, microdnf: https://docs.redhat.com, "Building, running, and managing containers"
var packageManagers = map[string]PackageManager{
	"apt-get": {
		Program: "apt-get", before: "apt-get update && ",
		install: "apt-get install -y --no-install-recommends",
		after:   " && rm -rf /var/lib/apt/lists/*",
		Cache:   []string{"/var/cache/apt", "/var/lib/apt"},
	},
	"apk": {Program: "apk", install: "apk add --no-cache", Cache: []string{"/var/cache/apk"}},
	"dnf": {
		Program: "dnf", install: "dnf install -y --setopt=install_weak_deps=False --nodocs",
		after: " && dnf clean all", Cache: []string{"/var/cache/dnf"},
	},
	"microdnf": {
		Program: "microdnf", install: "microdnf install -y --setopt=install_weak_deps=0 --nodocs",
		after: " && microdnf clean all", Cache: []string{"/var/cache/yum"},
	},
	"yum": {Program: "yum", install: "yum install -y", after: " && yum clean all", Cache: []string{"/var/cache/yum"}},
}

// PackageManager of the distribution; ok is false where there is none, or none that is known.
// Minimal images of the Red Hat family differ: see Image.PackageManager.
func (d Distro) PackageManager() (m PackageManager, ok bool) {
	switch d {
	case Debian, Ubuntu:
		m, ok = packageManagers["apt-get"]
	case Alpine:
		m, ok = packageManagers["apk"]
	case RedHat:
		m, ok = packageManagers["dnf"]
	}
	return m, ok
}

// Install is the shell command that installs packages and leaves no cache in the layer.
func (m PackageManager) Install(packages ...string) string {
	return m.before + m.install + " " + strings.Join(packages, " ") + m.after
}
