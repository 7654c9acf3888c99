package pipeline

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"os/user"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"refit/internal/apply"
	"refit/internal/doctor"
	"refit/internal/engine"
	"refit/internal/environment"
	"refit/internal/invocation"
	"refit/internal/machine"
	"refit/internal/operate"
	"refit/internal/project"
	"refit/internal/rule"
	"refit/internal/source"
)

// Clinic is what an examination needs: the case, and docker for the cures; nil where there is none.
type Clinic struct {
	Case   doctor.Case
	Docker *engine.Docker
	client *engine.Client
}

// Close lets go of the engine.
func (c *Clinic) Close() {
	if c.client != nil {
		_ = c.client.Close()
	}
}

// Clinic prepares an examination of the environments that words name, of all when there are none. build tries their
// builds and listens to what they say. An error means that a word names no environment.
func (r *Repository) Clinic(ctx context.Context, words, options []string, build func(environment string) io.Writer) (*Clinic, error) {
	c := &Clinic{Case: doctor.Case{Root: r.Root, Project: r.Project, Audit: r.Audit().Findings, Mask: r.Mask, Machine: thisMachine(),
		Journal: r.RepairJournal(), GitConfig: gitConfig(r.Root)}}
	list, asked, err := r.patients(words)
	if err != nil {
		return nil, err
	}
	docker, err := engine.Find(options...)
	if err != nil {
		c.Case.Docker.Problem = err
	} else {
		c.Docker = docker
		c.connect(ctx, docker)
	}
	for _, source := range list {
		p := r.patient(ctx, c, source, build)
		p.Asked = asked
		c.Case.Patients = append(c.Case.Patients, p)
	}
	return c, nil
}

// patients are the environments to look at.
func (r *Repository) patients(words []string) (list []*project.Environment, asked bool, err error) {
	for _, word := range words {
		e, err := invocation.Find(r.Project, word)
		if err != nil {
			return nil, true, err
		}
		list = append(list, e)
	}
	if len(words) > 0 {
		return list, true, nil
	}
	seen := map[string]bool{}
	for _, e := range r.Project.Environments {
		name := invocation.NameOf(e)
		found, err := invocation.Find(r.Project, name)
		if err != nil || seen[name] || found != e { // a template, or a name that means several
			continue
		}
		seen[name] = true
		list = append(list, e)
	}
	return list, false, nil
}

// connect asks docker for its engine and plugins, and remembers what is in the way.
func (c *Clinic) connect(ctx context.Context, docker *engine.Docker) {
	d := &c.Case.Docker
	for _, name := range []string{"DOCKER_HOST", "DOCKER_CONTEXT"} {
		if v := os.Getenv(name); v != "" && d.Variable == "" {
			d.Variable = name + "=" + v
		}
	}
	builds := false
	for _, e := range c.Case.Project.Environments {
		builds = builds || e.Model != nil && invocation.Builds(e)
	}
	d.Plugins = docker.Plugins(ctx).Check(builds)
	d.At, _ = docker.Endpoint(ctx)
	client, err := docker.Connect(ctx)
	if err != nil {
		d.Problem = err
		if engine.IsKind(err, engine.NotAnswering) || engine.IsKind(err, engine.BadContext) {
			inUse := d.At.Context
			if d.Variable != "" {
				inUse = "" // the variable decides, and the context of that name may be well
			}
			d.Other, _ = docker.OtherContext(ctx, inUse)
		}
		if engine.IsKind(err, engine.NoPermission) {
			d.Group = groupOf(strings.TrimPrefix(d.At.Host, "unix://"))
		}
		return
	}
	d.At = client.At
	c.client, c.Case.Engine = client, client
}

func groupOf(file string) string {
	_, gid, ok := machine.Owner(file)
	if !ok {
		return ""
	}
	g, err := user.LookupGroupId(strconv.Itoa(gid))
	if err != nil {
		return strconv.Itoa(gid)
	}
	return g.Name
}

