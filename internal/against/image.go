package against

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/moby/docker-image-spec/specs-go/v1"
	"github.com/moby/moby/api/types/image"
)

// imageState is what is known of an own service's image.
type imageState struct {
	id     string
	facts  ImageFacts
	config map[string]string // "cmd", "env.PATH", as the equivalence check calls them
	files  *fileSystem
}

// image looks at the image that a side built for a service.
func (c *comparison) image(ctx context.Context, st *state, service string) (*imageState, error) {
	info, err := c.engine.Image(ctx, st.side.Project+"-"+service)
	if err != nil {
		return nil, err
	}
	i := &imageState{id: info.ID, config: configOf(info.Config)}
	i.facts = ImageFacts{Service: service, Size: info.Size, Own: -1, Layers: len(info.RootFS.Layers)}
	switch name := st.side.Base(service); name {
	case "":
	case "scratch":
		i.facts.Own, i.facts.OwnLayers = info.Size, i.facts.Layers
	default:
		if base, err := c.engine.Image(ctx, name); err == nil && startsWith(info, base) {
			i.facts.Own, i.facts.OwnLayers = info.Size-base.Size, i.facts.Layers-len(base.RootFS.Layers)
		}
	}
	for _, other := range st.images { // services often share an image
		if other.id == i.id {
			i.files = other.files
			return i, nil
		}
	}
	archive, err := c.engine.ImageFiles(ctx, info.ID)
	if err != nil {
		return nil, err
	}
	defer archive.Close()
	i.files, err = readFiles(archive)
	if info.Config != nil && i.files != nil {
		i.files.workdir = strings.Trim(info.Config.WorkingDir, "/")
	}
	return i, err
}

func startsWith(i, base image.InspectResponse) bool {
	n := len(base.RootFS.Layers)
	return n > 0 && n <= len(i.RootFS.Layers) && slices.Equal(i.RootFS.Layers[:n], base.RootFS.Layers)
}

// configOf is an image's configuration, by the names that the equivalence check has for what an image promises.
func configOf(c *v1.DockerOCIImageConfig) map[string]string {
	m := map[string]string{}
	if c == nil {
		return m
	}
	m["user"], m["workdir"], m["stopsignal"] = c.User, c.WorkingDir, c.StopSignal
	m["cmd"], m["entrypoint"] = words(c.Cmd), words(c.Entrypoint)
	if c.Healthcheck != nil {
		m["healthcheck"] = command(c.Healthcheck.Test)
	}
	for _, pair := range c.Env {
		name, value, _ := strings.Cut(pair, "=")
		m["env."+name] = value
	}
	for p := range c.ExposedPorts {
		m["expose."+p] = "declared"
	}
	for v := range c.Volumes {
		m["volume."+v] = "declared"
	}
	for name, value := range c.Labels {
		if !strings.HasPrefix(name, "com.docker.compose.") {
			m["label."+name] = value
		}
	}
	maps.DeleteFunc(m, func(_, v string) bool { return v == "" })
	return m
}

func words(list []string) string {
	if len(list) == 0 {
		return ""
	}
	text, _ := json.Marshal(list)
	return strings.NewReplacer(`\u0026`, "&", `\u003c`, "<", `\u003e`, ">").Replace(string(text))
}

// command is what a healthcheck runs: CMD and CMD-SHELL, which Docker writes in front, are replaced by what they mean.
func command(test []string) string {
	if len(test) < 2 {
		return strings.Join(test, "")
	}
	if test[0] == "CMD-SHELL" {
		return words([]string{"/bin/sh", "-c", test[1]})
	}
	return words(test[1:])
}

// compareImages compares the images of services that both sides build.
func (c *comparison) compareImages() {
	for _, service := range c.after.resolved.own {
		before, after := c.before.images[service], c.after.images[service]
		if before == nil {
			c.notShown(service, "it is built after and not before")
			continue
		}
		c.compareConfig(service, before.config, after.config)
		c.compareFiles(service, before.files, after.files)
	}
	for _, service := range c.before.resolved.own {
		if c.after.images[service] == nil {
			c.differs(Difference{Area: Image, Service: service, Addr: "image", Before: "built", After: ""}, c.declared.never)
		}
	}
}

func (c *comparison) compareConfig(service string, before, after map[string]string) {
	for _, addr := range keys(before, after) {
		if before[addr] == after[addr] {
			c.result.Same++
			continue
		}
		c.differs(Difference{Area: Image, Service: service, Addr: addr, Before: before[addr], After: after[addr]}, c.declared.image)
	}
}

// keys are those of both maps, sorted.
func keys[V any](a, b map[string]V) []string {
	all := map[string]bool{}
	for k := range a {
		all[k] = true
	}
	for k := range b {
		all[k] = true
	}
	return slices.SortedFunc(maps.Keys(all), cmp.Compare[string])
}

// differs adds a difference, declared or not.
func (c *comparison) differs(d Difference, find func(Difference) (why, rule string, ok bool)) {
	if why, rule, ok := find(d); ok {
		d.Declared, d.Why, d.Rule = true, why, rule
	}
	d.Before, d.After = c.Mask(d.Before), c.Mask(d.After)
	c.result.Differences = append(c.result.Differences, d)
}
