package stack

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"refit/internal/source"
)

// repository builds a snapshot of "path: text" files.
func repository(files map[string]string) *source.Snapshot {
	var entries []*source.Entry
	for p, text := range files {
		entries = append(entries, source.NewText(p, 0o644, []byte(text)))
	}
	return source.NewSnapshot(entries, nil)
}

// brief is a unit on one line.
func brief(u *Unit) string {
	lock := "-"
	if u.Lock != "" {
		lock = u.Lock
		if !u.LockPresent {
			lock += "?"
		}
	}
	s := fmt.Sprintf("%s %s %s lock=%s", u.Dir, u.Language, u.Manager, lock)
	if u.Package {
		s += " package"
	}
	if u.Root != u.Dir {
		s += " root=" + u.Root
	}
	if len(u.Leftovers) > 0 {
		s += " leftovers=" + strings.Join(u.Leftovers, ",")
	}
	return s
}

const project = "[project]\nname = \"x\"\nversion = \"1\"\ndependencies = [\"FastAPI>=0.1\", \"uvicorn[standard]\"]\n"

func TestDetect(t *testing.T) {
	cases := []struct {
		name  string
		files map[string]string
		hints []string
		want  []string
	}{
		{"uv by its lock", map[string]string{"pyproject.toml": project, "uv.lock": ""}, nil, []string{". python uv lock=uv.lock"}},
		{"uv by its use, with leftovers", map[string]string{"pyproject.toml": project, "requirements.txt": "fastapi\n", "requirements-dev.txt": "pytest\n"}, []string{"uv"},
			[]string{". python uv lock=uv.lock? leftovers=requirements-dev.txt,requirements.txt"}},
		{"uv by its table", map[string]string{"pyproject.toml": project + "[build-system]\nrequires=[]\n[tool.uv]\n"}, nil, []string{". python uv lock=uv.lock? package"}},
		{"uv, not a package", map[string]string{"pyproject.toml": project + "[build-system]\nrequires=[]\n[tool.uv]\npackage = false\n"}, nil, []string{". python uv lock=uv.lock?"}},
		{"uv pip with requirements", map[string]string{"pyproject.toml": "[project]\nname=\"x\"\nversion=\"1\"\n", "requirements.txt": "fastapi\n"}, []string{"uv"},
			[]string{". python pip lock=-"}},
		{"pip", map[string]string{"requirements.txt": "a\n", "pyproject.toml": "[tool.ruff]\n"}, nil, []string{". python pip lock=-"}},
		{"pip without requirements", map[string]string{"pyproject.toml": project}, nil, []string{". python pip lock=- package"}},
		{"requirements in a folder", map[string]string{"requirements/base.txt": "a\n", "requirements/dev.txt": "-r base.txt\nb\n"}, nil, nil},
		{"requirements in a folder of a project", map[string]string{"setup.py": "", "requirements/base.txt": "a\n", "requirements/dev.txt": "b\n"}, nil, []string{". python pip lock=- leftovers=setup.py"}},
		{"tools only", map[string]string{"pyproject.toml": "[tool.ruff]\nline-length = 100\n"}, nil, nil},
		{"poetry", map[string]string{"pyproject.toml": "[tool.poetry]\nname = \"x\"\n", "requirements.txt": "a"}, []string{"uv"}, []string{". python poetry lock=poetry.lock? package leftovers=requirements.txt"}},
		{"poetry as an application", map[string]string{"pyproject.toml": "[tool.poetry]\npackage-mode = false\n", "poetry.lock": ""}, nil, []string{". python poetry lock=poetry.lock"}},
		{"pipenv", map[string]string{"Pipfile": "", "Pipfile.lock": ""}, nil, []string{". python pipenv lock=Pipfile.lock"}},
		{"pdm", map[string]string{"pyproject.toml": project, "pdm.lock": ""}, nil, []string{". python pdm lock=pdm.lock"}},
		{"conda", map[string]string{"environment.yml": "name: x\n"}, nil, []string{". python conda lock=-"}},
		{"broken", map[string]string{"pyproject.toml": "[project\n"}, nil, []string{". python pip lock=-"}},
		{"vendored", map[string]string{
			"node_modules/a/package.json": "{}", "vendor/b/go.mod": "module b", ".venv/lib/x/pyproject.toml": project,
			"myenv/pyvenv.cfg": "", "myenv/lib/y/setup.py": "", "web/node_modules/z/package.json": "{}",
		}, nil, nil},
		{"env is no venv by its name", map[string]string{"env/requirements.txt": "a"}, nil, []string{"env python pip lock=-"}},
		{"npm", map[string]string{"package.json": "{}", "package-lock.json": "{}"}, nil, []string{". node npm lock=package-lock.json"}},
		{"npm without a lock", map[string]string{"package.json": "{}"}, nil, []string{". node npm lock=package-lock.json?"}},
		{"two locks", map[string]string{"package.json": `{"packageManager":"yarn@4.1.0"}`, "package-lock.json": "{}", "yarn.lock": "__metadata:\n"}, nil, []string{". node yarn lock=yarn.lock leftovers=package-lock.json"}},
		{"pnpm by its use", map[string]string{"package.json": "{}"}, []string{"pnpm"}, []string{". node pnpm lock=pnpm-lock.yaml?"}},
		{"broken json", map[string]string{"package.json": "{"}, nil, []string{". node npm lock=package-lock.json?"}},
		{"npm workspace", map[string]string{"package.json": `{"workspaces":["apps/*","!apps/old"]}`, "package-lock.json": "{}", "apps/a/package.json": "{}", "apps/old/package.json": "{}"}, nil,
			[]string{". node npm lock=package-lock.json", "apps/a node npm lock=package-lock.json root=.", "apps/old node npm lock=apps/old/package-lock.json?"}},
		{"pnpm workspace", map[string]string{"package.json": `{}`, "pnpm-workspace.yaml": "packages:\n  - 'pkg/**' # all\nonlyBuiltDependencies:\n  - esbuild\n", "pnpm-lock.yaml": "", "pkg/a/b/package.json": "{}"}, nil,
			[]string{". node pnpm lock=pnpm-lock.yaml", "pkg/a/b node pnpm lock=pnpm-lock.yaml root=."}},
		{"uv workspace", map[string]string{"pyproject.toml": project + "[tool.uv.workspace]\nmembers=[\"libs/*\"]\nexclude=[\"libs/x\"]\n", "uv.lock": "", "libs/a/pyproject.toml": project, "libs/x/pyproject.toml": project}, nil,
			[]string{". python uv lock=uv.lock", "libs/a python uv lock=uv.lock root=.", "libs/x python pip lock=- package"}},
		{"go", map[string]string{"go.mod": "module acme.example/x\n\ngo 1.24\n\nrequire (\n\ta.example/b v1.0.0\n\tc.example/d v1 // indirect\n)\n", "go.sum": ""}, nil, []string{". go go lock=go.sum package"}},
		{"go without dependencies", map[string]string{"go.mod": "module x\n"}, nil, []string{". go go lock=- package"}},
		{"go workspace", map[string]string{"go.work": "go 1.24\nuse (\n\t./a\n)\nuse ./b\n", "a/go.mod": "module a\nrequire x.example/y v1\n", "b/go.mod": "module b\n"}, nil,
			[]string{". go go lock=- package", "a go go lock=a/go.sum? package root=.", "b go go lock=- package root=."}},
		{"several languages", map[string]string{"package.json": "{}", "requirements.txt": "a", "api/Gemfile": "", "api/Gemfile.lock": "", "web/composer.json": "{}"}, nil,
			[]string{". node npm lock=package-lock.json?", ". python pip lock=-", "api ruby bundler lock=api/Gemfile.lock", "web php composer lock=web/composer.lock? package"}},
		{"java", map[string]string{"pom.xml": "<project><modules><module>a</module></modules></project>", "a/pom.xml": "<project/>", "g/build.gradle.kts": ""}, nil,
			[]string{". java maven lock=- package", "a java maven lock=- package root=.", "g java gradle lock=g/gradle.lockfile? package"}},
		{"rust", map[string]string{"Cargo.toml": "[workspace]\nmembers=[\"crates/*\"]\n", "Cargo.lock": "", "crates/a/Cargo.toml": "[package]\nname=\"a\"\n"}, nil,
			[]string{". rust cargo lock=Cargo.lock package", "crates/a rust cargo lock=Cargo.lock package root=."}},
		{"dotnet", map[string]string{"src/Api/Api.csproj": "<Project/>"}, nil, []string{"src/Api dotnet nuget lock=src/Api/packages.lock.json? package"}},
	}
	for _, c := range cases {
		var got []string
		for _, u := range Detect(repository(c.files), Hints{Programs: c.hints}) {
			got = append(got, brief(u))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s:\n got %s\nwant %s", c.name, strings.Join(got, "\n     "), strings.Join(c.want, "\n     "))
		}
	}
}

