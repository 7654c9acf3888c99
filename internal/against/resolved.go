package against

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// resolved is the Compose model of a side as docker compose resolves it, set apart from whatever else runs: no names,
// host ports, volumes, networks and image tags but its own.
type resolved struct {
	own      []string // services that are built, sorted
	contexts []string // their build contexts, on this machine
	services []string
}

// prepare writes the resolved model beside the copy of the repository.
func (c *comparison) prepare(ctx context.Context, st *state) error {
	text, err := c.Compose(st.side.Root, st.side.Options...).Output(ctx, "config", "--format", "json")
	if err != nil {
		return fmt.Errorf("%s: docker compose can't resolve %s: %s", st.side.Name, st.side.Environment, c.Mask(err.Error()))
	}
	model := map[string]any{}
	if err := json.Unmarshal(text, &model); err != nil {
		return fmt.Errorf("%s: docker compose config: %w", st.side.Name, err)
	}
	var notes []string
	st.resolved, notes = setApart(model, st.side)
	for _, n := range notes {
		c.notShown("", st.side.Name+": "+n)
	}
	if len(st.resolved.own) == 0 {
		return fmt.Errorf("%s: no service of %s is built from this repository; there is nothing to compare", st.side.Name, st.side.Environment)
	}
	text, err = json.Marshal(model)
	if err != nil {
		return err
	}
	file := filepath.Join(st.side.Folder, st.side.Name+".json")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		return err
	}
	st.compose = c.Compose(st.side.Root, "--progress", "json", "-f", file, "-p", st.side.Project)
	return nil
}

// setApart changes the model so that it can run beside others. notes say what is not as it would be.
func setApart(model map[string]any, side Side) (*resolved, []string) {
	r := &resolved{}
	var notes []string
	delete(model, "name")
	for _, kind := range []string{"volumes", "networks"} {
		for key := range object(model[kind]) {
			apart := map[string]any{}
			if o := object(object(model[kind])[key]); o["internal"] == true {
				apart["internal"] = true
			}
			object(model[kind])[key] = apart
		}
	}
	services := object(model["services"])
	for _, name := range slices.Sorted(maps.Keys(services)) {
		s := object(services[name])
		r.services = append(r.services, name)
		for _, key := range []string{"container_name", "hostname", "develop", "mac_address", "volumes_from", "external_links"} {
			delete(s, key)
		}
		if mode, _ := s["network_mode"].(string); mode == "host" {
			delete(s, "network_mode")
			notes = append(notes, name+" uses the machine's network; here it has one of its own, since two can't have the same ports")
		}
		apartPorts(s)
		apartNetworks(s)
		notes = append(notes, apartMounts(name, s, side.Root)...)
		if b := object(s["build"]); len(b) > 0 {
			r.own = append(r.own, name)
			delete(s, "image")
			r.contexts = append(r.contexts, apartBuild(b, side.Project))
			delete(s, "pull_policy")
		}
	}
	return r, notes
}

// apartPorts publishes on free ports of this machine only.
func apartPorts(s map[string]any) {
	list, _ := s["ports"].([]any)
	for _, p := range list {
		port := object(p)
		delete(port, "published")
		port["host_ip"] = "127.0.0.1"
	}
}

// apartNetworks drops fixed addresses: their networks have other ones here.
func apartNetworks(s map[string]any) {
	for _, n := range object(s["networks"]) {
		for _, key := range []string{"ipv4_address", "ipv6_address", "link_local_ips", "mac_address"} {
			delete(object(n), key)
		}
	}
}

// apartMounts gives an empty volume for what lies outside of the repository.
func apartMounts(service string, s map[string]any, root string) (notes []string) {
	list, _ := s["volumes"].([]any)
	for i, m := range list {
		mount := object(m)
		source, _ := mount["source"].(string)
		if mount["type"] != "bind" || source == root || strings.HasPrefix(source, root+string(filepath.Separator)) {
			continue
		}
		list[i] = map[string]any{"type": "volume", "target": mount["target"]}
		notes = append(notes, fmt.Sprintf("%s mounts %s of this machine; here an empty volume is in its place", service, source))
	}
	return notes
}

// apartBuild gives a build cache mounts of its own, so that a cold build is one, and lets it write no cache and tag of
// the user's. It returns the context.
func apartBuild(b map[string]any, project string) string {
	for _, key := range []string{"tags", "cache_to", "cache_from", "platforms"} {
		delete(b, key)
	}
	args := object(b["args"])
	if args == nil {
		args = map[string]any{}
	}
	// https://docs.docker.com/reference/dockerfile/#buildkit-built-in-build-args
	args["BUILDKIT_CACHE_MOUNT_NS"] = project
	b["args"] = args
	context, _ := b["context"].(string)
	return context
}

func object(v any) map[string]any {
	m, _ := v.(map[string]any)
	return m
}
