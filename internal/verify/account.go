package verify

import (
	"archive/tar"
	"context"
	"fmt"
	"strconv"
	"strings"
)

// account is who a program runs as.
type account struct {
	name     string // "" when the container has no name for it
	uid, gid int
}

func (a account) String() string {
	if a.name == "" {
		return strconv.Itoa(a.uid)
	}
	return a.name + " (" + strconv.Itoa(a.uid) + ")"
}

// accounts are those that the container's /etc/passwd has, by name.
func (r *running) accounts(ctx context.Context, b *box) map[string]account {
	if b.passwd == nil {
		b.passwd = map[string]account{}
		text, _ := r.file(ctx, b, "/etc/passwd")
		for line := range strings.Lines(string(text)) {
			f := strings.Split(strings.TrimSpace(line), ":")
			if len(f) < 4 {
				continue
			}
			uid, ok := number(f[2])
			gid, fine := number(f[3])
			if _, twice := b.passwd[f[0]]; ok && fine && !twice {
				b.passwd[f[0]] = account{f[0], uid, gid}
			}
		}
	}
	return b.passwd
}

// named is the account with the number; its name is "" when the container has none for it.
func (r *running) named(ctx context.Context, b *box, uid int) account {
	best := account{uid: uid, gid: uid}
	for _, a := range r.accounts(ctx, b) {
		if a.uid == uid && (best.name == "" || a.name < best.name) {
			best = a
		}
	}
	return best
}

// promised is the account that the files give the container: that of the Compose file, else the image's.
func (r *running) promised(ctx context.Context, b *box) (account, bool) {
	word := b.service.model.User
	if word == "" && b.image.Config != nil {
		word = b.image.Config.User
	}
	return r.resolve(ctx, b, word)
}

// resolve reads "appuser", "1000:1000" or "" as Docker does. ok is false for a name that the container does not know.
func (r *running) resolve(ctx context.Context, b *box, word string) (a account, ok bool) {
	user, group, _ := strings.Cut(word, ":")
	switch uid, numeric := number(user); {
	case user == "":
		a, ok = r.named(ctx, b, 0), true
	case numeric:
		a, ok = r.named(ctx, b, uid), true
	default:
		a, ok = r.accounts(ctx, b)[user]
	}
	if gid, numeric := number(group); numeric {
		a.gid = gid
	}
	return a, ok
}

// actual is who the main process of the container runs as: a program can give up root by itself.
func (r *running) actual(ctx context.Context, b *box) (account, bool) {
	if b.main != nil {
		return *b.main, true
	}
	if r.remapped() {
		return r.promised(ctx, b)
	}
	list, err := r.engine.Processes(ctx, b.ID)
	if err != nil || len(list) == 0 {
		return account{}, false
	}
	first := list[0]
	for _, p := range list {
		if p.PID == b.info.State.Pid {
			first = p
		}
	}
	a := r.named(ctx, b, first.UID)
	if configured, ok := r.resolve(ctx, b, b.info.Config.User); ok && configured.uid == a.uid {
		a.gid = configured.gid
	}
	b.main = &a
	return a, true
}

// deniedByMode reads the owner and the mode of a folder through the engine, for images in which nothing can be run, and
// says why an account may not write it; "" when it may.
func (p *pass) deniedByMode(ctx context.Context, b *box, folder string, who account) (string, error) {
	archive, err := p.engine.CopyFrom(ctx, b.ID, folder)
	if err != nil {
		return "", err
	}
	defer func() { _ = archive.Close() }()
	h, err := tar.NewReader(archive).Next()
	if err != nil {
		return "", err
	}
	bit := int64(0o002)
	switch {
	case who.uid == 0 || h.Uid == who.uid:
		bit = 0o200
	case h.Gid == who.gid:
		bit = 0o020
	}
	if who.uid == 0 || h.Mode&bit != 0 {
		return "", nil
	}
	return fmt.Sprintf("it is uid %d's, mode %o", h.Uid, h.Mode&0o777), nil
}
