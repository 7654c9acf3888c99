package operate

import (
	"cmp"
	"context"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/moby/moby/api/types/container"

	"refit/internal/compose"
	"refit/internal/engine"
	"refit/internal/machine"
	"refit/internal/source"
)

// Obstacle is something that will keep an environment from starting, or may.
type Obstacle struct {
	Kind    ObstacleKind
	Subject string // what it is about, stable: a file, a variable, a port
	At      string // "compose/docker-compose.dev.yml:12:9"; "" when no file is to blame
	Message string // what; why; what to do
	Warning bool   // it may start all the same
}

// ObstacleKind is what stands in the way.
type ObstacleKind string

// The kinds of obstacles.
const (
	ObstacleEnvFile     ObstacleKind = "env-file"
	ObstacleValue       ObstacleKind = "value"
	ObstacleMount       ObstacleKind = "mount"
	ObstacleCertificate ObstacleKind = "certificate"
	ObstaclePort        ObstacleKind = "port"
	ObstacleExternal    ObstacleKind = "external" // a volume or network that somebody else makes
	ObstaclePlatform    ObstacleKind = "platform"
	ObstacleDisk        ObstacleKind = "disk"
	ObstacleRemote      ObstacleKind = "remote" // the engine is on another machine: what is not seen from here
)

func (b Obstacle) String() string {
	if b.At == "" {
		return b.Message
	}
	return b.At + ": " + b.Message
}

// preflight collects obstacles.
type preflight struct {
	*Operation
	found    []Obstacle
	services map[string]bool // those that are asked for and what they need; nil: all
}

