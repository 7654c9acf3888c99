package multistage

import (
	"strings"
	"testing"

	"refit/internal/dockerfile"
	"refit/internal/shell"
)

// TestChainsTakenApart says which RUNs can be taken apart at their commands, and that the commands' places are
// those in the file.
func TestChainsTakenApart(t *testing.T) {
	for run, want := range map[string]bool{
		"RUN useradd a && chown -R a /app":                         true,
		"RUN useradd a && \\\n    chown -R a /app \\\n && mkdir x": true,
		"RUN useradd a || true":                                    false,
		"RUN useradd a; chown a /app":                              false,
		"RUN useradd a && \\\n# why\n    chown -R a /app":          false,
		"RUN if id a; then useradd a; fi":                          false,
		"RUN --mount=type=cache,target=/x useradd a && mkdir x":    false,
		"RUN useradd a > /log && mkdir x":                          false,
	} {
		text := "FROM debian\n" + run + "\n"
		f, err := dockerfile.Parse("Dockerfile", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		in := f.Stages[0].Find("RUN")[0]
		list, _ := commands(in)
		if got := chained(part{in: in}, list, f.Text); got != want {
			t.Errorf("%s: %v", run, got)
		}
	}
}

// TestAccountsRead reads what makes accounts, options in one word included.
func TestAccountsRead(t *testing.T) {
	for line, want := range map[string]shell.Account{
		"useradd -ms /bin/bash shop":                     {Name: "shop", UID: -1, GID: -1},
		"useradd -rm -d /home/shop -g root -u 1001 shop": {Name: "shop", Group: "root", UID: 1001, GID: -1, System: true},
		"adduser -S -D -u 101 -G web shop":               {Name: "shop", Group: "web", UID: 101, GID: -1, System: true},
		"adduser -DHu 101 shop":                          {Name: "shop", UID: 101, GID: -1},
		"adduser shop docker":                            {UID: -1, GID: -1},
		"useradd $WHO":                                   {UID: -1, GID: -1},
		"groupadd -g 1500 web":                           {Name: "web", UID: -1, GID: 1500},
	} {
		list := shell.Commands(shell.ParseText(shell.Literal(line), shell.POSIX), shell.Start{})
		if len(list) != 1 {
			t.Fatal(line)
		}
		if got := shell.ReadAccount(list[0]); got != want {
			t.Errorf("%s: %+v", line, got)
		}
	}
	if !strings.Contains(spoken(shell.Commands(shell.ParseText(shell.Literal("chown -R a:a /app"), shell.POSIX), shell.Start{})[0]), "chown -R a:a /app") {
		t.Error("a command is not named as it is written")
	}
}
