package environment

import (
	"slices"
	"strings"

	"refit/internal/dotenv"
	"refit/internal/edit"
	"refit/internal/secret"
	"refit/internal/source"
)

// account is one secret and all the variables of a file that hold it: POSTGRES_PASSWORD and the
// password inside of DATABASE_URL have to agree.
type account struct {
	family   *family // nil when it is no server's
	root     bool    // it is the administrator's where the family has two accounts
	database bool    // it is the password of a server, known or not
	members  []*member
}

// member is one variable that holds the secret.
type member struct {
	v     *dotenv.Var
	url   bool        // the secret is the password of a URL
	value string      // the secret; "" for none yet
	span  source.Span // of value in v.Raw when url
	class secret.Class
}

// accountsOf groups the secrets of a file. served are the families of the environment's own services:
// they tell what a DB_PASSWORD is for.
func accountsOf(f *dotenv.File, served []*family) []*account {
	g := grouping{file: f, byID: map[string]*account{}, host: map[string]string{}}
	g.generic = onlySQL(f, served)
	var urls []*member
	for _, key := range f.Keys() {
		v, _ := f.Get(key)
		m := memberOf(v)
		switch {
		case m == nil:
		case m.url:
			urls = append(urls, m)
		default:
			g.addPlain(m)
		}
	}
	for _, m := range urls {
		g.addURL(m)
	}
	return g.list
}

type grouping struct {
	file    *dotenv.File
	generic *family // what DB_PASSWORD is for; nil when that is not clear
	byID    map[string]*account
	host    map[string]string // the host of the first URL of an account
	list    []*account
}

func (g *grouping) add(id string, f *family, database bool, m *member) {
	a := g.byID[id]
	if a == nil {
		a = &account{family: f, root: f != nil && id == accountID(f, true), database: database}
		g.byID[id] = a
		g.list = append(g.list, a)
	}
	a.members = append(a.members, m)
}

func (g *grouping) addPlain(m *member) {
	key := m.v.Key
	f, root := familyOfKey(key)
	if slices.Contains(anyDatabase, key) {
		if g.generic == nil {
			g.add("any database", nil, true, m)
			return
		}
		f = g.generic
	}
	if f == nil {
		g.add("key "+key, nil, false, m)
		return
	}
	g.add(accountID(f, root), f, true, m)
}

func accountID(f *family, root bool) string {
	if root {
		return f.name + " root"
	}
	return f.name
}

// addURL puts a URL to the password of the same family, unless it names another user or another
// server than the account.
func (g *grouping) addURL(m *member) {
	f := familyOfURL(m.v.Value)
	if f == nil {
		g.add("url "+m.v.Key, nil, true, m)
		return
	}
	user, host := userAndHost(m.v.Value, m.value)
	id := accountID(f, user == "root" && len(f.root) > 0)
	if named := g.user(f); named != "" && user != "" && !strings.Contains(user, "$") && user != "root" && named != user {
		id = f.name + " user " + user
	}
	if first, ok := g.host[id]; ok && first != host {
		id += " at " + host
	}
	g.host[id] = host
	g.add(id, f, true, m)
}

// user is the name of a family's account as the file has it, "" when it has none.
func (g *grouping) user(f *family) string {
	names := f.users
	if f == g.generic {
		names = append(slices.Clone(names), anyUser...)
	}
	for _, key := range names {
		if v, ok := g.file.Get(key); ok && v.Value != "" && !strings.Contains(v.Value, "$") {
			return v.Value
		}
	}
	return ""
}

// userAndHost are what stands around the password of a URL.
func userAndHost(value, password string) (user, host string) {
	_, rest, _ := strings.Cut(value, "://")
	user, rest, _ = strings.Cut(rest, ":")
	rest = strings.TrimPrefix(rest, password)
	host = strings.TrimPrefix(rest, "@")
	if i := strings.IndexAny(host, "/?#,"); i >= 0 {
		host = host[:i]
	}
	return user, host
}

// memberOf is the variable as the holder of a secret; nil when it holds none, or only points to it.
func memberOf(v *dotenv.Var) *member {
	if v.Bare {
		return nil
	}
	verdict := secret.Judge(v.Key, v.Value)
	if verdict.Class == secret.Absent && v.Value == "" {
		return &member{v: v, class: secret.Absent}
	}
	if !verdict.IsLiteral() || strings.HasPrefix(v.Value, "${") {
		return nil
	}
	value := string(verdict.Span.Of([]byte(v.Value)))
	if span, ok := secret.URLPassword(v.Raw); ok && strings.Contains(v.Value, "://") {
		if string(span.Of([]byte(v.Raw))) != value {
			return nil // escapes: the place of the password is not certain
		}
		return &member{v: v, url: true, value: value, span: span, class: verdict.Class}
	}
	return &member{v: v, value: strings.TrimSpace(v.Value), class: verdict.Class}
}

// onlySQL is the one SQL database that the file and the environment's services speak of; nil when
// there is none or more than one.
func onlySQL(f *dotenv.File, served []*family) *family {
	found := map[*family]bool{}
	for _, s := range served {
		if s.sql {
			found[s] = true
		}
	}
	for _, v := range f.Vars {
		for _, s := range []*family{first(familyOfKey(v.Key)), familyOfURL(v.Value)} {
			if s != nil && s.sql {
				found[s] = true
			}
		}
	}
	if len(found) != 1 {
		return nil
	}
	for s := range found {
		return s
	}
	return nil
}

func first(f *family, _ bool) *family { return f }

// write is the edit that gives the member another secret of letters and digits.
func (m *member) write(f *dotenv.File, value string) (edit.Edit, error) {
	if m.url {
		return edit.Replace(m.span.Shift(m.v.ValueSpan.Start), value, "env:"+m.v.Key), nil
	}
	return f.Set(m.v.Key, value)
}

// keys are the names of the members.
func (a *account) keys() []string {
	var keys []string
	for _, m := range a.members {
		keys = append(keys, m.v.Key)
	}
	return keys
}

// kind is the form that a new secret for the account needs.
func (a *account) kind() secret.Kind {
	if a.database {
		return secret.Password
	}
	return secret.KindFor(a.members[0].v.Key)
}
