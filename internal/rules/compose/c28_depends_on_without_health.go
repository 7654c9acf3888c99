package compose

import (
	_ "embed"
	"errors"
	"fmt"
	"slices"
	"strings"

	"refit/internal/change"
	format "refit/internal/compose"
	"refit/internal/edit"
	"refit/internal/rule"
	"refit/internal/source"
)

//go:embed c28_depends_on_without_health.md
var dependsOnWithoutHealthDoc string

// DependsOnWithoutHealth finds services that start before what they need is ready: C28.
var DependsOnWithoutHealth = rule.Rule{
	Meta: rule.Meta{ID: "C28", Name: "depends-on-without-health", Theme: rule.Compose, Severity: rule.Warning, Since: "0.1.0",
		Summary: "a database has no healthcheck, or a service starts before what it needs is ready",
		Aliases: []string{"KICS Healthcheck Not Set"}, Doc: dependsOnWithoutHealthDoc},
	Check: func(pass *rule.Pass) {
		for _, s := range sites(pass.Project) {
			rule.Each(pass, s.file.File.Services, func(pass *rule.Pass, d *format.Definition) {
				s.checkHealthcheck(pass, d)
				s.checkDependsOn(pass, d)
			})
		}
	},
}

// checkHealthcheck reports a database or cache of which nothing tells when it is ready.
func (s *site) checkHealthcheck(pass *rule.Pass, d *format.Definition) {
	edits, product, err := s.addHealthcheck(d)
	if product == nil {
		return
	}
	addr := format.Addr("services", d.Name, "healthcheck")
	pass.Report(rule.Finding{
		At: s.at(d.KeySpan), Subject: addr,
		Message: fmt.Sprintf("service %s (%s) has no healthcheck; nothing can wait until it is ready, and a server that hangs looks well; add one", d.Name, product.Name),
		Fixes:   s.fix("Add a healthcheck to "+d.Name, change.Behaviour, edits, err, s.declaredCheck(d.Name)),
	})
}

// addHealthcheck gives a database or cache that has none its healthcheck; product is nil when it has
// one, or when none is known. Every service that waits for it asks.
func (s *site) addHealthcheck(d *format.Definition) (edits []edit.Edit, product *format.Product, err error) {
	type added struct {
		edits   []edit.Edit
		product *format.Product
		err     error
	}
	a := source.Recall(&s.memo, healthcheckKey{d}, func() added {
		edits, product, err := s.makeHealthcheck(d)
		return added{slices.Clip(edits), product, err}
	})
	return a.edits, a.product, a.err
}

type healthcheckKey struct{ of *format.Definition }

func (s *site) makeHealthcheck(d *format.Definition) (edits []edit.Edit, product *format.Product, err error) {
	product, m := s.product(d.Name), s.service(d.Name)
	if product == nil || m == nil || m.Healthcheck != nil || d.Image == nil {
		return nil, nil, nil
	}
	interval, timeout := 10, 5
	switch product.Kind {
	case format.Database, format.Cache:
	case format.Broker:
		if !s.awaited(d.Name) {
			return nil, nil, nil
		}
		interval, timeout = 15, 15 // its tool starts a virtual machine for each question
	default:
		return nil, nil, nil
	}
	test := product.ComposeTest()
	if test == nil {
		return nil, nil, nil
	}
	if option := unusual(m); option != "" {
		return nil, product, fmt.Errorf("the server is started with %s, and the usual question may not reach it", option)
	}
	text := fmt.Sprintf("test: [%s]\ninterval: %ds\ntimeout: %ds\nretries: 5\nstart_period: %ds\n", quotedWords(test), interval, timeout, product.Start)
	edits, err = s.file.File.AddServiceKey(format.Addr("services", d.Name, "healthcheck"), text, false)
	return edits, product, err
}

// awaited says whether another service of the file names the service in its depends_on.
func (s *site) awaited(service string) bool {
	for _, d := range s.file.File.Services {
		if slices.ContainsFunc(d.DependsOn, func(dep format.DependsDef) bool { return dep.Service == service }) {
			return true
		}
	}
	return false
}

// unusual is an option that lets a server listen elsewhere than its image does; "" when there is none.
func unusual(m *format.Service) string {
	if _, ok := m.Environment["PGPORT"]; ok {
		return "PGPORT"
	}
	for _, w := range strings.Fields(strings.Join(m.Command, " ")) {
		for _, option := range []string{"--port", "--tls-port", "--unixsocket", "--bind", "port=", "listen_addresses=", "ssl=", "--bind-address", "--tlsMode"} {
			if strings.HasPrefix(w, option) {
				return option
			}
		}
		if w == "-p" {
			return w
		}
	}
	return ""
}

func (s *site) declaredCheck(service string) change.Declared {
	return s.declared(format.Addr("services", service, "healthcheck")+"*", "the engine asks the server whether it is ready")
}

