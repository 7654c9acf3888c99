package verify

import (
	"context"
	_ "embed"
	"maps"
	"slices"
	"strings"

	"refit/internal/rule"
)

//go:embed r32_secret_in_log.md
var secretInLogDoc string

// shortest is the length, in bytes, from which on a secret value is searched for in logs: shorter ones stand in every text.
const shortest = 6

// secretInLog searches the logs for the values of the secrets: R32.
var secretInLog = check("R32", "secret-in-log", Logs, rule.Error, "a secret value stands in the log of a service", secretInLogDoc,
	func(ctx context.Context, p *pass) {
		values := p.secrets(shortest)
		p.each(nil, func(b *box) {
			lines, err := p.log(ctx, b)
			if err != nil {
				p.notShown(b.Service, "its log can't be read: %v", err)
				return
			}
			for _, s := range values {
				n, first := 0, ""
				for _, l := range lines {
					if strings.Contains(l.Text, s.value) {
						if n++; n == 1 {
							first = l.Text
						}
					}
				}
				if n > 0 {
					p.find(report{service: b.Service, subject: "log." + s.name, next: "keep the program from printing it; refit env rotate " + p.env.Name + " gives it a new value; the container made anew drops the log"},
						"container %s: %s is printed in %s of its log, the first: %s", b.Name, s.name, count(n, "line", "lines"), p.clip(first))
				}
			}
		})
	})

// secretValue is a value that must not be seen.
type secretValue struct {
	name  string // the variable that has it; "a secret of the repository" where no service is given it
	value string
}

// secrets are the values of at least so many bytes, named after who is given them, each name once.
func (r *running) secrets(least int) []secretValue {
	var list []secretValue
	unnamed := 0
	for _, value := range r.env.Secrets {
		if len(value) < least {
			continue
		}
		name := r.nameOf(value)
		if name == "" {
			unnamed++
			name = "secret " + itoa(unnamed) + " of the repository's files"
		}
		list = append(list, secretValue{name, value})
	}
	return list
}

// nameOf is the variable that holds a value; one that is nothing else comes before one, such as a URL, that has it in it.
func (r *running) nameOf(value string) string {
	within := ""
	for _, s := range r.services {
		for _, name := range slices.Sorted(maps.Keys(s.model.Environment)) {
			switch has := s.model.Environment[name]; {
			case has == value:
				return name
			case within == "" && strings.Contains(has, value):
				within = name
			}
		}
	}
	return within
}