// patient gathers what is known of an environment before its containers are looked at.
func (r *Repository) patient(ctx context.Context, c *Clinic, source *project.Environment, build func(string) io.Writer) doctor.Patient {
	p := doctor.Patient{Name: invocation.NameOf(source), Source: source}
	env, err := r.Runnable(source)
	if err != nil {
		p.Err = err
		return p
	}
	p.Model, p.EnvFiles = env.Model, env.EnvFiles
	files := env.EnvFiles
	if files == nil {
		files = source.EnvFiles
	}
	p.Plain, _ = r.Project.As(source, files, nil)
	for _, f := range environment.Check(r.Project, p.Name) {
		if f.Severity == rule.Error {
			p.EnvCheck = append(p.EnvCheck, f)
		}
	}
	o := &operate.Operation{Env: env, At: c.Case.Docker.At, Mask: r.Mask}
	if c.Case.Docker.At.Host == "" {
		o.At.Host = "unix://" // no docker: the files of this machine are the ones that count
	}
	if c.client != nil {
		o.Engine = c.client
	}
	found, err := o.Preflight(ctx, nil)
	if err == nil {
		for _, b := range found {
			p.Obstacles = append(p.Obstacles, doctor.Obstacle{Kind: string(b.Kind), Subject: b.Subject, At: r.location(b.At), Message: b.Message, Warning: b.Warning})
		}
	}
	if c.Docker == nil {
		return p
	}
	compose := &engine.Compose{Docker: c.Docker, Dir: r.Root, Options: invocation.Options(source, env.EnvFiles)}
	p.Words = compose.Words
	o.Said = r.Said(env)
	if build != nil && c.client != nil {
		o.Compose = compose
		_ = o.Build(ctx, build(p.Name), false, false, nil) // what it says is kept in the record
	}
	p.Build.Lines, p.Build.At = o.Said.Last()
	return p
}

// location turns "compose.yml:12:9" into a place.
func (r *Repository) location(at string) rule.Location {
	path, rest, _ := strings.Cut(at, ":")
	lineText, columnText, _ := strings.Cut(rest, ":")
	line, _ := strconv.Atoi(lineText)
	column, _ := strconv.Atoi(columnText)
	l := rule.Location{Path: path}
	if text, err := r.Project.Files.Read(path); err == nil && line > 0 {
		start := source.NewLines(text).Offset(line, max(column, 1))
		l.Span = source.Span{Start: start, End: start}
	}
	return l
}

// RepairJournal remembers the repair of the repository that is at work.
func (r *Repository) RepairJournal() doctor.Journal {
	folder, err := apply.StateFolder(r.Root)
	if err != nil {
		return doctor.Journal{}
	}
	return doctor.Journal{File: filepath.Join(folder, "repair.json")}
}

func gitConfig(root string) []byte {
	text, err := os.ReadFile(filepath.Join(root, ".git", "config"))
	if err != nil || len(text) > 1<<20 {
		return nil
	}
	return text
}

// thisMachine is the machine that refit runs on.
func thisMachine() doctor.Machine {
	host, _ := os.Hostname()
	return doctor.Machine{UID: os.Getuid(), GID: os.Getgid(), System: runtime.GOOS, Host: host, Now: time.Now,
		Program: machine.Program, DiskFree: machine.DiskFree, Owner: machine.Owner, OwnedBy: machine.OwnedBy,
		Watches: machine.WatchLimits, Silent: machine.SilentFileSystem, Speaks: speaks, Alive: machine.Alive, Env: os.Getenv}
}

// speaks says what a server at an address speaks: "https" when it answers a TLS handshake, "http" when it takes
// connections and does not, "" when it takes none.
func speaks(address string) string {
	dialer := &net.Dialer{Timeout: 2 * time.Second}
	secured, err := tls.DialWithDialer(dialer, "tcp", address, &tls.Config{InsecureSkipVerify: true}) //nolint:gosec // nothing is sent: only whether it is TLS counts
	if err == nil {
		_ = secured.Close()
		return "https"
	}
	plain, dialErr := dialer.Dial("tcp", address)
	if dialErr != nil {
		return ""
	}
	_ = plain.Close()
	var record tls.RecordHeaderError
	if errors.As(err, &record) || errors.Is(err, io.EOF) {
		return "http"
	}
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() || errors.Is(err, fs.ErrClosed) {
		return ""
	}
	if strings.Contains(err.Error(), "tls:") { // a TLS server that asks for more: a client certificate, a name
		return "https"
	}
	return ""
}
