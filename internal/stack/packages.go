package stack

import "strings"

// Role is what a distribution's package is for in an image.
type Role int

// Roles. A package that refit can't place is UnknownRole: it stays where it is.
const (
	UnknownRole Role = iota
	BuildRole        // compilers, headers, build systems: nothing at run time needs them
	RunRole          // libraries and programs that the application may call
	ToolRole         // for people and scripts (git, vim, curl): used at either time, so never moved unasked
)

// RoleOf classifies a package by name; a version ("gcc=12.2") or an architecture ("gcc:amd64") is
// ignored.
func RoleOf(d Distro, name string) Role {
	name, _, _ = strings.Cut(name, "=")
	name, _, _ = strings.Cut(name, "~")
	name, _, _ = strings.Cut(name, ":")
	name = strings.TrimSuffix(name, ">")
	switch {
	case buildPackages[name] || isHeaders(d, name):
		return BuildRole
	case toolPackages[name]:
		return ToolRole
	case runPackages[name] || isLibrary(d, name):
		return RunRole
	}
	return UnknownRole
}

// isHeaders recognises the packages that hold headers and static libraries.
func isHeaders(d Distro, name string) bool {
	if d == RedHat {
		return strings.HasSuffix(name, "-devel")
	}
	return strings.HasSuffix(name, "-dev") || strings.HasSuffix(name, "-dev-compat")
}

// isLibrary recognises Debian's shared libraries: "lib" and a soname's number (Debian Policy 8.1).
func isLibrary(d Distro, name string) bool {
	return (d == Debian || d == Ubuntu) && strings.HasPrefix(name, "lib") && strings.ContainsAny(name, "0123456789") &&
		!strings.HasSuffix(name, "-dev") && !strings.HasSuffix(name, "-perl")
}

// programsOf names the programs that a package brings, as far as probes and start commands ask for
// them, with their paths.
func programsOf(name string) map[string]string {
	name, _, _ = strings.Cut(name, "=")
	switch name {
	case "curl", "wget", "bash", "git", "netcat-openbsd":
		p := map[string]string{name: "/usr/bin/" + name}
		if name == "netcat-openbsd" {
			p = map[string]string{"nc": "/usr/bin/nc"}
		}
		return p
	case "curl-minimal":
		return map[string]string{"curl": "/usr/bin/curl"}
	case "python3", "python3-minimal", "python3-full":
		return map[string]string{"python3": "/usr/bin/python3"}
	case "python-is-python3":
		return map[string]string{"python": "/usr/bin/python"}
	case "nodejs", "nodejs-current":
		return map[string]string{"node": "/usr/bin/node"}
	case "busybox":
		return map[string]string{"busybox": "/bin/busybox"}
	case "postgresql-client":
		return map[string]string{"pg_isready": "/usr/bin/pg_isready", "psql": "/usr/bin/psql"}
	case "redis-tools", "redis":
		return map[string]string{"redis-cli": "/usr/bin/redis-cli"}
	}
	return nil
}

// With is the image after packages were installed into it: what they bring is in Programs. The
// image itself is not changed.
func (i Image) With(packages ...string) Image {
	if len(packages) == 0 {
		return i
	}
	before := i.Programs
	i.Programs = nil
	i.add(before)
	for _, p := range packages {
		for program, path := range programsOf(p) {
			if !i.Has(program) { // what is in the image already comes first on PATH
				i.Programs[program] = path
			}
		}
	}
	return i
}

func set(words string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(words) {
		m[w] = true
	}
	return m
}

var buildPackages = set(`
	build-essential gcc g++ cpp clang llvm lld make cmake ninja-build ninja meson autoconf automake libtool m4
	bison flex gfortran nasm yasm swig pkg-config pkgconf pkgconf-pkg-config binutils binutils-gold patch dpkg-dev
	debhelper fakeroot linux-headers musl-dev libc-dev libc6-dev gcc-c++ kernel-headers glibc-devel build-base
	alpine-sdk cargo rustc rust golang go protobuf-compiler protoc re2c python3-distutils
	python3-setuptools python3-wheel maven gradle ant node-gyp autotools-dev gettext-dev patchelf ccache
	libltdl-dev abuild apt-utils`)

var toolPackages = set(`
	curl wget git vim vim-tiny nano less htop procps iputils-ping iproute2 net-tools dnsutils bind-tools telnet
	netcat-openbsd netcat-traditional netcat nmap strace gdb lsof tcpdump jq tree zip unzip xz-utils xz bzip2 gzip tar
	gnupg gnupg2 dirmngr lsb-release software-properties-common apt-transport-https sudo openssh-client openssh rsync
	socat screen tmux man-db file bash zsh redis-tools postgresql-client mysql-client mariadb-client default-mysql-client
	sqlite3 sqlite httpie`)

var runPackages = set(`
	ca-certificates tzdata locales tini dumb-init gosu su-exec libpq libgomp1 libgl1 ffmpeg imagemagick graphviz
	ghostscript poppler-utils tesseract-ocr wkhtmltopdf fontconfig fonts-liberation fonts-dejavu chromium
	chromium-driver nginx supervisor cron media-types mime-support mailcap shared-mime-info gettext gettext-base libreoffice python3
	nodejs openssl libstdc++ libgcc libffi libxml2 libxslt libjpeg-turbo mariadb-connector-c gcompat libc6-compat
	icu-libs icu-data-full unixodbc krb5-libs openjdk-17-jre-headless default-jre-headless`)
