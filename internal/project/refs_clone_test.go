package project

import "testing"

// TestCloneOfAnotherName: what the only clone of the documents names is here, whatever the checkout's folder is called;
// with several, none of which has its name, that can't be told.
func TestCloneOfAnotherName(t *testing.T) {
	const self = "```bash\ngit clone https://a.example/o/shop.git\ncd shop\ncp .env.example .env\ndocker compose -f docker-compose.dev.yml up\n```\n"
	const selfAfter = "```bash\ngit clone https://a.example/o/shop.git\ncd shop\ncp env/.env.example .env\ndocker compose -f compose/docker-compose.dev.yml up\n```\n"
	const other = "```bash\ngit clone https://a.example/o/other\ncd other\ncp .env.example .env\n```\n"
	for readme, want := range map[string]string{self: selfAfter, self + other: self + other} {
		p := repository(t, map[string]string{
			"docker-compose.dev.yml": "services:\n  app:\n    image: a\n", ".env.example": "A=1\n", "README.md": readme,
			"get.sh": "git clone https://a.example/o/tool\ncd tool\ncp .env.example .env\n",
		})
		got, _ := moved(t, p, ledgerMoves)
		if got["README.md"] != want {
			t.Errorf("README.md:\n%s\nwant:\n%s", got["README.md"], want)
		}
		if got["get.sh"] != "git clone https://a.example/o/tool\ncd tool\ncp .env.example .env\n" {
			t.Errorf("get.sh:\n%s", got["get.sh"])
		}
	}
}
