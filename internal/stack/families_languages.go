package stack

import "strings"

// describePython: https://github.com/docker-library/python. The full variants stand on
// buildpack-deps, the slim ones on debian:*-slim without curl and wget.
func describePython(i *Image, _ string, t tag) {
	onDistribution(i, t, Debian)
	i.Kind, i.Language, i.Version, i.Cmd = RuntimeKind, Python, t.version, []string{"python3"}
	i.add(pythonPrograms)
	if i.Distro == Debian && !t.slim {
		i.add(fetchers)
	}
}

var pythonPrograms = map[string]string{
	"python": "/usr/local/bin/python", "python3": "/usr/local/bin/python3", "pip": "/usr/local/bin/pip",
}

// describeUV: https://docs.astral.sh/uv/guides/integration/docker/#available-images. A tag that
// names no base is the image that holds the binaries alone.
func describeUV(i *Image, _ string, t tag) {
	i.UserKnown, i.UIDsKnown = true, true
	python := t.after("python")
	if t.has("dhi") { // Docker's hardened images
		i.Kind, i.UserKnown, i.UIDsKnown = RuntimeKind, false, false
		i.Language, i.Version = Python, python
		return
	}
	i.Env = nil
	i.Entrypoint = []string{"/uv"}
	if python == "" && !t.isAlpine && t.codename == "" && !t.has("debian") {
		i.Kind, i.Distro = ToolsKind, Scratch
		i.Programs = map[string]string{"uv": "/uv", "uvx": "/uvx"}
		return
	}
	onDistribution(i, t, Debian)
	i.Kind, i.Entrypoint, i.Cmd = RuntimeKind, nil, []string{"/usr/local/bin/uv"}
	i.Env = []string{"UV_TOOL_BIN_DIR=/usr/local/bin"}
	i.add(map[string]string{"uv": "/usr/local/bin/uv", "uvx": "/usr/local/bin/uvx"})
	if python != "" {
		i.Language, i.Version = Python, python
		i.add(pythonPrograms)
	}
	if i.Distro == Debian && !t.slim {
		i.add(fetchers)
	}
}

// describeNode: https://github.com/nodejs/docker-node. Account "node" has UID and GID 1000 and is made to
// run applications (docs/BestPractices.md#non-root-user).
func describeNode(i *Image, _ string, t tag) {
	onDistribution(i, t, Debian)
	i.Kind, i.Language, i.Version = RuntimeKind, Node, t.version
	i.UID1000, i.Account = "node", &Account{Name: "node", UID: 1000, GID: 1000}
	i.Entrypoint, i.Cmd = []string{"docker-entrypoint.sh"}, []string{"node"}
	i.add(map[string]string{"node": "/usr/local/bin/node", "npm": "/usr/local/bin/npm"})
	if i.Distro == Debian && !t.slim {
		i.add(fetchers, map[string]string{"python3": "/usr/bin/python3"})
	}
}

// describeGolang: https://github.com/docker-library/golang
func describeGolang(i *Image, _ string, t tag) {
	onDistribution(i, t, Debian)
	i.Kind, i.Language, i.Version, i.Workdir = BuildKind, Go, t.version, "/go"
	i.Env = []string{"GOPATH=/go", "GOTOOLCHAIN=local"}
	i.add(map[string]string{"go": "/usr/local/go/bin/go"})
	if i.Distro == Debian {
		i.add(fetchers)
	}
}

// describeRust: https://github.com/rust-lang/docker-rust
func describeRust(i *Image, _ string, t tag) {
	onDistribution(i, t, Debian)
	i.Kind, i.Language, i.Version = BuildKind, Rust, t.version
	i.Env = []string{"RUSTUP_HOME=/usr/local/rustup", "CARGO_HOME=/usr/local/cargo"}
	i.add(map[string]string{"cargo": "/usr/local/cargo/bin/cargo"})
	if i.Distro == Debian && !t.slim {
		i.add(fetchers)
	}
}

