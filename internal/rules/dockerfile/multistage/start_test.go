package multistage

import "testing"

func TestWithoutRunner(t *testing.T) {
	for text, want := range map[string]string{
		"uv run uvicorn shop:app":                         "uvicorn shop:app",
		"uv run --frozen --no-dev gunicorn shop":          "gunicorn shop",
		"uv run -m shop.main":                             "python -m shop.main",
		"uv run --module shop":                            "python -m shop",
		"uv run src/main.py --port 1":                     "python src/main.py --port 1",
		"uv run --no-sync -- manage.py migrate && exec x": "python manage.py migrate && exec x",
		"poetry run ./manage.py check":                    "./manage.py check",
		"poetry run gunicorn shop":                        "gunicorn shop",
		"uv run python -m shop":                           "python -m shop",
	} {
		if got := withoutRunner(text); got != want {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
}
