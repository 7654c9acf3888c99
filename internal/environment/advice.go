package environment

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// steps are how the password of a server with data is changed: in the server first, then in the file.
// NEW stands for the new password; where a program can ask for it, it does, so that no shell keeps it.
func (t *rotation) steps(s *server, a *account) []string {
	user := t.userOf(s, a)
	in := "docker compose -f " + s.file + " exec " + s.name + " "
	steps := []string{"think of a new password, or make one: openssl rand -hex 24"}
	switch s.product.Name {
	case "postgres":
		steps = append(steps, in+"psql -U "+user+" -d postgres -c '\\password "+user+"'",
			`which is, in SQL: ALTER USER "`+user+`" WITH PASSWORD 'NEW';`)
	case "mysql", "mariadb":
		if a.root {
			user = "root"
		}
		client := map[string]string{"mysql": "mysql", "mariadb": "mariadb"}[s.product.Name]
		steps = append(steps, in+client+" -u root -p", "there: ALTER USER '"+user+"'@'%' IDENTIFIED BY 'NEW';")
		if user == "root" {
			steps = append(steps, "and: ALTER USER 'root'@'localhost' IDENTIFIED BY 'NEW';")
		}
	case "mssql":
		steps = append(steps, "as sa, in SQL: ALTER LOGIN [sa] WITH PASSWORD = 'NEW' OLD_PASSWORD = 'OLD';")
	case "mongo":
		steps = append(steps, in+"mongosh -u "+user+" admin", "there: db.changeUserPassword(\""+user+"\", passwordPrompt())")
	case "rabbitmq":
		steps = append(steps, in+"rabbitmqctl change_password "+user+" 'NEW'")
	case "clickhouse":
		steps = append(steps, "its user is written at each start unless a volume holds the users; see the documentation of "+s.product.Name)
	default:
		steps = append(steps, "change it in "+s.name+" as the documentation of "+s.product.Name+" says")
	}
	return append(steps, fmt.Sprintf("write it into %s: %s", t.file.Path, strings.Join(a.keys(), ", ")),
		"docker compose -f "+s.file+" up -d, so that the services get it")
}

var harmless = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,63}$`)

// userOf is the name of the account, or a word that stands for it when it isn't known or can't be
// typed as it is.
func (t *rotation) userOf(s *server, a *account) string {
	for _, key := range s.product.UserVars {
		if name := s.service.Environment[key]; harmless.MatchString(name) {
			return name
		}
	}
	names := slices.Clone(anyUser)
	if a.family != nil {
		names = append(slices.Clone(a.family.users), anyUser...)
	}
	for _, key := range names {
		if v, ok := t.file.File.Get(key); ok && harmless.MatchString(v.Value) {
			return v.Value
		}
	}
	for _, m := range a.members {
		if user, _ := userAndHost(m.v.Value, m.value); m.url && harmless.MatchString(user) {
			return user
		}
	}
	if s.product.Name == "postgres" {
		return "postgres"
	}
	return "USER"
}
