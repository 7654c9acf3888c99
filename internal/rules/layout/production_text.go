package layout

import (
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"refit/internal/compose"
	"refit/internal/project"
)

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// text is the Compose file.
func (b *production) text() string {
	var w strings.Builder
	fmt.Fprintf(&w, "\nname: %s\n\nservices:\n", b.name)
	main := true
	for i, c := range b.carried {
		if i > 0 {
			w.WriteString("\n")
		}
		b.serviceText(&w, c, main && c.built != nil)
		main = main && c.built == nil
	}
	b.networks(&w)
	if len(b.volumes) > 0 {
		w.WriteString("\nvolumes:\n")
		for _, v := range b.volumes {
			fmt.Fprintf(&w, "  %s:\n", v)
		}
	}
	b.objects(&w, "secrets", b.secrets)
	b.objects(&w, "configs", b.configs)
	var head strings.Builder
	b.header(&head) // last: the parts above note what they leave out
	return head.String() + w.String()
}

func (b *production) header(w *strings.Builder) {
	fmt.Fprintf(w, "# Production, made from %s.\n", path.Base(b.source.Files[0]))
	fmt.Fprintf(w, "# Its settings and secrets are in %s, which is not in git.\n", b.p.Layout.EnvPath("prod"))
	w.WriteString("# Limits and reservations are a starting point; adjust them to what you measure.\n")
	if len(b.omitted) > 0 {
		w.WriteString("#\n# Left out, because it could not be carried over with certainty:\n")
		for _, o := range b.omitted {
			fmt.Fprintf(w, "#   - %s\n", o)
		}
	}
}

func (b *production) relative(p string) string {
	return project.RelativePath(path.Dir(b.at), p)
}

func (b *production) serviceText(w *strings.Builder, c *carried, main bool) {
	fmt.Fprintf(w, "  %s:\n", c.def.Name)
	if c.built != nil {
		b.buildText(w, c)
	} else {
		fmt.Fprintf(w, "    image: %s\n", scalar(required(c.def.Image.Text)))
	}
	for _, line := range []struct {
		key   string
		value *compose.Value
	}{{"entrypoint", c.def.Entrypoint}, {"command", c.def.Command}} {
		if command := startText(line.value); command != "" && !devCommand.MatchString(command) {
			fmt.Fprintf(w, "    %s: %s\n", line.key, command)
		}
	}
	if b.needsEnvFile(c) {
		fmt.Fprintf(w, "    env_file:\n      - %s\n", b.relative(b.p.Layout.EnvPath("prod")))
	}
	if pairs := b.environment(c); len(pairs) > 0 {
		w.WriteString("    environment:\n")
		for _, p := range pairs {
			fmt.Fprintf(w, "      %s: %s\n", p.Key, scalar(required(p.Text)))
		}
	}
	b.ports(w, c)
	items(w, "volumes", c.volumes)
	grants(w, "secrets", c.secrets)
	grants(w, "configs", c.configs)
	b.dependencies(w, c)
	healthcheck(w, c)
	switch {
	case c.built == nil:
		items(w, "networks", []string{"backend"})
	case c.backend:
		items(w, "networks", []string{"default", "backend"})
	}
	w.WriteString("    restart: unless-stopped\n")
	resources(w, c, main)
}

// needsEnvFile says whether the service has settings that are not written into the file.
func (b *production) needsEnvFile(c *carried) bool {
	return c.built != nil || len(c.def.EnvFiles) > 0 || len(b.environment(c)) < len(c.def.Environment)
}

