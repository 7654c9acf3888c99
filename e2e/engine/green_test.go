//go:build unix

package engine_test

import (
	"testing"
	"time"
)

// TestEveryEnvironmentVerifies brings each environment of the refitted sample up and verifies it: nothing is found
// but what is said for information. Each stops when it is told to, in less than the ten seconds after which it would be killed.
func TestEveryEnvironmentVerifies(t *testing.T) {
	s := sample(t)
	s.run("refit apply --yes --run-steps").shows("done")
	s.run("make setup")
	s.run("refit env init prod")
	s.freePorts("env/.env.prod")
	for _, env := range []string{"dev", "test", "ci", "prod"} {
		s.now(env)
		s.run("refit up " + env + " --build")
		s.verified(env, "")
		stop := time.Now()
		s.run("docker compose -f compose/docker-compose." + env + ".yml stop app")
		if took := time.Since(stop); took > 9*time.Second {
			t.Errorf("app of %s took %.0f s to stop", env, took.Seconds())
		}
		s.run("make " + env + "-down")
	}
}
