package layout

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"refit/internal/compose"
	"refit/internal/dockerfile"
	"refit/internal/project"
	"refit/internal/secret"
)

// production writes the Compose file of production from that of another environment. What can't be
// carried over with certainty is left out and noted in the file's header.
type production struct {
	p      *project.Project
	source *project.Environment
	file   *project.ComposeFile
	at     string // the new file
	name   string // the project's

	carried []*carried
	secrets []fileObject // TLS files
	configs []fileObject
	volumes []string
	omitted []string // sentences for the header
}

// carried is one service of the new file.
type carried struct {
	def     *compose.Definition
	model   *compose.Service
	product *compose.Product
	built   *built // nil for an image that is pulled
	volumes []string
	secrets []grant
	configs []grant
	backend bool // it is, or it needs, a database or the like
	healthy bool // something tells when it is ready
}

// built is how a service's image is made.
type built struct {
	build  *compose.Build
	target string
	stage  *dockerfile.Stage
}

type fileObject struct{ key, file string }

type grant struct{ key, target string }

// newProduction reads the source; why says what stands in the way of a file, "" when nothing does.
func newProduction(p *project.Project, source *project.Environment, at string) (b *production, why string) {
	b = &production{p: p, source: source, at: at, file: p.ComposeFile(source.Files[0])}
	if len(source.Files) != 1 || len(source.Model.Files) != 1 || b.file == nil {
		return nil, source.Name + " is a stack of several files; write production's out of them by hand"
	}
	base, ok := nameFor(p, source)
	if !ok {
		return nil, "the project's name is not known"
	}
	b.name = strings.TrimSuffix(base, "-"+source.Name) + "-prod"
	if c := p.Config; c != nil && c.Environments["prod"].Name != "" {
		b.name = c.Environments["prod"].Name
	}
	for _, e := range p.Environments {
		if e.Model != nil && e.Model.Name == b.name {
			return nil, "the project name " + b.name + " is taken by " + e.Files[0]
		}
	}
	own := 0
	for _, def := range b.file.File.Services {
		s := source.Model.Services[def.Name]
		if s == nil || !s.Enabled {
			continue
		}
		if s.NetworkMode != "" {
			return nil, "service " + def.Name + " has network_mode " + s.NetworkMode + ", which says nothing about production"
		}
		c, why := b.carry(def, s)
		if why != "" {
			b.omit(def.Name + ": " + why)
			continue
		}
		b.carried = append(b.carried, c)
		if c.built != nil {
			own++
		}
	}
	if own == 0 {
		return nil, "none of its services is built here in a way that production could use"
	}
	for _, c := range b.carried {
		b.mounts(c)
		b.data(c)
		b.otherKeys(c)
	}
	b.connect()
	return b, ""
}

// connect says who is on the network of the databases: they, and what depends on them. Where nobody says
// that he depends on one, any own service may use it.
func (b *production) connect() {
	wanted := map[string]bool{}
	for _, c := range b.carried {
		c.backend = c.built == nil
		for _, d := range c.def.DependsOn {
			if o := b.service(d.Service); c.built != nil && o != nil && o.built == nil {
				c.backend, wanted[d.Service] = true, true
			}
		}
	}
	for _, c := range b.carried {
		if c.built == nil && !wanted[c.def.Name] {
			for _, o := range b.carried {
				o.backend = true
			}
		}
	}
}

func (b *production) omit(text string) {
	if !slices.Contains(b.omitted, text) {
		b.omitted = append(b.omitted, text)
	}
}

func (b *production) service(name string) *carried {
	for _, c := range b.carried {
		if c.def.Name == name {
			return c
		}
	}
	return nil
}

