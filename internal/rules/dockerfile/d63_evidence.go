package dockerfile

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"refit/internal/dockerfile"
	"refit/internal/project"
)

// testFile is a file of tests, by the names that the test runners of the languages look for.
var testFile = regexp.MustCompile(`(?:^|/)(?:test_[^/]*\.py|[^/]*_test\.(?:py|rb|go|exs)|conftest\.py|[^/]*[.-](?:test|spec)\.[cm]?[jt]sx?|[^/]*_spec\.rb|[^/]*Test\.php|[^/]*_test\.rb)$`)

// holdsTests says whether one of the files is a test in the folder.
func holdsTests(files []string, folder string) bool {
	return slices.ContainsFunc(files, func(f string) bool { return strings.HasPrefix(f, folder+"/") && testFile.MatchString(f) })
}

// programText are the endings of files that run, or that what runs reads as program.
var programText = map[string]bool{".py": true, ".sh": true, ".js": true, ".mjs": true, ".cjs": true, ".ts": true, ".tsx": true, ".jsx": true,
	".rb": true, ".php": true, ".html": true, ".jinja": true, ".jinja2": true, ".j2": true, ".ini": true, ".cfg": true, ".conf": true, ".mako": true}

// commandText are those of them in which a path needs no quotes.
var commandText = map[string]bool{".sh": true, ".ini": true, ".cfg": true, ".conf": true}

// onlyDevelops are files that only developing reads.
var onlyDevelops = regexp.MustCompile(`(?:^|/)(?:conftest\.py|noxfile\.py|tasks\.py|setup\.py|setup\.cfg|tox\.ini|pytest\.ini|mypy\.ini|pylintrc|[\w.-]+\.config\.[cm]?[jt]s|\.[\w.-]+rc(?:\.[cm]?js)?|[^/]*test[^/]*\.sh|[^/]*lint[^/]*\.sh|[^/]*format[^/]*\.sh)$`)

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
		if at := testedInside(p, u.service.Name); at != "" {
			return at + " runs tests inside of service " + u.service.Name
		}
		for _, words := range [][]string{u.service.Command, u.service.Entrypoint} {
			if named.MatchString(strings.Join(words, " ")) {
				return "service " + u.service.Name + " starts with " + folder
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

// mention matches a command that names a folder at the root: as a path, or as a word of its own, which counts unless it is a
// command as well, as test is.
func mention(folder string) *regexp.Regexp {
	name := regexp.QuoteMeta(folder)
	bare := `|(?:^|\s)(?:\./)?` + name + `(?:\s|$)`
	if folder == "test" || folder == "spec" {
		bare = ""
	}
	return regexp.MustCompile(`(?:^|[^\w.-])` + name + `/|["'\x60/]` + name + `["'\x60]` + bare)
}

// imported matches a line of a program that names the folder: as a module, or in a string. Prose names it as well.
func imported(folder string) *regexp.Regexp {
	name := regexp.QuoteMeta(folder)
	return regexp.MustCompile(`^(?:from|import)\s+` + name + `\b|["'\x60](?:[^"'\x60]*[^\w.-])?` + name + `(?:/|["'\x60])`)
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
		if !ok || !e.IsRegular() || strings.HasPrefix(f, dir+"/") || testFile.MatchString(f) || onlyDevelops.MatchString(f) || !programText[path.Ext(f)] {
			continue
		}
		if read++; read > maxPrograms {
			return "there are too many files to see whether one needs it"
		}
		text, err := e.Bytes()
		if err != nil || e.Size > 1<<20 {
			return f + " can't be read to see whether it needs it"
		}
		named := inProgram
		if commandText[path.Ext(f)] {
			named = inShell
		}
		if line := namedLine(string(text), named); line > 0 {
			return fmt.Sprintf("%s:%d names it", f, line)
		}
	}
	return ""
}

// namedLine is the first line that names the folder and gives it to no tool of development, 0 when there is none.
func namedLine(text string, named *regexp.Regexp) int {
	n := 0
	for line := range strings.Lines(text) {
		n++
		if t := strings.TrimSpace(line); named.MatchString(t) && !developmentTool.MatchString(t) && !strings.HasPrefix(t, "#") && !strings.HasPrefix(t, "//") {
			return n
		}
	}
	return 0
}
