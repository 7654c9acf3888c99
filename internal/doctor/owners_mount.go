package doctor

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/moby/moby/api/types/container"

	"refit/internal/compose"
	"refit/internal/engine"
	"refit/internal/rule"
	"refit/internal/stack"
)

// host is the user whose files those of the repository should be; ok is false where there is none but root.
func (e *examination) host() (uid, gid int, ok bool) {
	uid, gid = e.Machine.UID, e.Machine.GID
	if uid == 0 {
		uid, gid, ok = e.Machine.Owner(e.Root)
		return uid, gid, ok && uid != 0
	}
	return uid, gid, uid > 0
}

// remapped says whether ids in containers are not those of the machine.
func (e *examination) remapped() bool {
	return slices.ContainsFunc(e.info.SecurityOptions, func(o string) bool {
		return strings.Contains(o, "name=rootless") || strings.Contains(o, "name=userns")
	})
}

// bind looks for root's files in a folder of the repository that a service gets, and compares the accounts.
func (e *examination) bind(p *Patient, s *compose.Service, m compose.Mount, a account, done map[string]bool) {
	folder := filepath.Join(e.Root, filepath.FromSlash(m.Source))
	if strings.HasPrefix(m.Source, "..") || filepath.IsAbs(m.Source) || strings.HasPrefix(m.Source, "~") || strings.HasPrefix(m.Source, "$") || !isDir(folder) {
		return
	}
	uid, gid, ok := e.host()
	if !ok || e.Engine != nil && (!e.local() || e.remapped()) {
		return
	}
	if real, err := filepath.EvalSymlinks(folder); err != nil || real != folder {
		e.note("%s is behind a link, which is not followed", m.Source)
		return
	}
	if own(s) && p.Name != "prod" && a.known && a.uid > 0 && a.uid != uid {
		e.mismatch(p, s, m, a, account{uid, gid, true})
	}
	if done[folder] {
		return
	}
	done[folder] = true
	files, complete := e.Machine.OwnedBy(folder, 0, most+1)
	if len(files) == 0 {
		return
	}
	for i, f := range files {
		if rel, err := filepath.Rel(e.Root, f); err == nil {
			files[i] = filepath.ToSlash(rel)
		}
	}
	d := Diagnosis{Service: s.Name, Finding: rule.Finding{At: e.place(p, "services."+s.Name+".volumes", "services."+s.Name), Subject: m.Source,
		Message: fmt.Sprintf("%s of the host's folder %s, which %s gets as %s, belong to root; neither you (%d) nor a container that is not root can change them; hand them over", amount(files, complete), m.Source, s.Name, m.Target, uid)}}
	if a.known && a.uid == 0 {
		d.Message += "; the service still runs as root and will make more: let it run as you first (refit apply)"
	}
	d.Cure = Cure{Title: fmt.Sprintf("Hand root's files in %s over to %d:%d", m.Source, uid, gid)}
	if image := e.handy(p, s); image != "" {
		r := Repair{Kind: RepairOwner, Environment: p.Name, Mount: folder, Image: image, UID: uid, GID: gid}
		d.Cure.Commands, d.Cure.Repair = []string{"docker " + typed(r.Words())}, &r
	} else {
		words := append(append([]string{"sudo", "find", folder}, rootsOwn...), "-exec", "chown", "-h", fmt.Sprintf("%d:%d", uid, gid), "{}", "+")
		d.Cure.Commands = []string{typed(words)}
	}
	e.list(&d, files)
	d.Cure.More = d.Cure.More || !complete
	if e.Engine != nil {
		e.denied(p, s, &d)
	}
	e.report(&RootOwnedMount, p, d)
}

func isDir(folder string) bool {
	info, err := os.Lstat(folder)
	return err == nil && info.IsDir()
}

// handy is an image that can carry a repair out; "" when there is none.
func (e *examination) handy(p *Patient, s *compose.Service) string {
	if e.Engine == nil {
		return ""
	}
	for _, image := range e.images(p, s) {
		out, err := e.Engine.Run(e.ctx, engine.RunOptions{Image: image, User: "0:0", Entrypoint: []string{"find"}, Command: []string{"/etc", "-maxdepth", "0"}, Network: "none"})
		if err == nil && out.Code == 0 {
			return image
		}
	}
	return ""
}

// mismatch is an account of the container that is not the host user's.
func (e *examination) mismatch(p *Patient, s *compose.Service, m compose.Mount, a, host account) {
	d := Diagnosis{Service: s.Name, Finding: rule.Finding{At: e.place(p, "services."+s.Name+".volumes", "services."+s.Name), Subject: "services." + s.Name + " uid",
		Message: fmt.Sprintf("%s runs as %d and you are %d; in %s neither can change what the other makes; build the image with your id", s.Name, a.uid, host.uid, m.Source)}}
	takes := s.Build.Args[stack.AppUIDArg] != "" || e.takes(s)
	file := e.Project.Layout.EnvPath(p.Name)
	if len(p.EnvFiles) > 0 {
		file = p.EnvFiles[len(p.EnvFiles)-1]
	} else if len(p.Source.EnvFiles) > 0 {
		file = p.Source.EnvFiles[len(p.Source.EnvFiles)-1]
	}
	switch _, passed := s.Build.Args[stack.AppUIDArg]; {
	case passed:
		d.Cure = Cure{Title: "Build with your id", Commands: append(e.setIDs(file, host),
			command(p, "build", s.Name), command(p, "up", "-d", s.Name))}
	case takes:
		d.Cure = Cure{Title: "Let the build take the id, and build with yours", Commands: append([]string{"refit apply --only C30"}, append(e.setIDs(file, host),
			command(p, "build", s.Name), command(p, "up", "-d", s.Name))...)}
	default:
		d.Cure = Cure{Title: "Let the Dockerfile take ARG APP_UID and make the account with it; or, for this service, set user: " + fmt.Sprintf("\"%d:%d\"", host.uid, host.gid)}
	}
	e.denied(p, s, &d)
	e.report(&UIDMismatch, p, d)
}

// setIDs are the commands that write the ids where Compose finds them.
func (e *examination) setIDs(file string, host account) []string {
	uid, gid := fmt.Sprintf("%s=%d", stack.AppUIDArg, host.uid), fmt.Sprintf("%s=%d", stack.AppGIDArg, host.gid)
	if f := e.env(file); f != nil {
		if _, ok := f.File.Get(stack.AppUIDArg); ok {
			return []string{fmt.Sprintf("sed -i 's/^%s=.*/%s/; s/^%s=.*/%s/' %s", stack.AppUIDArg, uid, stack.AppGIDArg, gid, typed([]string{file}))}
		}
	}
	return []string{fmt.Sprintf("printf '%s\\n%s\\n' >> %s", uid, gid, typed([]string{file}))}
}

// takes says whether the Dockerfile of the service declares the build argument.
func (e *examination) takes(s *compose.Service) bool {
	d := e.Project.Dockerfile(s.Build.Dockerfile)
	if d == nil {
		return false
	}
	for _, in := range d.File.Instructions {
		if in.Keyword == "ARG" {
			if _, ok := in.Pair(stack.AppUIDArg); ok {
				return true
			}
		}
	}
	return false
}

// amount is how many files there are.
func amount(files []string, complete bool) string {
	switch {
	case !complete || len(files) > most:
		return fmt.Sprintf("more than %d files and folders", min(most, len(files)))
	case len(files) == 1:
		return "1 file or folder"
	}
	return strconv.Itoa(len(files)) + " files and folders"
}

// running says whether a container runs now.
func running(info container.InspectResponse) bool { return info.State != nil && info.State.Running }