func TestPythonFacts(t *testing.T) {
	u := Detect(repository(map[string]string{
		"svc/pyproject.toml": `[project]
name = "Ledger.API"
requires-python = ">=3.11"
readme = "README.md"
license = {file = "LICENSE"}
dependencies = ["FastAPI>=0.115", "uvicorn[standard]>=0.34", "psycopg[binary] ; python_version > '3'"]
[project.optional-dependencies]
dev = ["Ruff"]
s3 = ["boto3"]
[project.scripts]
ledger = "ledger.cli:main"
[dependency-groups]
dev = ["pytest>=8", {include-group = "lint"}]
lint = ["mypy"]
perf = ["locust"]
[tool.uv]
default-groups = ["dev", "lint", "perf"]
[tool.uv.sources]
shared = {path = "../shared", editable = true}
outside = {path = "../../elsewhere"}
[build-system]
requires = ["hatchling"]
`,
		"svc/README.md": "", "svc/LICENSE": "", "svc/.python-version": "3.13\n", "svc/src/ledger_api/__init__.py": "",
		"svc/extra/__init__.py": "", "svc/tests/__init__.py": "", "shared/pyproject.toml": "[project]\nname=\"shared\"\n",
	}), Hints{})[1]
	for what, pair := range map[string][2]string{
		"name":         {u.Name, "Ledger.API"},
		"requires":     {u.Requires, ">=3.11"},
		"pinned":       {u.Pinned, "3.13"},
		"readme":       {u.ReadmeFile, "svc/README.md"},
		"build files":  {strings.Join(u.BuildFiles, " "), "svc/LICENSE"},
		"dependencies": {strings.Join(u.Dependencies, " "), "fastapi psycopg uvicorn"},
		"dev":          {strings.Join(u.DevDependencies, " "), "mypy pytest ruff"},
		"groups":       {strings.Join(u.Groups, " "), "dev lint perf"},
		"dev groups":   {strings.Join(u.DevGroups, " "), "dev lint"},
		"extras":       {strings.Join(u.Extras, " "), "dev s3"},
		"dev extras":   {strings.Join(u.DevExtras, " "), "dev"},
		"local":        {strings.Join(u.LocalPaths, " "), "shared"},
		"local names":  {strings.Join(u.LocalNames, " "), "outside shared"},
		"sources":      {strings.Join(u.SourceDirs, " "), "svc/extra svc/src"},
		"script":       {u.Scripts["ledger"], "ledger.cli:main"},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s: got %q, want %q", what, pair[0], pair[1])
		}
	}
	if !u.DependsOn("FastAPI") || !u.DependsOn("mypy") || u.DependsOn("flask") {
		t.Error("DependsOn is wrong")
	}
}

