package stack

import (
	"testing"

	"refit/internal/source"
)

func TestHealthPath(t *testing.T) {
	for _, c := range []struct{ name, file, text, want string }{
		{"decorator", "src/app.py", `@app.get("/health")`, "/health"},
		{"router", "app.py", "@router.get('/healthz', tags=['x'])", "/healthz"},
		{"flask", "app.py", `@app.route("/ping")`, "/ping"},
		{"express", "server.js", `app.get('/api/health', (q, r) => r.send('ok'))`, "/api/health"},
		{"go", "main.go", `mux.HandleFunc("GET /x", f); http.HandleFunc("/healthz", f)`, "/healthz"},
		{"comparison", "app.py", `if self.path == "/health":`, "/health"},
		{"a prefix before it", "app.py", "router = APIRouter(prefix='/api')\n@router.get('/health')", ""},
		{"a prefix elsewhere", "app.py", "r = APIRouter(prefix='/api')\n@app.get('/health')", "/health"},
		{"mounted", "server.js", "app.use('/v1', router); router.get('/health', f)", ""},
		{"hosts are refused", "app.py", "app.add_middleware(TrustedHostMiddleware)\n@app.get('/health')", ""},
		{"a client asks", "app.py", `requests.post(url + "/health")`, ""},
		{"a test asks", "tests/test_app.py", `client.get("/health")`, ""},
		{"another path", "app.py", `@app.get("/healthy-food")`, ""},
	} {
		files := source.NewSnapshot([]*source.Entry{source.NewText(c.file, 0o644, []byte(c.text))}, nil)
		got, _, ok := HealthPath(files, &Unit{Dir: "."}, nil)
		if got != c.want || ok != (c.want != "") {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}