// Preflight looks for what will stop `up` before anything is started: files, values, ports, volumes, networks,
// certificates, disk. Errors come before warnings. services are those that are asked for; none means all. Without an
// Engine it looks at what this machine alone can tell.
func (o *Operation) Preflight(ctx context.Context, services []string) ([]Obstacle, error) {
	p := &preflight{Operation: o, services: o.closure(services)}
	p.envFiles()
	p.values()
	p.mounts()
	if err := p.ports(ctx); err != nil {
		return nil, err
	}
	if p.Engine != nil {
		if err := p.externals(ctx); err != nil {
			return nil, err
		}
		if err := p.machine(ctx); err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(p.found, func(a, b Obstacle) int { return cmp.Compare(rank(a), rank(b)) })
	return p.found, nil
}

func rank(b Obstacle) int {
	if b.Warning {
		return 1
	}
	return 0
}

func (p *preflight) stop(kind ObstacleKind, subject, at, format string, args ...any) {
	p.found = append(p.found, Obstacle{Kind: kind, Subject: subject, At: at, Message: fmt.Sprintf(format, args...)})
}

func (p *preflight) warn(kind ObstacleKind, subject, at, format string, args ...any) {
	p.found = append(p.found, Obstacle{Kind: kind, Subject: subject, At: at, Message: fmt.Sprintf(format, args...), Warning: true})
}

// started are the services that will be started, sorted.
func (p *preflight) started() []*compose.Service {
	var list []*compose.Service
	for _, name := range slices.Sorted(maps.Keys(p.Env.Model.Services)) {
		s := p.Env.Model.Services[name]
		if wanted(s) && (p.services == nil && s.Enabled || p.services[name]) {
			list = append(list, s)
		}
	}
	return list
}

// place is where a Compose file of the environment says something: the first of the addresses that is there.
func (p *preflight) place(addresses ...string) string {
	for _, address := range addresses {
		for _, at := range slices.Backward(p.Env.Source.Files) {
			c := p.Env.Project.ComposeFile(at)
			if c == nil {
				continue
			}
			if v, ok := c.File.Lookup(address); ok {
				return at + ":" + c.File.Position(v.Node.Span.Start).String()
			}
		}
	}
	return p.Env.Source.Files[0]
}

func (p *preflight) position(at string, span source.Span) string {
	text, err := p.Env.Project.Files.Read(at)
	if err != nil {
		return at
	}
	return at + ":" + source.NewLines(text).Position(span.Start).String()
}

// envFiles are those that Compose reads and can't do without.
func (p *preflight) envFiles() {
	said := map[string]bool{}
	say := func(at, file, who string) {
		if !said[file] {
			said[file] = true
			p.stop(ObstacleEnvFile, file, at, "%s is missing; %s; refit env init %s makes it", file, who, p.Env.Name)
		}
	}
	for _, f := range p.Env.EnvFiles {
		if !p.Env.Project.Files.Has(f) {
			say("", f, "Compose takes the values of "+p.Env.Name+" from it")
		}
	}
	for _, m := range p.Env.Model.Missing {
		if m.Service != "" && (p.services == nil || p.services[m.Service]) {
			say(p.place("services."+m.Service+".env_file", "services."+m.Service), m.Path, m.Service+" does not start without it")
		}
	}
}

// values are the variables that Compose insists on.
func (p *preflight) values() {
	unset := map[string]bool{}
	for _, v := range p.Env.Model.Unset {
		unset[v.Name] = true
	}
	said := map[string]bool{}
	for _, v := range p.Env.Project.Variables(p.Env.Source) {
		if !v.Required || !unset[v.Name] || said[v.Name] {
			continue
		}
		said[v.Name] = true
		where := "the environment's env file"
		if len(p.Env.EnvFiles) > 0 {
			where = p.Env.EnvFiles[len(p.Env.EnvFiles)-1]
		}
		p.stop(ObstacleValue, v.Name, p.position(v.Path, v.Span), "%s has no value; Compose refuses to start anything without it; write it into %s (refit env check %s lists what is missing)", v.Name, where, p.Env.Name)
	}
}

// mounts are the files and folders of this machine that containers get.
func (p *preflight) mounts() {
	if !p.At.Local() {
		p.warn(ObstacleRemote, "engine", "", "the engine at %s is on another machine; bind mounts name files there, and they, its ports and its disk are not checked from here", p.At.Host)
		return
	}
	checked := map[string]bool{}
	for _, s := range p.started() {
		for _, m := range s.Mounts {
			if m.Type == "bind" && !checked[m.Source] {
				checked[m.Source] = true
				p.bind(s, m)
			}
		}
	}
	p.objects(checked)
}

// onDisk is the place of a path of the model on this machine; ok is false where it can't be told.
func (p *preflight) onDisk(at string) (string, bool) {
	switch {
	case strings.HasPrefix(at, "~") || strings.HasPrefix(at, "${"):
		home, err := os.UserHomeDir()
		at = strings.TrimPrefix(strings.TrimPrefix(at, "~"), "${HOME}")
		return home + at, err == nil && !strings.Contains(at, "${")
	case filepath.IsAbs(at):
		return at, true
	}
	return filepath.Join(p.Env.Root, filepath.FromSlash(at)), true
}

func (p *preflight) bind(s *compose.Service, m compose.Mount) {
	at := p.place("services."+s.Name+".volumes", "services."+s.Name)
	on, ok := p.onDisk(m.Source)
	if !ok {
		return
	}
	info, err := os.Stat(on)
	switch {
	case err == nil && info.IsDir():
		p.certificatesIn(at, s.Name, m, on)
	case err == nil:
		p.certificate(at, m.Source, on)
	case !os.IsNotExist(err):
		return // not ours to see
	case looksLikeFile(m.Source) && looksLikeFile(m.Target):
		p.stop(kindOf(m.Source), m.Source, at, "%s is missing; Docker would make a folder of root's in its place, and %s would not start; %s", m.Source, s.Name, p.remedy(m.Source))
	case strings.Contains(strings.ToLower(path.Base(m.Source)), "cert"):
		p.stop(ObstacleCertificate, m.Source, at, "%s is missing; %s reads its certificate there; %s", m.Source, s.Name, p.remedy(m.Source))
	case !m.ReadOnly:
		p.warn(ObstacleMount, m.Source, at, "%s is missing; Docker makes the folder, and it will be root's, so that %s may not be able to write to it; mkdir -p %s before", m.Source, s.Name, m.Source)
	}
}

// objects are the files of secrets and configs.
func (p *preflight) objects(checked map[string]bool) {
	used := map[string]bool{}
	for _, s := range p.started() {
		config := p.Env.Model.Project.Services[s.Name]
		for _, c := range config.Secrets {
			used["secrets."+c.Source] = true
		}
		for _, c := range config.Configs {
			used["configs."+c.Source] = true
		}
	}
	each := func(kind string, objects map[string]compose.FileObject) {
		for _, key := range slices.Sorted(maps.Keys(objects)) {
			f := objects[key]
			if f.File == "" || !used[kind+"."+key] || checked[f.File] {
				continue
			}
			on, ok := p.onDisk(f.File)
			if !ok {
				continue
			}
			at := p.place(kind+"."+key+".file", kind+"."+key)
			if _, err := os.Stat(on); os.IsNotExist(err) {
				p.stop(kindOf(f.File), f.File, at, "%s is missing; services get it as one of their %s; %s", f.File, kind, p.remedy(f.File))
				continue
			}
			p.certificate(at, f.File, on)
		}
	}
	each("secrets", p.Env.Model.Secrets)
	each("configs", p.Env.Model.Configs)
}

// remedy is what makes a missing file.
func (p *preflight) remedy(at string) string {
	switch kindOf(at) {
	case ObstacleCertificate:
		return "refit certs makes certificates for development"
	case ObstacleEnvFile:
		return "refit env init " + p.Env.Name + " makes it"
	}
	return "put it there, or take it out of the Compose file"
}

func looksLikeFile(at string) bool {
	base := path.Base(at)
	return path.Ext(base) != "" && path.Ext(base) != base || strings.HasPrefix(base, ".env")
}

// certificatesIn looks at the certificates in a folder that is mounted as one of certificates.
func (p *preflight) certificatesIn(at, service string, m compose.Mount, on string) {
	if !strings.Contains(strings.ToLower(path.Base(m.Source)), "cert") {
		return
	}
	files, err := os.ReadDir(on)
	if err != nil {
		return
	}
	if len(files) == 0 {
		p.stop(ObstacleCertificate, m.Source, at, "%s is empty; %s reads its certificate there; %s", m.Source, service, p.remedy(m.Source))
	}
	for _, f := range files {
		p.certificate(at, path.Join(m.Source, f.Name()), filepath.Join(on, f.Name()))
	}
}

// certificate looks whether a file is a certificate that has expired.
func (p *preflight) certificate(at, name, on string) {
	if !slices.Contains([]string{".pem", ".crt", ".cer", ".cert"}, strings.ToLower(path.Ext(name))) {
		return
	}
	info, err := os.Stat(on)
	if err != nil || !info.Mode().IsRegular() || info.Size() > 1<<20 {
		return
	}
	text, err := os.ReadFile(on)
	if err != nil {
		return
	}
	block, _ := pem.Decode(text)
	if block == nil || block.Type != "CERTIFICATE" {
		return
	}
	c, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return
	}
	const day = "2 January 2006"
	switch now := time.Now(); {
	case now.After(c.NotAfter):
		p.warn(ObstacleCertificate, name, at, "%s expired on %s; who checks certificates refuses the connection; refit certs --force makes new ones for development", name, c.NotAfter.Format(day))
	case now.Before(c.NotBefore):
		p.warn(ObstacleCertificate, name, at, "%s is good only from %s on; who checks certificates refuses the connection; is this machine's clock right? refit certs --force makes new ones for development", name, c.NotBefore.Format(day))
	case now.Add(soon).After(c.NotAfter):
		p.warn(ObstacleCertificate, name, at, "%s expires on %s; from then on who checks certificates refuses the connection; refit certs makes new ones for development", name, c.NotAfter.Format(day))
	}
}

