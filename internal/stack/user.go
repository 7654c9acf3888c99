package stack

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// The account that services run as: appuser, 1000:1000.
const (
	AppUser = "appuser"
	AppUID  = 1000
	AppGID  = 1000
	// AppUIDArg and AppGIDArg are the build arguments that let a developer whose ids differ own
	// what the container writes into a bind mount.
	AppUIDArg = "APP_UID"
	AppGIDArg = "APP_GID"
)

// Identity is whom services run as: a name with its numbers.
type Identity struct {
	Name     string
	UID, GID int
}

// AppIdentity is the one for repositories that name no other.
var AppIdentity = Identity{AppUser, AppUID, AppGID}

// String is the identity as USER and chown name it: "1000:1000".
func (i Identity) String() string { return fmt.Sprintf("%d:%d", i.UID, i.GID) }

// reserved are the accounts and groups that the distributions' images bring along: base-passwd of
// Debian, alpine-baselayout, setup of Fedora. Adding one of them again stops the build.
var reserved = []string{"root", "daemon", "bin", "sys", "sync", "games", "man", "lp", "mail", "news", "uucp", "proxy", "www-data", "backup",
	"list", "irc", "nobody", "nogroup", "adm", "tty", "disk", "operator", "ftp", "http", "www", "users", "staff", "shadow", "wheel", "guest", "halt", "shutdown"}

// Account is how an image comes to an account that is not root. Either it is made (Commands), or
// its entries are copied from a stage that made it (CopyFrom), or the image has a fitting one
// (Existing).
type Account struct {
	Name     string
	UID, GID int
	// Args are build arguments to declare in the stage before Commands: "APP_UID=1000".
	Args []string
	// Commands run as root, joined with "&&".
	Commands []string
	// Packages that Commands need and the image lacks.
	Packages []string
	// Removes is the account that had the UID in the image and that Commands take away. A USER or a
	// --chown that names it has to be rewritten.
	Removes string
	// CopyFrom lists the files to copy from a stage that created the account, where the image itself
	// can run nothing.
	CopyFrom []string
	// Existing says that the image already has the account; nothing is to be done.
	Existing bool
}

// Fixed is the account with its numbers written out, for a stage whose USER is one too: with build
// arguments the account and the USER could disagree.
func (a Account) Fixed() Account {
	a.Args, a.Commands = nil, slices.Clone(a.Commands)
	numbers := strings.NewReplacer(`"$`+AppUIDArg+`"`, strconv.Itoa(a.UID), `"$`+AppGIDArg+`"`, strconv.Itoa(a.GID))
	for i, c := range a.Commands {
		a.Commands[i] = numbers.Replace(c)
	}
	return a
}

// AppAccount is how the account comes into an image; err says why it can't be done with certainty.
//
// Sources: groupadd(8), useradd(8), userdel(8) of shadow; BusyBox's addgroup, adduser and deluser;
// https://github.com/nodejs/docker-node/blob/main/docs/BestPractices.md#non-root-user for the
// taken UID; https://github.com/dotnet/dotnet-docker/blob/main/documentation/ubuntu-chiseled.md
// and the README of distroless for the accounts they bring along.
//
// Choices that matter:
//   - No -r: it draws "uid 1000 is greater than SYS_UID_MAX" from useradd.
//   - --no-log-init: /var/log/lastlog is sparse, and a high UID makes it a huge layer.
//   - --non-unique for the group only: a developer's GID (20 on macOS, 100 on others) is taken in
//     most images; a second name for it is harmless, whereas the account's UID has to be its own.
//   - An account that the image has for applications is used, also when it only has the wanted UID
//     (node's): who configures another identity gets that one.
//   - Any other account in the way is removed, not renamed: a renamed one would keep its groups (Ubuntu's
//     is in adm and sudo).
func AppAccount(img Image, who Identity) (Account, error) {
	a := Account{
		Name: who.Name, UID: who.UID, GID: who.GID,
		Args: []string{fmt.Sprintf("%s=%d", AppUIDArg, who.UID), fmt.Sprintf("%s=%d", AppGIDArg, who.GID)},
	}
	if img.Account != nil && (img.UID1000 != img.Account.Name || who == AppIdentity) {
		e := *img.Account
		e.Existing = true
		return e, nil
	}
	if slices.Contains(reserved, who.Name) {
		return Account{}, fmt.Errorf("%s is an account or group of the base image's own, which can't be added again", who.Name)
	}
	switch img.Distro {
	case Debian, Ubuntu, RedHat:
		a.Commands = withShadow(img, who.Name)
		a.Packages = img.accountPackages
	case Alpine, BusyBox:
		a.Commands = withBusyBox(img, who.Name)
	case Scratch:
		a.Args = nil
		a.CopyFrom = []string{"/etc/passwd", "/etc/group"}
	default:
		return Account{}, fmt.Errorf("how to create an account in %s is not known: its distribution is unknown", img.Ref)
	}
	a.Removes = img.UID1000
	return a, nil
}

// withShadow creates the account with the shadow tools.
func withShadow(img Image, name string) []string {
	var c []string
	switch {
	case img.UID1000 != "":
		c = append(c, "userdel --remove "+img.UID1000)
	case !img.UIDsKnown:
		// Whoever has the UID goes; nobody having it is no failure.
		c = append(c, `{ getent passwd "$APP_UID" | cut -d: -f1 | xargs -r -n1 userdel || true; }`)
	}
	return append(c,
		`groupadd --non-unique --gid "$APP_GID" `+name,
		`useradd --no-log-init --uid "$APP_UID" --gid `+name+` --create-home --shell `+img.Distro.LoginShell()+` `+name)
}

// withBusyBox creates the account with BusyBox's tools. Its deluser takes the account's own group
// away too; its addgroup has no way to share a GID, so a taken one stops the build with
// "gid in use".
func withBusyBox(img Image, name string) []string {
	var c []string
	switch {
	case img.UID1000 != "":
		c = append(c, "deluser --remove-home "+img.UID1000)
	case !img.UIDsKnown:
		c = append(c, `{ getent passwd "$APP_UID" | cut -d: -f1 | xargs -r -n1 deluser || true; }`)
	}
	return append(c,
		`addgroup -g "$APP_GID" `+name,
		`adduser -D -u "$APP_UID" -G `+name+` -s `+img.Distro.LoginShell()+` `+name)
}
