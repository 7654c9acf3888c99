package stack

import (
	"path"
	"slices"
	"strings"

	"refit/internal/source"
)

// requirementsFiles lists a folder's requirements files: requirements*.txt, *-requirements.txt and
// those of a folder "requirements".
func requirementsFiles(f folder) []string {
	files := append(f.matching("requirements*.txt"), f.matching("*[-_.]requirements.txt")...)
	sub := path.Join(f.dir, "requirements")
	for _, p := range f.snap.Under(sub) {
		if path.Dir(p) == sub && path.Ext(p) == ".txt" {
			files = append(files, p)
		}
	}
	return files
}

func describePip(f folder, u *Unit, p pyproject, requirements []string) {
	u.Manifests = append(u.Manifests, f.present("pyproject.toml", "setup.py", "setup.cfg")...)
	u.Package = p.Project != nil || len(f.present("setup.py")) > 0 || p.BuildSystem != nil && f.has("setup.cfg")
	if len(requirements) == 0 {
		return
	}
	// A folder with requirements installs those; its pyproject.toml then configures tools, or is
	// installed by the Dockerfile, which is for the planner to see.
	u.Package = false
	u.Manifests = nil
	u.Hashed = true
	for _, r := range requirements {
		if isDevName(strings.TrimSuffix(path.Base(r), ".txt")) {
			u.DevRequirements = append(u.DevRequirements, r)
		} else {
			u.Requirements = append(u.Requirements, r)
		}
	}
	u.Requirements = mainRequirements(u.Requirements)
	for _, r := range u.Requirements {
		read := readRequirements(f, r)
		u.Manifests = append(u.Manifests, read.files...)
		u.Dependencies = append(u.Dependencies, read.names...)
		u.LocalPaths = append(u.LocalPaths, read.local...)
		u.Hashed = u.Hashed && read.hashed
	}
	for _, r := range u.DevRequirements {
		read := readRequirements(f, r)
		u.Manifests = append(u.Manifests, read.files...)
		u.DevDependencies = append(u.DevDependencies, without(read.names, u.Dependencies)...)
	}
	slices.Sort(u.Manifests)
	u.Manifests = slices.Compact(u.Manifests)
}

// mainRequirements picks the file to install for production when there are several: the one called
// requirements.txt, or one called for production. Others that can't be told apart are all kept.
func mainRequirements(files []string) []string {
	for _, name := range []string{"requirements.txt", "prod.txt", "production.txt", "requirements-prod.txt", "requirements_prod.txt", "base.txt", "main.txt"} {
		for _, f := range files {
			if path.Base(f) == name {
				return []string{f}
			}
		}
	}
	return files
}

type requirementsRead struct {
	files  []string // the file and those it includes
	names  []string
	local  []string // folders that -e or a path installs
	hashed bool     // each requirement has a --hash
}

// readRequirements reads a requirements file with what it includes by -r and -c.
// https://pip.pypa.io/en/stable/reference/requirements-file-format/
func readRequirements(f folder, p string) requirementsRead {
	r := requirementsRead{hashed: true}
	r.read(f, p)
	return r
}

