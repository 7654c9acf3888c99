//go:build unix

package e2e_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"refit/internal/source"
)

// lines joins what each makes of 0 to n-1.
func lines(n int, each func(i int) string) string {
	var out strings.Builder
	for i := range n {
		out.WriteString(each(i))
	}
	return out.String()
}

// listBomb is the "billion laughs" of YAML: nine to the power of eight words when it is expanded.
func listBomb() string {
	return "x-0: &b0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n" + lines(8, func(i int) string {
		return fmt.Sprintf("x-%d: &b%d [%s]\n", i+1, i+1, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*b%d, ", i), 9), ", "))
	})
}

// mapBomb doubles 29 times; mergeBomb does so by merge keys.
func mapBomb() string {
	return "x-0: &m0 {a: b}\n" + lines(29, func(i int) string {
		return fmt.Sprintf("x-%d: &m%d {l: *m%d, r: *m%d}\n", i+1, i+1, i, i)
	})
}

func mergeBomb() string {
	return "x-0: &m0 {a: b}\n" + lines(25, func(i int) string {
		return fmt.Sprintf("x-%d: &m%d\n  <<: [*m%d, *m%d]\n  a%d: 1\n", i+1, i+1, i, i, i)
	})
}

// doubling is 40 variables, each twice the one before: 10 TB when they are expanded.
func doubling(form string) string {
	return fmt.Sprintf(form, 0, "xxxxxxxxxx") + lines(40, func(i int) string {
		return fmt.Sprintf(form, i+1, fmt.Sprintf("${A%d}${A%d}", i, i))
	})
}

func nested(open, inner, close string, n int) string {
	return strings.Repeat(open, n) + inner + strings.Repeat(close, n)
}

const workflow = "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: docker compose up\n"

// TestBombsCyclesAndNesting: files that are small and mean much, or that lead in circles.
func TestBombsCyclesAndNesting(t *testing.T) {
	for name, tt := range map[string]struct {
		files map[string]string
		said  string // pattern of what is said; "" when nothing need be
	}{
		"aliases, in a Compose file":           {map[string]string{"compose.yml": listBomb() + "services:\n  a:\n    image: x\n"}, ""},
		"aliases that services use":            {map[string]string{"compose.yml": mapBomb() + "services:\n  a:\n    image: x\n    labels: *m29\n    environment: *m29\n"}, `compose\.yml: .*alias`},
		"merge keys":                           {map[string]string{"compose.yml": mergeBomb() + "services:\n  a:\n    <<: *m25\n    image: x\n"}, `compose\.yml: .*alias`},
		"a chain of 5,000 merge keys":          {map[string]string{"compose.yml": "x-0: &m0 {image: x}\n" + lines(5000, func(i int) string { return fmt.Sprintf("x-%d: &m%d\n  <<: *m%d\n", i+1, i+1, i) }) + "services:\n  a:\n    <<: *m5000\n"}, `compose\.yml: `},
		"an anchor that holds itself":          {map[string]string{"compose.yml": "services: &s\n  a:\n    image: x\n    labels: *s\n"}, `compose\.yml: `},
		"aliases, in a workflow":               {map[string]string{".github/workflows/ci.yml": mapBomb() + "env: *m29\n" + workflow}, ""},
		"aliases, in GitLab CI":                {map[string]string{".gitlab-ci.yml": listBomb() + "a:\n  script: *b8\nb:\n  script:\n    - *b8\n"}, ""},
		"aliases, in a Taskfile":               {map[string]string{"Taskfile.yml": listBomb() + "version: 3\ntasks:\n  a:\n    cmds: *b8\n"}, ""},
		"aliases, in pre-commit":               {map[string]string{".pre-commit-config.yaml": listBomb() + "repos: *b8\n"}, ""},
		"aliases, in .refit.yaml":              {map[string]string{".refit.yaml": listBomb() + "ignores: *b8\n"}, `\.refit\.yaml:\d+:\d+: `},
		"extends that goes round":              {map[string]string{"compose.yml": "services:\n  a:\n    extends: b\n  b:\n    extends: a\n"}, `compose\.yml.*(circle|cycl|round|extends itself)`},
		"extends that goes round by files":     {map[string]string{"compose.yml": "services:\n  a:\n    extends: {file: b.yml, service: a}\n", "b.yml": "services:\n  a:\n    extends: {file: compose.yml, service: a}\n"}, `compose\.yml.*(circle|cycl|round|extends itself)`},
		"extends, 2,000 deep":                  {map[string]string{"compose.yml": "services:\n  s0:\n    image: x\n" + lines(2000, func(i int) string { return fmt.Sprintf("  s%d:\n    extends: s%d\n", i+1, i) })}, `compose\.yml`},
		"include that goes round":              {map[string]string{"compose.yml": "include: [a.yml]\nservices: {x: {image: x}}\n", "a.yml": "include: [compose.yml, a.yml]\nservices: {y: {image: x}}\n"}, `compose\.yml|a\.yml`},
		"include that doubles":                 {includes(), `i\d+[ab]\.yml`},
		"Makefiles that include one another":   {map[string]string{"Makefile": "include a.mk\nall:\n\tdocker compose up\n", "a.mk": "include Makefile\ninclude a.mk\n"}, ""},
		"Make variables that double":           {map[string]string{"Makefile": strings.ReplaceAll(doubling("A%d = %s\n"), "{", "(") + "all: $(A40)\n\tdocker build -f $(A40) .\n"}, ""},
		"Make variables that double at once":   {map[string]string{"Makefile": doubling("A%d := %s\n") + "${A40}:\n\tdocker build -f ${A40} .\n"}, ""},
		"Make variables that hold themselves":  {map[string]string{"Makefile": "A = $(A)\nB = $(C)\nC = $(B)\nf = $(call f,$(1)$(1))\nall: $(A) $(call f,xx)\n\tdocker build -f $(B) .\n"}, ""},
		"Make loops in loops":                  {map[string]string{"Makefile": "L = 1 2 3 4 5 6 7 8 9 0\nall: " + nested("$(foreach a,$(L),", "x", ")", 9) + "\n\tdocker compose up\n"}, ""},
		"env values that double":               {map[string]string{".env": doubling("A%d=%s\n"), "compose.yml": "services:\n  a:\n    image: ${A40}\n    env_file: .env\n"}, `\.env`},
		"build arguments that double":          {map[string]string{"Dockerfile": doubling("ARG A%d=%s\n") + "FROM ${A40}\n" + doubling("ENV A%d=%s\n") + "COPY ${A40} /x\n"}, ""},
		"5,000 stages, each on the one before": {map[string]string{"Dockerfile": "FROM python:3.12 AS s0\n" + lines(5000, func(i int) string { return fmt.Sprintf("FROM s%d AS s%d\nRUN echo\n", i, i+1) })}, ""},
		"defaults in defaults":                 {map[string]string{"compose.yml": "services:\n  a:\n    image: \"" + nested("${A:-", "x", "}", 10000) + "\"\n"}, `compose\.yml: `},
		"YAML lists, 10,000 deep":              {map[string]string{"compose.yml": "services: " + nested("[", "", "]", 10000) + "\n"}, `compose\.yml:.*max depth`},
		"YAML maps, 10,000 deep":               {map[string]string{".github/workflows/ci.yml": "on: push\njobs: " + nested("{a: ", "", "}", 10000) + "\n"}, `ci\.yml:.*max depth`},
		"YAML blocks, 1,300 deep":              {map[string]string{"compose.yml": "services:\n" + lines(1300, func(i int) string { return strings.Repeat(" ", i+1) + "a:\n" })}, `compose\.yml:.*max depth`},
		"YAML dashes, 20,000 deep":             {map[string]string{"compose.yml": "services:\n  a: {image: x}\nx-a:\n  " + strings.Repeat("- ", 20000) + "a\n"}, `compose\.yml:.*max depth`},
		".refit.yaml, 10,000 deep":             {map[string]string{".refit.yaml": "ignores: " + nested("[", "", "]", 10000) + "\n"}, `\.refit\.yaml:.*(depth|list|mapping|want)`},
		"JSON, 10,000 deep":                    {map[string]string{".devcontainer/devcontainer.json": nested(`{"dockerComposeFile":`, "1", "}", 10000), "package.json": nested("[", "", "]", 10000), "docker-bake.json": strings.Repeat("[", 100000)}, `package\.json`},
		"JSON in a Dockerfile, 10,000 deep":    {map[string]string{"Dockerfile": "FROM python:3.12\nHEALTHCHECK CMD " + nested("[", "", "]", 10000) + "\nCMD " + nested("[", "", "]", 10000) + "\n"}, ""},
		"Markdown, 10,000 deep":                {map[string]string{"README.md": nested("> ", "```\ndocker compose up\n", "- ", 10000) + "\n" + nested("[", "a", "](b)", 10000) + nested("*", "a", "*", 10000) + strings.Repeat("<div>", 10000) + "\n", "compose.yml": "services: {a: {image: x}}\n"}, ""},
		"Markdown that never closes":           {map[string]string{"README.md": strings.Repeat("[a](<b", 50000) + "\n\n" + strings.Repeat("`a``b```c", 30000) + "\n\n" + strings.Repeat("<!--", 50000) + "\n\n" + strings.Repeat("_a__b", 50000) + "\n", "compose.yml": "services: {a: {image: x}}\n"}, ""},
		"Make functions, 10,000 deep":          {map[string]string{"Makefile": "A = " + nested("$(", "x", ")", 10000) + "\nall: $(A)\n\t$(A)\n" + nested("$(if ", "", ")", 10000) + ":\n\tdocker build .\n"}, ""},
		"Make conditionals, 10,000 deep":       {map[string]string{"Makefile": nested("ifdef A\n", "", "endif\n", 10000) + "all:\n\tdocker build .\n"}, `Makefile:\d+:1: conditionals nest too deeply`},
		"shell substitutions, 10,000 deep":     {map[string]string{"run.sh": "#!/bin/sh\n" + nested("$(", "docker compose up", ")", 10000) + "\n", "b.sh": "#!/bin/sh\necho \"" + strings.Repeat(`$(echo "`, 10000), "c.sh": "#!/bin/sh\necho " + nested("$((", "1", "))", 10000) + "\ndocker build .\n"}, ""},
		"shell blocks, 10,000 deep":            {map[string]string{"run.sh": "#!/bin/sh\n" + nested("if a; then\n", "docker compose up\n", "fi\n", 10000), "b.sh": "#!/bin/sh\n" + nested("( ", "docker compose up", ")", 10000) + "\n", "c.sh": "#!/bin/sh\n" + nested("{ ", "docker compose up; ", "};", 10000) + "\n"}, ""},
		"shell chains of 100,000":              {map[string]string{"run.sh": "#!/bin/sh\n" + strings.Repeat("a | ", 100000) + "docker build .\n", "b.sh": "#!/bin/sh\n" + strings.Repeat("a && ", 100000) + "docker build .\n", "c.sh": "#!/bin/sh\n" + strings.Repeat("! ", 10000) + "docker build .\n"}, ""},
		"shells in shells":                     {map[string]string{"run.sh": "#!/bin/sh\n" + shells(12) + "\n"}, ""},
		"shell in a Dockerfile, 10,000 deep":   {map[string]string{"Dockerfile": "FROM python:3.12\nRUN " + nested("$(", "docker compose up", ")", 10000) + "\nRUN " + nested("(", "a", ")", 10000) + "\n"}, ""},
		"shell in a recipe, 10,000 deep":       {map[string]string{"Makefile": "all:\n\t" + nested("(", "docker build .", ")", 10000) + "\n"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t)
			for file, text := range tt.files {
				p.write(file, text)
			}
			said, codes := p.reads()
			if tt.said != "" && !regexp.MustCompile(tt.said).MatchString(said) {
				t.Errorf("nothing says %s; exit codes %v:\n%.3000s", tt.said, codes, said)
			}
		})
	}
}

