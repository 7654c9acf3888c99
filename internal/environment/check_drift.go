package environment

import (
	"fmt"
	"slices"

	"refit/internal/dotenv"
	"refit/internal/rule"
	"refit/internal/secret"
	"refit/internal/spelling"
)

// drift compares the file with its template, both ways.
func (c *check) drift() {
	if c.template == nil {
		return
	}
	var missing []string
	for _, key := range c.template.File.Keys() {
		if ok, _ := c.has(key); ok {
			continue
		}
		missing = append(missing, key)
		if c.seen[KeyMissing.ID+"\x00"+key] {
			continue // said already, and louder
		}
		v, _ := c.template.File.Get(key)
		severity := rule.Info
		if asksForValue(v) && !c.suppliedElsewhere(key) {
			severity = rule.Warning
		}
		c.report(&Drift, c.at(key), key, fmt.Sprintf("%s has %s and this file lacks it; whoever relies on it falls back to a default, or fails; %s", c.template.Path, key, c.supply(key)), severity)
	}
	for _, key := range c.file.File.Keys() {
		if _, ok := c.template.File.Get(key); ok || c.isUsed(key) {
			continue
		}
		if meant := nearest(key, missing); meant != "" {
			c.report(&Unknown, c.at(key), key, fmt.Sprintf("nothing asks for %s, and %s is missing; it looks like a slip of the pen; rename it", key, meant), rule.Warning)
			continue
		}
		c.report(&Unknown, c.at(key), key, fmt.Sprintf("%s does not have %s and no Compose file names it; who starts from the template lacks it; add it there, or remove it here", c.template.Path, key))
	}
}

// asksForValue says whether a template leaves the value to whoever copies it.
func asksForValue(v *dotenv.Var) bool {
	if v.Bare {
		return false
	}
	class := secret.Judge(v.Key, v.Value).Class
	return v.Value == "" || class == secret.Placeholder || class == secret.Weak
}

// suppliedElsewhere says whether every service that is built here gets the variable without this file.
func (c *check) suppliedElsewhere(key string) bool {
	services := c.builtServices()
	for _, s := range services {
		if !suppliedTo(s, key) {
			return false
		}
	}
	return len(services) > 0
}

// isUsed says whether a Compose file or the application's settings name the variable.
func (c *check) isUsed(key string) bool {
	for _, e := range c.project.Environments {
		for _, v := range c.project.Variables(e) {
			if v.Name == key {
				return true
			}
		}
	}
	for _, s := range serversOf(c.project, c.env) {
		if slices.Contains(s.product.UserVars, key) || slices.Contains(s.product.PasswordVars, key) || slices.Contains(s.product.DatabaseVars, key) {
			return true
		}
	}
	return slices.ContainsFunc(settingsOf(c.project), func(s setting) bool { return s.key == key }) || len(key) > 8 && key[:8] == "COMPOSE_"
}

// nearest is the missing key that differs from key by one or two letters, "" when none does.
func nearest(key string, missing []string) string {
	if len(key) <= 4 {
		return "" // so short, anything is near
	}
	return spelling.Nearest(key, missing, 2)
}