// carry decides whether production has the service.
func (b *production) carry(def *compose.Definition, s *compose.Service) (c *carried, why string) {
	c = &carried{def: def, model: s}
	if s.Build == nil {
		if def.Image == nil {
			return nil, "it has no image of its own"
		}
		c.product = compose.ProductOf(def.Image.Text)
		if c.product == nil {
			return nil, "what its image is for is not known"
		}
		if c.product.Kind == compose.Tool || c.product.Kind == compose.Proxy {
			return nil, "that " + b.source.Name + " has a " + string(c.product.Kind) + " says nothing about production"
		}
		c.healthy = s.Healthcheck != nil && !s.Healthcheck.Disabled || c.product.ComposeTest() != nil
		return c, ""
	}
	if s.Build.Remote || s.Build.Inline || strings.HasPrefix(s.Build.Context, "../") || path.IsAbs(s.Build.Context) {
		return nil, "it is not built from a Dockerfile of this repository"
	}
	d := b.p.Dockerfile(s.Build.Dockerfile)
	if d == nil {
		return nil, "its Dockerfile " + s.Build.Dockerfile + " is not there"
	}
	for _, o := range b.carried {
		if devCommand.MatchString(startText(def.Command)) && o.built != nil && o.built.build.Dockerfile == s.Build.Dockerfile && o.built.build.Target == s.Build.Target {
			return nil, "its command is for developers, and the image's own is that of " + o.def.Name
		}
	}
	c.built = &built{build: s.Build}
	c.built.target, c.built.stage = target(d.File, s.Build.Target)
	if c.built.stage == nil {
		return nil, "its Dockerfile has no stage " + s.Build.Target
	}
	c.healthy = s.Healthcheck != nil && !s.Healthcheck.Disabled || checked(c.built.stage)
	return c, ""
}

// notProduction are names of stages that are a step towards the image or another environment's.
var notProduction = map[string]bool{
	"": true, "base": true, "builder": true, "build": true, "deps": true, "dev": true, "development": true, "local": true,
	"test": true, "tests": true, "testing": true, "ci": true, "debug": true,
}

// target is the stage that production builds: the one of that name, unless the environment builds
// one that is no step of it (a second image of the same file).
func target(f *dockerfile.File, now string) (name string, stage *dockerfile.Stage) {
	if notProduction[strings.ToLower(now)] {
		for _, name := range []string{"production", "prod"} {
			if s, ok := f.Target(name); ok {
				return name, s
			}
		}
		now = ""
	}
	if now == "" {
		return "", f.Stages[len(f.Stages)-1]
	}
	s, _ := f.Target(now)
	return now, s
}

// checked says whether the stage, or one that it starts from, has a healthcheck.
func checked(stage *dockerfile.Stage) bool {
	h := stage.Config(nil).Healthcheck
	return h != nil && !h.Disabled
}

// mounts carries over what a service has mounted: named volumes, single files as configs, TLS files as
// secrets. The source and other folders stay behind.
func (b *production) mounts(c *carried) {
	tls := b.tlsFiles(c)
	for _, m := range c.model.Mounts {
		switch {
		case m.Type == "volume" && m.Source != "" && !hidesBuild(m.Target):
			if r := b.source.Model.Volumes[m.Source]; r.External {
				b.omit(c.def.Name + ": the external volume " + r.Name)
				continue
			}
			c.volumes = append(c.volumes, m.Source+":"+m.Target)
			if !slices.Contains(b.volumes, m.Source) {
				b.volumes = append(b.volumes, m.Source)
			}
		case m.Type != "bind":
		case tlsFolder(m.Source):
			if len(tls[m.Target]) == 0 {
				b.omit(c.def.Name + ": the files of " + m.Source + ", mounted at " + m.Target + "; which of them it reads is not known")
			}
		case b.p.EnvFile(m.Source) != nil: // env_file
		case b.p.Files.Has(m.Source):
			c.configs = append(c.configs, grant{b.object(&b.configs, m.Source), m.Target})
		case c.built != nil && (m.Source == c.built.build.Context || m.Source == "." || b.p.Files.IsDir(m.Source) && len(b.p.Files.Under(m.Source)) > 0): // the source
		default:
			b.omit(c.def.Name + ": the folder " + m.Source + ", mounted at " + m.Target + "; if production needs its data, give it a named volume")
		}
	}
	for _, dir := range sortedKeys(tls) {
		for _, target := range tls[dir] {
			file := b.hostFile(c, target)
			if g := (grant{b.object(&b.secrets, file), target}); !slices.Contains(c.secrets, g) {
				c.secrets = append(c.secrets, g)
			}
		}
	}
}

