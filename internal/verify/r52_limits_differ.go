package verify

import (
	"context"
	_ "embed"
	"fmt"
	"math"

	"refit/internal/rule"
)

//go:embed r52_limits_differ.md
var limitsDifferDoc string

// limitsDiffer compares the limits that the engine holds a container to with those of the files: R52.
var limitsDiffer = check("R52", "limits-differ", Configuration, rule.Error, "a container is held to other limits than the files give it", limitsDifferDoc,
	func(_ context.Context, p *pass) {
		p.each(nil, func(b *box) {
			want, has := b.service.model.Limits, b.info.HostConfig.Resources
			cpus := float64(has.NanoCPUs) / 1e9
			if has.NanoCPUs == 0 && has.CPUPeriod > 0 {
				cpus = float64(has.CPUQuota) / float64(has.CPUPeriod)
			}
			var pids int64
			if has.PidsLimit != nil && *has.PidsLimit > 0 {
				pids = *has.PidsLimit
			}
			p.compareLimit(b, "memory", size(want.Memory), size(has.Memory), want.Memory != has.Memory, p.info.MemoryLimit)
			p.compareLimit(b, "cpus", fmt.Sprintf("%g", want.CPUs), fmt.Sprintf("%g", cpus), math.Abs(want.CPUs-cpus) > 0.001, p.info.CPUCfsQuota)
			p.compareLimit(b, "pids", itoa(int(want.PIDs)), itoa(int(pids)), max(want.PIDs, 0) != pids, p.info.PidsLimit)
		})
	})

// compareLimit reports a limit that differs, or that the engine's kernel can't hold a container to.
func (p *pass) compareLimit(b *box, what, want, has string, differs, able bool) {
	r := report{service: b.Service, subject: "limits." + what, next: "refit up " + p.env.Name + " makes the container anew",
		at: []string{"services." + b.Service + ".deploy.resources.limits." + what, "services." + b.Service + ".deploy.resources.limits", "services." + b.Service + ".mem_limit"}}
	if what == "cpus" || what == "pids" {
		r.at[2] = "services." + b.Service + "." + map[string]string{"cpus": "cpus", "pids": "pids_limit"}[what]
	}
	switch {
	case differs:
		p.find(r, "container %s has the limit %s %s, and the files say %s", b.Name, what, orNo(has), orNo(want))
	case want != "0" && !able:
		r.next = "turn the controller on in the engine's kernel (docker info warns of it)"
		p.find(r, "container %s is to have the limit %s %s, and the engine's kernel can't hold it to that", b.Name, what, want)
	}
}

func orNo(limit string) string {
	if limit == "0" {
		return "none"
	}
	return limit
}

// size is a number of bytes for a person: "512 MB"; "0" for none.
func size(n int64) string {
	switch {
	case n == 0:
		return "0"
	case n >= 1<<30 && n%(1<<30) == 0:
		return fmt.Sprintf("%d GB", n>>30)
	case n >= 1<<20:
		return fmt.Sprintf("%d MB", n>>20)
	}
	return fmt.Sprintf("%d bytes", n)
}
