package verify

import (
	"context"
	_ "embed"
	"path"
	"regexp"
	"slices"
	"strings"

	"refit/internal/rule"
)

//go:embed r42_tools_in_production.md
var toolsInProductionDoc string

// Programs that a production image does not run: compilers, and what installs packages.
var (
	compilers = strings.Fields("gcc g++ cc c++ clang make cmake ninja rustc cargo go")
	managers  = strings.Fields("uv uvx poetry pdm pipenv")
)

// devPackage is the folder of an installed package that is for development.
var devPackage = regexp.MustCompile(`/(?:site|dist)-packages/((?:pytest|pytest_\w+|ruff|mypy|black|flake8|pylint|isort|coverage|tox|nox|ipython|ipdb|debugpy|pre_commit|hypothesis|factory_boy|bandit))-[0-9][^/]*\.dist-info$|node_modules/(jest|vitest|mocha|eslint|nodemon|cypress|@playwright/test)$`)

// toolsInProduction finds compilers and development packages in production images: R42.
var toolsInProduction = check("R42", "tools-in-production", Image, rule.Error, "a production image has compilers or development tools in it", toolsInProductionDoc,
	func(ctx context.Context, p *pass) {
		if p.env.Name != "prod" {
			return
		}
		p.eachImage(ctx, func(b *box, c *contents) {
			tools := c.has(func(at string) bool { return isTool(at) || devPackage.MatchString("/"+at) })
			if len(tools) > 0 {
				r := report{service: b.Service, subject: "image.tools", at: []string{"services." + b.Service + ".build.target", "services." + b.Service + ".build"}, next: "build a stage without them (refit plan, D50, D53, D62), then refit rebuild " + p.env.Name}
				if !slices.ContainsFunc(tools, func(at string) bool { return !slices.Contains(managers, path.Base(at)) }) {
					r.severity = rule.Warning // some start their program by it
				}
				p.find(r,
					"the image of %s (%s) has %s in it: %s; they make it larger and help an intruder", b.Service, short(b.info.Image), count(len(tools), "tool", "tools"), rule.Listed(named(tools)))
			}
		})
	})

// isTool says whether a path is one of these programs in a folder of programs.
func isTool(at string) bool {
	switch path.Dir(at) {
	case "bin", "usr/bin", "usr/local/bin", "usr/local/go/bin", "root/.local/bin", "usr/local/cargo/bin":
		return slices.Contains(compilers, path.Base(at)) || slices.Contains(managers, path.Base(at))
	}
	return false
}

// named are tools as a person knows them: pytest, /usr/bin/gcc.
func named(paths []string) []string {
	var list []string
	for _, at := range paths {
		if m := devPackage.FindStringSubmatch("/" + at); m != nil {
			list = append(list, m[1]+m[2])
		} else {
			list = append(list, "/"+at)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}
