package multistage

import (
	"strings"
	"testing"
)

// A project is installed by a link before its source is there, unless uv is told to copy what it installs.
func TestSplitLinks(t *testing.T) {
	build := manifest + "[build-system]\nrequires = [\"hatchling\"]\nbuild-backend = \"hatchling.build\"\n"
	for setting, want := range map[string]bool{"": true, "ENV UV_NO_EDITABLE=1\n": false} {
		dockerfile := strings.Replace(single, "RUN pip", setting+"RUN pip", 1) + "CMD gunicorn shop\n"
		text, err := split(t, map[string]string{"pyproject.toml": build, "shop/__init__.py": "", "Dockerfile": dockerfile})
		if err != nil || strings.Contains(text, "COPY --chown=${APP_UID}:${APP_GID} shop/__init__.py shop/\n") != want {
			t.Errorf("%q: %v\n%s", setting, err, text)
		}
	}
}
