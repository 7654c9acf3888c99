package main

import "testing"

func contextOf(before, after files) *evidence {
	e := between(before, after, moves{"Dockerfile": "docker/Dockerfile"})
	e.stacks = []stack{{before: model{builds: map[string]build{"a": {".", "Dockerfile"}}}, after: model{builds: map[string]build{"a": {".", "docker/Dockerfile"}}}}}
	return e
}

func TestChangedContext(t *testing.T) {
	dockerfile := "FROM a\nCOPY requirements.txt *.cfg /\nCOPY . .\n"
	before := files{"Dockerfile": dockerfile, "requirements.txt": "", "setup.cfg": "", "notes": "", ".env": "", ".dockerignore": ".env\n"}
	with := func(ignore string, more ...string) files {
		after := files{"docker/Dockerfile": dockerfile, "requirements.txt": "", "setup.cfg": "", "notes": "", ".env": "", ".dockerignore": ignore}
		for _, p := range more {
			after[p] = ""
		}
		return after
	}
	sees(t, changedContexts, contextOf(before, with(".env\n")), "")
	sees(t, changedContexts, contextOf(before, with("\n")), ".env enters it")
	sees(t, changedContexts, contextOf(before, with(".env\nnotes\n")), "notes leaves it")
	sees(t, changedContexts, contextOf(before, with(".env\n*.txt\n")), "requirements.txt is sent no more, and COPY requirements.txt wants it")
	sees(t, changedContexts, contextOf(before, with(".env\nsetup.cfg\n")), "COPY *.cfg wants it")
	e := contextOf(before, with(".env\n", "Makefile", "env/.env.dev"))
	e.plan.Equivalence.Declared = []difference{{Aspect: "context", Subject: ".", Addr: "env/"}}
	sees(t, changedContexts, e, "Makefile enters it")
	e = contextOf(before, with(".env\nnotes\nsetup.cfg\n"))
	e.plan.Equivalence.Declared = []difference{{Aspect: "context", Subject: ".", Addr: "notes"}, {Aspect: "context", Subject: ".", Addr: "setup.cfg"}}
	sees(t, changedContexts, e, "setup.cfg is sent no more") // declared, and yet it breaks the build
	after := with(".env\n")
	after["docker/Dockerfile.dockerignore"] = "" // goes before the folder's
	e = contextOf(before, after)
	e.plan.Equivalence.Declared = []difference{{Aspect: "context", Subject: ".", Addr: "docker/Dockerfile.dockerignore"}}
	sees(t, changedContexts, e, ".env enters it")
}

func TestGuessedContext(t *testing.T) {
	before := files{"sub/Dockerfile": "FROM a\n"}
	sees(t, changedContexts, between(before, files{"sub/Dockerfile": "FROM a\n", "sub/Makefile": ""}, nil), "")
	sees(t, changedContexts, between(before, files{"sub/Dockerfile": "FROM a\n", "sub/.env": ""}, nil), "sub/.env enters it")
}