// quotedWords are the words as items of a YAML flow sequence.
func quotedWords(words []string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = "'" + strings.ReplaceAll(w, "'", "''") + "'"
		if !strings.ContainsAny(w, `"\`) {
			quoted[i] = `"` + w + `"`
		}
	}
	return strings.Join(quoted, ", ")
}

// checkDependsOn reports dependencies that are waited for by their start only.
func (s *site) checkDependsOn(pass *rule.Pass, d *format.Definition) {
	if len(d.DependsOn) == 0 || s.p.Swarm(s.file.Path) || s.inheritsDependencies(d.Name) { // Swarm's parser takes depends_on as a list only
		return
	}
	conditions := map[string]string{}
	var declares []change.Declared
	var names []string
	var checks []edit.Edit
	for _, dep := range d.DependsOn {
		if !dep.Short {
			continue // a condition that somebody wrote is meant
		}
		condition := s.condition(dep.Service)
		if added := s.file.File.Service(dep.Service); condition == "" && added != nil {
			// The condition needs the healthcheck, so that one fix makes both.
			if e, product, err := s.addHealthcheck(added); product != nil && err == nil {
				condition = "service_healthy"
				checks = append(checks, e...)
				declares = append(declares, s.declaredCheck(dep.Service))
			}
		}
		if condition == "" {
			continue
		}
		conditions[dep.Service] = condition
		names = append(names, dep.Service)
		declares = append(declares, s.declared(format.Addr("services", d.Name, "depends_on", dep.Service, "condition"),
			d.Name+" waits until "+dep.Service+" is ready, not only started"))
	}
	if len(conditions) == 0 {
		return
	}
	addr := format.Addr("services", d.Name, "depends_on")
	edits, err := s.file.File.SetDependsOn(d.Name, conditions, false)
	if errors.Is(err, format.ErrAmbiguous) {
		// A list that an anchor shares says the same of all its services, and they need the same change.
		for _, o := range s.file.File.Services {
			if o.Name != d.Name && s.sharesDependencies(o.Name, d.Name) {
				for name := range conditions {
					declares = append(declares, s.declared(format.Addr("services", o.Name, "depends_on", name, "condition"),
						o.Name+" waits until "+name+" is ready, not only started"))
				}
			}
		}
		edits, err = s.file.File.SetDependsOn(d.Name, conditions, true)
	}
	edits = append(edits, checks...)
	at := s.at(d.KeySpan)
	if v, ok := s.file.File.Lookup(addr); ok {
		at = s.at(v.Span())
	}
	pass.Report(rule.Finding{
		At: at, Subject: addr,
		Message: fmt.Sprintf("service %s waits only for the start of %s; it fails when it is faster; wait until they are ready", d.Name, strings.Join(names, " and ")),
		Fixes:   s.fix("Let "+d.Name+" wait for "+strings.Join(names, " and ")+" to be ready", change.Behaviour, edits, err, declares...),
	})
}

// inheritsDependencies says whether the dependencies of a service are written in another one, which is reported for both.
func (s *site) inheritsDependencies(service string) bool {
	if _, any := s.file.File.Lookup(format.Addr("services", service, "depends_on")); !any || s.holdsDependencies(service) {
		return false
	}
	for _, o := range s.file.File.Services {
		if o.Name != service && s.sharesDependencies(o.Name, service) && s.holdsDependencies(o.Name) {
			return true
		}
	}
	return false
}

// holdsDependencies says whether the dependencies of a service are written in its own definition.
func (s *site) holdsDependencies(service string) bool {
	list, ok := s.file.File.Lookup(format.Addr("services", service, "depends_on"))
	own, has := s.file.File.Lookup(format.Addr("services", service))
	return ok && has && own.Span().Start <= list.Span().Start && list.Span().End <= own.Span().End
}

// sharesDependencies says whether the dependencies of two services stand in one place.
func (s *site) sharesDependencies(a, b string) bool {
	one, ok := s.file.File.Lookup(format.Addr("services", a, "depends_on"))
	other, has := s.file.File.Lookup(format.Addr("services", b, "depends_on"))
	return ok && has && one.Span() == other.Span()
}

// condition is what can be waited for; "" when the dependency gives no sign.
func (s *site) condition(service string) string {
	m := s.service(service)
	switch {
	case m == nil:
		return ""
	case m.Healthcheck != nil && m.Healthcheck.Disabled:
		return ""
	case runsOnce(m):
		return "service_completed_successfully"
	case m.Healthcheck != nil:
		return "service_healthy"
	}
	if stage, build := s.stage(service); stage != nil {
		if h := stage.Config(build.Args).Healthcheck; h != nil && !h.Disabled {
			return "service_healthy"
		}
	}
	return ""
}

// once are commands that do their work and end.
var once = []string{"alembic upgrade head", "manage.py migrate", "flask db upgrade", "prisma migrate deploy", "db:migrate", "knex migrate:latest"}

// runsOnce says whether a service does one thing and ends, as a migration does.
func runsOnce(m *format.Service) bool {
	if m.Restart != "" && m.Restart != "no" && !strings.HasPrefix(m.Restart, "on-failure") {
		return false
	}
	words := strings.Join(m.Command, " ")
	if strings.ContainsAny(words, "&;|") {
		return false
	}
	for _, o := range once {
		if strings.Contains(words, o) {
			return true
		}
	}
	return false
}
