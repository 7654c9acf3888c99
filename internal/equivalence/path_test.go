package equivalence

import "testing"

func TestIsPath(t *testing.T) {
	flat := map[string]string{
		"services.a.build.context": ".", "services.a.build.dockerfile": "Dockerfile",
		"services.b.build.context": "https://git.example.org/b.git", "services.b.build.dockerfile": "Dockerfile",
		"services.c.build.context": "git@git.example.org:c.git", "services.c.build.dockerfile": "Dockerfile",
	}
	for key := range flat {
		if want := key[len("services.")] == 'a'; isPath(key, flat) != want {
			t.Errorf("%s (%s) is a path of the repository: %v", key, flat[key], !want)
		}
	}
}
