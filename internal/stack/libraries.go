package stack

import (
	"slices"
	"strconv"
	"strings"
	"sync"
)

// libraries are the tables of libraries_data.go, read when first asked for.
var libraries = sync.OnceValue(func() map[Distro]map[string][]string {
	return map[Distro]map[string][]string{
		Debian: libraryTable(debianLibraries),
		Alpine: libraryTable(alpineLibraries),
		RedHat: libraryTable(redhatLibraries),
	}
})

func libraryTable(text string) map[string][]string {
	t := map[string][]string{}
	for line := range strings.Lines(text) {
		if f := strings.Fields(line); len(f) > 1 {
			t[f[0]] = f[1:]
		}
	}
	return t
}

// libraryColumns are the releases of debianLibraries, in the order of its columns.
var libraryColumns = map[string]int{"bullseye": 0, "bookworm": 1, "trixie": 2, "jammy": 3, "noble": 4}

// Counterpart names the packages that what was built against a build package needs at run time:
// libpq-dev gives libpq5. A compiler, or headers without a library, needs none: no packages, known.
// known is false when refit can't tell; with release "" it tells only what all releases agree on.
func Counterpart(d Distro, release, name string) (packages []string, known bool) {
	name, _, _ = strings.Cut(name, "=")
	name, _, _ = strings.Cut(name, ":")
	if headersOnly[name] || buildPackages[name] && !isHeaders(d, name) {
		return nil, true
	}
	switch d {
	case Debian, Ubuntu:
		return debianCounterpart(d, release, libraries()[Debian][name])
	case Alpine:
		if tooOld(release) {
			return nil, false
		}
		return fields(libraries()[Alpine][name])
	case RedHat:
		return fields(libraries()[RedHat][name])
	}
	return nil, false
}

// clients are programs whose packages depend on the libraries that they use. Sources: the packages' Depends on
// packages.debian.org and pkgs.alpinelinux.org, read in 2026.
var clients = map[Distro]map[string][]string{
	Debian: {"postgresql-client": {"libpq5"}, "default-mysql-client": {"libmariadb3"}, "mariadb-client": {"libmariadb3"}, "curl": {"libcurl4", "libcurl4t64"}},
	Alpine: {"postgresql-client": {"libpq"}, "curl": {"libcurl"}},
}

// Brings names the run-time libraries that come along with a program's package: postgresql-client-16 has libpq5.
func Brings(d Distro, name string) []string {
	if d == Ubuntu {
		d = Debian
	}
	name, _, _ = strings.Cut(name, "=")
	if rest, ok := strings.CutPrefix(name, "postgresql-client-"); ok && strings.Trim(rest, "0123456789") == "" {
		name = "postgresql-client"
	}
	return clients[d][name]
}

func fields(row []string) ([]string, bool) {
	if len(row) == 0 || row[0] == "-" {
		return nil, false
	}
	return strings.Split(row[0], ","), true
}

func debianCounterpart(d Distro, release string, row []string) ([]string, bool) {
	column, listed := libraryColumns[release]
	switch {
	case len(row) == 0, release != "" && !listed:
		return nil, false
	case len(row) == 1:
		return fields(row)
	case listed:
		return fields(row[column:])
	}
	own := row[:3]
	if d == Ubuntu {
		own = row[3:]
	}
	if len(slices.Compact(slices.Clone(own))) > 1 {
		return nil, false
	}
	return fields(own)
}

// tooOld says whether an Alpine release is older than alpineLibraries.
func tooOld(release string) bool {
	_, second, ok := strings.Cut(release, ".")
	n, err := strconv.Atoi(second)
	return ok && err == nil && (major(release) < "3" || n < 17)
}

// PackageSplit is a list of packages divided between the stage that builds and the one that runs.
type PackageSplit struct {
	Build   []string // stay in the builder
	Run     []string // are needed at run time as they are
	Tools   []string // used by people or scripts: see RoleOf
	Unknown []string // refit can't place them
	// Counterparts are the run-time packages that stand in for Build, sorted.
	Counterparts []string
	// NoCounterpart are those of Build whose run-time packages are not known: moving them away could
	// break the application.
	NoCounterpart []string
}

// SplitPackages divides packages by their role.
func SplitPackages(d Distro, release string, packages []string) PackageSplit {
	var s PackageSplit
	for _, p := range packages {
		switch RoleOf(d, p) {
		case BuildRole:
			s.Build = append(s.Build, p)
			if c, known := Counterpart(d, release, p); known {
				s.Counterparts = append(s.Counterparts, c...)
			} else {
				s.NoCounterpart = append(s.NoCounterpart, p)
			}
		case RunRole:
			s.Run = append(s.Run, p)
		case ToolRole:
			s.Tools = append(s.Tools, p)
		default:
			s.Unknown = append(s.Unknown, p)
		}
	}
	slices.Sort(s.Counterparts)
	s.Counterparts = without(slices.Compact(s.Counterparts), s.Run)
	return s
}

// Counterpart is the function of that name for the image's distribution and release.
func (i Image) Counterpart(name string) (packages []string, known bool) {
	return Counterpart(i.Distro, i.Release, name)
}
