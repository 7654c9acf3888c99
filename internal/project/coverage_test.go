package project

import (
	"path"
	"regexp"
	"strings"
	"testing"
)

// What a move does to a file that names one that moves.
const (
	followed = "followed" // every name is rewritten
	listed   = "listed"   // what is not rewritten is a reference that says why
)

// naming are files of every kind that names Docker files, each with the old path and, when it is to be
// followed, with the new one.
var naming = []struct{ at, what, text string }{
	{"Makefile", followed, "up:\n\tdocker compose -f docker-compose.dev.yml --env-file .env.dev up\nimage:\n\tdocker build -f Dockerfile.web .\n"},
	{"justfile", followed, "file := \"docker-compose.dev.yml\"\nup:\n    docker compose -f {{file}} up\nbuild:\n    docker build -f Dockerfile.web .\n"},
	{"Taskfile.yml", followed, "version: '3'\ndotenv: ['.env.dev']\ntasks:\n  up:\n    sources: [docker-compose.dev.yml]\n    cmds:\n      - docker compose -f docker-compose.dev.yml up\n"},
	{"mise.toml", followed, "[tasks.up]\nrun = \"docker compose -f docker-compose.dev.yml up\"\n[env]\n_.file = \".env.dev\"\n"},
	{"package.json", followed, "{\"scripts\": {\"up\": \"docker compose -f docker-compose.dev.yml up\", \"build\": \"docker build -f Dockerfile.web .\", \"dev\": \"dotenv -e .env.dev -- next dev\"}}\n"},
	{"composer.json", listed, "{\"scripts\": {\"up\": [\"docker compose -f docker-compose.dev.yml up\", \"@php -r \\\"file_exists('.env.dev');\\\"\"]}}\n"},
	{"pyproject.toml", followed, "[tool.poe.tasks]\nup = \"docker compose -f docker-compose.dev.yml up\"\nbuild = { cmd = \"docker build -f Dockerfile.web .\" }\n[tool.pdm.scripts]\n_.env_file = \".env.dev\"\nup = {shell = \"docker compose -f docker-compose.dev.yml up\"}\n[tool.taskipy.tasks]\ndown = \"docker compose -f docker-compose.dev.yml down\"\n[tool.hatch.envs.default.scripts]\nup = [\"docker compose -f docker-compose.dev.yml up\"]\n[tool.pytest.ini_options]\nenv_files = [\".env.dev\"]\n"},
	{"tox.ini", followed, "[testenv]\ncommands_pre =\n    docker compose -f docker-compose.dev.yml up -d\ncommands = pytest\n"},
	{"noxfile.py", listed, "def up(session):\n    session.run(\"docker\", \"compose\", \"-f\", \"docker-compose.dev.yml\", \"up\")\n"},
	{"Procfile", followed, "web: docker compose -f docker-compose.dev.yml up\n"},
	{".github/workflows/ci.yml", followed, "on:\n  push:\n    paths: [docker-compose.dev.yml, '.env.dev']\njobs:\n  a:\n    runs-on: x\n    steps:\n      - uses: docker/build-push-action@v6\n        with:\n          context: .\n          file: ./Dockerfile.web\n      - uses: hadolint/hadolint-action@v3\n        with:\n          dockerfile: Dockerfile.web\n      - run: docker compose -f docker-compose.dev.yml up -d\n"},
	{".github/workflows/send.yml", listed, "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - uses: appleboy/scp-action@v1\n        with:\n          source: docker-compose.dev.yml,.env.dev\n          target: /srv\n"},
	{"send.sh", listed, "scp docker-compose.dev.yml deploy@example.org:/srv/\n"},
	{"send-env.sh", listed, "scp .env.dev deploy@example.org:/srv/\n"},
	{".github/workflows/matrix.yml", listed, "on: push\njobs:\n  a:\n    runs-on: x\n    strategy:\n      matrix:\n        file: [Dockerfile.web]\n        include:\n          - dockerfile: Dockerfile.web\n    steps:\n      - run: docker build -f ${{ matrix.file }} .\n"},
	{".github/workflows/call.yml", listed, "on: push\njobs:\n  a:\n    uses: ./.github/workflows/build.yml\n    with:\n      dockerfile: Dockerfile.web\n"},
	{".github/actions/up/action.yml", listed, "name: up\ninputs:\n  file:\n    default: docker-compose.dev.yml\nruns:\n  using: composite\n  steps:\n    - run: docker compose -f docker-compose.dev.yml up\n      shell: bash\n"},
	{".gitlab-ci.yml", followed, "build:\n  rules:\n    - changes: [Dockerfile.web]\n  variables:\n    FILE: docker-compose.dev.yml\n  script:\n    - docker build -f Dockerfile.web .\n    - docker compose -f docker-compose.dev.yml up\n"},
	{".circleci/config.yml", followed, "version: 2.1\njobs:\n  a:\n    steps:\n      - run: docker compose -f docker-compose.dev.yml up\n      - run:\n          command: docker build -f Dockerfile.web .\n"},
	{"azure-pipelines.yml", listed, "trigger:\n  paths:\n    include: [Dockerfile.web]\nsteps:\n  - script: docker compose -f docker-compose.dev.yml up\n  - task: Docker@2\n    inputs:\n      Dockerfile: Dockerfile.web\n  - task: DockerCompose@0\n    inputs:\n      dockerComposeFile: docker-compose.dev.yml\n"},
	{"Jenkinsfile", followed, "pipeline {\n  agent { dockerfile { filename 'Dockerfile.web' } }\n  stages { stage('a') { steps {\n    sh 'docker compose -f docker-compose.dev.yml up -d'\n    sh \"\"\"\n      docker build -f Dockerfile.web .\n    \"\"\"\n  } } }\n}\n"},
	{"bitbucket-pipelines.yml", followed, "pipelines:\n  default:\n    - step:\n        script:\n          - docker compose -f docker-compose.dev.yml up\n        caches: [docker]\n"},
	{".drone.yml", followed, "kind: pipeline\nsteps:\n  - name: a\n    image: plugins/docker\n    settings:\n      dockerfile: Dockerfile.web\n    commands:\n      - docker compose -f docker-compose.dev.yml up\n"},
	{".travis.yml", followed, "script:\n  - docker compose -f docker-compose.dev.yml up\nbefore_install: docker build -f Dockerfile.web .\n"},
	{".buildkite/pipeline.yml", followed, "steps:\n  - command: docker compose -f docker-compose.dev.yml up\n    plugins:\n      - docker-compose#v5:\n          config: docker-compose.dev.yml\n"},
	{"cloudbuild.yaml", listed, "steps:\n  - name: gcr.io/cloud-builders/docker\n    args: ['build', '-f', 'Dockerfile.web', '.']\n"},
	{"render.yaml", followed, "services:\n  - type: web\n    dockerfilePath: ./Dockerfile.web\n"},
	{"heroku.yml", followed, "build:\n  docker:\n    web: Dockerfile.web\n"},
	{"fly.toml", followed, "[build]\n  dockerfile = \"Dockerfile.web\"\n"},
	{"app.yaml", listed, "runtime: custom\nskip_files: [Dockerfile.web]\n"},
	{"railway.json", followed, "{\"build\": {\"builder\": \"DOCKERFILE\", \"dockerfilePath\": \"Dockerfile.web\"}}\n"},
	{"railway.toml", followed, "[build]\ndockerfilePath = \"Dockerfile.web\"\n"},
	{"docker-bake.hcl", followed, "target \"web\" {\n  context = \".\"\n  dockerfile = \"Dockerfile.web\"\n}\n"},
	{"docker-bake.json", followed, "{\"target\": {\"web\": {\"context\": \".\", \"dockerfile\": \"Dockerfile.web\"}}}\n"},
	{"skaffold.yaml", followed, "apiVersion: skaffold/v4beta6\nkind: Config\nbuild:\n  artifacts:\n    - image: web\n      docker:\n        dockerfile: Dockerfile.web\n"},
	{"Tiltfile", followed, "docker_compose('docker-compose.dev.yml')\ndocker_build('web', '.', dockerfile='Dockerfile.web')\n"},
	{".devcontainer/devcontainer.json", followed, "{\"dockerComposeFile\": [\"../docker-compose.dev.yml\"], \"build\": {\"dockerfile\": \"../Dockerfile.web\", \"context\": \"..\"}, \"runArgs\": [\"--env-file\", \".env.dev\"]}\n"},
	{"docker-compose.dcproj", followed, "<Project Sdk=\"Microsoft.Docker.Sdk\">\n  <PropertyGroup><DockerComposeBaseFilePath>docker-compose</DockerComposeBaseFilePath></PropertyGroup>\n  <ItemGroup>\n    <None Include=\"docker-compose.dev.yml\" />\n  </ItemGroup>\n</Project>\n"},
	{"app.sln", followed, "Project(\"{2150}\") = \"Solution Items\", \"Solution Items\", \"{1}\"\n\tProjectSection(SolutionItems) = preProject\n\t\tdocker-compose.dev.yml = docker-compose.dev.yml\n\tEndProjectSection\nEndProject\n"},
	{"src/Web/Web.csproj", followed, "<Project>\n  <PropertyGroup>\n    <DockerfileFile>..\\..\\Dockerfile.web</DockerfileFile>\n    <DockerfileContext>..\\..</DockerfileContext>\n  </PropertyGroup>\n</Project>\n"},
	{"build.gradle", followed, "dockerCompose {\n    useComposeFiles = ['docker-compose.dev.yml']\n}\n"},
	{"build.gradle.kts", followed, "dockerCompose {\n    useComposeFiles.add(\"docker-compose.dev.yml\")\n}\n"},
	{"pom.xml", listed, "<project>\n  <configuration>\n    <composeFile>docker-compose.dev.yml</composeFile>\n    <dockerFile>${project.basedir}/Dockerfile.web</dockerFile>\n  </configuration>\n</project>\n"},
	{"src/main/resources/application.properties", listed, "spring.docker.compose.file=docker-compose.dev.yml\n"},
	{"src/main/resources/application.yml", listed, "spring:\n  docker:\n    compose:\n      file: docker-compose.dev.yml\n"},
	{".github/dependabot.yml", followed, "version: 2\nupdates:\n  - package-ecosystem: docker\n    directory: /\n"},
	{"renovate.json", followed, "{\"packageRules\": [{\"matchFileNames\": [\"docker-compose.dev.yml\"]}], \"docker-compose\": {\"managerFilePatterns\": [\"/^docker-compose\\\\.dev\\\\.yml$/\"]}}\n"},
	{"CODEOWNERS", followed, "/docker-compose.dev.yml @ops\n/Dockerfile.web @ops\n"},
	{".gitattributes", followed, "/docker-compose.dev.yml export-ignore\n"},
	{".pre-commit-config.yaml", followed, "repos:\n  - repo: https://example.org\n    hooks:\n      - id: check-yaml\n        files: ^docker-compose\\.dev\\.yml$\n      - id: hadolint\n        args: [Dockerfile.web]\n"},
	{".vscode/tasks.json", followed, "{\"tasks\": [{\"type\": \"shell\", \"command\": \"docker compose -f docker-compose.dev.yml up\"}, {\"type\": \"docker-build\", \"dockerBuild\": {\"dockerfile\": \"${workspaceFolder}/Dockerfile.web\"}}]}\n"},
	{".vscode/settings.json", listed, "{\"yaml.schemas\": {\"https://example.org/compose.json\": \"docker-compose.dev.yml\"}}\n"},
	{".idea/runConfigurations/up.xml", listed, "<component>\n  <settings><option name=\"sourceFilePath\" value=\"docker-compose.dev.yml\" /></settings>\n</component>\n"},
	{"deploy/app.service", listed, "[Service]\nWorkingDirectory=/srv/app\nExecStart=/usr/bin/docker compose -f docker-compose.dev.yml up\n"},
	{"nginx/site.conf", followed, "# started by docker-compose.dev.yml\nserver { listen 80; }\n"},
	{"Vagrantfile", listed, "config.vm.provision :docker_compose, yml: \"docker-compose.dev.yml\"\n"},
	{"ansible/site.yml", listed, "- hosts: all\n  tasks:\n    - copy:\n        src: ../docker-compose.dev.yml\n        dest: /srv\n    - command: docker compose -f docker-compose.dev.yml up -d\n"},
	{"infra/main.tf", listed, "resource \"docker_image\" \"web\" {\n  build {\n    context    = \"${path.module}/..\"\n    dockerfile = \"Dockerfile.web\"\n  }\n}\nlocals { compose = file(\"${path.module}/../docker-compose.dev.yml\") }\n"},
	{"infra/dev.tfvars", listed, "compose_file = \"../docker-compose.dev.yml\"\n"},
	{"k8s/kustomization.yaml", listed, "configMapGenerator:\n  - name: env\n    envs: [../.env.dev]\n"},
	{"chart/values.yaml", listed, "# made from docker-compose.dev.yml\nfile: docker-compose.dev.yml\n"},
	{"run.sh", followed, "#!/bin/sh\ndocker compose -f docker-compose.dev.yml up\n. ./.env.dev\n"},
	{"run.ps1", listed, "docker compose -f docker-compose.dev.yml up\n$file = \"Dockerfile.web\"\n"},
	{"run.bat", followed, "@echo off\r\ndocker compose -f docker-compose.dev.yml up\r\n"},
	{"run.fish", followed, "docker compose -f docker-compose.dev.yml up\n"},
	{"README.md", followed, "See [it](docker-compose.dev.yml) and `Dockerfile.web`.\n\n```sh\ndocker compose -f docker-compose.dev.yml up\n```\n\nThe file docker-compose.dev.yml is read.\n"},
	{"docs/page.mdx", followed, "See [it](../docker-compose.dev.yml).\n\n```sh\ndocker compose -f docker-compose.dev.yml up\n```\n"},
	{"README.rst", followed, "Start\n=====\n\n.. code-block:: sh\n\n   docker compose -f docker-compose.dev.yml up\n\n.. literalinclude:: docker-compose.dev.yml\n\nSee ``Dockerfile.web``.\n"},
	{"docs/index.rst", followed, "Start::\n\n   docker compose -f docker-compose.dev.yml up\n\n.. literalinclude:: ../Dockerfile.web\n"},
	{"README.adoc", followed, "[source,sh]\n----\ndocker compose -f docker-compose.dev.yml up\n----\nlink:docker-compose.dev.yml[it], include::Dockerfile.web[]\n"},
	{"docs/index.html", followed, "<p>Run <code>docker compose -f docker-compose.dev.yml up</code>, see <a href=\"../Dockerfile.web\">it</a></p>\n"},
	{"notes.txt", followed, "start: docker compose -f docker-compose.dev.yml up\n"},
	{"sonar-project.properties", listed, "sonar.exclusions=docker-compose.dev.yml,Dockerfile.web\n"},
	{"mkdocs.yml", listed, "exclude_docs: |\n  docker-compose.dev.yml\n"},
	{".vale.ini", listed, "[docker-compose.dev.yml]\nBasedOnStyles = Vale\n"},
	{".lintstagedrc", listed, "{\"docker-compose.dev.yml\": \"docker compose -f docker-compose.dev.yml config\"}\n"},
	{".lintstagedrc.json", listed, "{\"Dockerfile.web\": \"hadolint\"}\n"},
	{"lint-staged.config.js", listed, "module.exports = {'docker-compose.dev.yml': 'dclint'}\n"},
	{"release-please-config.json", followed, "{\"packages\": {\".\": {\"extra-files\": [\"docker-compose.dev.yml\", {\"type\": \"yaml\", \"path\": \"docker-compose.dev.yml\", \"jsonpath\": \"$.x\"}]}}}\n"},
	{".releaserc", listed, "{\"plugins\": [[\"@semantic-release/git\", {\"assets\": [\"docker-compose.dev.yml\"]}]]}\n"},
	{".releaserc.yml", listed, "plugins:\n  - - '@semantic-release/git'\n    - assets: [docker-compose.dev.yml]\n"},
	{"setup.cfg", listed, "[bumpversion:file:docker-compose.dev.yml]\n"},
	{".bumpversion.toml", followed, "[[tool.bumpversion.files]]\nfilename = \"docker-compose.dev.yml\"\n"},
	{"src/test/java/ComposeTest.java", followed, "class T { DockerComposeContainer c = new DockerComposeContainer(new File(\"docker-compose.dev.yml\")); }\n"},
	{"tests/conftest.py", followed, "import os\nfrom pathlib import Path\nROOT = Path(__file__).parent.parent / \"docker-compose.dev.yml\"\nOTHER = os.path.join(os.path.dirname(__file__), \"..\", \".env.dev\")\n"},
	{"tests/other.py", listed, "FILE = 'docker-compose.dev.yml'\nload_dotenv('.env.dev')\n"},
	{"test/e2e.js", followed, "const f = path.join(__dirname, '..', 'docker-compose.dev.yml')\nconst g = path.resolve(__dirname, '../.env.dev')\n"},
	{"test/e2e.test.ts", listed, "new DockerComposeEnvironment(\".\", \"docker-compose.dev.yml\")\n"},
	{"e2e/main_test.go", listed, "package e2e\n\nvar stack, _ = compose.NewDockerCompose(\"../docker-compose.dev.yml\")\n"},
	{"spec/up_spec.rb", listed, "system(\"docker compose -f docker-compose.dev.yml up\")\n"},
	{"src/up.php", listed, "<?php exec('docker compose -f docker-compose.dev.yml up');\n"},
	{"src/main.rs", followed, "fn main() { let f = include_str!(\"../docker-compose.dev.yml\"); }\n"},
	{"src/App.tsx", listed, "export const f = 'docker-compose.dev.yml'\n"},
	{"CMakeLists.txt", listed, "configure_file(docker-compose.dev.yml out)\n"},
	{"meson.build", listed, "install_data('docker-compose.dev.yml')\n"},
	{"MANIFEST.in", followed, "include docker-compose.dev.yml\nexclude Dockerfile.web\n"},
	{"deploy.jinja", listed, "docker compose -f docker-compose.dev.yml up\n"},
	{"templates/run.sh.j2", listed, "docker compose -f docker-compose.dev.yml up\n"},
	{".editorconfig", followed, "[/docker-compose.dev.yml]\nindent_size = 2\n"},
	{".helmignore", followed, "/Dockerfile.web\n"},
	{".gcloudignore", followed, "/docker-compose.dev.yml\n"},
	{".npmignore", followed, "/docker-compose.dev.yml\n"},
	{"crontab", listed, "0 3 * * * docker compose -f docker-compose.dev.yml run backup\n"},
	{"Earthfile", listed, "up:\n    WITH DOCKER --compose docker-compose.dev.yml\n        RUN true\n    END\n"},
	{"garden.yml", listed, "kind: Build\nspec:\n  dockerfile: Dockerfile.web\n"},
	{".tekton/push.yaml", listed, "spec:\n  params:\n    - name: dockerfile\n      value: Dockerfile.web\n"},
	{"werf.yaml", listed, "image: web\ndockerfile: Dockerfile.web\n"},
	{"devfile.yaml", listed, "components:\n  - image:\n      dockerfile:\n        uri: Dockerfile.web\n"},
	{"copilot/web/manifest.yml", listed, "image:\n  build:\n    dockerfile: Dockerfile.web\n"},
	{"WORKSPACE.bazel", listed, "exports_files([\"docker-compose.dev.yml\"])\n"},
}

