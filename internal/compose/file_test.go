package compose

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"refit/internal/source"
)

func TestParseReadsEveryForm(t *testing.T) {
	f := mustParse(t, verbSample)
	app, db, worker := f.Service("app"), f.Service("db"), f.Service("worker")
	if f.Version.Text != "3.8" || f.Name != nil || len(f.Services) != 4 || f.Service("gone") != nil {
		t.Fatalf("%+v", f)
	}
	if !app.Build.Short || app.Build.Context.Text != "." || app.Restart.Text != "always" || !app.Restart.Shared {
		t.Errorf("app %+v", app)
	}
	if string(app.KeySpan.Of(f.Text)) != "app" {
		t.Errorf("key %q", app.KeySpan.Of(f.Text))
	}
	var names []string
	for _, p := range app.Environment {
		names = append(names, p.Key)
		if p.Shared != (p.Key == "A") {
			t.Errorf("%s shared: %v", p.Key, p.Shared)
		}
	}
	if !slices.Equal(names, []string{"SECRET", "DEBUG", "A"}) {
		t.Errorf("environment %v", names)
	}
	pw := db.Environment[0]
	if pw.Key != "POSTGRES_PASSWORD" || !pw.List || string(pw.Span.Of(f.Text)) != "made-up" || pw.Addr != "services.db.environment.POSTGRES_PASSWORD" {
		t.Errorf("pair %+v", pw)
	}
	if worker.EnvFiles[0].Path.Text != ".env" || !worker.EnvFiles[0].Required || app.DependsOn[0].Service != "db" || !app.DependsOn[0].Short || db.DependsOn[0].Condition != "service_started" {
		t.Error("env files or dependencies")
	}
	if v := app.Volumes[1]; v.Type != "bind" || v.Source != "./.env" || v.Target != "/app/.env" {
		t.Errorf("volume %+v", v)
	}
	if v, ok := f.Lookup("services.app.ports.3.published"); !ok || v.Text != "80" || f.Position(v.Span().Start).Column != 20 {
		t.Errorf("lookup %+v", v)
	}
}

func TestPortForms(t *testing.T) {
	for text, want := range map[string]PortDef{
		`"8000"`:                         {Target: "8000"},
		`8000`:                           {Target: "8000"},
		`"80:81/udp"`:                    {Published: "80", Target: "81", Protocol: "udp"},
		`127.0.0.1:80:81`:                {HostIP: "127.0.0.1", Published: "80", Target: "81"},
		`"[::1]:80:81"`:                  {HostIP: "::1", Published: "80", Target: "81"},
		`"${P:-8000}:80"`:                {Published: "${P:-8000}", Target: "80"},
		`"${IP:-127.0.0.1}:${P:-1:2}:3"`: {HostIP: "${IP:-127.0.0.1}", Published: "${P:-1:2}", Target: "3"},
		`"3000-3005:3000-3005"`:          {Published: "3000-3005", Target: "3000-3005"},
	} {
		got := mustParse(t, "services: {a: {ports: ["+text+"]}}").Services[0].Ports[0]
		got.Value = Value{}
		if got != want {
			t.Errorf("%s: %+v", text, got)
		}
	}
}

func TestVolumeForms(t *testing.T) {
	for text, want := range map[string]VolumeDef{
		"/data":             {Type: "volume", Target: "/data"},
		"vol:/data:ro":      {Type: "volume", Source: "vol", Target: "/data", Options: "ro", ReadOnly: true},
		"./a:/b:rw,z":       {Type: "bind", Source: "./a", Target: "/b", Options: "rw,z"},
		"~/a:/b":            {Type: "bind", Source: "~/a", Target: "/b"},
		`C:\a:/b:ro`:        {Type: "bind", Source: `C:\a`, Target: "/b", Options: "ro", ReadOnly: true},
		"${PWD}/a:/b":       {Type: "bind", Source: "${PWD}/a", Target: "/b"},
		"${X:-./a}:/b":      {Source: "${X:-./a}", Target: "/b"},
		"$PWD:/b":           {Type: "bind", Source: "$PWD", Target: "/b"},
		"./${X:-a:b}/c:/d:": {Type: "bind", Source: "./${X:-a:b}/c", Target: "/d"},
	} {
		got := mustParse(t, "services: {a: {volumes: ['"+text+"']}}").Services[0].Volumes[0]
		got.Value = Value{}
		if got != want {
			t.Errorf("%s: %+v", text, got)
		}
	}
}

func TestParseErrors(t *testing.T) {
	for text, want := range map[string]string{
		"services:\n  a: [\n":                           "compose.yml:",
		"services:\n  a: {image: x}\n  a: {image: y}\n": "compose.yml:3:3: key \"a\" is defined twice",
		"- a\n": "compose.yml:1:1: the top level is no mapping",
		"services:\n{% if x %}\n  a: {image: x}\n{% endif %}\n": "is a template, not YAML (it holds {%)",
		"services:\n  a:\n    image: {{ .Values.image }}:1\n":   "is a template, not YAML (it holds {{)",
	} {
		_, err := Parse("compose.yml", []byte(text))
		var p *source.Problem
		if !errors.As(err, &p) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
	for _, text := range []string{"", "# only\n", "---\n---\nservices: {a: {image: x}}\n", "services:\n", "\ufeffservices: {}\r\n"} {
		if _, err := Parse("compose.yml", []byte(text)); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestAddr(t *testing.T) {
	for _, keys := range [][]string{{"services", "app"}, {"services", "my.app", `back\slash`, "0"}, {""}} {
		if got := Keys(Addr(keys...)); !slices.Equal(got, keys) && !(len(keys) == 1 && keys[0] == "" && got == nil) {
			t.Errorf("%q: %q", keys, got)
		}
	}
	f := mustParse(t, "services: {my.app: {image: x}}")
	if v, ok := f.Lookup(f.Services[0].Image.Addr); !ok || v.Text != "x" {
		t.Errorf("%+v", v)
	}
}

func TestVariables(t *testing.T) {
	f := mustParse(t, "services:\n  app:\n    image: \"a:${TAG:-${OTHER:-1}}\"\n    user: $UID:$$x\n    command: >\n      run ${A:?no\n      b}\n    # ${COMMENT}\n    environment:\n      - P=${P?}${Q+set}\n")
	var got []string
	for _, v := range Variables(f) {
		got = append(got, v.Addr+" "+v.Name+v.Operator+" "+string(v.Span.Of(f.Text)))
	}
	want := []string{
		"services.app.image TAG:- ${TAG:-${OTHER:-1}}", "services.app.image OTHER:- ${OTHER:-1}", "services.app.user UID $UID",
		"services.app.command A:? >\n      run ${A:?no\n      b}", "services.app.environment.0 P? ${P?}", "services.app.environment.0 Q+ ${Q+set}",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}