// soon is how long before its end a certificate is spoken of.
const soon = 14 * 24 * time.Hour

// kindOf tells a missing certificate and a missing env file from other files.
func kindOf(at string) ObstacleKind {
	low := strings.ToLower(at)
	switch {
	case strings.Contains(low, "cert") || slices.Contains([]string{".pem", ".crt", ".key"}, path.Ext(low)):
		return ObstacleCertificate
	case strings.HasPrefix(path.Base(low), ".env") || strings.HasSuffix(low, ".env"):
		return ObstacleEnvFile
	}
	return ObstacleMount
}

// ports are those of the host that services want.
func (p *preflight) ports(ctx context.Context) error {
	var containers []engine.Container
	if p.Engine != nil {
		var err error
		if containers, err = p.Engine.AllContainers(ctx); err != nil {
			return err
		}
	}
	for _, s := range p.started() {
		for i, want := range s.Ports {
			port, err := strconv.Atoi(want.Published)
			if err != nil || port == 0 {
				continue // any port, or a range of which one will do
			}
			p.port(p.placeOfPort(s, i), s.Name, want, port, containers)
		}
	}
	return nil
}

// placeOfPort is where the service's port stands, or the list of its ports where several files give it.
func (p *preflight) placeOfPort(s *compose.Service, i int) string {
	address := "services." + s.Name + ".ports"
	for _, at := range p.Env.Source.Files {
		c := p.Env.Project.ComposeFile(at)
		if c == nil {
			continue
		}
		if v, ok := c.File.Lookup(address); ok && len(v.Items()) == len(s.Ports) {
			return at + ":" + c.File.Position(v.Items()[i].Node.Span.Start).String()
		}
	}
	return p.place(address, "services."+s.Name)
}

