package layout

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"refit/internal/change"
	"refit/internal/compose"
	"refit/internal/placement"
	"refit/internal/project"
)

// composeFile adds what the move of a Compose file changes beside its paths: the default project
// name, which follows the folder, and the .env that Compose reads from there.
func (r *relocation) composeFile(pl placement.File) {
	c := r.p.ComposeFile(pl.From)
	var env *project.Environment
	for _, e := range r.p.Environments {
		switch {
		case e.Model != nil && slices.Contains(e.Model.Files, pl.From) && !slices.Contains(e.Files, pl.From):
			r.refuse(e.Files[0] + " includes or extends " + pl.From + "; such files stay together")
		case !slices.Contains(e.Files, pl.From):
		case len(e.Files) > 1:
			r.refuse("it is part of a stack (" + strings.Join(e.Files, ", ") + "), whose paths all start from the folder of the first file; " +
				"write each environment as one file, then run refit again")
		case env != nil:
			r.refuse("it is started as more than one environment (with different env files)")
		default:
			env = e
		}
	}
	if c.Role == compose.RoleOverlay || c.Role == compose.RoleOverride {
		r.refuse("it is an overlay: it only works on top of another Compose file, whose folder its paths start from")
	}
	for _, at := range r.p.Files.Paths() {
		if e, _ := r.p.Files.Entry(at); e.IsLink() && path.Join(path.Dir(at), e.Target) == pl.From {
			r.refuse(at + " is a link to it, and Compose starts the file's paths from the link's folder; remove the link, or name the file itself where the link is used")
		}
	}
	if len(r.refusals) > 0 {
		return
	}
	if env == nil || env.Model == nil && env.Raw == nil {
		r.refuse("Compose can't resolve it, so that nothing could show that the move changes nothing; repair it first")
		return
	}
	for _, call := range env.Calls {
		if call.ProjectDir != "" {
			r.refuse(position(r.p, call.From, call.Span.Start) + " gives --project-directory, from which its paths start; remove the option first")
		}
	}
	for _, s := range c.File.Services {
		for _, v := range s.Volumes {
			if wholeMount.MatchString(v.Value.Text) {
				r.refuse(v.Value.Addr + " takes a whole mount, its folder included, from a variable; write the folder and the target apart")
			}
		}
	}
	r.projectName(c, env)
	r.autoloaded(c, env)
}

// wholeMount is a mount of which one variable decides source and target.
var wholeMount = regexp.MustCompile(`^\$\{[A-Za-z0-9_]+:?-[^}]*:[^}]*\}$|^\$\{?[A-Za-z0-9_]+\}?$`)

// projectName writes the name that the environment has now, or one of its own when it shares that
// name with the environment that owns the data.
func (r *relocation) projectName(c *project.ComposeFile, env *project.Environment) {
	if c.File.Name != nil {
		return
	}
	if r.p.Swarm(c.Path) {
		r.refuse("docker stack deploy reads it, which refuses the name: that the move takes; deploy another file to Swarm, or move it by hand")
		return
	}
	name, ok := nameFor(r.p, env)
	if env.Model == nil { // the name that it has without interpolation
		name, ok = env.Raw.Name, env.Raw.Name != ""
	}
	if other, at := otherName(r.p, env); other != "" {
		r.refuse("its project is called " + other + " where " + at + " runs it, and after the move its volumes would seem empty there or here; write name: into " + c.Path + " first")
		return
	}
	if !ok {
		r.refuse("its project name is not known, and with another one its volumes would seem empty; write name: into " + c.Path)
		return
	}
	edits, err := c.File.SetTopLevelName(name)
	if err != nil {
		r.refuse("name: can't be written into it: " + err.Error())
		return
	}
	r.edit(c.Path, edits...)
	if env.Model == nil {
		return
	}
	if old := env.Model.Name; old != name {
		r.safety = change.Behaviour
		r.declares = append(r.declares, renamed(env, old, name)...)
		r.notes = append(r.notes, "its project becomes "+name+", because "+old+" is the one with the data")
	}
}

// autoloaded keeps the .env beside the file, which Compose reads unasked, for those who relied on it.
func (r *relocation) autoloaded(c *project.ComposeFile, env *project.Environment) {
	auto := path.Join(env.Dir, ".env")
	f := r.p.EnvFile(auto)
	if f == nil || f.File == nil || !interpolates(c, f) {
		return
	}
	starts := false
	for _, call := range env.Calls {
		starts = starts || call.Subcommand == "up" || call.Subcommand == "run" || call.Subcommand == "build"
		if len(call.EnvFiles) > 0 {
			continue
		}
		if call.After == 0 || !call.Certain {
			r.refuse(position(r.p, call.From, call.Span.Start) + " relies on " + auto + ", which Compose reads beside the Compose file; add --env-file " + auto + " there")
			continue
		}
		r.edit(call.From, call.Insert("--env-file", project.RelativePath(call.Dir, change.Relocated(auto, r.moves))))
	}
	if !starts {
		r.refuse("it takes values from " + auto + ", which Compose reads beside it, and nothing in the repository starts it, so that nobody would give --env-file; " +
			"start it by a Makefile or a script with --env-file " + auto)
		return
	}
	r.notes = append(r.notes, "commands give --env-file "+auto+" where Compose read it unasked before; do so where you type them")
}

// interpolates says whether a variable of the Compose file, or a setting of Compose itself, has its
// value in the env file.
func interpolates(c *project.ComposeFile, f *project.EnvFile) bool {
	for _, v := range compose.Variables(c.File) {
		if _, ok := f.File.Get(v.Name); ok {
			return true
		}
	}
	_, ok := f.File.Get("COMPOSE_PROFILES")
	return ok
}
