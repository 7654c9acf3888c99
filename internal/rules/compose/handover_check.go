package compose

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"refit/internal/change"
	format "refit/internal/compose"
	"refit/internal/dotenv"
)

// compare resolves the environment as it would be. What its services additionally get is declared;
// anything else that would differ is a reason to leave everything alone.
func (h *handover) compare(changed map[string][]byte) (*disturbance, error) {
	before, err := h.load(nil)
	if err != nil {
		return nil, err
	}
	after, err := h.load(changed)
	if err != nil {
		return nil, err
	}
	a, b := before.Flatten(), after.Flatten()
	keys := map[string]bool{}
	for _, m := range []map[string]string{a, b} {
		for k := range m {
			keys[k] = true
		}
	}
	dot, err := dotenv.Parse(h.target, changed[h.target])
	if err != nil {
		return nil, err
	}
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		was, existed := a[key]
		now, exists := b[key]
		if existed == exists && was == now {
			continue
		}
		if d, ok := h.isGiven(key, existed, dot); d != nil {
			return d, nil
		} else if ok || !exists && h.isUnmounted(key) {
			continue
		}
		return nil, fmt.Errorf("it would change %s as well", key)
	}
	if err := h.compareOthers(changed); err != nil {
		return nil, err
	}
	h.declareMounts()
	h.declareCreated()
	return nil, nil
}

// compareOthers says whether the env file also fills in variables of another environment, which new values in it
// would change.
func (h *handover) compareOthers(changed map[string][]byte) error {
	for _, other := range h.p.Environments {
		loads := other.EnvFiles == nil && path.Join(other.Dir, ".env") == h.target
		if other == h.env || !loads && !slices.Contains(other.EnvFiles, h.target) {
			continue
		}
		refused := fmt.Errorf("%s fills in the variables of another environment too (%s)", h.target, strings.Join(other.Files, ", "))
		before, err := (&site{p: h.p, env: other}).load(nil)
		if err != nil {
			return refused
		}
		after, err := (&site{p: h.p, env: other}).load(changed)
		if err != nil || !maps.Equal(before.Flatten(), after.Flatten()) {
			return refused
		}
	}
	return nil
}

// declareCreated says that a new env file lies in a build context until the ignore file names it.
func (h *handover) declareCreated() {
	if h.dot == nil {
		h.declares = append(h.declares, change.Declared{Aspect: change.AspectContext, Subject: "*", Addr: h.target,
			Why: h.target + " is new; the secrets in it were sent with " + h.file.Path + " before"})
	}
}

// isGiven says whether a key is a variable that a service newly gets by env_file, and declares it. The
// service may have read the env file before, without the variable in it.
func (h *handover) isGiven(key string, existed bool, dot *dotenv.File) (*disturbance, bool) {
	for _, d := range h.file.File.Services {
		service := d.Name
		if !h.readers[service] && !h.reads(service) {
			continue
		}
		name, ok := strings.CutPrefix(key, format.Addr("services", service, "environment")+".")
		if !ok || existed {
			continue
		}
		if _, ok := dot.Get(name); !ok {
			return nil, false
		}
		if why := h.disturbs(service, name); why != "" {
			if !h.readers[service] { // it has nothing that could stay
				return nil, false
			}
			return &disturbance{service, why}, false
		}
		h.declares = append(h.declares, change.Declared{Aspect: change.AspectCompose, Subject: h.subject(), Addr: key,
			Why: h.target + " is the one env file of the environment; the application and its database are given all of it"})
		return nil, true
	}
	return nil, false
}

// reads says whether a service is given the env file today.
func (h *handover) reads(service string) bool {
	s := h.service(service)
	return s != nil && slices.ContainsFunc(s.EnvFiles, func(f format.EnvFile) bool { return f.Path == h.target })
}

func (h *handover) isUnmounted(key string) bool {
	for _, m := range h.mounts {
		if m.keep == "" && strings.HasPrefix(key, format.Addr("services", m.service, "volumes")+"."+m.def.Target+".") {
			return true
		}
	}
	return false
}

func (h *handover) declareMounts() {
	for _, m := range h.mounts {
		if m.keep == "" {
			h.declares = append(h.declares, change.Declared{Aspect: change.AspectCompose, Subject: h.subject(),
				Addr: format.Addr("services", m.service, "volumes") + "." + m.def.Target + ".*",
				Why:  "the container gets the values of " + h.target + " by env_file and needs no copy of the file"})
		}
	}
}

// disturbs says what a variable that a service newly gets would do to it; "" when nothing.
func (h *handover) disturbs(service, name string) string {
	for _, general := range []string{"PATH", "HOME", "USER", "SHELL", "LANG", "TZ", "HOSTNAME", "PUID", "PGID"} {
		if name == general && h.service(service).Build == nil {
			return h.target + " has " + name + ", which changes how its programs work"
		}
	}
	if strings.HasPrefix(name, "LD_") || strings.HasPrefix(name, "LC_") || name == "PATH" {
		return h.target + " has " + name + ", which changes how its programs work"
	}
	if stage, build := h.stage(service); stage != nil {
		if v, ok := stage.Config(build.Args).Env.Get(name); ok {
			if got, _ := h.dot.Get(name); h.dot == nil || got == nil || got.Value != v.Value {
				return h.target + " has " + name + ", which would win over ENV " + name + " of the image"
			}
		}
	}
	product := h.product(service)
	if product == nil {
		return ""
	}
	for _, known := range readsOf(product, h.service(service).Image) {
		if strings.HasPrefix(name, known) {
			return h.target + " has " + name + ", which the image reads and does not get today"
		}
	}
	return ""
}

// readsOf are the beginnings of the variables that a database's image reads. Sources: the entrypoints
// of the official images; those of other makers read more and are given the whole prefix.
func readsOf(product *format.Product, image string) []string {
	reads := slices.Concat(product.UserVars, product.PasswordVars, product.DatabaseVars)
	whole := strings.ToUpper(product.Name) + "_"
	switch {
	case strings.Contains(image, "bitnami"):
		return append(reads, whole, "POSTGRESQL_", "BITNAMI_", "MYSQL_", "MONGODB_")
	case product.Name == "postgres":
		reads = append(reads, "POSTGRES_INITDB", "POSTGRES_HOST_AUTH_METHOD", "TIMESCALEDB_", "PG_MAJOR", "PG_VERSION")
		for letter := 'A'; letter <= 'Z'; letter++ { // PGDATA and libpq's: PG_URL and PG_HOST are the application's
			reads = append(reads, "PG"+string(letter))
		}
		return reads
	case product.Name == "mongo":
		return append(reads, "MONGO_INITDB_")
	case product.Name == "mariadb":
		return append(reads, whole, "MYSQL_")
	}
	return append(reads, whole)
}
