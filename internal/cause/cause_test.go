package cause

import "testing"

func TestOfLog(t *testing.T) {
	for text, want := range map[string]Cause{
		"all is well": {},
		"x\nPermissionError: [Errno 13] Permission denied: '/app/logs/a.log'\ny": {Kind: Permission, What: "/app/logs/a.log", Line: "PermissionError: [Errno 13] Permission denied: '/app/logs/a.log'"},
		"ModuleNotFoundError: No module named 'redis'":                           {Kind: Dependency, What: "redis", Line: "ModuleNotFoundError: No module named 'redis'"},
		"KeyError: 'DATABASE_URL'":                                               {Kind: Setting, Line: "KeyError: 'DATABASE_URL'"},
		"sh: 1: curl: not found":                                                 {Kind: Program, What: "curl", Line: "sh: 1: curl: not found"},
	} {
		got, ok := OfLog(text)
		if ok != (want.Kind != "") || got.Kind != want.Kind || got.What != want.What || got.Line != want.Line {
			t.Errorf("%q: %+v, want %+v", text, got, want)
		}
	}
}

// TestOfCompose has messages of BuildKit, of the classic builder and of Compose as they were seen.
func TestOfCompose(t *testing.T) {
	for text, want := range map[string]Cause{
		`failed to compute cache key: failed to calculate checksum of ref a::b: "/config/app.toml": not found`:                                        {Kind: Source, What: "config/app.toml"},
		`failed to solve: nowhere.invalid/x: failed to resolve source metadata for nowhere.invalid/x: lookup nowhere.invalid: no such host`:           {Kind: Network},
		`failed to solve: python:9.99: failed to resolve source metadata for docker.io/library/python:9.99: docker.io/library/python:9.99: not found`: {Kind: Registry},
		"error: The lockfile at `uv.lock` needs to be updated, but `--locked` was provided.":                                                          {Kind: Lock, What: "uv.lock"},
		"error: Unable to find lockfile at `uv.lock`. To create a lockfile, run `uv lock`":                                                            {Kind: Lock, What: "uv.lock"},
		"error: No `pyproject.toml` found in current directory or any parent directory":                                                               {Kind: Manifest, What: "pyproject.toml"},
		"pyproject.toml changed significantly since poetry.lock was last generated. Run `poetry lock` to fix the lock file.":                          {Kind: Lock, What: "poetry.lock"},
		`Error response from daemon: driver failed programming external connectivity: Bind for 0.0.0.0:8000 failed: port is already allocated`:        {Kind: Port, What: "8000"},
		`required variable TOKEN is missing a value: set it`:                                                                                          {Kind: Setting, What: "TOKEN"},
		"dependency failed to start: container shop-db-1 is unhealthy":                                                                                {},
	} {
		if got, ok := OfCompose(text, nil); ok != (want.Kind != "") || got.Kind != want.Kind || got.What != want.What {
			t.Errorf("%q: %+v, want %+v", text, got, want)
		}
	}
}
