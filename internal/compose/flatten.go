package compose

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/compose-spec/compose-go/v2/types"
	"go.yaml.in/yaml/v4"

	"refit/internal/source"
)

// Flatten is the model as one flat map, for a comparison: "services.app.image" -> "app:1". Two models
// are equal for Docker Compose exactly when their flat forms are.
//
//   - The environment is the effective one ("services.app.environment.DEBUG"), so env_file, label_file
//     and the Compose files themselves have no keys. A name without a value is
//     "services.app.environment_unset.NAME".
//   - Ports are keyed "services.app.ports.8000/tcp:8001.host_ip", mounts by their target
//     ("services.app.volumes./data.source"), secrets and configs by their source; other lists by index.
//   - Services whose profile is not active are in it too, with "services.x.enabled" "false".
//   - Extensions (x-*) of the file and of services mean nothing to Docker Compose and are left out.
//   - Keys with a dot are escaped as in addresses (Addr): "services.laravel\\.test.image".
//   - Nothing is masked: values of secrets are in it.
//
// It is worked out once; the caller must not change it.
func (m *Model) Flatten() map[string]string {
	return source.Recall(m.memo, flatKey{}, m.flatten)
}

type flatKey struct{}

func (m *Model) flatten() map[string]string {
	f := flat{values: map[string]string{}, used: map[string]bool{}}
	f.values["name"] = m.Name
	for name, s := range m.Project.Services {
		f.service("services."+escapeKey(name), s)
	}
	for name, s := range m.Project.DisabledServices {
		f.service("services."+escapeKey(name), s)
		f.values["services."+escapeKey(name)+".enabled"] = "false"
	}
	for name, j := range m.Project.AllJobs() {
		f.add("jobs."+escapeKey(name), generic(j))
	}
	for name, v := range m.Project.Volumes {
		f.add("volumes."+escapeKey(name), generic(v))
	}
	for name, v := range m.Project.Networks {
		f.add("networks."+escapeKey(name), generic(v))
	}
	for name, v := range m.Project.Models {
		f.add("models."+escapeKey(name), generic(v))
	}
	for name, v := range m.Project.Secrets {
		f.fileObject("secrets."+escapeKey(name), generic(v), v.Content)
	}
	for name, v := range m.Project.Configs {
		f.fileObject("configs."+escapeKey(name), generic(v), v.Content)
	}
	return f.values
}

type flat struct {
	values map[string]string
	used   map[string]bool // what free has given out
}

func (f flat) service(at string, s types.ServiceConfig) {
	rest := s // without what has keys of its own, which need not be written here
	rest.Environment, rest.EnvFiles, rest.LabelFiles, rest.Ports, rest.Volumes, rest.Secrets, rest.Configs, rest.PreStart = nil, nil, nil, nil, nil, nil, nil, nil
	tree := mapping(asWritten(rest))
	for _, key := range []string{"environment", "env_file", "label_file", "ports", "volumes", "secrets", "configs", "pre_start"} {
		delete(tree, key)
	}
	for key := range s.Extensions {
		delete(tree, key)
	}
	f.add(at, tree)
	f.container(at, s.ContainerSpec)
	for i, hook := range s.PreStart {
		at := at + ".pre_start." + strconv.Itoa(i)
		hookTree := mapping(generic(hook))
		for _, key := range []string{"environment", "env_file", "label_file", "volumes", "secrets", "configs"} {
			delete(hookTree, key)
		}
		f.add(at, hookTree)
		f.container(at, hook.ContainerSpec)
	}
	for _, p := range s.Ports {
		proto := p.Protocol
		if proto == "" {
			proto = "tcp"
		}
		f.add(f.free(fmt.Sprintf("%s.ports.%d/%s:%s", at, p.Target, proto, p.Published)), asWritten(p))
	}
	if b := s.Build; b != nil && b.Dockerfile != "" && !remoteContext(b.Context) {
		f.values[at+".build.dockerfile"] = inContext(b.Context, b.Dockerfile)
	}
}

// container adds what services and their pre_start hooks have alike and what needs keys of its own.
func (f flat) container(at string, c types.ContainerSpec) {
	for k, v := range c.Environment {
		if v == nil {
			f.values[at+".environment_unset."+escapeKey(k)] = ""
		} else {
			f.values[at+".environment."+escapeKey(k)] = *v
		}
	}
	for _, v := range c.Volumes {
		f.add(f.free(at+".volumes."+v.Target), asWritten(v))
	}
	for _, v := range c.Secrets {
		f.add(f.free(at+".secrets."+v.Source), generic(v))
	}
	for _, v := range c.Configs {
		f.add(f.free(at+".configs."+v.Source), generic(v))
	}
}

func (f flat) fileObject(at string, tree any, content string) {
	f.add(at, tree)
	if content != "" {
		f.values[at+".content"] = content
	}
}

// free is key, or key with a number when it was given out before.
func (f flat) free(key string) string {
	name := key
	for i := 2; f.used[name]; i++ {
		name = fmt.Sprintf("%s#%d", key, i)
	}
	f.used[name] = true
	return name
}

// add puts a whole tree below the key at.
func (f flat) add(at string, v any) {
	switch v := v.(type) {
	case nil:
		f.values[at] = "null"
	case map[string]any:
		if len(v) == 0 {
			f.values[at] = "{}"
		}
		for _, k := range slices.Sorted(maps.Keys(v)) {
			f.add(at+"."+escapeKey(k), v[k])
		}
	case []any:
		if len(v) == 0 {
			f.values[at] = "[]"
		}
		for i, e := range v {
			f.add(at+"."+strconv.Itoa(i), e)
		}
	case string:
		f.values[at] = v
	default:
		f.values[at] = fmt.Sprint(v)
	}
}

// generic is a value of compose-go as a plain tree, written as `docker compose config` would.
func generic(v any) any {
	text, err := yaml.Marshal(v)
	if err != nil {
		return fmt.Sprintf("(cannot be written: %v)", err)
	}
	var tree any
	if err := yaml.Unmarshal(text, &tree); err != nil {
		return fmt.Sprintf("(cannot be read back: %v)", err)
	}
	budget := maxTreeNodes
	plain, err := plainTree(tree, "", &budget)
	if err != nil {
		return string(text)
	}
	return plain
}
