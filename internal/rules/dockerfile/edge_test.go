package dockerfile

import (
	"strings"
	"testing"

	"refit/internal/change"
	"refit/internal/edit"
	"refit/internal/project"
	"refit/internal/source"
)

// repaired applies the rules' fixes until none is left and returns the Dockerfile.
func repaired(t *testing.T, text string) string {
	t.Helper()
	p := project.Discover(source.NewSnapshot([]*source.Entry{source.NewText("Dockerfile", 0o644, []byte(text))}, nil), nil, project.NewCache())
	for range 12 {
		var fixes [][]edit.Op
		_, all := findings(p)
		for _, f := range all {
			if len(f.Fixes) > 0 && f.Fixes[0].Safety != change.Manual {
				fixes = append(fixes, f.Fixes[0].Written().Ops)
			}
		}
		if len(fixes) == 0 {
			out, _ := p.Files.Read("Dockerfile")
			return string(out)
		}
		accepted, _ := edit.Merge(fixes)
		var ops []edit.Op
		for _, i := range accepted {
			ops = append(ops, fixes[i]...)
		}
		files, err := edit.Apply(p.Files, ops)
		if err != nil {
			t.Fatal(err)
		}
		p = project.Discover(files, p, project.NewCache())
		if len(p.Problems) > 0 {
			out, _ := p.Files.Read("Dockerfile")
			t.Fatalf("%v\n%s", p.Problems[0], out)
		}
	}
	t.Fatal("12 rounds and still something to repair")
	return ""
}

const edgeCase = `FROM debian:trixie-slim
RUN apt update && apt install \
    curl \
    # a comment
    tzdata
WORKDIR app
ADD . .
RUN mkdir logs
EXPOSE 8080
CMD ./serve --port 8080`

// TestForms: line ends, the missing final newline and the escape character survive, whatever is repaired.
func TestForms(t *testing.T) {
	unix := repaired(t, edgeCase)
	for _, want := range []string{"apt-get install -y --no-install-recommends", "# a comment", "WORKDIR /app", "COPY --chown=1000:1000 . .", "chown -R 1000:1000 /app/logs", "USER 1000:1000", "HEALTHCHECK", `CMD ["./serve", "--port", "8080"]`} {
		if !strings.Contains(unix, want) {
			t.Errorf("%q is missing in\n%s", want, unix)
		}
	}
	if strings.HasSuffix(unix, "\n") {
		t.Error("there is a final newline now")
	}
	windows := repaired(t, strings.ReplaceAll(edgeCase, "\n", "\r\n"))
	if windows != strings.ReplaceAll(unix, "\n", "\r\n") {
		t.Errorf("with CRLF it becomes\n%q\nwant the same lines", windows)
	}
	backtick := repaired(t, "# escape=`\n"+strings.ReplaceAll(edgeCase, "\\", "`"))
	if want := "# escape=`\n" + strings.ReplaceAll(unix, " \\\n", " `\n"); backtick != want {
		t.Errorf("with another escape character:\n%s", edit.Unified([]byte(want), []byte(backtick), "want", "got", 2))
	}
}
