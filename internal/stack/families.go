package stack

import "strings"

// family is a repository, or several alike, whose images share their facts.
type family struct {
	names    []string // exact; one that ends in "/" is a prefix
	describe func(img *Image, name string, t tag)
}

func (f family) matches(name string) bool {
	for _, n := range f.names {
		if n == name || strings.HasSuffix(n, "/") && strings.HasPrefix(name, n) {
			return true
		}
	}
	return false
}

// families in the order they are tried.
var families = []family{
	{[]string{"scratch"}, func(i *Image, _ string, _ tag) {
		i.Kind, i.Distro, i.UserKnown, i.UIDsKnown = PlainKind, Scratch, true, true
	}},
	{[]string{"debian", "ubuntu", "alpine", "busybox"}, describeDistribution},
	{[]string{"buildpack-deps"}, func(i *Image, _ string, t tag) {
		onDistribution(i, t, Debian)
		i.Kind = BuildKind
		i.add(map[string]string{"curl": "/usr/bin/curl", "wget": "/usr/bin/wget"})
	}},
	{[]string{
		"fedora", "centos", "rockylinux", "almalinux", "oraclelinux", "amazonlinux", "rockylinux/rockylinux",
		"redhat/", "registry.access.redhat.com/", "registry.redhat.io/", "registry.fedoraproject.org/",
		"quay.io/centos/centos", "public.ecr.aws/amazonlinux/amazonlinux",
	}, describeRedHat},
	{[]string{"gcr.io/distroless/"}, describeDistroless},
	{[]string{"cgr.dev/chainguard/", "chainguard/"}, describeChainguard},
	{[]string{"python"}, describePython},
	{[]string{"ghcr.io/astral-sh/uv"}, describeUV},
	{[]string{"node"}, describeNode},
	{[]string{"golang"}, describeGolang},
	{[]string{"rust"}, describeRust},
	{[]string{"ruby"}, describeRuby},
	{[]string{"php"}, describePHP},
	{[]string{"composer"}, func(i *Image, _ string, t tag) {
		i.Kind, i.Distro, i.Language, i.UserKnown, i.UIDsKnown, i.Workdir = BuildKind, Alpine, PHP, true, true, "/app"
		i.add(busyboxTool, map[string]string{"composer": "/usr/bin/composer", "php": "/usr/local/bin/php", "git": "/usr/bin/git", "curl": "/usr/bin/curl", "bash": "/bin/bash"})
	}},
	{[]string{"eclipse-temurin", "openjdk", "amazoncorretto"}, describeJava},
	{[]string{"maven", "gradle"}, describeJavaBuild},
	{[]string{"mcr.microsoft.com/dotnet/"}, describeDotnet},
	{[]string{"nginx"}, describeNginx},
	{[]string{"nginxinc/nginx-unprivileged"}, describeNginxUnprivileged},
	{[]string{"httpd"}, dropping(service(Debian, "", []int{80}, "httpd-foreground"))}, // its workers are www-data's
	{[]string{"traefik"}, service(Alpine, "/entrypoint.sh", []int{80}, "traefik")},
	{[]string{"caddy"}, func(i *Image, n string, t tag) {
		t.isAlpine = true // every caddy image but the Windows ones is Alpine's
		service(Alpine, "", []int{80, 443}, "caddy", "run", "--config", "/etc/caddy/Caddyfile", "--adapter", "caddyfile")(i, n, t)
	}},
	// Their official entrypoints begin as root, give the data folder to their account and go on as it
	// (gosu, su-exec, setpriv or chroot --userspec).
	{[]string{"postgres", "postgis/postgis", "pgvector/pgvector", "timescale/timescaledb"}, dropping(service(Debian, "docker-entrypoint.sh", []int{5432}, "postgres"))},
	{[]string{"redis", "valkey/valkey"}, dropping(service(Debian, "docker-entrypoint.sh", []int{6379}))},
	{[]string{"mysql"}, dropping(service(RedHat, "docker-entrypoint.sh", []int{3306}, "mysqld"))},
	{[]string{"mariadb"}, dropping(service(Ubuntu, "docker-entrypoint.sh", []int{3306}, "mariadbd"))},
	{[]string{"mongo"}, dropping(service(Ubuntu, "docker-entrypoint.sh", []int{27017}, "mongod"))},
	{[]string{"rabbitmq"}, dropping(service(Ubuntu, "docker-entrypoint.sh", []int{5672}, "rabbitmq-server"))},
	{[]string{"cassandra"}, dropping(service(UnknownDistro, "docker-entrypoint.sh", []int{9042}, "cassandra", "-f"))},
	{[]string{"influxdb"}, dropping(service(Debian, "/entrypoint.sh", []int{8086}, "influxd"))},
	{[]string{"memcached"}, running("memcache", service(Debian, "docker-entrypoint.sh", []int{11211}, "memcached"))},
	{[]string{"haproxy"}, running("haproxy", service(Debian, "docker-entrypoint.sh", nil, "haproxy", "-f", "/usr/local/etc/haproxy/haproxy.cfg"))},
	{[]string{"bitnami/", "bitnamilegacy/"}, running("1001", func(i *Image, _ string, _ tag) { i.Kind, i.Distro = ServiceKind, Debian; i.add(bash) })},
}

