package verify

import (
	"context"
	_ "embed"
	"regexp"
	"slices"
	"strings"

	"refit/internal/rule"
)

//go:embed r03_hardening_lost.md
var hardeningLostDoc string

// hardeningLost compares what confines a container with what the files say: R03.
var hardeningLost = check("R03", "hardening-lost", User, rule.Error, "a container has more rights than the files give it", hardeningLostDoc,
	func(ctx context.Context, p *pass) {
		p.each(nil, func(b *box) { p.checkHardening(ctx, b) })
	})

func (p *pass) checkHardening(ctx context.Context, b *box) {
	promised, ok := p.env.Model.Project.Services[b.Service]
	if !ok {
		return
	}
	has := b.info.HostConfig
	lost := func(key, format string, args ...any) {
		p.find(report{service: b.Service, subject: key, at: []string{"services." + b.Service + "." + key}, next: "refit up " + p.env.Name},
			"container "+b.Name+": "+format+"; it can do more than the files allow", args...)
	}
	if has.Privileged && !promised.Privileged {
		lost("privileged", "it is privileged, and the files don't say so")
	}
	if promised.ReadOnly && !has.ReadonlyRootfs {
		lost("read_only", "its root file system is writable, and the files say read_only")
	}
	for _, option := range promised.SecurityOpt {
		if !slices.ContainsFunc(has.SecurityOpt, func(o string) bool { return option == o || optionName(option) == optionName(o) }) {
			lost("security_opt", "%s is not set", option)
		} else if strings.HasPrefix(option, "no-new-privileges") && !strings.HasSuffix(option, "false") && p.canGain(ctx, b) {
			lost("security_opt", "NoNewPrivs of its processes is 0, although no-new-privileges is set")
		}
	}
	dropped, added := capabilities(has.CapDrop), capabilities(has.CapAdd)
	for _, c := range capabilities(promised.CapDrop) {
		if !slices.Contains(dropped, c) && !slices.Contains(dropped, "ALL") {
			lost("cap_drop", "the capability %s is not dropped", c)
		}
	}
	allowed := capabilities(promised.CapAdd)
	for _, c := range added {
		if !slices.Contains(allowed, c) {
			lost("cap_add", "it has the capability %s, which the files don't add", c)
		}
	}
	for key, mode := range map[string][2]string{"pid": {string(has.PidMode), promised.Pid}, "userns_mode": {string(has.UsernsMode), promised.UserNSMode}} {
		if mode[0] == "host" && mode[1] != "host" {
			lost(key, "%s is the host's, and the files don't say so", key)
		}
	}
	if has.NetworkMode == "host" && promised.NetworkMode != "host" {
		lost("network_mode", "it is in the host's network, and the files don't say so")
	}
}

// optionName is a security option in the one spelling that counts: no-new-privileges is on in all of its forms.
func optionName(option string) string {
	switch option {
	case "no-new-privileges", "no-new-privileges:true", "no-new-privileges=true":
		return "no-new-privileges"
	}
	return strings.Replace(option, ":", "=", 1)
}

var noNewPrivileges = regexp.MustCompile(`(?m)^NoNewPrivs:\s*(\d)`)

// canGain asks the kernel whether the main process could still gain rights. Without cat in the image the engine's word counts.
func (p *pass) canGain(ctx context.Context, b *box) bool {
	out, err := p.exec(ctx, b, "", "cat", "/proc/1/status")
	if err != nil || out.Code != 0 {
		return false
	}
	m := noNewPrivileges.FindSubmatch(out.Stdout)
	return m != nil && string(m[1]) == "0"
}

// capabilities are names without CAP_, in capitals.
func capabilities(list []string) []string {
	var names []string
	for _, c := range list {
		names = append(names, strings.TrimPrefix(strings.ToUpper(c), "CAP_"))
	}
	return names
}
