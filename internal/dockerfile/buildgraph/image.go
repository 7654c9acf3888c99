package buildgraph

import (
	"fmt"
	"slices"

	"strings"

	dockerspec "github.com/moby/docker-image-spec/specs-go/v1"
)

// describeImage lists an image's configuration. The history is left out: it repeats the instructions' text.
func describeImage(img *dockerspec.DockerOCIImage) []string {
	var out []string
	add := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	c := img.Config
	add("user %q", c.User)
	add("workdir %q", c.WorkingDir)
	add("entrypoint %q", c.Entrypoint)
	add("cmd %q", c.Cmd)
	add("shell %q", c.Shell)
	add("stopsignal %q", c.StopSignal)
	for _, e := range c.Env {
		name, value, _ := strings.Cut(e, "=")
		add("env %s %s", name, short(value))
	}
	for k, v := range c.Labels {
		add("label %s %s", k, short(v))
	}
	for p := range c.ExposedPorts {
		add("expose %s", p)
	}
	for v := range c.Volumes {
		add("volume %s", v)
	}
	for i, t := range c.OnBuild {
		add("onbuild %d %s", i, t)
	}
	if h := c.Healthcheck; h != nil {
		add("healthcheck %q interval %s timeout %s start-period %s start-interval %s retries %d",
			h.Test, h.Interval, h.Timeout, h.StartPeriod, h.StartInterval, h.Retries)
	}
	if img.Author != "" {
		add("author %s", img.Author)
	}
	slices.Sort(out)
	return out
}