func (b *production) buildText(w *strings.Builder, c *carried) {
	context := c.built.build.Context
	fmt.Fprintf(w, "    build:\n      context: %s\n", b.relative(context))
	if df := project.RelativePath(context, c.built.build.Dockerfile); df != "Dockerfile" {
		fmt.Fprintf(w, "      dockerfile: %s\n", df)
	}
	if c.built.target != "" {
		fmt.Fprintf(w, "      target: %s\n", c.built.target)
	}
	var args []string
	for _, a := range c.def.Build.Args {
		if a.HasValue && a.Key != "APP_UID" && a.Key != "APP_GID" {
			args = append(args, fmt.Sprintf("        %s: %s\n", a.Key, scalar(required(a.Text))))
		}
	}
	if len(args) > 0 {
		w.WriteString("      args:\n" + strings.Join(args, ""))
	}
	fmt.Fprintf(w, "    image: %s-%s:prod\n", strings.TrimSuffix(b.name, "-prod"), c.def.Name)
	// Where the image is not there yet, Compose would ask Docker Hub for that name first, and run what it finds there.
	// https://docs.docker.com/reference/compose-file/build/#using-build-and-image
	w.WriteString("    pull_policy: never # built here, no registry is asked for it\n")
}

// startText is a command or an entrypoint as YAML, "" when there is none.
func startText(v *compose.Value) string {
	switch {
	case v == nil || v.IsNull():
		return ""
	case v.IsScalar():
		return scalar(required(strings.TrimSpace(v.Text)))
	}
	var words []string
	for _, item := range v.Items() {
		words = append(words, required(item.Text))
	}
	return flow(words)
}

func (b *production) ports(w *strings.Builder, c *carried) {
	if c.built == nil {
		return
	}
	var list []string
	for _, p := range c.def.Ports {
		if p.Published == "" || p.Target == "" || strings.Contains(p.Target, "$") || p.Protocol != "" && p.Protocol != "tcp" {
			b.omit(c.def.Name + ": a port")
			continue
		}
		list = append(list, strconv.Quote(required(p.Published)+":"+p.Target))
	}
	items(w, "ports", list)
}

func (b *production) dependencies(w *strings.Builder, c *carried) {
	head := "    depends_on:\n"
	for _, d := range c.def.DependsOn {
		o := b.service(d.Service)
		if o == nil {
			continue
		}
		condition := d.Condition
		if condition == "service_started" || condition == "" || condition == "service_healthy" {
			condition = "service_started"
			if o.healthy {
				condition = "service_healthy"
			}
		}
		fmt.Fprintf(w, "%s      %s:\n        condition: %s\n", head, d.Service, condition)
		head = ""
	}
}

// healthcheck is the environment's own, or the one that is known for the image.
func healthcheck(w *strings.Builder, c *carried) {
	h := c.model.Healthcheck
	switch {
	case h != nil && !h.Disabled && len(h.Test) > 0:
		fmt.Fprintf(w, "    healthcheck:\n      test: %s\n", flow(healthTest(c.def, h)))
		for _, d := range []struct {
			key   string
			value time.Duration
		}{{"interval", h.Interval}, {"timeout", h.Timeout}, {"start_period", h.Start}} {
			if d.value > 0 {
				fmt.Fprintf(w, "      %s: %s\n", d.key, duration(d.value))
			}
		}
		if h.Retries > 0 {
			fmt.Fprintf(w, "      retries: %d\n", h.Retries)
		}
	case h == nil && c.product != nil && c.product.ComposeTest() != nil:
		fmt.Fprintf(w, "    healthcheck:\n      test: %s\n      interval: 10s\n      timeout: 5s\n      retries: 5\n      start_period: %ds\n",
			flow(c.product.ComposeTest()), c.product.Start)
	}
}

// healthTest is the test as the file has it, its variables included: in the model they are replaced by
// the values of the source's environment. One that is merged or extended comes from the model.
func healthTest(def *compose.Definition, h *compose.Healthcheck) []string {
	var test []string
	if raw := def.Healthcheck.Child("test"); raw != nil {
		if raw.IsScalar() {
			return []string{"CMD-SHELL", required(raw.Text)}
		}
		for _, word := range raw.Items() {
			test = append(test, required(word.Text))
		}
	}
	if len(test) == len(h.Test) {
		return test
	}
	test = nil
	for _, word := range h.Test {
		test = append(test, strings.ReplaceAll(word, "$", "$$"))
	}
	return test
}

