package verify

import (
	"context"
	_ "embed"
	"errors"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/mount"

	"refit/internal/rule"
)

//go:embed r13_volume_not_writable.md
var volumeNotWritableDoc string

// volumeNotWritable asks whether those who use named volumes can write them: R13.
var volumeNotWritable = check("R13", "volume-not-writable", Ownership, rule.Error, "a named volume is not writable for the account that uses it", volumeNotWritableDoc,
	func(ctx context.Context, p *pass) {
		for _, b := range p.boxes(nil) {
			for _, m := range b.info.Mounts {
				if b.runs() && m.Type == mount.TypeVolume && m.RW {
					p.looked[b.Service] = true
					p.checkVolume(ctx, b, m)
				}
			}
		}
	})

func (p *pass) checkVolume(ctx context.Context, b *box, m container.MountPoint) {
	who, ok := p.actual(ctx, b)
	if !ok {
		p.notShown(b.Service, "nobody tells who its main process runs as")
		return
	}
	denied, err := p.tryVolume(ctx, b, m, who)
	if errors.Is(err, errNoProgram) || errors.Is(err, errNoTouch) {
		denied, err = p.deniedByMode(ctx, b, m.Destination, who)
	}
	switch {
	case err != nil:
		p.notShown(b.Service, "%v", err)
	case denied != "":
		p.find(report{service: b.Service, subject: "volumes." + m.Destination, at: []string{"services." + b.Service + ".volumes"},
			next: "docker run --rm -u 0 -v " + m.Name + ":/v --entrypoint chown " + b.info.Config.Image + " -R " + who.exec() + " /v; refit doctor " + p.env.Name + " --fix offers it"},
			"container %s: %s can't write the volume %s at %s: %s; it was made by somebody else before", b.Name, who, m.Name, m.Destination, denied)
	}
}

// tryVolume makes and removes a file in a volume of an own service. Others, databases among them, are only asked.
func (p *pass) tryVolume(ctx context.Context, b *box, m container.MountPoint, who account) (denied string, err error) {
	if b.service.own && !p.options.NoWrite {
		return p.mark(ctx, b, m, nil)
	}
	if b.service.own {
		p.notShown(b.Service, "no file was made in %s (--no-write)", m.Destination)
	}
	out, err := p.exec(ctx, b, who.exec(), "test", "-w", m.Destination)
	if err == nil && out.Code == 1 {
		denied = "test -w says no"
	}
	return denied, err
}
