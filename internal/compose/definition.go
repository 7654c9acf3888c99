package compose

import (
	"strings"

	"refit/internal/source"
	"refit/internal/yaml"
)

// Definition is a service as one file writes it. Fields that are not written are nil or empty;
// Value.Child reaches those that have no field here.
type Definition struct {
	Name    string
	KeySpan source.Span // the service's name as written
	Value   Value

	Image, ContainerName, Restart, User, Command, Entrypoint *Value
	Healthcheck, Deploy, NetworkMode, Develop                *Value
	Build                                                    *BuildDef // nil when there is none
	Extends                                                  *ExtendsDef
	EnvFiles                                                 []EnvFileDef
	Environment                                              []Pair
	Labels                                                   []Pair
	Ports                                                    []PortDef
	Volumes                                                  []VolumeDef
	DependsOn                                                []DependsDef
	Profiles, LabelFiles, Secrets, Configs, Networks         []Value
}

// BuildDef is build: in its short or long form.
type BuildDef struct {
	Value      Value
	Short      bool   // build: PATH
	Context    *Value // in the short form the value itself; nil stands for "."
	Dockerfile *Value
	Inline     *Value // dockerfile_inline
	Target     *Value
	Args       []Pair
	Contexts   []Pair // additional_contexts
	SSH        []Pair
}

// ExtendsDef is extends: in its short or long form.
type ExtendsDef struct {
	Value   Value
	Service *Value
	File    *Value // nil when the other service is in this file
}

// EnvFileDef is one entry of env_file:, in any of its three forms.
type EnvFileDef struct {
	Value    Value // the entry: a string or a mapping
	Path     *Value
	Required bool
	Format   string
}

// Pair is one entry of environment, labels, args and the like, as "KEY: value" or "- KEY=value".
type Pair struct {
	Key      string
	Text     string // decoded value
	HasValue bool   // false for "KEY:" and "- KEY"
	List     bool
	// Addr names the pair by its key in both forms: "services.app.environment.DEBUG".
	Addr   string
	Entry  Value       // map form: the value; list form: the whole "KEY=value"
	Span   source.Span // the value's bytes, without quotes in the list form; zero when it has none or is not written verbatim
	Shared bool
}

// PortDef is one entry of ports:, its parts as written: they may hold variables and ranges.
type PortDef struct {
	Value                               Value
	Long                                bool
	HostIP, Published, Target, Protocol string
}

// VolumeDef is one entry of volumes:, its parts as written.
type VolumeDef struct {
	Value    Value
	Long     bool
	Type     string // bind, volume, tmpfs, ...; "" when a variable decides
	Source   string // empty for an anonymous volume
	Target   string
	Options  string // behind the second colon of the short form
	ReadOnly bool
}

// DependsDef is one entry of depends_on:.
type DependsDef struct {
	Service   string
	Condition string // service_started unless written
	Short     bool
	Value     Value
}

func newDefinition(name string, v Value) *Definition {
	d := &Definition{Name: name, Value: v}
	d.Image, d.ContainerName, d.Restart = v.Child("image"), v.Child("container_name"), v.Child("restart")
	d.User, d.Command, d.Entrypoint = v.Child("user"), v.Child("command"), v.Child("entrypoint")
	d.Healthcheck, d.Deploy = v.Child("healthcheck"), v.Child("deploy")
	d.NetworkMode, d.Develop = v.Child("network_mode"), v.Child("develop")
	d.Build = newBuildDef(v.Child("build"))
	if e := v.Child("extends"); e != nil {
		d.Extends = &ExtendsDef{Value: *e, Service: e.Child("service"), File: e.Child("file")}
		if e.IsScalar() {
			d.Extends.Service = e
		}
	}
	d.EnvFiles = envFileDefs(v.Child("env_file"))
	d.Environment, d.Labels = pairs(v.Child("environment")), pairs(v.Child("labels"))
	for _, p := range v.Child("ports").Items() {
		d.Ports = append(d.Ports, newPortDef(p))
	}
	for _, m := range v.Child("volumes").Items() {
		d.Volumes = append(d.Volumes, newVolumeDef(m))
	}
	d.DependsOn = dependsDefs(v.Child("depends_on"))
	d.Profiles, d.LabelFiles = v.Child("profiles").OneOrMore(), v.Child("label_file").OneOrMore()
	d.Secrets, d.Configs = v.Child("secrets").Items(), v.Child("configs").Items()
	d.Networks = namesOf(v.Child("networks"))
	return d
}

// namesOf are the entries of a mapping or the items of a list.
func namesOf(v *Value) []Value {
	named := v.Items()
	for _, e := range v.Entries() {
		e.Value.Text = e.Key
		named = append(named, e.Value)
	}
	return named
}

func newBuildDef(v *Value) *BuildDef {
	if v == nil || v.IsNull() {
		return nil
	}
	if v.IsScalar() {
		return &BuildDef{Value: *v, Short: true, Context: v}
	}
	return &BuildDef{
		Value: *v, Context: v.Child("context"), Dockerfile: v.Child("dockerfile"), Inline: v.Child("dockerfile_inline"),
		Target: v.Child("target"), Args: pairs(v.Child("args")), Contexts: pairs(v.Child("additional_contexts")), SSH: pairs(v.Child("ssh")),
	}
}