// data gives a database a volume where the environment keeps its data in memory or in a folder.
func (b *production) data(c *carried) {
	if c.product == nil || len(c.product.Data) == 0 || len(c.volumes) > 0 || c.product.Kind == compose.Cache {
		return
	}
	volume, folder := c.def.Name+"_data", c.product.Data[0]
	if major, _, _ := strings.Cut(compose.ImageTag(c.def.Image.Text), "."); c.product.Name == "postgres" && len(major) == 2 && major >= "18" {
		folder = c.product.Data[1] // since 18 the image keeps its data below the folder of all versions
	}
	c.volumes = append(c.volumes, volume+":"+folder)
	b.volumes = append(b.volumes, volume)
}

// known are the keys of a service that are carried over, replaced or of no use in production.
var known = []string{
	"image", "build", "container_name", "command", "entrypoint", "env_file", "environment", "ports", "expose", "volumes", "depends_on", "healthcheck",
	"restart", "networks", "deploy", "develop", "stdin_open", "tty", "profiles", "tmpfs", "pull_policy", "<<",
}

// otherKeys notes what else the environment says of a service.
func (b *production) otherKeys(c *carried) {
	var keys []string
	for _, e := range c.def.Value.Entries() {
		if !slices.Contains(known, e.Key) && !strings.HasPrefix(e.Key, "x-") {
			keys = append(keys, e.Key)
		}
	}
	if len(keys) > 0 {
		b.omit(c.def.Name + ": " + strings.Join(keys, ", "))
	}
}

// hidesBuild says whether a volume keeps what a build installs from being hidden by a source mount.
func hidesBuild(target string) bool {
	base := path.Base(target)
	return base == "node_modules" || base == ".venv" || base == "venv" || base == ".next" || base == "target"
}

func tlsFolder(p string) bool {
	base := strings.ToLower(path.Base(p))
	return base == "certs" || base == "cert" || base == "ssl" || base == "tls"
}

var tlsFile = regexp.MustCompile(`(?:^|[\s"'=])((?:[\w./-]*/)?[\w.-]+\.(?:pem|key|crt))\b`)

// tlsFiles are the certificates and keys that a service reads from the mounts that production does
// not have, as absolute paths by the mount's target: those that its start command names and, for a
// mount of a folder of certificates, the same names as the other services use.
func (b *production) tlsFiles(c *carried) map[string][]string {
	if c.built == nil {
		return nil
	}
	files := map[string][]string{}
	for _, file := range b.named(c) {
		if m, ok := covering(b.everyMount(c), file); ok {
			files[m.Target] = append(files[m.Target], file)
		}
	}
	for _, m := range c.model.Mounts {
		if m.Type != "bind" || !tlsFolder(m.Source) || len(files[m.Target]) > 0 {
			continue
		}
		for _, o := range b.carried {
			for _, file := range b.named(o) {
				if from, ok := covering(b.everyMount(o), file); ok && path.Join(from.Source, strings.TrimPrefix(file, from.Target)) == path.Join(m.Source, path.Base(file)) {
					files[m.Target] = append(files[m.Target], path.Join(m.Target, path.Base(file)))
				}
			}
		}
	}
	return files
}

