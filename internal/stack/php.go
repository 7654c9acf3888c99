package stack

func detectPHP(f folder, _ Hints) *Unit {
	if !f.has("composer.json") {
		return nil
	}
	u := &Unit{
		Dir: f.dir, Language: PHP, Manager: Composer, Reason: "composer.json is there",
		Manifests: f.present("composer.json"), Extra: f.present("symfony.lock", "auth.json.dist"),
		Lock: f.path("composer.lock"), LockPresent: f.has("composer.lock"), Package: true,
	}
	var c struct {
		Name         any `json:"name"`
		Require      any `json:"require"`
		RequireDev   any `json:"require-dev"`
		Scripts      any `json:"scripts"`
		Repositories any `json:"repositories"`
	}
	readJSON(f, "composer.json", u, &c)
	u.Name, _ = c.Name.(string)
	for _, name := range keys(table(c.Require)) {
		if name == "php" {
			u.Requires, _ = table(c.Require)[name].(string)
			continue
		}
		u.Dependencies = append(u.Dependencies, name)
	}
	u.DevDependencies = keys(table(c.RequireDev))
	for name, s := range table(c.Scripts) {
		if command, ok := s.(string); ok {
			u.script(name, command)
		}
	}
	for _, r := range list(c.Repositories) {
		if table(r)["type"] == "path" {
			if p, ok := table(r)["url"].(string); ok {
				u.LocalPaths = append(u.LocalPaths, localPath(f.dir, p)...)
			}
		}
	}
	for _, d := range []string{"src", "app", "public"} {
		if f.snap.IsDir(f.path(d)) {
			u.SourceDirs = append(u.SourceDirs, f.path(d))
		}
	}
	return u
}

// installComposer: https://getcomposer.org/doc/03-cli.md#install-i. install takes what the lock
// says and fails without an entry for a requirement; scripts and the class map need the source, so
// they come last.
func installComposer(u *Unit, o Options) Install {
	i := Install{
		Environment: []Variable{{"COMPOSER_NO_INTERACTION", "1"}},
		Caches:      []Cache{{Root: "/root/.composer/cache", Variable: "COMPOSER_CACHE_DIR"}},
		Outputs:     []string{"vendor"}, Asserted: u.LockPresent,
		Lock: Command{"composer", "update", "--no-install"}, Check: Command{"composer", "validate", "--no-check-publish"},
	}
	first := Command{"composer", "install", "--prefer-dist", "--no-scripts", "--no-autoloader"}
	last := Command{"composer", "dump-autoload", "--optimize"}
	if o.Purpose == Production {
		first, last = append(first, "--no-dev"), append(last, "--no-dev")
	}
	i.Dependencies, i.Project = []Command{first}, []Command{last}
	for _, s := range []string{"post-install-cmd", "post-autoload-dump"} {
		if u.Scripts[s] != "" {
			i.Notes = append(i.Notes, "composer.json has the script "+s+", which the first layer leaves out")
		}
	}
	if !u.LockPresent {
		i.Notes = append(i.Notes, "without composer.lock composer install resolves anew at each build")
	}
	return i
}