func envFileDefs(v *Value) []EnvFileDef {
	if v == nil {
		return nil
	}
	entries := v.Items()
	if v.IsScalar() {
		entries = []Value{*v}
	}
	var defs []EnvFileDef
	for _, e := range entries {
		d := EnvFileDef{Value: e, Required: true}
		if e.IsScalar() {
			d.Path = &e
		} else {
			d.Path = e.Child("path")
			if r := e.Child("required"); r != nil {
				d.Required = r.Text != "false"
			}
			if f := e.Child("format"); f != nil {
				d.Format = f.Text
			}
		}
		if d.Path != nil {
			defs = append(defs, d)
		}
	}
	return defs
}

// pairs reads the map and the list form of key-value fields.
func pairs(v *Value) []Pair {
	var found []Pair
	for _, e := range v.Entries() {
		p := Pair{Key: e.Key, Text: e.Value.Text, HasValue: !e.Value.IsNull(), Addr: e.Value.Addr, Entry: e.Value, Shared: e.Value.Shared}
		if p.HasValue {
			p.Span = e.Value.Span()
		}
		found = append(found, p)
	}
	for _, item := range v.Items() {
		if !item.IsScalar() {
			continue
		}
		key, text, has := strings.Cut(item.Text, "=")
		p := Pair{Key: key, Text: text, HasValue: has, List: true, Addr: below(v.Addr, key), Entry: item, Shared: item.Shared}
		if has {
			p.Span, _ = item.Node.Sub(len(key)+1, len(item.Text))
		}
		found = append(found, p)
	}
	return found
}

func newPortDef(v Value) PortDef {
	p := PortDef{Value: v, Long: v.Node.Kind == yaml.Mapping}
	if p.Long {
		for key, to := range map[string]*string{"host_ip": &p.HostIP, "published": &p.Published, "target": &p.Target, "protocol": &p.Protocol} {
			if c := v.Child(key); c != nil {
				*to = c.Text
			}
		}
		return p
	}
	parts := splitColons(v.Text)
	last := part(v.Text, parts[len(parts)-1])
	if i := strings.LastIndexByte(last, '/'); i >= 0 && !strings.HasSuffix(last, "}") {
		p.Protocol, last = last[i+1:], last[:i]
	}
	p.Target = last
	if n := len(parts); n > 1 {
		p.Published = part(v.Text, parts[n-2])
		if n > 2 {
			p.HostIP = strings.Trim(v.Text[:parts[n-3].End], "[]")
		}
	}
	return p
}

func newVolumeDef(v Value) VolumeDef {
	m := VolumeDef{Value: v, Long: v.Node.Kind == yaml.Mapping}
	if m.Long {
		for key, to := range map[string]*string{"type": &m.Type, "source": &m.Source, "target": &m.Target} {
			if c := v.Child(key); c != nil {
				*to = c.Text
			}
		}
		if r := v.Child("read_only"); r != nil {
			m.ReadOnly = r.Text == "true"
		}
		return m
	}
	parts := splitColons(v.Text)
	if len(parts) == 1 {
		m.Type, m.Target = "volume", v.Text
		return m
	}
	m.Source, m.Target = part(v.Text, parts[0]), part(v.Text, parts[1])
	if len(parts) > 2 {
		m.Options = v.Text[parts[2].Start:]
		for o := range strings.SplitSeq(m.Options, ",") {
			m.ReadOnly = m.ReadOnly || o == "ro"
		}
	}
	switch {
	case isBindSource(m.Source):
		m.Type = "bind"
	case !strings.HasPrefix(m.Source, "$"):
		m.Type = "volume"
	}
	return m
}

// isBindSource says whether the source of a short volume is a path and not the name of a volume. The
// rule is compose-go's (format.ParseVolume).
func isBindSource(s string) bool {
	if s == "" {
		return false
	}
	return strings.ContainsRune("./~", rune(s[0])) || strings.HasPrefix(s, `\\`) || len(s) > 1 && s[1] == ':' && isLetter(s[0]) ||
		strings.HasPrefix(s, "${PWD}/") || strings.HasPrefix(s, "$PWD/") || strings.HasPrefix(s, "${HOME}/") || strings.HasPrefix(s, "$HOME/") ||
		s == "${PWD}" || s == "$PWD" || s == "${HOME}" || s == "$HOME"
}

// splitColons splits the short form of a port or volume at its colons, but not at those inside ${...}
// and [...] or behind a drive letter. The spans are offsets into s; there is at least one.
func splitColons(s string) []source.Span {
	var parts []source.Span
	start, braces, brackets := 0, 0, 0
	for i := range len(s) {
		switch {
		case s[i] == '$' && i+1 < len(s) && s[i+1] == '{':
			braces++
		case s[i] == '}' && braces > 0:
			braces--
		case s[i] == '[':
			brackets++
		case s[i] == ']' && brackets > 0:
			brackets--
		case s[i] == ':' && braces == 0 && brackets == 0:
			if i-start == 1 && isLetter(s[start]) {
				continue
			}
			parts = append(parts, source.Span{Start: start, End: i})
			start = i + 1
		}
	}
	return append(parts, source.Span{Start: start, End: len(s)})
}

func part(s string, at source.Span) string { return s[at.Start:at.End] }

func dependsDefs(v *Value) []DependsDef {
	var defs []DependsDef
	for _, item := range v.Items() {
		defs = append(defs, DependsDef{Service: item.Text, Condition: "service_started", Short: true, Value: item})
	}
	for _, e := range v.Entries() {
		d := DependsDef{Service: e.Key, Condition: "service_started", Value: e.Value}
		if c := e.Value.Child("condition"); c != nil {
			d.Condition = c.Text
		}
		defs = append(defs, d)
	}
	return defs
}
