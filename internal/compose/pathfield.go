package compose

import (
	"strings"

	"refit/internal/source"
	"refit/internal/yaml"
)

// PathKind is the field that a path stands in.
type PathKind string

// The fields that name files or folders.
const (
	PathContext      PathKind = "build.context" // short and long form
	PathDockerfile   PathKind = "build.dockerfile"
	PathAdditional   PathKind = "build.additional_contexts"
	PathSSH          PathKind = "build.ssh"
	PathInline       PathKind = "build.dockerfile_inline" // no path: its COPY sources are relative to the context
	PathEnvFile      PathKind = "env_file"
	PathLabelFile    PathKind = "label_file"
	PathBind         PathKind = "volume" // the source of a bind mount
	PathDevice       PathKind = "volume.device"
	PathConfig       PathKind = "config"
	PathSecret       PathKind = "secret"
	PathExtends      PathKind = "extends"
	PathInclude      PathKind = "include"
	PathIncludeDir   PathKind = "include.project_directory"
	PathIncludeEnv   PathKind = "include.env_file"
	PathWatch        PathKind = "watch"
	PathWatchPattern PathKind = "watch.pattern" // ignore and include of a watch entry
	PathProvider     PathKind = "provider.option"
	PathCredential   PathKind = "credential_spec"
)

// PathBase is what a relative path is relative to.
type PathBase string

// The bases. The project directory is the folder of the first file of `docker compose -f`, or of the
// included or extended file for a path in it.
const (
	BaseProject PathBase = "project directory"
	BaseContext PathBase = "build context"
	BaseWatch   PathBase = "watched path"
	BaseCaller  PathBase = "caller's folder" // ${PWD}/...
	BaseHome    PathBase = "home folder"     // ~ and ${HOME}/...
	BaseRoot    PathBase = "root"            // absolute, Unix or Windows
	BaseEngine  PathBase = "engine"          // the engine's own data folder
	BaseUnknown PathBase = "unknown"         // a variable at the beginning decides, or a provider
)

// PathField is one path in a Compose file.
type PathField struct {
	Addr string // "services.app.build.context"
	Kind PathKind
	// Raw is the path as Compose reads it before variables are filled in. It is empty for a Dockerfile
	// that no field names (Implicit) and for PathInline.
	Raw          string
	Span         source.Span // the bytes of Raw in the file; zero when it is not written verbatim
	Base         PathBase
	Context      *PathField // BaseContext: the build context; nil when it is the project directory: none is written, or ""
	Interpolated bool
	Implicit     bool // the default Dockerfile of a build that names none; Addr is that of the build
	Shared       bool // the bytes are used from elsewhere too; each use is a field of its own
	Optional     bool // env_file with required: false
	Value        Value

	from  int   // where Raw starts in Value.Text
	build Value // of a Dockerfile: the build that it belongs to
}

// Local says whether the path is relative to something that moves with the Compose file or that refit
// can find: the project directory or a build context in it.
func (p PathField) Local() bool { return p.Base == BaseProject || p.Base == BaseContext }

// PathFields lists every path in the file: in services, in the top-level sections, in include, and in
// x-* blocks, in the order of services and fields. A value behind an anchor is listed once for each
// place that uses it. URLs, git and image contexts, named volumes are no paths.
func PathFields(f *File) []PathField {
	c := collector{}
	for _, s := range f.Services {
		c.container(s)
	}
	for _, v := range f.Volumes {
		c.device(v)
	}
	for _, r := range f.Configs {
		c.scalar(PathConfig, r.File)
	}
	for _, r := range f.Secrets {
		c.scalar(PathSecret, r.File)
	}
	for _, i := range f.Includes {
		c.scalars(PathInclude, i.Paths)
		c.scalar(PathIncludeDir, i.ProjectDir)
		c.scalars(PathIncludeEnv, i.EnvFiles)
	}
	c.fragments(f.Extensions)
	return c.fields
}

type collector struct{ fields []PathField }

// fragments reads x-* blocks as services, for what no service has reached through an anchor.
func (c *collector) fragments(blocks []Value) {
	seen := map[source.Span]bool{}
	for _, p := range c.fields {
		seen[p.Span] = true
	}
	rest := collector{}
	for _, b := range blocks {
		if b.Node.Kind == yaml.Mapping {
			rest.container(newDefinition("", b))
		}
	}
	for _, p := range rest.fields {
		if !p.Span.IsZero() && !seen[p.Span] {
			c.fields = append(c.fields, p)
		}
	}
}

func (c *collector) container(d *Definition) {
	c.build(d.Build)
	if d.Extends != nil {
		c.scalar(PathExtends, d.Extends.File)
	}
	c.attached(d)
	c.watch(d.Develop)
	c.watch(d.Value.Child("x-develop")) // its name before it was adopted, which still works
	for _, hook := range d.Value.Child("pre_start").Items() {
		c.attached(newDefinition("", hook))
	}
	if v := d.Value.Child("credential_spec", "file"); v != nil && v.IsScalar() {
		c.add(PathField{Kind: PathCredential, Base: BaseEngine}, *v, v.Text, 0)
	}
	for _, o := range d.Value.Child("provider", "options").Entries() {
		for _, v := range o.Value.OneOrMore() {
			if strings.HasPrefix(v.Text, "./") || strings.HasPrefix(v.Text, "../") {
				c.add(PathField{Kind: PathProvider, Base: BaseUnknown}, v, v.Text, 0)
			}
		}
	}
}