var movingAway = map[string]string{
	"docker-compose.dev.yml": "compose/docker-compose.dev.yml", "Dockerfile.web": "docker/Dockerfile.web", ".env.dev": "env/.env.dev",
}

// oldName is an independent reading of a text: a name with the folders that are written in front of it.
var oldName = regexp.MustCompile(`[\w./\\-]*(?:docker-compose(?:\\+)?\.dev(?:\\+)?\.yml|Dockerfile(?:\\+)?\.web|\.env\.dev)\b`)

var escapedDot = regexp.MustCompile(`\\+\.\b`)

// stale counts, by line, the names of what moved that a file still holds.
func stale(at, text string) map[int]int {
	found := map[int]int{}
	for n, line := range strings.Split(text, "\n") {
		for _, m := range oldName.FindAllString(line, -1) {
			m = strings.TrimPrefix(strings.ReplaceAll(escapedDot.ReplaceAllString(m, "."), `\`, "/"), "/")
			for _, base := range []string{".", path.Dir(at)} {
				if movingAway[path.Join(base, m)] != "" {
					found[n]++
					break
				}
			}
		}
	}
	return found
}

// TestEveryKindOfFile moves files under everything that names them, and searches the whole tree for the old
// names afterwards: a name that is left is one that refit lists.
func TestEveryKindOfFile(t *testing.T) {
	for _, c := range naming {
		t.Run(c.at, func(t *testing.T) {
			files := map[string]string{
				"docker-compose.dev.yml": "services:\n  web:\n    image: example/web:1\n", "Dockerfile.web": "FROM scratch\n", ".env.dev": "A=1\n",
			}
			files[c.at] = c.text
			p := repository(t, files)
			exactSpans(t, p)
			after, rw := moved(t, p, movingAway)
			left := stale(c.at, after[c.at])
			reported := map[int]map[int]bool{}
			for _, r := range rw.Left {
				if n := strings.Count(c.text[:r.Span.Start], "\n"); r.From == c.at {
					if reported[n] == nil {
						reported[n] = map[int]bool{}
					}
					reported[n][r.Span.Start] = true
				}
			}
			lines := strings.Split(after[c.at], "\n")
			for n, count := range left {
				if count > len(reported[n]) {
					t.Errorf("stale and not listed: %s", lines[n])
				}
				if c.what == followed {
					t.Errorf("not rewritten: %s", lines[n])
				}
			}
			if c.what == listed && len(left) == 0 {
				t.Errorf("it is followed: say so in the table; %s", after[c.at])
			}
		})
	}
}
