package project

import "testing"

func TestSwarm(t *testing.T) {
	p := repository(t, map[string]string{
		"deploy.sh":               "#!/bin/sh\ndocker stack deploy \\\n  --prune \\\n  -c stack.yml app\ndocker compose -f compose.yml up -d\n",
		"Makefile":                "deploy:\n\tdocker stack deploy -c docker-compose.prod.yml app\n",
		"compose.yml":             "services:\n  a:\n    image: x\n",
		"stack.yml":               "version: \"3.8\"\nservices:\n  a:\n    image: x\n",
		"docker-compose.prod.yml": "version: \"3.8\"\nservices:\n  a:\n    image: x\n",
	})
	for at, want := range map[string]bool{"compose.yml": false, "stack.yml": true, "docker-compose.prod.yml": true} {
		if p.Swarm(at) != want {
			t.Errorf("%s: %v", at, !want)
		}
	}
}