func (c *collector) watch(develop *Value) {
	for _, w := range develop.Child("watch").Items() {
		c.scalar(PathWatch, w.Child("path"))
		for _, key := range []string{"ignore", "include"} {
			for _, v := range w.Child(key).OneOrMore() {
				c.add(PathField{Kind: PathWatchPattern, Base: BaseWatch}, v, v.Text, 0)
			}
		}
	}
}

// attached reads the fields that services and pre_start hooks have alike.
func (c *collector) attached(d *Definition) {
	for _, e := range d.EnvFiles {
		if e.Path.IsScalar() {
			c.add(PathField{Kind: PathEnvFile, Optional: !e.Required}, *e.Path, e.Path.Text, 0)
		}
	}
	c.scalars(PathLabelFile, d.LabelFiles)
	for _, m := range d.Volumes {
		c.volume(m)
	}
}

func (c *collector) build(b *BuildDef) {
	if b == nil {
		return
	}
	var context *PathField
	remote := false
	if b.Context != nil && b.Context.Text != "" {
		if remote = remoteContext(b.Context.Text); !remote {
			c.scalar(PathContext, b.Context)
			copied := c.fields[len(c.fields)-1]
			context = &copied
		}
	}
	c.dockerfile(b, context, remote)
	for _, p := range b.Contexts {
		if p.HasValue && !remoteContext(p.Text) {
			c.pair(PathAdditional, p)
		}
	}
	for _, p := range b.SSH {
		if p.HasValue {
			c.pair(PathSSH, p)
		}
	}
}

func (c *collector) dockerfile(b *BuildDef, context *PathField, remote bool) {
	base := PathField{Kind: PathDockerfile, Base: BaseContext, Context: context, build: b.Value}
	switch {
	case b.Inline != nil:
		c.fields = append(c.fields, PathField{Kind: PathInline, Base: BaseContext, Context: context, Addr: b.Inline.Addr, Value: *b.Inline, Shared: b.Inline.Shared, build: b.Value})
	case remote:
	case b.Dockerfile == nil:
		base.Addr, base.Implicit, base.Value, base.Shared = b.Value.Addr, true, b.Value, b.Value.Shared
		c.fields = append(c.fields, base)
	case b.Dockerfile.IsScalar():
		c.add(base, *b.Dockerfile, b.Dockerfile.Text, 0)
	}
}

func (c *collector) volume(m VolumeDef) {
	if !m.Long {
		if m.Type != "bind" && !strings.HasPrefix(m.Source, "$") {
			return
		}
		c.add(PathField{Kind: PathBind}, m.Value, m.Source, 0)
		return
	}
	if src := m.Value.Child("source"); m.Type == "bind" && src != nil {
		c.scalar(PathBind, src)
	}
}

func (c *collector) device(v Resourced) {
	options := v.Value.Child("driver_opts")
	o, device, driver := options.Child("o"), options.Child("device"), v.Value.Child("driver")
	if o != nil && device != nil && o.Text == "bind" && driver != nil && driver.Text == "local" {
		c.scalar(PathDevice, device)
	}
}

func (c *collector) scalars(kind PathKind, values []Value) {
	for i := range values {
		c.scalar(kind, &values[i])
	}
}

func (c *collector) scalar(kind PathKind, v *Value) {
	if v != nil && v.IsScalar() {
		c.add(PathField{Kind: kind}, *v, v.Text, 0)
	}
}

// pair adds the value of "KEY: path" or "- KEY=path".
func (c *collector) pair(kind PathKind, p Pair) {
	from := 0
	if p.List {
		from = len(p.Key) + 1
	}
	c.add(PathField{Kind: kind, Addr: p.Addr}, p.Entry, p.Text, from)
}

// add completes a field whose path is raw, the part of the scalar from the offset on.
func (c *collector) add(p PathField, v Value, raw string, from int) {
	if raw == "" {
		return
	}
	p.Raw, p.Value, p.Shared, p.from = raw, v, v.Shared, from
	if p.Addr == "" {
		p.Addr = v.Addr
	}
	p.Span, _ = v.Node.Sub(from, from+len(raw))
	p.Interpolated = len(scanVariables(raw)) > 0
	if p.Base == "" || p.Base == BaseContext {
		p.Base = baseOf(raw, p.Base)
	}
	c.fields = append(c.fields, p)
}

// baseOf says what a path is relative to by its beginning; other is what a relative one is relative to.
func baseOf(raw string, other PathBase) PathBase {
	if absolute(raw) || strings.HasPrefix(raw, `\\`) {
		return BaseRoot
	}
	if strings.HasPrefix(raw, "~") {
		return BaseHome
	}
	if vars := scanVariables(raw); len(vars) > 0 && vars[0].Span.Start == 0 {
		rest := raw[vars[0].Span.End:]
		if vars[0].Operator == "" && (rest == "" || rest[0] == '/') {
			switch vars[0].Name {
			case "PWD":
				return BaseCaller
			case "HOME":
				return BaseHome
			}
		}
		return BaseUnknown
	}
	if other == "" {
		return BaseProject
	}
	return other
}
