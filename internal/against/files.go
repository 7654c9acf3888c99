package against

import (
	"archive/tar"
	"bufio"
	"errors"
	"io"
	"io/fs"
	"path"
	"regexp"
	"strings"
)

// fileSystem is what an image holds.
type fileSystem struct {
	workdir  string            // without a slash in front
	entries  map[string]*entry // by path, likewise
	packages map[string]string // of the system: name -> version
	auto     map[string]bool   // of them: installed because another one needs it
	owned    map[string]bool   // paths that belong to packages of the system
	python   map[string]string // distributions: name -> version
	venvs    []string          // folders of virtual environments
}

type entry struct {
	mode     fs.FileMode // permission bits
	uid, gid int
	size     int64
	kind     byte // as in a tar header
}

// readFiles reads a tar archive of a whole file system.
func readFiles(archive io.Reader) (*fileSystem, error) {
	f := &fileSystem{entries: map[string]*entry{}, packages: map[string]string{}, auto: map[string]bool{}, owned: map[string]bool{}, python: map[string]string{}}
	t := tar.NewReader(bufio.NewReaderSize(archive, 1<<20))
	for {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return f, nil
		}
		if err != nil {
			return f, err
		}
		at := strings.TrimPrefix(path.Clean("/"+h.Name), "/")
		f.entries[at] = &entry{fs.FileMode(h.Mode).Perm(), h.Uid, h.Gid, h.Size, h.Typeflag}
		f.read(at, t)
	}
}

// distribution is the folder that an installer leaves of a Python package
// (https://packaging.python.org/en/latest/specifications/recording-installed-packages/).
var distribution = regexp.MustCompile(`-packages/([A-Za-z0-9_.]+)-([^/-]+)\.dist-info/METADATA$`)

// read takes what the file says of packages.
func (f *fileSystem) read(at string, content io.Reader) {
	if m := distribution.FindStringSubmatch(at); m != nil {
		f.python[strings.ToLower(strings.ReplaceAll(m[1], "_", "-"))] = m[2]
	}
	switch {
	case path.Base(at) == "pyvenv.cfg":
		f.venvs = append(f.venvs, path.Dir(at))
	case at == "var/lib/dpkg/status", at == "lib/apk/db/installed":
		f.systemPackages(content)
	case at == "var/lib/apt/extended_states":
		name := ""
		for _, line := range lines(content) {
			if n, ok := strings.CutPrefix(line, "Package: "); ok {
				name = n
			}
			if line == "Auto-Installed: 1" {
				f.auto[name] = true
			}
		}
	case strings.HasPrefix(at, "var/lib/dpkg/info/") && strings.HasSuffix(at, ".list"):
		for _, line := range lines(content) {
			f.owned[unmerged(strings.TrimPrefix(line, "/"))] = true
		}
	}
}

// systemPackages reads the databases of dpkg and apk.
func (f *fileSystem) systemPackages(content io.Reader) {
	name, folder := "", ""
	for _, line := range lines(content) {
		key, value, _ := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		switch key {
		case "Package", "P":
			name = value
		case "Version", "V":
			f.packages[name] = value
		case "F":
			folder = value
		case "R":
			f.owned[path.Join(folder, value)] = true
		}
	}
}

// unmerged is the path with /bin, /lib and /sbin where they are now, below /usr
// (https://wiki.debian.org/UsrMerge); packages may still say the old one.
func unmerged(at string) string {
	for _, dir := range []string{"bin/", "lib/", "sbin/", "lib64/"} {
		if strings.HasPrefix(at, dir) {
			return "usr/" + at
		}
	}
	return at
}

func lines(r io.Reader) (list []string) {
	s := bufio.NewScanner(r)
	s.Buffer(nil, 1<<20)
	for s.Scan() {
		list = append(list, s.Text())
	}
	return list
}

// part is what a path belongs to.
type part int

const (
	generated part = iota // caches, logs, what the engine puts there
	system                // a package of the system
	packages              // a package of the language
	project               // the work directory
	other
)

// madeAnew are the paths of what is made when an image is built or a container starts, and that may differ each time.
var madeAnew = regexp.MustCompile(`(^|/)(__pycache__|\.cache|\.npm)(/|$)|\.py[co]$|^(proc|sys|dev|run|tmp|var/(cache|log|tmp|run|lib/(apt|dpkg|systemd|pam))|root/\.cache)(/|$)|` +
	`^(\.dockerenv|etc/(hosts|hostname|resolv\.conf|mtab|machine-id|ld\.so\.cache|passwd-?|group-?|shadow-?|gshadow-?|subuid-?|subgid-?|\.pwd\.lock|alternatives(/.*)?|mailcap|ssl/certs(/.*)?))$|` +
	`^usr/share/(info/dir|mime|icons|fonts|glib-2\.0/schemas|doc|man|locale)(/|$)|^usr/lib/[^/]+/(gconv/gconv-modules\.cache|gdk-pixbuf[^/]*)|^var/lib/(ucf|python|shells\.state|emacsen|xml-core|sgml-base)|^lib/apk/db/`)

var languagePackages = regexp.MustCompile(`(^|/)(site-packages|dist-packages|node_modules)(/|$)`)

func (f *fileSystem) partOf(at string) part {
	if languagePackages.MatchString(at) && !madeAnew.MatchString(at) {
		return packages
	}
	if madeAnew.MatchString(at) {
		return generated
	}
	for _, venv := range f.venvs {
		if below(at, venv) {
			return packages
		}
	}
	if f.owned[unmerged(at)] {
		return system
	}
	if f.workdir != "" && below(at, f.workdir) {
		return project
	}
	return other
}

func below(at, dir string) bool { return at == dir || strings.HasPrefix(at, dir+"/") }
