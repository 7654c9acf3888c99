package compose

import "testing"

func TestEnvironmentOf(t *testing.T) {
	for p, want := range map[string]struct {
		env  string
		role Role
	}{
		"compose.yml":                            {"", RoleMain},
		"docker-compose.yaml":                    {"", RoleMain},
		"docker-compose.dev.yml":                 {"dev", RoleMain},
		"dev-compose.yaml":                       {"dev", RoleMain},
		"local.docker-compose.yml":               {"dev", RoleMain},
		"docker-compose.local.yml":               {"dev", RoleMain},
		"compose-e2e-test.yml":                   {"test", RoleMain},
		"docker-compose-testing.yml":             {"test", RoleMain},
		"docker-compose.test.ci.yml":             {"ci", RoleMain},
		"compose.production.yaml":                {"prod", RoleMain},
		"docker-compose_prod.yml":                {"prod", RoleMain},
		"docker-compose.staging.yml":             {"staging", RoleMain},
		"docker/dev/compose.yml":                 {"dev", RoleMain},
		"deploy/prod/app/docker-compose.yml":     {"prod", RoleMain},
		"deploy/prod/a/b/docker-compose.yml":     {"", RoleMain},
		"docker-compose.override.yml":            {"", RoleOverride},
		"docker-compose.dev.override.yml":        {"dev", RoleOverride},
		"docker-compose.override.yml.example":    {"", RoleExample},
		"docker-compose.example.yml":             {"", RoleExample},
		"compose.mysql.yml":                      {"", RoleAlternative},
		"docker-compose-traefik.yml":             {"", RoleAlternative},
		"docker-compose.dev.postgres.yml":        {"dev", RoleAlternative},
		"compose/docker-compose.prod.yml":        {"prod", RoleMain},
		".devcontainer/docker-compose.yml":       {"", RoleMain},
		"tests/docker-compose.yml":               {"test", RoleMain},
		"DOCKER-COMPOSE.DEV.YML":                 {"dev", RoleMain},
		"services/latest/docker-compose.dev.yml": {"dev", RoleMain},
	} {
		if env, role := EnvironmentOf(p); env != want.env || role != want.role {
			t.Errorf("%s: %q %s, want %q %s", p, env, role, want.env, want.role)
		}
	}
}

func TestRoleOf(t *testing.T) {
	for text, want := range map[string]Role{
		"services: {a: {image: x}}":                    RoleMain,
		"services: {a: {image: x}, b: {ports: ['1']}}": RoleOverlay,
		"volumes: {x: {}}":                             RoleOverlay,
		"include: [x.yml]":                             RoleMain,
		"x-a: &a {build: .}\nservices: {a: *a}":        RoleMain,
	} {
		f, err := Parse("docker-compose.dev.yml", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if env, role := RoleOf(f); env != "dev" || role != want {
			t.Errorf("%s: %s, want %s", text, role, want)
		}
	}
}

func TestLooksLikeCompose(t *testing.T) {
	const app = "services:\n  app:\n    image: x\n"
	for _, c := range []struct {
		path, text string
		want       bool
	}{
		{"compose.yml", app, true},
		{"docker-compose.dev.yaml", app, true},
		{"dev-compose.yaml", app, true},
		{"app.compose.yml", app, true},
		{"compose-e2e-test.yml", app, true},
		{"podman-compose.yml", app, true},
		{"docker-compose.yml.example", app, true},
		{"docker-compose.yml", "", true},
		{"docker-compose.yml", "services: [broken", true},
		{"docker-compose.yml", "services:\n{% for x in y %}\n", true},
		{"docker-compose.yml", "db:\n  image: postgres\n", true},
		{"docker-compose.yml.j2", app, false},
		{"compose.yml", "on: push\njobs: {a: {runs-on: x}}\n", false},
		{"deploy-docker-compose.yml", "name: x\non: push\njobs: {}\n", false},
		{"compose.yml", "name: x\n", true},
		{"compose.yml", "- a\n- b\n", false},
		{"composer.yml", "require: x\n", false},
		{"docker-stack.yml", app, true},
		{"local.yml", app, true},
		{"services.yaml", "services:\n  _defaults: {autowire: true}\n  App\\X: {class: X}\n", false},
		{".gitlab-ci.yml", "services:\n  - postgres\n", false},
		{"x.yml", "services: {}\n", false},
		{"x.yml", "services: {a: {image: x, selector: y}}\n", false},
		{"notes.txt", app, false},
	} {
		if got := LooksLikeCompose(c.path, []byte(c.text)); got != c.want {
			t.Errorf("%s %q: %v", c.path, c.text, got)
		}
	}
}