func (r *requirementsRead) read(f folder, p string) {
	if contains(r.files, p) || len(r.files) > 100 || p == ".." || strings.HasPrefix(p, "../") {
		return
	}
	text, err := f.snap.Read(p)
	if err != nil {
		return
	}
	r.files = append(r.files, p)
	for _, line := range logicalLines(string(text)) {
		word, rest, _ := strings.Cut(strings.Replace(line, "=", " ", boolInt(strings.HasPrefix(line, "--"))), " ")
		rest = strings.Trim(strings.TrimSpace(rest), `"'`)
		switch {
		case word == "-r" || word == "--requirement" || word == "-c" || word == "--constraint":
			r.read(f, path.Join(path.Dir(p), rest))
		case strings.HasPrefix(word, "-r") && !strings.HasPrefix(word, "--"):
			r.read(f, path.Join(path.Dir(p), word[2:]))
		case word == "-e" || word == "--editable":
			r.local = append(r.local, localPath(path.Dir(p), rest)...)
		case strings.HasPrefix(line, "-"):
		case strings.HasPrefix(line, "."):
			r.local = append(r.local, localPath(path.Dir(p), line)...)
			r.hashed = false
		default:
			r.names = append(r.names, requirementNames([]any{line})...)
			r.hashed = r.hashed && strings.Contains(line, "--hash=")
		}
	}
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// localPath is the folder that a path requirement names, without its extras; none for a URL.
func localPath(dir, requirement string) []string {
	p, _, _ := strings.Cut(requirement, "[")
	if p == "" || strings.Contains(p, "://") || path.IsAbs(p) {
		return nil
	}
	p = path.Join(dir, strings.TrimSpace(p))
	if p == ".." || strings.HasPrefix(p, "../") {
		return nil
	}
	return []string{p}
}

// logicalLines joins continued lines and drops comments and empty ones.
func logicalLines(text string) []string {
	text = strings.TrimPrefix(strings.ReplaceAll(text, "\r\n", "\n"), "\ufeff")
	text = strings.ReplaceAll(text, "\\\n", " ")
	var lines []string
	for line := range strings.SplitSeq(text, "\n") {
		if i := strings.Index(" "+line, " #"); i >= 0 {
			line = (" " + line)[:i]
		}
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

// installPip: https://pip.pypa.io/en/stable/cli/pip_install/ and
// https://pip.pypa.io/en/stable/topics/secure-installs/#hash-checking-mode. Requirements without
// hashes assert nothing; a pyproject.toml without a lock can't be installed in two layers.
func installPip(u *Unit, o Options) Install {
	pip := VenvDir + "/bin/pip"
	i := Install{
		Environment: []Variable{{"PIP_DISABLE_PIP_VERSION_CHECK", "1"}},
		Runtime:     pythonRuntime, BinDir: VenvDir + "/bin", Outputs: []string{VenvDir},
		Caches: []Cache{{Root: "/root/.cache/pip", Variable: "PIP_CACHE_DIR"}},
		Before: []Command{{"python", "-m", "venv", VenvDir}},
	}
	if len(u.Requirements)+len(u.DevRequirements) == 0 {
		target := "."
		if len(o.Extras) > 0 {
			target = "'.[" + strings.Join(o.Extras, ",") + "]'"
		}
		i.Project = []Command{{pip, "install", target}}
		i.Notes = []string{"without a lock pip can't install the dependencies apart from the project, and not reproducibly; uv or pip-tools make a lock"}
		return i
	}
	c := Command{pip, "install"}
	if u.Hashed {
		c = append(c, "--require-hashes")
		i.Asserted = true
	} else {
		i.Notes = []string{"the requirements carry no hashes, so the install is not asserted"}
	}
	files := u.Requirements
	if o.Purpose == Development {
		files = append(slices.Clone(files), u.DevRequirements...)
	}
	for _, f := range files {
		c = append(c, "-r", relative(u.Dir, f))
	}
	i.Dependencies = []Command{c}
	if len(u.LocalPaths) > 0 {
		i.Dependencies, i.Project = nil, []Command{c}
		i.Notes = append(i.Notes, "the requirements install folders of the repository, so they need the source")
	}
	return i
}

// relative is p as seen from dir, which p lies in.
func relative(dir, p string) string {
	if dir == "." {
		return p
	}
	return strings.TrimPrefix(p, dir+"/")
}

// RequirementsFiles lists the requirements files of a folder: requirements*.txt, *-requirements.txt and those of a folder
// "requirements".
func RequirementsFiles(snap *source.Snapshot, dir string) []string {
	for _, f := range foldersOf(snap) {
		if f.dir == dir {
			return requirementsFiles(f)
		}
	}
	return nil
}