// describeRuby: https://github.com/docker-library/ruby
func describeRuby(i *Image, _ string, t tag) {
	onDistribution(i, t, Debian)
	i.Kind, i.Language, i.Version, i.Cmd = RuntimeKind, Ruby, t.version, []string{"irb"}
	i.Env = []string{"GEM_HOME=/usr/local/bundle", "BUNDLE_APP_CONFIG=/usr/local/bundle"}
	i.add(map[string]string{"ruby": "/usr/local/bin/ruby", "bundle": "/usr/local/bin/bundle"})
	if i.Distro == Debian && !t.slim {
		i.add(fetchers)
	}
}

// describePHP: https://github.com/docker-library/php. curl is a run-time dependency of every
// variant. php-fpm and Apache start as root and run their workers as www-data.
func describePHP(i *Image, _ string, t tag) {
	onDistribution(i, t, Debian)
	i.Kind, i.Language, i.Version = RuntimeKind, PHP, t.version
	i.Entrypoint, i.Cmd = []string{"docker-php-entrypoint"}, []string{"php", "-a"}
	i.add(map[string]string{"php": "/usr/local/bin/php", "curl": "/usr/bin/curl"})
	switch {
	case t.has("fpm"):
		i.Cmd, i.Ports, i.Workdir, i.DropsPrivileges = []string{"php-fpm"}, []int{9000}, "/var/www/html", true
	case t.has("apache"):
		i.Cmd, i.Ports, i.Workdir, i.DropsPrivileges = []string{"apache2-foreground"}, []int{80}, "/var/www/html", true
	}
}

// describeJava: https://github.com/adoptium/containers. A tag that names no base is Ubuntu's
// newest; Corretto's is Amazon Linux.
func describeJava(i *Image, name string, t tag) {
	base := UnknownDistro
	if name == "eclipse-temurin" {
		base = Ubuntu
	}
	if t.after("ubi") != "" {
		base = RedHat
		i.packageManager, i.accountPackages = "microdnf", []string{"shadow-utils"}
	}
	onDistribution(i, t, base)
	i.Kind, i.Language, i.Version = RuntimeKind, Java, major(t.version)
	if t.has("jdk") || name != "eclipse-temurin" {
		i.Kind = BuildKind
	}
	if name == "eclipse-temurin" {
		i.Entrypoint = []string{"/__cacert_entrypoint.sh"}
		i.add(map[string]string{"java": "/opt/java/openjdk/bin/java"})
		if i.Distro == Ubuntu {
			i.add(map[string]string{"curl": "/usr/bin/curl", "wget": "/usr/bin/wget"})
		}
	}
}

// describeJavaBuild: https://github.com/carlossg/docker-maven and
// https://github.com/keeganwitt/docker-gradle, which has an account of its own with UID 1000.
func describeJavaBuild(i *Image, name string, t tag) {
	onDistribution(i, t, UnknownDistro)
	i.Kind, i.Language, i.Version = BuildKind, Java, ""
	if name == "gradle" {
		i.UID1000 = "gradle"
		return
	}
	i.Entrypoint, i.Cmd = []string{"/usr/local/bin/mvn-entrypoint.sh"}, []string{"mvn"}
	i.UIDsKnown = i.UIDsKnown && i.Distro != UnknownDistro
}