// service describes an image whose program is the point of it. base is the distribution of tags
// that name none.
func service(base Distro, entrypoint string, ports []int, cmd ...string) func(*Image, string, tag) {
	return func(i *Image, _ string, t tag) {
		onDistribution(i, t, base)
		i.Kind, i.Cmd, i.Ports = ServiceKind, cmd, ports
		i.UIDsKnown = false
		if entrypoint != "" {
			i.Entrypoint = []string{entrypoint}
		}
	}
}

// dropping marks images whose entrypoint drops root's privileges.
func dropping(d func(*Image, string, tag)) func(*Image, string, tag) {
	return func(i *Image, n string, t tag) { d(i, n, t); i.DropsPrivileges = true }
}

// running marks images that set a USER.
func running(user string, d func(*Image, string, tag)) func(*Image, string, tag) {
	return func(i *Image, n string, t tag) { d(i, n, t); i.User, i.UserKnown = user, true }
}

// onDistribution fills in the distribution as the tag names it, with base for a tag that does not.
// Official images run as root unless their family says otherwise.
func onDistribution(i *Image, t tag, base Distro) {
	i.UserKnown, i.UIDsKnown = true, true
	switch {
	case t.isAlpine:
		i.Distro, i.Release = Alpine, t.alpine
	case t.codename != "":
		i.Distro, i.Release = releaseOf[t.codename], t.codename
	default:
		i.Distro = base
	}
	switch i.Distro {
	case Alpine, BusyBox:
		i.add(busyboxTool)
	case UnknownDistro:
	default:
		i.add(bash)
	}
	if i.Distro == Ubuntu {
		ubuntuAccount(i)
	}
}

// ubuntuAccount: from 23.04 on the image has an account "ubuntu" with UID 1000.
// https://bugs.launchpad.net/cloud-images/+bug/2005129
func ubuntuAccount(i *Image) {
	switch i.Release {
	case "focal", "jammy":
	case "noble", "resolute":
		i.UID1000 = "ubuntu"
	default:
		i.UIDsKnown = false
	}
}

func describeDistribution(i *Image, name string, t tag) {
	d := Distro(name)
	onDistribution(i, t, d)
	i.Kind, i.Distro = PlainKind, d
	if i.Release == "" {
		i.Release = t.version
		for number, codename := range codenames[d] {
			if t.version == number || d == Debian && major(t.version) == number {
				i.Release = codename
			}
		}
	}
	if d == Alpine {
		i.Release = minor(t.version)
	}
	if d == Ubuntu {
		i.UIDsKnown = true
		ubuntuAccount(i)
	}
	if d == Alpine || d == BusyBox {
		i.Cmd = []string{"/bin/sh"}
		if d == BusyBox {
			i.Cmd = []string{"sh"}
			i.add(map[string]string{"wget": "/bin/wget"})
		}
		return
	}
	i.Cmd = []string{"bash"}
	if d == Ubuntu {
		i.Cmd = []string{"/bin/bash"}
	}
}

func describeRedHat(i *Image, name string, t tag) {
	i.Kind, i.Distro, i.Release, i.UserKnown, i.UIDsKnown = PlainKind, RedHat, t.version, true, true
	i.add(bash)
	minimal := strings.Contains(name, "minimal") || t.has("minimal")
	switch {
	case strings.Contains(name, "ubi-micro"), strings.Contains(name, "-micro"):
		i.Distro = Distroless // coreutils and bash, but no package manager and no account tools
	case minimal:
		i.packageManager = "microdnf"
		i.accountPackages = []string{"shadow-utils"}
		i.add(map[string]string{"curl": "/usr/bin/curl"})
	case strings.Contains(name, "amazonlinux"):
		i.accountPackages = []string{"shadow-utils"}
		i.add(map[string]string{"curl": "/usr/bin/curl"})
		if major(t.version) == "2" {
			i.packageManager = "yum"
		}
	case strings.HasPrefix(name, "redhat/ubi"), strings.Contains(name, "/ubi"):
		i.add(map[string]string{"curl": "/usr/bin/curl"})
		if !isBaseUBI(name) { // a language image, which has a USER and an entrypoint of its own
			i.UserKnown, i.UIDsKnown = false, false
		}
	case strings.Contains(name, "/") && !strings.Contains(name, "fedora") && !strings.Contains(name, "centos") && !strings.Contains(name, "rockylinux"):
		i.UserKnown, i.UIDsKnown = false, false
	default:
		i.add(map[string]string{"curl": "/usr/bin/curl"})
	}
}

func isBaseUBI(name string) bool {
	last := name[strings.LastIndexByte(name, '/')+1:]
	return len(last) <= len("ubi10") || last == "ubi" || strings.HasSuffix(last, "-init")
}