func duration(d time.Duration) string {
	if d%time.Second == 0 {
		return strconv.Itoa(int(d/time.Second)) + "s"
	}
	return d.String()
}

// resources are the guide's values for the application, and smaller ones for what it needs.
func resources(w *strings.Builder, c *carried, main bool) {
	limit, reservation := [2]string{"0.5", "512M"}, [2]string{"0.1", "128M"}
	switch {
	case main:
		limit, reservation = [2]string{"2.0", "4G"}, [2]string{"1.0", "2G"}
	case c.product != nil && (c.product.Kind == compose.Database || c.product.Kind == compose.Search):
		limit, reservation = [2]string{"1.0", "2G"}, [2]string{"0.5", "512M"}
	}
	fmt.Fprintf(w, "    deploy:\n      resources:\n        limits:\n          cpus: %q\n          memory: %s\n        reservations:\n          cpus: %q\n          memory: %s\n",
		limit[0], limit[1], reservation[0], reservation[1])
}

// networks: databases and caches are on one that leads nowhere else.
func (b *production) networks(w *strings.Builder) {
	if slices.ContainsFunc(b.carried, func(c *carried) bool { return c.built == nil }) {
		w.WriteString("\nnetworks:\n  # databases and caches: no way in or out but through the services above\n  backend:\n    internal: true\n")
	}
}

func (b *production) objects(w *strings.Builder, key string, list []fileObject) {
	if len(list) == 0 {
		return
	}
	fmt.Fprintf(w, "\n%s:\n", key)
	for _, o := range list {
		fmt.Fprintf(w, "  %s:\n    file: %s\n", o.key, scalar(b.relative(o.file)))
	}
}

func items(w *strings.Builder, key string, list []string) {
	if len(list) == 0 {
		return
	}
	fmt.Fprintf(w, "    %s:\n", key)
	for _, item := range list {
		fmt.Fprintf(w, "      - %s\n", item)
	}
}

func grants(w *strings.Builder, key string, list []grant) {
	if len(list) == 0 {
		return
	}
	fmt.Fprintf(w, "    %s:\n", key)
	for _, g := range list {
		fmt.Fprintf(w, "      - source: %s\n        target: %s\n", g.key, scalar(g.target))
	}
}

var plain = regexp.MustCompile(`^[A-Za-z_./][A-Za-z0-9_./-]*(?::[A-Za-z0-9_./-]+)*$`)

// scalar is text as a YAML string.
func scalar(text string) string {
	switch strings.ToLower(text) {
	case "true", "false", "yes", "no", "on", "off", "null", "y", "n", ".", "~":
		return strconv.Quote(text)
	}
	if plain.MatchString(text) && !regexp.MustCompile(`^\.[0-9in]`).MatchString(text) {
		return text
	}
	return quoted(text)
}

// quoted is text in quotes that YAML reads back as it is.
func quoted(text string) string {
	if strings.ContainsAny(text, `"\`) && !strings.ContainsAny(text, "\n\t\r") {
		return "'" + strings.ReplaceAll(text, "'", "''") + "'"
	}
	return strconv.Quote(text)
}

func flow(words []string) string {
	out := make([]string, len(words))
	for i, word := range words {
		out[i] = quoted(word)
	}
	return "[" + strings.Join(out, ", ") + "]"
}

var bareVariable = regexp.MustCompile(`\$\$|\$\{([A-Za-z_][A-Za-z0-9_]*)\}|\$([A-Za-z_][A-Za-z0-9_]*)`)

// required makes production fail, with a reason, where a variable that has no default is not set.
func required(text string) string {
	return bareVariable.ReplaceAllStringFunc(text, func(v string) string {
		if v == "$$" {
			return v
		}
		name := strings.Trim(v, "${}")
		return "${" + name + ":?set " + name + " in the environment file of production}"
	})
}
