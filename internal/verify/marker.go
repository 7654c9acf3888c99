package verify

import (
	"context"
	"crypto/rand"
	"errors"
	"path"
	"strings"

	"github.com/moby/moby/api/types/container"
)

// errNoTouch is the error for an image in which no file can be made.
var errNoTouch = errors.New("its image has no touch to make a file with")

// mark makes a file in a folder of a container, as the account that runs there, calls look while it is there, and
// removes it. denied is what the container said when it may not be made.
func (p *pass) mark(ctx context.Context, b *box, m container.MountPoint, look func(name string)) (denied string, err error) {
	who, ok := p.actual(ctx, b)
	if !ok {
		return "", errors.New("nobody tells who its main process runs as")
	}
	name := ".refit-verify-" + strings.ToLower(rand.Text()[:8])
	at := path.Join(m.Destination, name)
	out, err := p.exec(ctx, b, who.exec(), "touch", at)
	switch {
	case errors.Is(err, errNoProgram):
		return "", errNoTouch
	case err != nil:
		return "", err
	case out.Code != 0:
		return p.said(out.Stderr, nil), nil
	}
	if look != nil {
		look(name)
	}
	// also when verify is interrupted in between
	out, err = p.exec(context.WithoutCancel(ctx), b, who.exec(), "rm", "-f", at)
	if err != nil || out.Code != 0 {
		p.find(report{service: b.Service, subject: "marker", next: "remove it by hand"}, "container %s: %s could not be removed again: %s", b.Name, at, p.said(out.Stderr, err))
	}
	return "", nil
}