func TestRequirements(t *testing.T) {
	u := Detect(repository(map[string]string{
		"requirements.txt":     "\ufeff# pinned\r\n-r common.txt\r\n--index-url https://packages.example.invalid/simple\r\nDjango==5.0 \\\r\n    --hash=sha256:aa\r\n-e ./lib[extra]\r\n",
		"common.txt":           "-c requirements.txt\nrequests==2 --hash=sha256:bb # why\n",
		"requirements-dev.txt": "-r requirements.txt\npytest\n",
		"lib/setup.py":         "",
	}), Hints{})
	root := u[0]
	if got := strings.Join(root.Dependencies, " "); got != "django requests" {
		t.Errorf("dependencies: %s", got)
	}
	if got := strings.Join(root.DevDependencies, " "); got != "pytest" {
		t.Errorf("dev: %s", got)
	}
	if got := strings.Join(root.Manifests, " "); got != "common.txt requirements-dev.txt requirements.txt" {
		t.Errorf("manifests: %s", got)
	}
	if !root.Hashed || strings.Join(root.LocalPaths, " ") != "lib" {
		t.Errorf("hashed %v, local %v", root.Hashed, root.LocalPaths)
	}
}

func TestGemfile(t *testing.T) {
	u := Detect(repository(map[string]string{"Gemfile": `source "https://rubygems.example"
ruby "3.4.1"
gem "rails", "~> 8.0"
gem "pg" # the database
gem "bootsnap", require: false
gem "rubocop", group: :development
group :development, :test do
  gem "debug", platforms: %i[ mri ]
  platforms :mri do
    gem "byebug"
  end
end
group :production do
  gem "lograge"
end
`}), Hints{})[0]
	if got := strings.Join(u.Dependencies, " "); got != "bootsnap lograge pg rails" {
		t.Errorf("dependencies: %s", got)
	}
	if got := strings.Join(u.DevDependencies, " "); got != "byebug debug rubocop" {
		t.Errorf("dev: %s", got)
	}
	if got := strings.Join(u.DevGroups, " "); got != "development test" || u.Requires != "3.4.1" {
		t.Errorf("groups: %s, ruby %s", got, u.Requires)
	}
}

