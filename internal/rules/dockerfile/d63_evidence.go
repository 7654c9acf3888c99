package dockerfile

import (
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"refit/internal/dockerfile"
	"refit/internal/project"
	"refit/internal/source"
)

// testFile is a file of tests, by the names that the test runners of the languages look for.
var testFile = regexp.MustCompile(`(?:^|/)(?:test_[^/]*\.py|[^/]*_test\.(?:py|rb|go|exs)|conftest\.py|[^/]*[.-](?:test|spec)\.[cm]?[jt]sx?|[^/]*_spec\.rb|[^/]*Test\.php|[^/]*_test\.rb)$`)

// holdsTests says whether one of the files is a test in the folder.
func holdsTests(files []string, folder string) bool {
	return slices.ContainsFunc(files, func(f string) bool { return strings.HasPrefix(f, folder+"/") && testFile.MatchString(f) })
}

// programText are the endings of files that run, or that what runs reads as program.
var programText = endings(".py .sh .js .mjs .cjs .ts .tsx .jsx .vue .svelte .rb .ru .php .go .rs .java .kt .cs .ex .html .jinja .jinja2 .j2 .mako .ini .cfg .conf .yml .yaml")

// commandText are those of them in which a path needs no quotes.
var commandText = endings(".sh .ini .cfg .conf .yml .yaml")

func endings(list string) map[string]bool {
	set := map[string]bool{}
	for _, e := range strings.Fields(list) {
		set[e] = true
	}
	return set
}

// onlyDevelops are files that only developing reads.
var onlyDevelops = regexp.MustCompile(`(?:^|/)(?:conftest\.py|noxfile\.py|tasks\.py|setup\.py|setup\.cfg|tox\.ini|pytest\.ini|mypy\.ini|pylintrc|[^/]*compose[^/]*\.ya?ml|(?:mkdocs|codecov)\.ya?ml|\..*\.ya?ml|[\w.-]+\.config\.[cm]?[jt]s|\.[\w.-]+rc(?:\.[cm]?js)?|[^/]*test[^/]*\.sh|[^/]*lint[^/]*\.sh|[^/]*format[^/]*\.sh)$`)

// developmentTool is a program that production lacks: a line that gives it the tests does not run there.
var developmentTool = regexp.MustCompile(`\b(?:pytest|unittest|coverage|ruff|mypy|black|flake8|isort|pylint|pyright|bandit|autoflake|tox|nox|pre-commit|jest|vitest|mocha|eslint|prettier|rspec|rubocop|phpunit|phpstan|testpaths)\b`)

// needsTests says why what runs in the image may need the folder; "" when nothing of it names the folder.
func (r *running) needsTests(p *project.Project, folder string) string {
	named := mention(folder)
	for _, in := range r.instructions() {
		c, copies := in.Copy()
		if copies && c.From == "" && slices.ContainsFunc(c.Sources, func(s dockerfile.CopySource) bool { return below(path.Clean(s.Value), []string{folder}) }) ||
			in.Keyword != "FROM" && named.MatchString(in.ArgsText()) {
			return fmt.Sprintf("line %d names %s", in.Line, folder)
		}
	}
	for _, u := range r.uses {
		if at := testedInside(p, u.env, u.service.Name); at != "" {
			return at + " runs tests inside of service " + u.service.Name
		}
		for _, words := range [][]string{u.service.Command, u.service.Entrypoint} {
			if named.MatchString(strings.Join(words, " ")) {
				return "service " + u.service.Name + " starts with " + folder
			}
		}
		for _, name := range slices.Sorted(maps.Keys(u.service.Environment)) {
			if named.MatchString(u.service.Environment[name]) {
				return name + " of service " + u.service.Name + " names " + folder
			}
		}
	}
	if at := r.ranByWorkflow(p); at != "" {
		return at + " builds the image and runs tests by docker run"
	}
	return namedByProgram(p, path.Join(r.d.Context(), folder), folder, r.sent(p))
}