// describeDotnet: https://github.com/dotnet/dotnet-docker. From 8.0 on the images have an account
// "app" with UID 1654 and set ENV APP_UID, which a build argument of that name can't override. A tag
// that names no distribution is Debian's, from 10.0 on Ubuntu's (documentation/supported-platforms.md).
func describeDotnet(i *Image, name string, t tag) {
	base := Debian
	switch v := major(t.version); {
	case v == "" || t.has("distroless") || strings.Contains(i.Ref.Tag, "azurelinux") || strings.Contains(i.Ref.Tag, "mariner"):
		base = UnknownDistro
	case len(v) > 1:
		base = Ubuntu
	}
	onDistribution(i, t, base)
	i.Language, i.Version, i.Kind = Dotnet, t.version, RuntimeKind
	if strings.HasSuffix(name, "/sdk") {
		i.Kind = BuildKind
	}
	if v := major(t.version); len(v) > 1 || v >= "8" {
		i.Account = &Account{Name: "app", UID: 1654, GID: 1654}
		i.Env = []string{"APP_UID=1654", "ASPNETCORE_HTTP_PORTS=8080"}
		i.Ports = []int{8080}
	}
	if t.has("chiseled") || t.has("distroless") {
		i.Distro, i.User, i.Programs = Distroless, "1654", nil
	}
	i.add(map[string]string{"dotnet": "/usr/share/dotnet/dotnet"})
}

// describeNginx: https://github.com/nginx/docker-nginx. The master process is root's, its workers
// are those of "nginx" (101). All but the "slim" variants have curl.
func describeNginx(i *Image, _ string, t tag) {
	service(Debian, "/docker-entrypoint.sh", []int{80}, "nginx", "-g", "daemon off;")(i, "", t)
	i.UIDsKnown, i.DropsPrivileges = true, true
	if !t.slim {
		i.add(map[string]string{"curl": "/usr/bin/curl"})
	}
}

// describeNginxUnprivileged: https://github.com/nginx/docker-nginx-unprivileged
func describeNginxUnprivileged(i *Image, name string, t tag) {
	describeNginx(i, name, t)
	i.User, i.Ports, i.DropsPrivileges = "101", []int{8080}, false
	i.Account = &Account{Name: "nginx", UID: 101, GID: 101}
}

// describeDistroless: https://github.com/GoogleContainerTools/distroless. Every image has account
// "nonroot" (65532); the :nonroot tags run as it. The :debug tags have BusyBox in /busybox.
func describeDistroless(i *Image, name string, t tag) {
	i.Kind, i.Distro, i.UserKnown, i.UIDsKnown = RuntimeKind, Distroless, true, true
	i.Account = &Account{Name: "nonroot", UID: 65532, GID: 65532}
	if t.has("nonroot") {
		i.User = "65532"
	}
	i.Programs = map[string]string{}
	base := name[strings.LastIndexByte(name, '/')+1:]
	image, release, _ := strings.Cut(base, "-debian")
	i.Release = codenames[Debian][release]
	switch {
	case strings.HasPrefix(image, "python3"):
		i.Language, i.Entrypoint = Python, []string{"/usr/bin/python3"}
		i.add(map[string]string{"python3": "/usr/bin/python3", "python": "/usr/bin/python"})
	case strings.HasPrefix(image, "nodejs"):
		i.Language, i.Version, i.Entrypoint = Node, strings.TrimPrefix(image, "nodejs"), []string{"/nodejs/bin/node"}
		i.add(map[string]string{"node": "/nodejs/bin/node"})
	case strings.HasPrefix(image, "java") && image != "java-base":
		i.Language, i.Version, i.Entrypoint = Java, strings.TrimPrefix(image, "java"), []string{"/usr/bin/java", "-jar"}
		i.add(map[string]string{"java": "/usr/bin/java"})
	default:
		i.Kind = PlainKind
	}
	if t.has("debug") {
		i.add(map[string]string{"sh": "/busybox/sh", "busybox": "/busybox/busybox", "wget": "/busybox/wget"})
	}
}

// describeChainguard: https://edu.chainguard.dev/chainguard/chainguard-images/. Run-time images
// have no shell and run as "nonroot" (65532); what the -dev ones hold is not described here.
func describeChainguard(i *Image, _ string, t tag) {
	i.Kind = RuntimeKind
	if strings.HasSuffix(i.Ref.Tag, "dev") {
		return
	}
	i.Distro, i.UIDsKnown = Distroless, true
	i.Account = &Account{Name: "nonroot", UID: 65532, GID: 65532}
}
