package verify

import (
	"context"
	_ "embed"
	"os"
	"path/filepath"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/mount"

	"refit/internal/machine"
	"refit/internal/rule"
)

//go:embed r12_bind_mount_owner.md
var bindMountOwnerDoc string

// bindMountOwner makes a file in the writable bind mounts and looks whose it is: R12.
var bindMountOwner = check("R12", "bind-mount-owner", Ownership, rule.Error, "a file that a container makes in a folder of the host does not belong to the folder's owner", bindMountOwnerDoc,
	func(ctx context.Context, p *pass) {
		for _, b := range p.boxes(own) {
			for _, m := range b.info.Mounts {
				if !b.runs() || m.Type != mount.TypeBind || !m.RW {
					continue
				}
				info, err := os.Stat(m.Source)
				switch {
				case !p.env.Local || err != nil:
					p.notShown(b.Service, "%s, mounted at %s, is not on this machine", m.Source, m.Destination)
				case !info.IsDir():
				case p.options.NoWrite:
					p.notShown(b.Service, "no file was made in %s (--no-write)", m.Destination)
				default:
					p.looked[b.Service] = true
					p.checkBindMount(ctx, b, m)
				}
			}
		}
	})

func (p *pass) checkBindMount(ctx context.Context, b *box, m container.MountPoint) {
	r := report{service: b.Service, subject: "volumes." + m.Destination, at: []string{"services." + b.Service + ".volumes"},
		next: "APP_UID=$(id -u) APP_GID=$(id -g) refit build " + p.env.Name + ", then refit up " + p.env.Name + " (refit plan passes them, C30)"}
	folder, _, known := machine.Owner(m.Source)
	denied, err := p.mark(ctx, b, m, func(name string) {
		file, _, ok := machine.Owner(filepath.Join(m.Source, name))
		switch {
		case !ok || !known:
			p.notShown(b.Service, "the file that was made in %s is not seen at %s on this machine", m.Destination, m.Source)
		case file != folder:
			p.find(r, "container %s: a file that it makes in %s belongs to uid %d on the host, and %s is uid %d's; what it writes can't be edited by who works there", b.Name, m.Destination, file, m.Source, folder)
		}
	})
	switch {
	case err != nil:
		p.notShown(b.Service, "%v", err)
	case denied != "":
		p.find(r, "container %s can't make a file in %s, which the files mount writable: %s; %s is uid %d's on the host", b.Name, m.Destination, denied, m.Source, folder)
	}
}