// named are the TLS files that the start command of the image names, absolute.
func (b *production) named(c *carried) []string {
	if c.built == nil {
		return nil
	}
	workdir := c.built.stage.Config(nil).WorkingDir.Value
	var files []string
	for _, keyword := range []string{"CMD", "ENTRYPOINT"} {
		for s := c.built.stage; s != nil; s = s.Parent(nil) {
			found := s.Find(keyword)
			if len(found) == 0 {
				continue
			}
			in := found[len(found)-1]
			for _, m := range tlsFile.FindAllStringSubmatch(in.ArgsText(), -1) {
				file := m[1]
				if !path.IsAbs(file) {
					file = path.Join("/", workdir, file)
				}
				if !slices.Contains(files, file) {
					files = append(files, file)
				}
			}
			break
		}
	}
	return files
}

// everyMount are the bind mounts that the service has in any environment.
func (b *production) everyMount(c *carried) []compose.Mount {
	list := slices.Clone(c.model.Mounts)
	for _, e := range b.p.Environments {
		if e.Model != nil && e.Model.Services[c.def.Name] != nil {
			list = append(list, e.Model.Services[c.def.Name].Mounts...)
		}
	}
	return list
}

// covering is the bind mount of the repository that holds a path of the container.
func covering(mounts []compose.Mount, file string) (best compose.Mount, ok bool) {
	for _, m := range mounts {
		local := m.Type == "bind" && !path.IsAbs(m.Source) && !strings.HasPrefix(m.Source, "../") && !strings.HasPrefix(m.Source, "~") && !strings.HasPrefix(m.Source, "$")
		if local && (file == m.Target || strings.HasPrefix(file, strings.TrimSuffix(m.Target, "/")+"/")) && len(m.Target) > len(best.Target) {
			best, ok = m, true
		}
	}
	return best, ok
}

func (b *production) hostFile(c *carried, target string) string {
	m, _ := covering(b.everyMount(c), target)
	return path.Join(m.Source, strings.TrimPrefix(target, m.Target))
}

// object is the key of a secret or config for the file.
func (b *production) object(list *[]fileObject, file string) string {
	base := path.Base(file)
	key := strings.Trim(regexp.MustCompile(`[^a-z0-9]+`).ReplaceAllString(strings.ToLower(strings.TrimSuffix(base, path.Ext(base))), "_"), "_")
	if list == &b.secrets {
		key = "tls_" + key
	}
	for n := 2; ; n++ {
		i := slices.IndexFunc(*list, func(o fileObject) bool { return o.key == key })
		if i < 0 {
			*list = append(*list, fileObject{key, file})
			return key
		}
		if (*list)[i].file == file {
			return key
		}
		key = fmt.Sprintf("%s_%d", strings.TrimRight(key, "_0123456789"), n)
	}
}

// environment are the settings that stay in the file: no secrets, and what names the environment or
// is for developers adapted.
func (b *production) environment(c *carried) []compose.Pair {
	var list []compose.Pair
	for _, pair := range c.def.Environment {
		_, password := secret.URLPassword(pair.Text)
		if !pair.HasValue || pair.Text == "" || secret.IsName(pair.Key) || password || strings.Contains(pair.Text, "localhost") {
			continue // by env_file
		}
		pair.Text = adapted(b.source.Name, pair.Key, pair.Text)
		list = append(list, pair)
	}
	return list
}

var truthy = map[string]bool{"1": true, "true": true, "yes": true, "on": true}

func adapted(env, key, value string) string {
	lower, upper := strings.ToLower(value), strings.ToUpper(key)
	switch {
	case lower == env:
		return "prod"
	case lower == "development" || lower == "testing":
		return "production"
	case strings.HasSuffix(upper, "DEBUG") && truthy[lower]:
		return "false"
	case strings.HasSuffix(upper, "LOG_LEVEL") && (lower == "debug" || lower == "trace"):
		if value == strings.ToUpper(value) {
			return "INFO"
		}
		return "info"
	}
	return value
}

// devCommand are marks of a command that is for developers.
var devCommand = regexp.MustCompile(`--reload|--watch|--debug|nodemon|debugpy|watchmedo|\bair\b|runserver|run dev\b|\bsleep\b|tail -f|--hot|start:dev|\bpytest\b|http\.server`)
