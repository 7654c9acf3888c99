package make

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"refit/internal/invocation"
	"refit/internal/makefile"
	"refit/internal/project"
	"refit/internal/source"
	"refit/internal/stack"
)

// setup adds the target that makes what a fresh clone lacks, with plain tools. A setup of the user's
// own is kept and needs refit's part from now on.
func (o *offer) setup() {
	var recipe, prereqs []string
	envLines := o.setupEnvFiles()
	recipe = append(recipe, envLines...)
	certs, target := o.setupCertificates()
	recipe = append(recipe, certs...)
	recipe = append(recipe, o.setupLock()...)
	if target != "" {
		prereqs = []string{target}
	}
	if len(recipe)+len(prereqs) == 0 {
		return
	}
	t := makefile.NewTarget{Name: "setup", Prereqs: prereqs, Recipe: recipe, Doc: "Make what a fresh clone lacks; what is there stays"}
	if len(envLines) > 0 {
		t.Comment = []string{"Env files come from their template, with random values for change-me: one for passwords and URLs,",
			"a new one for each other; change-me-NAME is one value wherever it stands. Nobody else may read the files."}
	}
	if slices.ContainsFunc(certs, func(line string) bool { return strings.Contains(line, "chmod 644") }) {
		t.Comment = append(t.Comment, "The development key is for everyone on this machine: the container's account has to read it.")
	}
	if o.add(t) {
		return
	}
	t.Name = "setup-files"
	if o.add(t) {
		o.extend = t.Name
	}
}

// templated is an env file that is made from another file.
type templated struct{ file, template string }

// wanted are the env files that environments need, without production's: that one is for people.
func (o *offer) wanted() (list []templated, production string) {
	for _, e := range environments(o.p) {
		files, _ := invocation.EnvFiles(o.p, e)
		for _, f := range append(slices.Clone(files), invocation.ReadByServices(e)...) {
			if strings.HasPrefix(f, "../") || path.IsAbs(f) || strings.ContainsAny(f, "${}~") {
				continue
			}
			if e.Name == "prod" {
				if f == o.p.Layout.EnvPath("prod") {
					production = f
				}
				continue
			}
			from := template(o.p, f)
			if from != "" && from != f && !slices.ContainsFunc(list, func(t templated) bool { return t.file == f }) {
				list = append(list, templated{f, from})
			}
		}
	}
	return list, production
}

// fill is the awk program that copies a template and puts random values in the place of its marks:
// change-me and the like. A mark with a name (change-me-db) is one value wherever it stands. A bare one
// is a new value each time, but for passwords and URLs, which share one: which of them belong together
// their text doesn't tell. Nothing is printed, and no value is on a command line where ps shows it.
var fill = []string{
	`/^ *#/ { print; next } \`,
	`{ while (match(tolower($$0), /change[-_]?me[-_a-z0-9]*|your[-_][-_a-z0-9]*here/)) { \`,
	`    mark = tolower(substr($$0, RSTART, RLENGTH)); \`,
	`    if (mark ~ /^change[-_]?me$$/) mark = /PASS|:\/\// ? "password" : NR; \`,
	`    if (!(mark in made)) { random | getline made[mark]; close(random) } \`,
	`    if (length(made[mark]) < 48) exit 1; \`,
	`    $$0 = substr($$0, 1, RSTART - 1) made[mark] substr($$0, RSTART + RLENGTH) } \`,
	`  print }`,
}

// setupEnvFiles are the recipe lines that make env files: readable for nobody else, never over one that
// is there, whole or not at all.
func (o *offer) setupEnvFiles() []string {
	wanted, production := o.wanted()
	var lines []string
	if len(wanted) > 0 {
		var pairs []string
		for _, w := range wanted {
			pairs = append(pairs, fromRoot(w.file)+" "+fromRoot(w.template))
		}
		lines = append(lines, `@umask 077; set -- `+strings.Join(pairs, " ")+`; \`,
			`while [ $$# -gt 1 ]; do file=$$1 from=$$2; shift 2; [ ! -e "$$file" ] || continue; \`,
			`  awk -v random='od -An -N24 -tx1 /dev/urandom | tr -dc a-f0-9' ' \`)
		for _, l := range fill {
			lines = append(lines, "    "+l)
		}
		lines[len(lines)-1] += `' "$$from" >"$$file.new" \`
		lines = append(lines, `  && mv "$$file.new" "$$file" && echo "made $$file" || { rm -f "$$file.new"; exit 1; }; \`, `done`)
	}
	if production != "" {
		text := production + " is not made here: write it on the server, mode 0600"
		if from := template(o.p, production); from != "" {
			text = production + " is not made here: on the server, copy " + from + " to it, chmod 600, and fill it in"
		}
		lines = append(lines, "@[ -e "+fromRoot(production)+" ] || echo "+quote(text))
	}
	return lines
}

// setupLock makes uv's lock where it is missing: by uv, or by the image that has it.
func (o *offer) setupLock() []string {
	var lines []string
	for _, u := range o.p.Units {
		if u.Manager != stack.UV || u.Lock == "" || u.Root != u.Dir || !o.builds(u) {
			continue
		}
		in := ""
		if u.Dir != "." {
			in = "cd " + fromRoot(u.Dir) + " && "
		}
		lines = append(lines,
			`@[ -e `+fromRoot(u.Lock)+` ] || { `+in+`if command -v uv >/dev/null; then uv lock; \`,
			`  else docker run --rm -u "$$(id -u):$$(id -g)" -e HOME=/tmp -v "$$PWD":/src -w /src `+quote(o.uvImage())+` uv lock; fi; }`)
	}
	return lines
}

// builds says whether an image is built from the unit.
func (o *offer) builds(u *stack.Unit) bool {
	for _, e := range environments(o.p) {
		for _, s := range e.Model.Services {
			if s.Build != nil && (s.Build.Context == u.Dir || u.Dir == "." || strings.HasPrefix(s.Build.Context+"/", u.Dir+"/")) {
				return true
			}
		}
	}
	return false
}

var uvFrom = regexp.MustCompile(`(?m)^\s*FROM\s+(?:--\S+\s+)?(ghcr\.io/astral-sh/uv:[A-Za-z0-9_.-]*python[A-Za-z0-9_.-]*)`)

// uvImage is an image that can run uv: the one that a Dockerfile has, else the guide's.
func (o *offer) uvImage() string {
	return source.Recall(&o.p.Memo, uvImageKey{}, func() string { return findUVImage(o.p) })
}

type uvImageKey struct{}

func findUVImage(p *project.Project) string {
	for _, d := range p.Dockerfiles {
		text, err := p.Files.Read(d.Path)
		if m := uvFrom.FindSubmatch(text); err == nil && m != nil {
			return string(m[1])
		}
	}
	return stack.UVToolchain
}
