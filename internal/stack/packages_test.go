package stack

import (
	"slices"
	"strings"
	"testing"
)

func TestRoleOf(t *testing.T) {
	for _, c := range []struct {
		d     Distro
		roles string // package=role ...
	}{
		{Debian, "gcc=build g++=build make=build libpq-dev=build python3-dev=build curl=tool git=tool libpq5=run ca-certificates=run tini=run acme-agent=unknown gcc:amd64=build libgl1=run libwww-perl=unknown"},
		{Alpine, "build-base=build postgresql-dev=build musl-dev=build libpq=run curl=tool acme=unknown"},
		{RedHat, "gcc-c++=build libpq-devel=build libpq-dev=unknown curl=tool"},
	} {
		names := map[string]Role{"build": BuildRole, "run": RunRole, "tool": ToolRole, "unknown": UnknownRole}
		for pair := range strings.FieldsSeq(c.roles) {
			name, want, _ := strings.Cut(pair, "=")
			if got := RoleOf(c.d, name); got != names[want] {
				t.Errorf("%s %s: got %d, want %s", c.d, name, got, want)
			}
		}
	}
	if RoleOf(Debian, "gcc=4:12.2.0-3") != BuildRole {
		t.Error("a pinned package is placed by its name")
	}
}

func TestCounterpart(t *testing.T) {
	cases := []struct {
		d             Distro
		release, name string
		want          string
		known         bool
	}{
		{Debian, "", "libpq-dev", "libpq5", true},
		{Debian, "bookworm", "libpq-dev=15.1", "libpq5", true},
		{Debian, "bullseye", "libffi-dev", "libffi7", true},
		{Debian, "bookworm", "libffi-dev", "libffi8", true},
		{Debian, "trixie", "libssl-dev", "libssl3t64", true},
		{Debian, "", "libssl-dev", "", false}, // the releases don't agree
		{Ubuntu, "noble", "libssl-dev", "libssl3t64", true},
		{Ubuntu, "", "libffi-dev", "libffi8", true}, // both of Ubuntu's agree
		{Debian, "", "default-libmysqlclient-dev", "libmariadb3", true},
		{Ubuntu, "jammy", "default-libmysqlclient-dev", "libmysqlclient21", true},
		{Debian, "trixie", "libpcre3-dev", "", false}, // gone from that release
		{Debian, "forky", "libpq-dev", "", false},     // newer than the table
		{Debian, "bookworm", "gcc", "", true},
		{Debian, "bookworm", "python3-dev", "", true},
		{Debian, "bookworm", "libacme-dev", "", false},
		{Alpine, "3.21", "postgresql-dev", "libpq", true},
		{Alpine, "", "postgresql-dev", "libpq", true},
		{Alpine, "3.12", "postgresql-dev", "", false},
		{Alpine, "3.21", "openssl-dev", "libssl3 libcrypto3", true},
		{Alpine, "3.21", "musl-dev", "", true},
		{RedHat, "9", "libpq-devel", "libpq", true},
		{UnknownDistro, "", "libpq-dev", "", false},
	}
	for _, c := range cases {
		got, known := Counterpart(c.d, c.release, c.name)
		if strings.Join(got, " ") != c.want || known != c.known {
			t.Errorf("%s %s %s: got %v, %v; want %q, %v", c.d, c.release, c.name, got, known, c.want, c.known)
		}
	}
}

func TestLibraryTables(t *testing.T) {
	for name, row := range libraryTable(debianLibraries) {
		if len(row) != 1 && len(row) != len(libraryColumns) {
			t.Errorf("%s has %d columns", name, len(row))
		}
		for _, cell := range row {
			if strings.HasSuffix(cell, "-dev") {
				t.Errorf("%s: %s is no run-time package", name, cell)
			}
		}
	}
	for d, table := range libraries() {
		for name := range table {
			if RoleOf(d, name) != BuildRole {
				t.Errorf("%s has a counterpart in %s but isn't a build package there", name, d)
			}
		}
	}
}

func TestSplitPackages(t *testing.T) {
	s := SplitPackages(Debian, "bookworm", strings.Fields("libpq-dev gcc libpq5 tzdata curl make libacme-dev acme-agent libxml2-dev"))
	for what, pair := range map[string][2][]string{
		"build":          {s.Build, {"libpq-dev", "gcc", "make", "libacme-dev", "libxml2-dev"}},
		"run":            {s.Run, {"libpq5", "tzdata"}},
		"tools":          {s.Tools, {"curl"}},
		"unknown":        {s.Unknown, {"acme-agent"}},
		"counterparts":   {s.Counterparts, {"libxml2"}}, // libpq5 is listed already
		"no counterpart": {s.NoCounterpart, {"libacme-dev"}},
	} {
		if !slices.Equal(pair[0], pair[1]) {
			t.Errorf("%s: got %v, want %v", what, pair[0], pair[1])
		}
	}
}

func TestInstallPackages(t *testing.T) {
	for d, want := range map[Distro]string{
		Debian: "apt-get update && apt-get install -y --no-install-recommends libpq5 tzdata && rm -rf /var/lib/apt/lists/*",
		Alpine: "apk add --no-cache libpq5 tzdata",
		RedHat: "dnf install -y --setopt=install_weak_deps=False --nodocs libpq5 tzdata && dnf clean all",
	} {
		m, ok := d.PackageManager()
		if got := m.Install("libpq5", "tzdata"); !ok || got != want {
			t.Errorf("%s: %s", d, got)
		}
	}
	for _, d := range []Distro{Scratch, Distroless, BusyBox, UnknownDistro} {
		if m, ok := d.PackageManager(); ok {
			t.Errorf("%s has %s", d, m.Program)
		}
	}
}
