package pipeline

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"refit/internal/against"
	"refit/internal/apply"
	"refit/internal/engine"
	"refit/internal/invocation"
	"refit/internal/operate"
	"refit/internal/plan"
)

// Comparison is what `verify --against` is asked for.
type Comparison struct {
	Environment string // after: the repository as it is
	Before      string // the environment before; "" is the same
	Against     string // a backup's id, "last", or what git knows a commit by
	against.Options
	Say func(string)
}

// Compared is what came out, and what was compared.
type Compared struct {
	*against.Result
	Against string // "backup 3" or a commit's name
	Mask    func(string) string
}

// Against builds and runs the repository as it was and as it is side by side, and compares.
func (r *Repository) Against(ctx context.Context, docker *engine.Docker, o Comparison) (result *Compared, err error) {
	if err := docker.Plugins(ctx).Check(true); err != nil {
		return nil, err
	}
	client, err := docker.Connect(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { _ = client.Close() }()
	if !client.At.Local() {
		return nil, fmt.Errorf("the Docker engine is at %s; it can't mount the copies of the repository that a comparison makes on this machine", client.At.Host)
	}
	compose := func(dir string, options ...string) against.Composer {
		return &engine.Compose{Docker: docker, Dir: dir, Options: options}
	}
	shop, err := r.workshop(ctx, client, compose, o.Say)
	if err != nil {
		return nil, err
	}
	defer func() {
		o.Say("removing what the comparison made")
		shop.Interrupted = ctx.Err() != nil
		if left := shop.Discard(context.WithoutCancel(ctx), client, compose); left != nil {
			err = errors.Join(err, fmt.Errorf("not everything that the comparison made could be removed; the next one tries again: %w", left))
		}
	}()
	c := comparing{r: r, shop: shop, o: o}
	subject, what, err := c.subject(ctx)
	if err != nil {
		return nil, err
	}
	subject.Compose = compose
	done, err := against.Run(ctx, subject, client, c.o.Options)
	return &Compared{done, what, subject.Mask}, err
}

// workshop makes the folder of the comparison, after removing what killed ones left.
func (r *Repository) workshop(ctx context.Context, client *engine.Client, compose func(string, ...string) against.Composer, say func(string)) (*against.Workshop, error) {
	home, err := apply.StateHome()
	if err != nil {
		return nil, err
	}
	parent := filepath.Join(home, "refit", "against")
	if rel, err := filepath.Rel(r.Root, parent); err == nil && filepath.IsLocal(rel) {
		return nil, fmt.Errorf("%s: the copies would lie inside the repository; set XDG_STATE_HOME to a folder outside of it", parent)
	}
	for _, left := range against.Leftovers(parent, client.At.Host) {
		say("removing what a comparison that was killed or interrupted left behind: " + left.Name)
		if err := left.Discard(ctx, client, compose); err != nil {
			return nil, err
		}
	}
	return against.NewWorkshop(parent, client.At.Host)
}

// comparing is one comparison.
type comparing struct {
	r    *Repository
	shop *against.Workshop
	o    Comparison
	// commit is the full name of the commit that is compared with; "" for a backup.
	commit string
}

// subject makes the copies of both sides and works out what the refit declares.
func (c *comparing) subject(ctx context.Context) (against.Subject, string, error) {
	name := filepath.Base(c.r.Root)
	before, after := filepath.Join(c.shop.Dir, "before", name), filepath.Join(c.shop.Dir, "after", name)
	c.o.Say("copying the repository")
	for _, dir := range []string{before, after} {
		if err := against.CopyTree(ctx, c.r.Root, dir); err != nil {
			return against.Subject{}, "", err
		}
	}
	what, err := c.turnBack(ctx, before)
	if err != nil {
		return against.Subject{}, what, err
	}
	s := against.Subject{Say: c.o.Say, Moves: map[string]string{}}
	var was *Repository
	err = against.LendGit(ctx, c.r.Root, before, c.commit, func() error {
		if was, err = Open(before); err == nil {
			err = declare(was, &s)
		}
		return err
	})
	if err != nil {
		return s, what, err
	}
	is, err := Open(after)
	if err != nil {
		return s, what, err
	}
	s.Mask = func(text string) string { return c.r.Mask(is.Mask(was.Mask(text))) }
	word := c.o.Before
	if word == "" {
		word = c.o.Environment
	}
	if s.Before, err = c.side(was, "before", word); err != nil {
		return s, what, fmt.Errorf("before: %w", err)
	}
	if s.After, err = c.side(is, "after", c.o.Environment); err != nil {
		return s, what, fmt.Errorf("after: %w", err)
	}
	if s.Before.Environment != s.After.Environment {
		c.o.Run = false // two environments are not meant to run alike
	}
	return s, what, nil
}

// side is one side of the comparison.
func (c *comparing) side(r *Repository, name, word string) (against.Side, error) {
	e, err := r.Environment(word)
	if err != nil {
		return against.Side{}, err
	}
	return against.Side{Name: name, Root: r.Root, Environment: e.Name, Model: e.Model, Options: invocation.Options(e.Source, e.EnvFiles),
		Files: slices.Concat(e.Source.Files, e.EnvFiles, invocation.ReadByServices(e.Source)), Project: c.shop.Project(name), Folder: c.shop.Dir,
		Base: func(service string) string { return baseImage(r, e, service) }}, nil
}

// baseImage is the image that the stage of a service starts from, "" when it has no Dockerfile of the repository.
func baseImage(r *Repository, e operate.Environment, service string) string {
	s := e.Model.Services[service]
	if s == nil || s.Build == nil {
		return ""
	}
	d := r.Project.Dockerfile(s.Build.Dockerfile)
	if d == nil {
		return ""
	}
	stage, ok := d.File.Target(s.Build.Target)
	if !ok {
		return ""
	}
	for parent := stage.Parent(s.Build.Args); parent != nil; parent = stage.Parent(s.Build.Args) {
		stage = parent
	}
	return stage.BaseName(s.Build.Args)
}

// declare plans the refit of the state before: what it declares is what may differ.
func declare(was *Repository, s *against.Subject) error {
	planned, err := was.Plan(plan.Choice{})
	if err != nil {
		return fmt.Errorf("before: it can't be planned, so nothing is declared: %w", err)
	}
	s.Declared = planned.Set.Compare.Declared
	s.Moves = planned.Set.Moves()
	for _, f := range planned.Set.Files {
		if f.Source() == "" {
			s.Made = append(s.Made, f.Path)
		}
	}
	for _, step := range planned.Set.Steps {
		s.Made = append(s.Made, step.Makes...)
	}
	return nil
}

// turnBack makes a copy of the repository what it was.
func (c *comparing) turnBack(ctx context.Context, dir string) (string, error) {
	id, err := c.backup()
	if err != nil {
		return "", err
	}
	of, past, err := apply.Before(c.r.Root, id)
	if err == nil {
		return "backup " + string(of), against.Overlay(dir, overlay(past, nil))
	}
	var unknown *apply.UnknownError
	if !errors.As(err, &unknown) {
		return "", err
	}
	commit, files, gitErr := against.GitTree(ctx, c.r.Root, c.o.Against)
	if gitErr != nil {
		return "", fmt.Errorf("%s is neither a backup of refit (refit backups lists them) nor a commit that git knows", c.o.Against)
	}
	c.commit = commit
	return "commit " + commit[:12], c.checkOut(dir, files)
}

// backup is the transaction that may be meant; "last" is the latest refit apply that was not taken back.
func (c *comparing) backup() (apply.ID, error) {
	if c.o.Against != "last" {
		return apply.ID(c.o.Against), nil
	}
	saved, err := apply.List(c.r.Root)
	for _, one := range saved {
		if one.Kind == "apply" && one.State == "done" && strings.HasPrefix(one.Command, "refit apply") {
			return one.ID, nil
		}
	}
	return "", errors.Join(errors.New("there is no refit apply here that was not taken back; name a backup or a commit"), err)
}

// checkOut puts the files of a commit into a copy in place of those that git tracks now. What git doesn't have, such as
// env files, stays; one that a refit moved or removed since is taken from its backups.
func (c *comparing) checkOut(dir string, files []against.File) error {
	has := map[string]bool{}
	for _, f := range files {
		has[f.Path] = true
	}
	var all []against.File
	for _, p := range c.r.Project.Git.TrackedUnder(".") {
		if !has[p] {
			all = append(all, against.File{Path: p, Gone: true})
		}
	}
	saved, err := apply.List(c.r.Root)
	if err != nil {
		return err
	}
	for _, one := range saved { // the latest first: the oldest word counts
		if one.Kind != "apply" || one.State != "done" {
			continue
		}
		_, past, err := apply.Before(c.r.Root, one.ID)
		if err != nil {
			return err
		}
		all = append(all, overlay(past, func(p apply.Past) bool { return !has[p.Path] && !c.r.Project.Git.Tracked(p.Path) })...)
	}
	return against.Overlay(dir, append(all, files...))
}

func overlay(past []apply.Past, keep func(apply.Past) bool) (list []against.File) {
	for _, p := range past {
		if keep == nil || keep(p) {
			list = append(list, against.File{Path: p.Path, Mode: p.Mode, Text: p.Text, Gone: p.Gone})
		}
	}
	return list
}