func (p *preflight) port(at, service string, want compose.Port, port int, containers []engine.Container) {
	subject := service + " " + strconv.Itoa(port) + "/" + protocol(want)
	for _, c := range containers {
		if c.State != container.StateRunning && c.State != container.StatePaused && c.State != container.StateRestarting {
			continue
		}
		for _, has := range c.Ports {
			if int(has.PublicPort) != port || has.Type != protocol(want) || !overlap(want.HostIP, has.IP.String()) {
				continue
			}
			if c.Project == p.Env.Model.Name && !c.OneOff && c.Service == service {
				return // its own container of before
			}
			p.stop(ObstaclePort, subject, at, "port %d is taken by the container %s%s; %s can't be published there; %s, or publish another port", port, c.Name, ofProject(c), service, stopIt(c))
			return
		}
	}
	if !p.At.Local() {
		return
	}
	h, taken := machine.PortHolder(protocol(want), want.HostIP, port)
	switch {
	case !taken:
	case h.Name == "docker-proxy":
		// of a container that is just going, or of another engine
		p.stop(ObstaclePort, subject, at, "port %d is taken by another Docker engine's container (docker-proxy, process %d); %s can't be published there; stop that container, or publish another port", port, h.PID, service)
	case h.PID != 0:
		p.stop(ObstaclePort, subject, at, "port %d is taken by %s (process %d); %s can't be published there; stop it, or publish another port", port, h.Name, h.PID, service)
	default:
		p.stop(ObstaclePort, subject, at, "port %d is taken by a program of this machine that only root can name (sudo ss -ltnp 'sport = :%d'); %s can't be published there; stop it, or publish another port", port, port, service)
	}
}

func protocol(p compose.Port) string { return cmp.Or(p.Protocol, "tcp") }

// overlap says whether two addresses can't both be listened on.
func overlap(a, b string) bool {
	all := func(ip string) bool { return ip == "" || ip == "0.0.0.0" || ip == "::" || ip == "invalid IP" }
	return all(a) || all(b) || a == b
}