// includes doubles twelve times.
func includes() map[string]string {
	files := map[string]string{"compose.yml": "include: [i0a.yml, i0b.yml]\nservices: {x: {image: x}}\n"}
	for i := range 12 {
		for _, ab := range []string{"a", "b"} {
			files[fmt.Sprintf("i%d%s.yml", i, ab)] = fmt.Sprintf("include: [i%da.yml, i%db.yml]\nservices: {x%d%s: {image: x}}\n", i+1, i+1, i, ab)
		}
	}
	return files
}

// shells quotes a command for n shells, each inside the one before.
func shells(n int) string {
	command := "docker compose up"
	for range n {
		command = "sh -c '" + strings.ReplaceAll(command, "'", `'\''`) + "'"
	}
	return command
}

// configurationNames are names that refit reads, each by a reader of its own.
var configurationNames = []string{"compose.yml", "Dockerfile", ".env", "Makefile", ".dockerignore", ".gitignore", "README.md", "package.json",
	"run.sh", ".github/workflows/ci.yml", ".refit.yaml", "requirements.txt", "pyproject.toml", "uv.lock", ".gitattributes", "app.py"}

// TestHugeFiles makes one file after the other 100 MB large. It isn't loaded; where it matters, that is said.
func TestHugeFiles(t *testing.T) {
	const size = 100 << 20
	silent := map[string]bool{"README.md": true, "requirements.txt": true, "uv.lock": true, ".gitattributes": true, "app.py": true}
	for _, name := range configurationNames {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t)
			p.ordinary()
			p.write("compose.dev.yml", "services:\n  a:\n    image: x\n")
			p.write("docker/app.Dockerfile", "FROM python:3.12\nCMD [\"python\"]\n")
			p.write(name, "")
			if err := os.Truncate(filepath.Join(p.repo, name), size); err != nil {
				t.Fatal(err)
			}
			said, _ := p.reads()
			if want := regexp.QuoteMeta(name) + `.*(8 MiB|too large|larger)`; !silent[name] && !regexp.MustCompile(want).MatchString(said) {
				t.Errorf("nothing says %s:\n%.3000s", want, said)
			}
			if r := p.run("apply", "--yes"); r.memory > 300<<20 {
				t.Errorf("it is loaded: %v", r)
			}
			if info, err := os.Stat(filepath.Join(p.repo, name)); err != nil || info.Size() != size {
				t.Errorf("it was touched: %v, %v", info, err)
			}
		})
	}
}