func TestProblemsHavePlaces(t *testing.T) {
	for p, text := range map[string]string{
		"pyproject.toml": "[project]\nname = \n", "package.json": "{\n  \"a\": ]\n}", "Cargo.toml": "[package]\nname == 1\n",
		"pom.xml": "<project>\n<a></b>\n</project>", "Api.csproj": "<Project>\n<a></b></Project>", "composer.json": "[\n1,]",
	} {
		units := Detect(repository(map[string]string{p: text}), Hints{})
		if len(units) != 1 || len(units[0].Problems) != 1 {
			t.Errorf("%s: %d units", p, len(units))
			continue
		}
		if at := units[0].Problems[0].At; at.Line != 2 {
			t.Errorf("%s: %v", p, units[0].Problems[0])
		}
		if i, err := units[0].Install(Options{}); err == nil {
			t.Errorf("%s: installs %+v", p, i)
		}
	}
}

func TestInstall(t *testing.T) {
	uvEnv := "UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_PROJECT_ENVIRONMENT=/opt/venv UV_PYTHON_DOWNLOADS=never"
	cases := []struct {
		name    string
		files   map[string]string
		hints   []string
		options Options
		want    string // files | before | dependencies | project | asserted | lock
	}{
		{"uv production", map[string]string{"pyproject.toml": project + "[build-system]\nrequires=[]\n", "uv.lock": ""}, nil, Options{},
			"pyproject.toml uv.lock | | uv sync --locked --no-dev --no-install-project | uv sync --locked --no-dev | true | uv lock"},
		{"uv development", map[string]string{"pyproject.toml": project + "[build-system]\nrequires=[]\n[project.optional-dependencies]\ntest=[\"pytest\"]\n"}, []string{"uv"}, Options{Purpose: Development},
			"pyproject.toml uv.lock | | uv sync --locked --extra test --no-install-project | uv sync --locked --extra test | true | uv lock"},
		{"uv, no package", map[string]string{"pyproject.toml": project, "uv.lock": "", ".python-version": "3.13"}, nil, Options{},
			"pyproject.toml uv.lock .python-version | | uv sync --locked --no-dev --no-install-project | | true | uv lock"},
		{"uv workspace", map[string]string{"pyproject.toml": project + "[tool.uv.workspace]\nmembers=[\"libs/*\"]\n", "uv.lock": "", "libs/a/pyproject.toml": project}, nil, Options{},
			"pyproject.toml uv.lock | | uv sync --frozen --no-dev --no-install-workspace | uv sync --locked --no-dev | true | uv lock"},
		{"uv local path", map[string]string{"pyproject.toml": project + "[tool.uv.sources]\nlib={path=\"lib\"}\n", "uv.lock": ""}, nil, Options{},
			"pyproject.toml uv.lock | | uv sync --frozen --no-dev --no-install-project --no-install-package lib | uv sync --locked --no-dev | true | uv lock"},
		{"pip", map[string]string{"requirements.txt": "a\n", "requirements-dev.txt": "b\n"}, nil, Options{},
			"requirements-dev.txt requirements.txt | python -m venv /opt/venv | /opt/venv/bin/pip install -r requirements.txt | | false | "},
		{"pip development", map[string]string{"api/requirements.txt": "a\n", "api/requirements-dev.txt": "b\n"}, nil, Options{Purpose: Development},
			"api/requirements-dev.txt api/requirements.txt | python -m venv /opt/venv | /opt/venv/bin/pip install -r requirements.txt -r requirements-dev.txt | | false | "},
		{"pip hashed", map[string]string{"requirements.txt": "a==1 --hash=sha256:aa\n"}, nil, Options{},
			"requirements.txt | python -m venv /opt/venv | /opt/venv/bin/pip install --require-hashes -r requirements.txt | | true | "},
		{"pip project", map[string]string{"pyproject.toml": project}, nil, Options{},
			"pyproject.toml | python -m venv /opt/venv | | /opt/venv/bin/pip install . | false | "},
		{"poetry", map[string]string{"pyproject.toml": "[tool.poetry]\nname=\"x\"\n", "poetry.lock": ""}, nil, Options{},
			"pyproject.toml poetry.lock | python -m venv /opt/venv | poetry check --lock && poetry install --only main --no-root | poetry install --only main | true | poetry lock"},
		{"npm", map[string]string{"package.json": "{}", "package-lock.json": "{}", ".npmrc": ""}, nil, Options{},
			"package.json package-lock.json .npmrc | | npm ci --omit=dev | | true | npm install --package-lock-only"},
		{"npm workspace", map[string]string{"package.json": `{"workspaces":["a"]}`, "package-lock.json": "{}", "a/package.json": "{}"}, nil, Options{Purpose: Development},
			"package.json package-lock.json a/package.json | | npm ci | | true | npm install --package-lock-only"},
		{"yarn 1", map[string]string{"package.json": "{}", "yarn.lock": "# yarn lockfile v1\n"}, nil, Options{},
			"package.json yarn.lock | | yarn install --frozen-lockfile --production | | true | yarn install"},
		{"yarn 4", map[string]string{"package.json": "{}", "yarn.lock": "__metadata:\n", ".yarnrc.yml": ""}, nil, Options{Purpose: Development},
			"package.json yarn.lock .yarnrc.yml | | yarn install --immutable | | true | yarn install --mode=update-lockfile"},
		{"pnpm", map[string]string{"package.json": "{}", "pnpm-lock.yaml": ""}, nil, Options{},
			"package.json pnpm-lock.yaml | | pnpm install --frozen-lockfile --prod | | true | pnpm install --lockfile-only"},
		{"go", map[string]string{"go.mod": "module x\nrequire a.example/b v1\n", "go.sum": ""}, nil, Options{},
			"go.mod go.sum | | go mod download | go build -trimpath -o /usr/local/bin/ ./... | true | go mod tidy"},
		{"bundler", map[string]string{"Gemfile": "", "Gemfile.lock": ""}, nil, Options{}, "Gemfile Gemfile.lock | | bundle install | | true | bundle lock"},
		{"composer", map[string]string{"composer.json": "{}", "composer.lock": "{}"}, nil, Options{},
			"composer.json composer.lock | | composer install --prefer-dist --no-scripts --no-autoloader --no-dev | composer dump-autoload --optimize --no-dev | true | composer update --no-install"},
		{"dotnet", map[string]string{"a.csproj": "<Project/>", "packages.lock.json": "{}"}, nil, Options{},
			"a.csproj packages.lock.json | | dotnet restore --locked-mode | dotnet publish --no-restore -c Release -o /app/publish | true | dotnet restore --use-lock-file"},
		{"cargo", map[string]string{"Cargo.toml": "", "Cargo.lock": ""}, nil, Options{}, "Cargo.toml Cargo.lock | | | cargo build --release --locked | true | cargo generate-lockfile"},
	}
	join := func(commands []Command) string {
		var s []string
		for _, c := range commands {
			s = append(s, c.String())
		}
		return strings.Join(s, " && ")
	}
	for _, c := range cases {
		u := Detect(repository(c.files), Hints{Programs: c.hints})[0]
		i, err := u.Install(c.options)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		got := strings.Join([]string{strings.Join(i.Files, " "), join(i.Before), join(i.Dependencies), join(i.Project), fmt.Sprint(i.Asserted), i.Lock.String()}, " | ")
		got = strings.ReplaceAll(got, "|  |", "| |")
		if strings.ReplaceAll(got, "|  |", "| |") != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, got, c.want)
		}
		if u.Manager == UV {
			var env []string
			for _, v := range i.Environment {
				env = append(env, v.String())
			}
			if strings.Join(env, " ") != uvEnv || i.BinDir != "/opt/venv/bin" || !slices.Equal(i.Outputs, []string{VenvDir}) {
				t.Errorf("%s: %v, %s, %v", c.name, env, i.BinDir, i.Outputs)
			}
		}
	}
	if got := (Cache{Root: "/root/.cache/uv", Variable: "UV_CACHE_DIR"}).Mount("/var/cache/uv", "${APP_UID}", "${APP_GID}"); got != "--mount=type=cache,target=/var/cache/uv,uid=${APP_UID},gid=${APP_GID}" {
		t.Error(got)
	}
	u := Detect(repository(map[string]string{"Pipfile": ""}), Hints{})[0]
	if i, err := u.Install(Options{}); err == nil {
		t.Errorf("pipenv: %+v", i)
	}
}

