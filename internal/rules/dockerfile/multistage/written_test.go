package multistage

import (
	"strings"
	"testing"

	"refit/internal/edit"
	"refit/internal/project"
	"refit/internal/source"
)

const manifest = "[project]\nname = \"shop\"\nversion = \"1\"\nrequires-python = \">=3.13\"\ndependencies = [\"gunicorn\"]\n"

// split is the Dockerfile after the split, or why there is none.
func split(t *testing.T, files map[string]string) (string, error) {
	t.Helper()
	entries := []*source.Entry{
		source.NewText("pyproject.toml", 0o644, []byte(manifest)), source.NewText("uv.lock", 0o644, []byte("version = 1\n")),
	}
	for at, text := range files {
		entries = append(entries, source.NewText(at, 0o644, []byte(text)))
	}
	p := project.Discover(source.NewSnapshot(entries, nil), nil, project.NewCache())
	s, err := Find(p, p.Dockerfile("Dockerfile"))
	if err != nil {
		return "", err
	}
	if s == nil {
		t.Fatal("nothing to split")
	}
	text, err := edit.Patch(s.Dockerfile.File.Text, s.Edits())
	if err != nil {
		t.Fatal(err)
	}
	return string(text), nil
}

const single = "FROM python:3.13-slim\nRUN pip install uv==0.5.11\nWORKDIR /app\nCOPY . .\nRUN uv sync\n"

// A volume that is mounted over nothing would be root's: its folder is made and given to the account.
func TestSplitMakesVolumeFolders(t *testing.T) {
	compose := "services:\n  web:\n    build: .\n    volumes: [\"media:/app/media\", \"files:/data/files\", \".:/app\"]\nvolumes: {media: , files: }\n"
	text, err := split(t, map[string]string{"Dockerfile": single + "VOLUME /state\nCMD gunicorn shop\n", "compose.yml": compose})
	if err != nil {
		t.Fatal(err)
	}
	want := "RUN mkdir -p /opt/venv /app/media /data/files /state && chown -R ${APP_UID}:${APP_GID} /app /opt/venv /data/files /state\n"
	if !strings.Contains(text, want) {
		t.Errorf("%q is not in\n%s", want, text)
	}
	if !strings.Contains(text, "COPY --from=ghcr.io/astral-sh/uv:0.5.11 /uv /uvx /usr/local/bin/\n") {
		t.Errorf("uv has another version than before:\n%s", text)
	}
}

// uv run starts a Python file by the environment's python, whatever its mode.
func TestSplitStartsFiles(t *testing.T) {
	for start, want := range map[string]string{
		`CMD ["uv", "run", "src/main.py"]`:                 `CMD ["python", "src/main.py"]`,
		`CMD ["uv", "run", "--frozen", "-m", "shop", "a"]`: `CMD ["python", "-m", "shop", "a"]`,
		`CMD uv run main.py`:                               `CMD ["python", "main.py"]`,
	} {
		if text, err := split(t, map[string]string{"Dockerfile": single + start + "\n"}); err != nil || strings.Count(text, want+"\n") != 2 {
			t.Errorf("%s: %v\n%s", start, err, text)
		}
	}
}

func TestSplitRefuses(t *testing.T) {
	for _, c := range []struct{ name, dockerfile, script, why string }{
		{"a script that calls uv", single + "ENTRYPOINT [\"./start.sh\"]\n", "#!/bin/sh\nset -e\nuv run alembic upgrade head\nexec uv run \"$@\"\n", "start.sh, which starts it, calls uv"},
		{"the same through a shell", single + "CMD bash ./start.sh\n", "#!/bin/bash\nif true; then exec uv run gunicorn shop; fi\n", "start.sh, which starts it, calls uv"},
		{"a link into the system", single + "RUN ln -s /app/shop /usr/local/bin/shop\nCMD shop\n", "", "line 6 writes to /usr/local/bin/shop"},
		{"an owner", single + "RUN chown -R www-data /app\nCMD gunicorn shop\n", "", "line 6 runs chown"},
		{"a file in /etc", single + "RUN echo 1 > /etc/flag\nCMD gunicorn shop\n", "", "line 6 writes to /etc/flag"},
		{"an option of uv run", single + "CMD uv run --env-file .env gunicorn shop\n", "", "line 6 gives uv run the option --env-file"},
		{"the same in exec form", single + "CMD [\"uv\", \"run\", \"--with\", \"x\", \"gunicorn\"]\n", "", "line 6 gives uv run the option --with"},
		{"a program by its old place", single + "CMD [\"/usr/local/bin/gunicorn\", \"shop\"]\n", "", "line 6 names /usr/local/bin/gunicorn"},
		{"the system's python", single + "CMD exec /usr/local/bin/python -m shop\n", "", "line 6 names /usr/local/bin/python"},
		{"an environment of its own", single + "CMD . /app/.venv/bin/activate && gunicorn shop\n", "", "line 6 names /app/.venv/bin/activate"},
		{"a volume in root's home", single + "VOLUME /root/.cache\nCMD gunicorn shop\n", "", "a volume is mounted at /root/.cache"},
	} {
		files := map[string]string{"Dockerfile": c.dockerfile}
		if c.script != "" {
			files["start.sh"] = c.script
		}
		if text, err := split(t, files); err == nil || !strings.Contains(err.Error(), c.why) {
			t.Errorf("%s: %v, want %q\n%s", c.name, err, c.why, text)
		}
	}
}

func TestSplitAllows(t *testing.T) {
	for name, tail := range map[string]string{
		"a mode of what the account owns": "COPY start.sh /start.sh\nRUN chmod +x /start.sh\nENTRYPOINT [\"/start.sh\"]\nCMD [\"gunicorn\", \"shop\"]\n",
		"assets in the work directory":    "RUN mkdir -p static && uv run python manage.py collectstatic > /dev/null\nCMD gunicorn shop\n",
		"a script in /usr/local/bin":      "COPY start.sh /usr/local/bin/\nENTRYPOINT [\"/usr/local/bin/start.sh\"]\nCMD [\"gunicorn\", \"shop\"]\n",
	} {
		files := map[string]string{"Dockerfile": single + tail, "start.sh": "#!/bin/sh\n# not `uv run`, which installs\nalembic upgrade head\nexec \"$@\"\n"}
		if _, err := split(t, files); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