// TestOneLongLine: files just below the limit for parsing, of one line, or of lines that are hard on a parser.
func TestOneLongLine(t *testing.T) {
	for name, pieces := range map[string][]string{
		"compose.yml":              {"services:\n", "a", "- a\n", "a: b\n", "# c\n", "{", "\"", "&a ", "\t"},
		".github/workflows/ci.yml": {"- run: docker build .\n", "a: {"},
		"Dockerfile":               {"FROM a\n", "a", "RUN x\n", "\\\n", "RUN <<E\n", "#\n", "ENV a=b \\\n", "ARG x\n"},
		".env":                     {"A=1\n", "A=\"", "a", "=\"\"", "${", "#\n"},
		"Makefile":                 {"a:\n\tb\n", "a", "a:=b\n", "$(", "\\\n", "define\n", "include x\n"},
		".dockerignore":            {"a\n", "*", "**/", "!a\n"},
		".gitignore":               {"a\n", "*", "**/", "!a\n", "["},
		"README.md":                {"```\n", "a", "> ", "- ", "* a\n", "[", "<", "|", "`", "docker compose up\n"},
		"package.json":             {"[", "{\"a\":", "\"", "//\n"},
		"run.sh":                   {"a\n", "a", "docker compose up\n", "`", "<<E\n", "\"", "(", "a|", "${a:-"},
		"app.py":                   {"\"compose.yml\"\n", "a", "\"", "'''"},
		".refit.yaml":              {"a: b\n", "[", "#\n"},
	} {
		if os.Getenv("REFIT_SLOW") == "" {
			pieces = pieces[:2] // make slow tries them all
		}
		for _, piece := range pieces {
			t.Run(fmt.Sprintf("%s of %q", name, piece), func(t *testing.T) {
				p := newPlace(t)
				p.ordinary()
				p.write(name, strings.Repeat(piece, (source.MaxParsed-1)/len(piece)))
				p.run("audit", "--format", "json")
			})
		}
	}
	t.Run("50 MB", func(t *testing.T) {
		for _, name := range []string{"compose.yml", "Dockerfile", "run.sh"} {
			p := newPlace(t)
			p.ordinary()
			p.write(name, strings.Repeat("a", 50<<20))
			p.run("audit", "--format", "json")
		}
	})
}