// FuzzDetect: whatever the manifests hold, nothing panics, the result is sorted and the same again.
func FuzzDetect(f *testing.F) {
	for name, text := range map[string]string{
		"pyproject.toml": project + "[tool.uv.workspace]\nmembers=[\"*\"]\n", "package.json": `{"workspaces":{"packages":["a/**"]},"dependencies":{"x":"file:../y"}}`,
		"requirements.txt": "-r requirements.txt\n-e .\n--hash", "go.mod": "module x\nreplace a => ./b\n", "go.work": "use (\n./a\n",
		"Gemfile": "group :a do\nend\nend\ngem 'x', path: '../..'", "pom.xml": "<project><modules><module>..</module></modules>",
		"Cargo.toml": "[workspace]\nmembers=[\"[\"]", "pnpm-workspace.yaml": "packages:\n - a", "settings.gradle": "include ':a:b'", "x.csproj": "<Project><ItemGroup>",
	} {
		f.Add(name, text)
	}
	names := []string{"pyproject.toml", "package.json", "requirements.txt", "go.mod", "go.work", "Gemfile", "pom.xml", "Cargo.toml", "composer.json", "x.csproj", "build.gradle", "settings.gradle", "pnpm-workspace.yaml", ".python-version", "yarn.lock"}
	f.Fuzz(func(t *testing.T, name, text string) {
		if !slices.Contains(names, name) {
			name = names[len(text)%len(names)]
		}
		files := map[string]string{name: text, "a/" + name: text, "a/b/pyproject.toml": text}
		if _, ok := files["package.json"]; !ok && name == "pnpm-workspace.yaml" {
			files["package.json"] = "{}"
		}
		snap := repository(maps.Clone(files))
		first := Detect(snap, Hints{Programs: []string{"uv"}})
		second := Detect(snap, Hints{Programs: []string{"uv"}})
		if len(first) != len(second) {
			t.Fatal("two detections differ")
		}
		for i, u := range first {
			if brief(u) != brief(second[i]) {
				t.Errorf("two detections differ: %s, %s", brief(u), brief(second[i]))
			}
			if i > 0 && (first[i-1].Dir > u.Dir || first[i-1].Dir == u.Dir && first[i-1].Language >= u.Language) {
				t.Errorf("not sorted: %s, %s", brief(first[i-1]), brief(u))
			}
			for _, p := range slices.Concat(u.Manifests, u.LocalPaths, u.SourceDirs, u.Requirements) {
				if p == "" || strings.HasPrefix(p, "/") || p == ".." || strings.HasPrefix(p, "../") {
					t.Errorf("%q is no path of the repository", p)
				}
			}
			_, _ = u.Install(Options{})
			_, _ = u.Install(Options{Purpose: Development})
		}
	})
}
