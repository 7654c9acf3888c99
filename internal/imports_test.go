// Package internal_test holds the house rules that no single package can check: who may import whom.
package internal_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"
)

// floors lists the packages of the house, the lowest floor first. A package imports only from
// floors below its own; the stages share one floor, so none imports another.
var floors = [][]string{
	{"source", "spelling", "parallel", "fuzztest"},
	{"edit"},
	{"yaml", "shell", "json", "dotenv", "dockerignore", "gitrepo", "secret", "dockerfile", "toml"},
	{"compose", "makefile", "markdown", "workflow"},
	{"layout", "stack", "config"},
	{"change"},
	{"project"},
	{"placement", "invocation"},
	{"rule"},
	{"rules/compose", "rules/context", "rules/dockerfile", "rules/env", "rules/layout", "rules/make", "rules/packages", "rules/ruletest"},
	{"rules", "engine", "machine", "cause"},
	{"audit", "plan", "equivalence", "apply", "environment", "operate", "verify", "against", "doctor"},
	{"report"},
	{"pipeline"},
	{"cli"},
}

// forbidden are imports that a floor does not show, each with its reason.
var forbidden = []struct{ importer, imported, reason string }{
	{"rules/", "os", "rules are pure: they see a project and report findings"},
	{"rules/", "os/exec", "nothing from the repository is run"},
	{"rules/", "net", "audit and plan work offline"},
	{"plan", "os", "plan is values in, values out"},
	{"equivalence", "os", "equivalence is values in, values out"},
	{"audit", "os", "audit is values in, values out"},
	{"environment", "os", "environment is values in, values out; only environment/certs keeps the authority in the user's state folder"},
	{"source", "os", "source is values; project walks the disk"},
	{"edit", "os", "edits are pure values"},
	{"dockerfile", "os", "formats take bytes"},
	{"yaml", "os", "formats take bytes"},
	{"dotenv", "os", "formats take bytes"},
	{"makefile", "os/exec", "make is never run"},
}

type pkg struct {
	ImportPath string
	Imports    []string
}

func TestImportsGoDown(t *testing.T) {
	floor := map[string]int{}
	for i, names := range floors {
		for _, name := range names {
			floor[name] = i
		}
	}
	for _, p := range packages(t) {
		name, ok := strings.CutPrefix(p.ImportPath, "refit/internal/")
		if !ok {
			continue
		}
		own, known := floor[subject(name, floor)]
		if !known {
			t.Errorf("%s stands on no floor: add it to floors, in the room where it belongs", p.ImportPath)
			continue
		}
		for _, imported := range p.Imports {
			below, inside := strings.CutPrefix(imported, "refit/internal/")
			if !inside {
				continue
			}
			at, known := floor[subject(below, floor)]
			same := subject(below, floor) == subject(name, floor)
			if known && at >= own && !same {
				t.Errorf("%s imports %s, which is not below it", p.ImportPath, imported)
			}
		}
	}
}

func TestForbiddenImports(t *testing.T) {
	for _, p := range packages(t) {
		name := strings.TrimPrefix(p.ImportPath, "refit/internal/")
		for _, f := range forbidden {
			if name != f.importer && !(strings.HasSuffix(f.importer, "/") && strings.HasPrefix(name, f.importer)) {
				continue
			}
			if strings.HasPrefix(name, "rules/ruletest") || strings.HasPrefix(name, "rules/gendocs") || name == "rules/scaffold" {
				continue
			}
			for _, imported := range p.Imports {
				if imported == f.imported {
					t.Errorf("%s imports %s: %s", p.ImportPath, imported, f.reason)
				}
			}
		}
	}
}

func TestNoCatchAllPackages(t *testing.T) {
	for _, p := range packages(t) {
		last := p.ImportPath[strings.LastIndex(p.ImportPath, "/")+1:]
		switch last {
		case "utils", "util", "common", "helpers", "helper", "types", "misc":
			t.Errorf("%s: name a package after what it is about", p.ImportPath)
		}
	}
}

// subject is the nearest package upwards that has a floor: rules/dockerfile/multistage lives in rules/dockerfile.
func subject(name string, floor map[string]int) string {
	for at := name; ; {
		if _, ok := floor[at]; ok {
			return at
		}
		i := strings.LastIndex(at, "/")
		if i < 0 {
			return name
		}
		at = at[:i]
	}
}

func packages(t *testing.T) []pkg {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", "refit/...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var list []pkg
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return list
		} else if err != nil {
			t.Fatal(err)
		}
		list = append(list, p)
	}
}
