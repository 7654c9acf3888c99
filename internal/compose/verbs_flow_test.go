package compose

import (
	"testing"

	"refit/internal/edit"
)

// TestAddEnvFileToFlow: a service that is written on one line gets its env file there.
func TestAddEnvFileToFlow(t *testing.T) {
	text := "services:\n  a: {build: ., environment: {A: 1}, depends_on: [b]}\n  b: {environment: {A: 1}}\n"
	want := "services:\n  a: {build: ., env_file: [../.env], environment: {A: 1}, depends_on: [b]}\n  b: {environment: {A: 1}, env_file: [../.env]}\n"
	f, err := Parse("compose.yml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	var edits []edit.Edit
	for _, service := range []string{"a", "b"} {
		e, err := f.AddEnvFile(service, "../.env", false)
		if err != nil {
			t.Fatal(err)
		}
		edits = append(edits, e...)
	}
	if got, err := edit.Patch([]byte(text), edits); err != nil || string(got) != want {
		t.Errorf("%v\n%s", err, got)
	}
}
