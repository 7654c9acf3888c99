package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// model is a stack as `docker compose config` shows it.
type model struct {
	flat   map[string]string // as "services.db.image", paths from the repository's root
	builds map[string]build  // by service
	err    string            // why Compose rejects it
}

// build is what a service is built from, by paths from the root.
type build struct{ context, dockerfile string }

// levels are the flags of config, from all to little that is resolved: a fresh clone often lacks the env
// files that its services name, or the variables that its files require. A stack is compared on the first
// level on which Compose takes it before.
var levels = [][]string{{}, {"--no-env-resolution"}, {"--no-env-resolution", "--no-interpolate"}}

// resolve has Compose resolve every stack as its files are now.
func (t *trial) resolve(stacks []stack, m moves, now tree, afterwards bool) {
	for i := range stacks {
		s := &stacks[i]
		if !afterwards {
			s.template = t.copied(now, templateOf(now, path.Dir(s.files[0])))
			for s.level = range levels {
				if s.before = t.config(s.level, s.files, envFilesBefore(now, s.files, s.template)); s.before.err == "" {
					break
				}
			}
			continue
		}
		files := make([]string, len(s.files))
		for j, f := range s.files {
			files[j] = m.now(f)
		}
		s.after = t.config(s.level, files, envFilesAfter(s.files, files, s.template, m, now))
	}
}

// envFilesBefore is what callers pass; where nobody passes one and git has no .env, the template that people
// copy to it.
func envFilesBefore(t tree, files []string, template string) []string {
	if passed := envFiles(t, files); passed != nil || template == "" {
		return passed
	}
	return []string{template}
}

// copied is a copy of a template outside of the clone, as the .env that somebody has made from it: what
// becomes of the template afterwards does not change that.
func (t *trial) copied(now tree, template string) string {
	if template == "" {
		return ""
	}
	at := filepath.Join(filepath.Dir(t.dir), "copy-"+strings.ReplaceAll(template, "/", "+"))
	if err := os.WriteFile(at, []byte(now[template].text), 0o600); err != nil {
		t.breaks("harness", "%v", err)
	}
	return at
}

// templateOf is the template of a folder's .env, "" when there is none or the .env itself is there.
func templateOf(t tree, dir string) string {
	for _, name := range []string{".env", ".env.example", ".env.sample", ".env.template", ".env.dist", "env.example", ".env-example"} {
		if t[path.Join(dir, name)].isText() {
			if name == ".env" {
				return ""
			}
			return path.Join(dir, name)
		}
	}
	return ""
}

// envFilesAfter is what callers pass now; where nobody passes one, the .env that Compose found by itself
// before, when it finds it no more, or its template with what refit put into a new .env.
func envFilesAfter(was, files []string, template string, m moves, now tree) []string {
	if passed := envFiles(now, files); passed != nil {
		return passed
	}
	implicit := path.Join(path.Dir(was[0]), ".env")
	if template != "" {
		envs := []string{template}
		for _, p := range []string{implicit, path.Join(path.Dir(files[0]), ".env")} {
			if now[p].isText() && !slices.Contains(envs, p) {
				envs = append(envs, p)
			}
		}
		return envs
	}
	if at := m.now(implicit); now[at].isText() && at != path.Join(path.Dir(files[0]), ".env") {
		return []string{at}
	}
	return nil
}

// config asks Compose, offline and without anybody's environment.
func (t *trial) config(level int, files, envs []string) model {
	args := []string{"--profile", "*"}
	for _, f := range files {
		args = append(args, "-f", f)
	}
	for _, f := range envs {
		args = append(args, "--env-file", f)
	}
	args = append(args, "config", "--format", "json")
	cmd := exec.CommandContext(t.ctx, t.compose, append(args, levels[level]...)...)
	cmd.Dir = t.dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + filepath.Dir(t.dir), "COMPOSE_EXPERIMENTAL_GIT_REMOTE=0", "COMPOSE_EXPERIMENTAL_OCI_REMOTE=0"}
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return model{err: fmt.Sprintf("%v: %s", err, lastLine(stderr.String()))}
	}
	var tree map[string]any
	decoder := json.NewDecoder(&stdout)
	decoder.UseNumber()
	if err := decoder.Decode(&tree); err != nil {
		return model{err: "its output is no JSON: " + err.Error()}
	}
	return modelOf(tree, t.dir)
}

// modelOf flattens the output of config. Ports go by target and published port, mounts by their target,
// secrets and configs by their source, so that an entry keeps its key when another comes in front of it.
func modelOf(tree map[string]any, root string) model {
	m := model{flat: map[string]string{}, builds: map[string]build{}}
	services, _ := tree["services"].(map[string]any)
	for name, s := range services {
		service, _ := s.(map[string]any)
		for key, by := range map[string]func(map[string]any) string{"ports": portKey, "volumes": field("target"), "secrets": field("source"), "configs": field("source")} {
			keyed(service, key, by)
		}
		b, _ := service["build"].(map[string]any)
		context, _ := b["context"].(string)
		if dockerfile, ok := b["dockerfile"].(string); ok && filepath.IsAbs(context) {
			if !filepath.IsAbs(dockerfile) {
				dockerfile = filepath.Join(context, dockerfile)
			}
			b["dockerfile"] = dockerfile
			m.builds[name] = build{relative(root, context), relative(root, dockerfile)}
		}
	}
	flatten("", tree, root, m.flat)
	return m
}

