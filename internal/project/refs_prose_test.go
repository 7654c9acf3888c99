package project

import "testing"

func TestProseNamesWhereAFileIsNow(t *testing.T) {
	files := map[string]string{
		"docker-compose.dev.yml": "services:\n  app:\n    image: a\n", ".env.example": "A=1\n", "Dockerfile": "FROM a\n", "project": "",
		"README.md": "Edit docker-compose.dev.yml. See https://a.example/docker-compose.dev.yml, a Dockerfile.\n\n" +
			"```yaml\n# docker-compose.dev.yml (shortened)\n```\n\n" +
			"```bash\ngit clone https://a.example/o/Project.git\ncd Project\ncp .env.example .env # from .env.example\n```\n\n" +
			"```bash\ngit clone --depth 1 https://a.example/o/other other\ncd other\ncp .env.example .env\n```\n",
		"docs/commands.txt": "docker compose -f docker-compose.dev.yml up\n",
		"docs/links.md":     "[docker-compose.dev.yml](../docker-compose.dev.yml)\n", "CHANGELOG.md": "Add docker-compose.dev.yml\n",
	}
	p := repository(t, files)
	exactSpans(t, p)
	got, rw := moved(t, p, ledgerMoves)
	if len(rw.Left) > 0 {
		t.Errorf("left: %+v", rw.Left)
	}
	for at, want := range map[string]string{
		"README.md": "Edit compose/docker-compose.dev.yml. See https://a.example/docker-compose.dev.yml, a Dockerfile.\n\n" +
			"```yaml\n# compose/docker-compose.dev.yml (shortened)\n```\n\n" +
			"```bash\ngit clone https://a.example/o/Project.git\ncd Project\ncp env/.env.example .env # from .env.example\n```\n\n" +
			"```bash\ngit clone --depth 1 https://a.example/o/other other\ncd other\ncp .env.example .env\n```\n",
		"docs/commands.txt": "docker compose -f compose/docker-compose.dev.yml up\n",
		"docs/links.md":     "[docker-compose.dev.yml](../compose/docker-compose.dev.yml)\n",
		"CHANGELOG.md":      files["CHANGELOG.md"],
	} {
		if got[at] != want {
			t.Errorf("%s:\n%s\nwant:\n%s", at, got[at], want)
		}
	}
}
