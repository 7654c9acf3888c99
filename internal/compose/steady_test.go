package compose

import (
	"context"
	"fmt"
	"io/fs"
	"strings"
	"testing"
)

func loadText(text string) (*Model, error) {
	return Load(context.Background(), Request{Files: []string{"compose.yml"}, RootName: "shop", AllowMissing: true, Read: func(p string) ([]byte, error) {
		if p != "compose.yml" {
			return nil, fs.ErrNotExist
		}
		return []byte(text), nil
	}})
}

// Of several faults the same one is named each time.
func TestErrorsAreSteady(t *testing.T) {
	for what, c := range map[string]struct{ service, want string }{
		"no image":    {"    command: x\n", `service "s00" has neither`},
		"no network":  {"    image: x\n    networks: [b, a, c, d]\n", `service "s00" refers to undefined network a`},
		"no service":  {"    image: x\n    depends_on: [zz, yy, xx, ww]\n", `service "s00" depends on undefined service "ww"`},
		"wrong type":  {"    image: [x]\n", "services.s00.image"},
		"unknown key": {"    image: x\n    imagine: x\n", "services.s00"},
	} {
		var b strings.Builder
		b.WriteString("services:\n")
		for i := range 20 {
			fmt.Fprintf(&b, "  s%02d:\n%s", 19-i, c.service)
		}
		for range 10 {
			if _, err := loadText(b.String()); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: %v", what, err)
				break
			}
		}
	}
}

// A service that needs one of a profile is there when the profile is.
func TestNeedsAProfile(t *testing.T) {
	m, err := loadText("services:\n  app:\n    image: x\n    depends_on: [db]\n  db:\n    image: postgres:17\n    profiles: [live]\n")
	if err != nil || m.Services["db"] == nil {
		t.Fatal(err)
	}
}