func field(name string) func(map[string]any) string {
	return func(e map[string]any) string { return fmt.Sprint(e[name]) }
}

func portKey(e map[string]any) string {
	published := ""
	if e["published"] != nil {
		published = fmt.Sprint(e["published"])
	}
	return fmt.Sprintf("%v/%v:%s", e["target"], e["protocol"], published)
}

// keyed turns a list of objects into a map.
func keyed(service map[string]any, key string, by func(map[string]any) string) {
	list, ok := service[key].([]any)
	if !ok {
		return
	}
	entries := map[string]any{}
	for _, e := range list {
		object, ok := e.(map[string]any)
		if !ok {
			return
		}
		name := by(object)
		for n := 2; entries[name] != nil; n++ {
			name = fmt.Sprintf("%s#%d", by(object), n)
		}
		entries[name] = object
	}
	service[key] = entries
}

func flatten(at string, v any, root string, into map[string]string) {
	switch v := v.(type) {
	case map[string]any:
		for k, e := range v {
			if strings.HasPrefix(k, "x-") && (at == "" || strings.Count(at, ".") == 1) {
				continue // an extension, of the file or of a service, means nothing to Compose
			}
			flatten(strings.TrimPrefix(at+"."+k, "."), e, root, into)
		}
	case []any:
		for i, e := range v {
			flatten(fmt.Sprintf("%s.%d", at, i), e, root, into)
		}
	case string:
		into[at] = relative(root, v)
	case nil:
		into[at] = "null"
	default:
		into[at] = fmt.Sprint(v)
	}
}

// relative is a path of the clone as one from its root; other texts stay as they are.
func relative(root, text string) string {
	if text == root {
		return "."
	}
	if rest, ok := strings.CutPrefix(text, root+"/"); ok {
		return rest
	}
	return text
}

// changedModels are the values of the models that differ though no fix declares it.
func changedModels(e *evidence) []string {
	var broken []string
	for _, s := range e.stacks {
		name := strings.Join(s.files, " + ")
		if s.before.err != "" {
			e.saw("stacks that Compose rejects before", 1)
			continue
		}
		if e.partOnly(s) {
			e.saw("files that are a part of stacks alone", 1)
			s.before.flat, s.after.flat = nil, nil // their values are compared in the stacks
		} else {
			e.saw("stacks compared", 1)
		}
		if s.after.err != "" {
			broken = append(broken, fmt.Sprintf("%s: Compose takes it no more: %s", name, s.after.err))
			continue
		}
		for _, key := range keysOf(s.before.flat, s.after.flat) {
			e.saw("values of models", 1)
			was, had := s.before.flat[key]
			is, has := s.after.flat[key]
			if had == has && (was == is || e.moves.now(was) == is) || e.declaresValue(s, key) {
				continue
			}
			if e.saysUnproven(s) && e.plan.declares("compose", func(d difference) bool { return plain(d.Addr) == key }) {
				e.saw("values of stacks that refit calls unproven", 1)
				continue
			}
			broken = append(broken, fmt.Sprintf("%s: %s: %q became %q", name, key, orNone(was, had), orNone(is, has)))
		}
	}
	return broken
}

// saysUnproven says whether refit tells that it could not compare a stack with one of the files. A value may
// then differ as it does, declared, in another one: they share the file that has it.
func (e *evidence) saysUnproven(s stack) bool {
	return slices.ContainsFunc(e.plan.Equivalence.Unproven, func(d difference) bool {
		return d.Aspect == "compose" && d.Addr == "environment" && slices.Contains(s.files, d.Subject)
	})
}

// partOnly says whether a file is no environment by itself: refit resolves it in none of its own, and another
// Compose file names it or a larger stack has it. This is the one place where refit's grouping is taken over.
func (e *evidence) partOnly(s stack) bool {
	if len(s.files) > 1 || e.plan.resolves(s.files[0]) {
		return false
	}
	for _, other := range e.stacks {
		for _, f := range other.files {
			if f == s.files[0] && len(other.files) > 1 || f != s.files[0] && strings.Contains(e.before[f].text, path.Base(s.files[0])) {
				return true
			}
		}
	}
	return false
}

func orNone(value string, there bool) string {
	if !there {
		return "(nothing)"
	}
	return value
}

// declaresValue says whether the plan names the value's address, or a whole that it is part of, for a stack
// of one of the files.
func (e *evidence) declaresValue(s stack, key string) bool {
	return e.plan.declares("compose", func(d difference) bool {
		addr := strings.Replace(plain(d.Addr), ".environment_unset.", ".environment.", 1)
		return slices.Contains(s.files, d.Subject) && (addr == key || strings.HasPrefix(key, addr+"."))
	})
}

// plain is an address of refit's as the keys of flatten are: refit escapes the dot of a name (laravel\.test).
func plain(addr string) string { return strings.ReplaceAll(addr, `\.`, ".") }
