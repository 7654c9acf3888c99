package compose

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"refit/internal/change"
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
	h.declareMounts()
	return nil, nil
}

// isGiven says whether a key is a variable that a service newly gets by env_file, and declares it.
func (h *handover) isGiven(key string, existed bool, dot *dotenv.File) (*disturbance, bool) {
	for service := range h.readers {
		name, ok := strings.CutPrefix(key, "services."+service+".environment.")
		if !ok || existed {
			continue
		}
		if _, ok := dot.Get(name); !ok {
			return nil, false
		}
		if why := h.disturbs(service, name); why != "" {
			return &disturbance{service, why}, false
		}
		h.declares = append(h.declares, change.Declared{Aspect: change.AspectCompose, Subject: h.subject(), Addr: key,
			Why: h.target + " is the one env file of the environment; the application and its database are given all of it"})
		return nil, true
	}
	return nil, false
}

func (h *handover) isUnmounted(key string) bool {
	for _, m := range h.mounts {
		if m.keep == "" && strings.HasPrefix(key, "services."+m.service+".volumes."+m.def.Target+".") {
			return true
		}
	}
	return false
}

func (h *handover) declareMounts() {
	for _, m := range h.mounts {
		if m.keep == "" {
			h.declares = append(h.declares, change.Declared{Aspect: change.AspectCompose, Subject: h.subject(),
				Addr: "services." + m.service + ".volumes." + m.def.Target + ".*",
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
	if _, stage, build := h.stage(service); stage != nil {
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
	if slices.Contains([]string{"POSTGRES_PORT", "POSTGRES_HOST", "POSTGRES_SERVER"}, name) {
		return "" // known by custom only: the image reads neither
	}
	prefixes := []string{strings.ToUpper(product.Name) + "_"}
	switch product.Name {
	case "postgres":
		prefixes = append(prefixes, "PG", "POSTGRESQL_", "TIMESCALEDB_")
	case "mariadb":
		prefixes = append(prefixes, "MYSQL_")
	}
	for _, list := range [][]string{product.UserVars, product.PasswordVars, product.DatabaseVars, prefixes} {
		for _, known := range list {
			if name == known || strings.HasSuffix(known, "_") && strings.HasPrefix(name, known) || known == "PG" && strings.HasPrefix(name, known) {
				return h.target + " has " + name + ", which the image reads and does not get today"
			}
		}
	}
	return ""
}
