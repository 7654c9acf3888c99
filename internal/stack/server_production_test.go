package stack

import (
	"strings"
	"testing"
)

func TestForProduction(t *testing.T) {
	for _, c := range []struct {
		words, want string
		changed     bool
		refused     bool
	}{
		{"uv run uvicorn a:b --host 0.0.0.0 --reload --reload-dir src --port 80", "uv run uvicorn a:b --host 0.0.0.0 --port 80", true, false},
		{"uvicorn a:b --reload --reload-exclude=*.log", "uvicorn a:b", true, false},
		{"gunicorn --reload a:b", "gunicorn a:b", true, false},
		{"fastapi dev app/main.py --port 80", "fastapi run app/main.py --port 80", true, false},
		{"uvicorn a:b", "uvicorn a:b", false, false},
		{"python manage.py runserver", "python manage.py runserver", false, true},
		{"flask run --debug", "flask run --debug", false, true},
		{"/app/server --reload", "/app/server --reload", false, false},
	} {
		got, changed, why := ForProduction(strings.Fields(c.words))
		if strings.Join(got, " ") != c.want || changed != c.changed || (why != "") != c.refused {
			t.Errorf("%s: got %v, %v, %q", c.words, got, changed, why)
		}
	}
}