func ofProject(c engine.Container) string {
	if c.Project == "" {
		return ""
	}
	return " of the Compose project " + c.Project
}

func stopIt(c engine.Container) string {
	if c.Project == "" {
		return "docker stop " + c.Name
	}
	return "docker compose -p " + c.Project + " stop"
}

// externals are volumes and networks that somebody else makes.
func (p *preflight) externals(ctx context.Context) error {
	for _, key := range slices.Sorted(maps.Keys(p.Env.Model.Volumes)) {
		v := p.Env.Model.Volumes[key]
		if !v.External || !p.uses(func(s *compose.Service) bool {
			return slices.ContainsFunc(s.Mounts, func(m compose.Mount) bool { return m.Type == "volume" && m.Source == key })
		}) {
			continue
		}
		if _, err := p.Engine.Volume(ctx, v.Name); engine.IsNotFound(err) {
			p.stop(ObstacleExternal, "volumes."+key, p.place("volumes."+key), "the external volume %s does not exist; Compose does not make external ones; docker volume create %s", v.Name, v.Name)
		} else if err != nil {
			return err
		}
	}
	for _, key := range slices.Sorted(maps.Keys(p.Env.Model.Networks)) {
		n := p.Env.Model.Networks[key]
		if !n.External || !p.uses(func(s *compose.Service) bool { return slices.Contains(s.Networks, key) }) {
			continue
		}
		if _, err := p.Engine.Network(ctx, n.Name); engine.IsNotFound(err) {
			p.stop(ObstacleExternal, "networks."+key, p.place("networks."+key), "the external network %s does not exist; Compose does not make external ones; docker network create %s", n.Name, n.Name)
		} else if err != nil {
			return err
		}
	}
	return nil
}

func (p *preflight) uses(by func(*compose.Service) bool) bool {
	return slices.ContainsFunc(p.started(), by)
}

// The space on the engine's disk, in bytes, below which nothing can be started, and below which a build may fail.
const (
	noSpace     = 100 << 20
	littleSpace = 1 << 30
)

// machine looks at the engine's disk and platform.
func (p *preflight) machine(ctx context.Context) error {
	info, err := p.Engine.Info(ctx)
	if err != nil {
		return err
	}
	for _, s := range p.started() {
		platform := p.Env.Model.Project.Services[s.Name].Platform
		if platform != "" && !runsOn(platform, info.OSType, info.Architecture) {
			p.warn(ObstaclePlatform, "services."+s.Name, p.place("services."+s.Name+".platform", "services."+s.Name), "%s asks for %s and the engine is %s/%s; it is emulated, slowly, or does not start (exec format error); leave platform out where the image has both",
				s.Name, platform, info.OSType, info.Architecture)
		}
	}
	host, _ := os.Hostname()
	if !p.At.Local() || info.Name != host { // the disk of Docker Desktop is a virtual machine's
		return nil
	}
	free, ok := machine.DiskFree(info.DockerRootDir)
	switch {
	case ok && free < noSpace:
		p.stop(ObstacleDisk, "disk", "", "the engine's disk (%s) has %d MB left; nothing can be built or started; docker system df says what takes it, docker system prune frees some", info.DockerRootDir, free>>20)
	case ok && free < littleSpace:
		p.warn(ObstacleDisk, "disk", "", "the engine's disk (%s) has %d MB left; a build or a database may fill it; docker system df says what takes it", info.DockerRootDir, free>>20)
	}
	return nil
}

// architectures are the kernel's names of what platforms call otherwise (containerd/platforms, database.go).
var architectures = map[string]string{"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm", "i386": "386", "i686": "386"}

func runsOn(platform, system, architecture string) bool {
	parts := strings.Split(platform, "/")
	if len(parts) < 2 {
		return true
	}
	known := cmp.Or(architectures[architecture], architecture)
	return parts[0] == system && (parts[1] == known || parts[1] == "386" && known == "amd64")
}