// runsTests is a command that runs tests in a container of an image.
var runsTests = rare(`docker (?:container )?(?:run|exec)\b[^\n]*\b(?:pytest|tests?)\b`, "docker")

// ranByWorkflow is what builds the stage and has its tests run, other than by Compose; "" when nothing does.
func (r *running) ranByWorkflow(p *project.Project) string {
	for _, b := range r.d.Builds {
		if s, ok := r.d.File.Target(b.Target); !ok || s != r.stage || b.Service != "" {
			continue
		}
		if text, err := p.Files.Read(b.By); err == nil && runsTests.MatchString(string(text)) {
			return b.By
		}
	}
	return ""
}

// mention matches a command that names a folder at the root: as a path, as a module, or as a word of its own, which counts unless
// it is a command as well, as test is.
func mention(folder string) *regexp.Regexp {
	name := regexp.QuoteMeta(folder)
	bare := `|(?:^|\s)(?:\./)?` + name + `(?:\s|$)`
	if folder == "test" || folder == "spec" {
		bare = ""
	}
	return regexp.MustCompile(`(?:^|[^\w.-])` + name + `(?:/|[.:]\w)|["'\x60/]` + name + `["'\x60]` + bare)
}

// imported matches a line of a program that names the folder: as a module, or in a string. Prose names it as well.
func imported(folder string) *regexp.Regexp {
	name := regexp.QuoteMeta(folder)
	return regexp.MustCompile(`^(?:from|import)\s+` + name + `\b|["'\x60](?:[^"'\x60]*[^\w.-])?` + name + `(?:/|["'\x60])|["'\x60]` + name + `[.:]\w`)
}

// maxPrograms bounds how many files are read for one folder.
const maxPrograms = 3000

// namedByProgram says which file of a program names the folder, tests and what only developing reads aside.
func namedByProgram(p *project.Project, dir, folder string, sent []string) string {
	inShell, inProgram := mention(folder), imported(folder)
	read := 0
	for _, f := range sent {
		e, ok := p.Files.Entry(f)
		if ok && e.IsLink() && below(path.Join(path.Dir(f), e.Target), []string{dir}) {
			return f + " is a link into it"
		}
		manifest := path.Dir(f) == path.Dir(dir) && manifestName.MatchString(path.Base(f))
		if !ok || !e.IsRegular() || strings.HasPrefix(f, dir+"/") || testFile.MatchString(f) || onlyDevelops.MatchString(f) || !manifest && !mayBeProgram(f, e) {
			continue
		}
		if read++; read > maxPrograms {
			return "there are too many files to see whether one needs it"
		}
		text, err := e.Bytes()
		if err != nil || e.Size > 1<<20 {
			return f + " can't be read to see whether it needs it"
		}
		if manifest {
			if key := namedByManifest(f, text, folder); key != "" {
				return f + " names it: " + key
			}
			continue
		}
		named := inProgram
		if commandText[path.Ext(f)] || path.Ext(f) == "" {
			named = inShell
		}
		if line := namedLine(string(text), named); line > 0 {
			return fmt.Sprintf("%s:%d names it", f, line)
		}
	}
	return ""
}

// mayBeProgram says whether a file runs, or what runs reads it as program: by its ending, or by its first line where it has none.
func mayBeProgram(at string, e *source.Entry) bool {
	if path.Ext(at) != "" {
		return programText[path.Ext(at)]
	}
	if path.Base(at) == "Procfile" {
		return true
	}
	text, err := e.Bytes()
	return err == nil && strings.HasPrefix(string(text), "#!")
}

// namedLine is the first line that names the folder and gives it to no tool of development, 0 when there is none.
func namedLine(text string, named *regexp.Regexp) int {
	n := 0
	for line := range strings.Lines(text) {
		n++
		if t := strings.TrimSpace(line); named.MatchString(t) && !developmentTool.MatchString(t) && !strings.HasPrefix(t, "#") && (!strings.HasPrefix(t, "//") || strings.HasPrefix(t, "//go:embed")) {
			return n
		}
	}
	return 0
}
