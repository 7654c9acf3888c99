package verify

import (
	"context"
	_ "embed"
	"strings"

	"refit/internal/rule"
)

//go:embed r02_wrong_account.md
var wrongAccountDoc string

// wrongAccount asks own services whoami, and compares with what the files promise: R02.
var wrongAccount = check("R02", "wrong-account", User, rule.Error, "whoami in an own service is not the account that the files give it", wrongAccountDoc,
	func(ctx context.Context, p *pass) {
		p.each(own, func(b *box) { p.checkAccount(ctx, b) })
	})

func (p *pass) checkAccount(ctx context.Context, b *box) {
	r := report{service: b.Service, subject: "user", at: []string{"services." + b.Service + ".user"}, next: "refit rebuild " + p.env.Name}
	name, uid, how, ok := p.whoami(ctx, b)
	if !ok {
		p.notShown(b.Service, "the image has neither whoami nor id, and no readable /etc/passwd")
		return
	}
	promised, known := p.promised(ctx, b)
	configured := p.env.Project.Config.User.Name
	_, has := p.accounts(ctx, b)[configured]
	switch {
	case uid == 0:
		if main, ok := p.actual(ctx, b); ok && main.uid != 0 {
			r.severity = rule.Warning
			p.find(r, "container %s: %s says root, although its main process has become %s; a shell in it, and what refit exec runs, is root's", b.Name, how, main)
			return
		}
		r.next = "give the last stage of its Dockerfile a USER (refit plan does), then refit rebuild " + p.env.Name
		p.find(r, "container %s: %s says root; the service runs as root", b.Name, how)
	case known && promised.uid != uid:
		r.next = "refit up " + p.env.Name
		p.find(r, "container %s: %s says %s, and the files promise %s; it was started with another user", b.Name, how, account{name, uid, 0}, promised)
	case name == "":
		p.find(r, "container %s: uid %d has no name in /etc/passwd of the image; programs that ask for the user's name or home fail", b.Name, uid)
	case has && name != configured:
		p.find(r, "container %s: %s says %s, and the account of this repository is %s, which the image has", b.Name, how, account{name, uid, 0}, configured)
	}
}

// whoami asks the container who runs in it; without a program for that, the engine and the image's own files tell.
// name is "" when the number has none.
func (p *pass) whoami(ctx context.Context, b *box) (name string, uid int, how string, ok bool) {
	out, err := p.exec(ctx, b, "", "id", "-u")
	if err == nil && out.Code == 0 {
		if uid, ok = number(strings.TrimSpace(string(out.Stdout))); ok {
			if out, err = p.exec(ctx, b, "", "whoami"); err == nil && out.Code == 0 {
				return strings.TrimSpace(string(out.Stdout)), uid, "whoami", true
			}
			if out, err = p.exec(ctx, b, "", "id", "-un"); err == nil && out.Code == 0 {
				return strings.TrimSpace(string(out.Stdout)), uid, "id -un", true
			}
			return "", uid, "id -u", true
		}
	}
	a, ok := p.resolve(ctx, b, b.info.Config.User)
	return a.name, a.uid, "its configuration (no shell to ask)", ok && len(p.accounts(ctx, b)) > 0
}
