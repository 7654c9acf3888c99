package stack

// cargoManifest is what refit reads of a Cargo.toml. https://doc.rust-lang.org/cargo/reference/manifest.html
type cargoManifest struct {
	Package *struct {
		Name        any `toml:"name"`
		RustVersion any `toml:"rust-version"`
		Build       any `toml:"build"`
	} `toml:"package"`
	Dependencies    any `toml:"dependencies"`
	DevDependencies any `toml:"dev-dependencies"`
	Workspace       *struct {
		Members      any `toml:"members"`
		Exclude      any `toml:"exclude"`
		Dependencies any `toml:"dependencies"`
	} `toml:"workspace"`
}

func detectRust(f folder, _ Hints) *Unit {
	if !f.has("Cargo.toml") {
		return nil
	}
	u := &Unit{
		Dir: f.dir, Language: Rust, Manager: Cargo, Reason: "Cargo.toml is there",
		Manifests: f.present("Cargo.toml"), Extra: f.present("rust-toolchain.toml", "rust-toolchain"),
		Lock: f.path("Cargo.lock"), LockPresent: f.has("Cargo.lock"), Package: true,
	}
	if p := f.path(".cargo/config.toml"); f.snap.Has(p) {
		u.Extra = append(u.Extra, p)
	}
	var c cargoManifest
	readTOML(f, "Cargo.toml", u, &c)
	if c.Package != nil {
		u.Name, _ = c.Package.Name.(string)
		u.Requires, _ = c.Package.RustVersion.(string)
	}
	u.Dependencies = keys(table(c.Dependencies))
	u.DevDependencies = keys(table(c.DevDependencies))
	for _, name := range u.Dependencies {
		if p, ok := table(table(c.Dependencies)[name])["path"].(string); ok {
			u.LocalPaths = append(u.LocalPaths, localPath(f.dir, p)...)
			u.LocalNames = append(u.LocalNames, name)
		}
	}
	if w := c.Workspace; w != nil {
		u.Workspace = true
		u.Members = strs(w.Members)
		for _, e := range strs(w.Exclude) {
			u.Members = append(u.Members, "!"+e)
		}
		u.Dependencies = append(u.Dependencies, keys(table(w.Dependencies))...)
	}
	if f.snap.IsDir(f.path("src")) {
		u.SourceDirs = []string{f.path("src")}
	}
	return u
}

// installCargo: https://doc.rust-lang.org/cargo/commands/cargo-build.html and
// https://docs.docker.com/guides/rust/build-images/. Cargo can't build the dependencies without
// the project's source, so the layers are joined and the downloads and objects cached; the binary
// has to be copied out of target, which the cache mount hides afterwards.
func installCargo(u *Unit, _ Options) Install {
	return Install{
		Caches: []Cache{
			{Root: "/usr/local/cargo/registry", Locked: true},
			{Root: u.Path("target"), Variable: "CARGO_TARGET_DIR", Locked: true},
		},
		Project: []Command{{"cargo", "build", "--release", "--locked"}},
		Outputs: []string{"target/release"}, Asserted: true,
		Lock:  Command{"cargo", "generate-lockfile"},
		Notes: []string{"a cache mount on target hides the binary from later stages: copy it elsewhere in the same RUN"},
	}
}
