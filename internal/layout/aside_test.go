package layout

import "testing"

func TestAside(t *testing.T) {
	for at, want := range map[string]bool{
		"examples/shop/compose.yml": true, "crates/core/tests/e2e/docker-compose.yml": true, "Docs/compose.yml": true,
		"compose.yml": false, "docker-compose.test.yml": false, "tests.yml": false, "services/tester/compose.yml": false,
	} {
		if got := Aside(at); got != want {
			t.Errorf("%s: %v", at, got)
		}
	}
}
