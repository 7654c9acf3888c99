package doctor

import (
	"fmt"
	"os"
	"path"
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

// The causes of "permission denied".
var (
	RootOwnedVolume  = meta("M15", "root-owned-volume", rule.Warning, "a named volume holds files that root made, and the container is not root any more")
	RootOwnedMount   = meta("M16", "root-owned-mount", rule.Warning, "containers have written files of root's into a folder of the host")
	UIDMismatch      = meta("M17", "uid-mismatch", rule.Warning, "the container's account has another id than the user who owns the mounted folder")
	RepairUnfinished = meta("M18", "repair-unfinished", rule.Warning, "a repair of owners was interrupted")
)

// most is how many files of a repair are listed.
const most = 1000

// unfinished is a repair that did not come to its end.
func (e *examination) unfinished() {
	u := e.Journal.Last()
	if u == nil || e.Machine.Alive(u.PID) {
		return
	}
	d := Diagnosis{Environment: u.Repair.Environment, Finding: rule.Finding{Subject: u.Repair.Mount,
		Message: u.String() + "; files there are partly root's; go on with it"}}
	for _, c := range e.containers {
		if c.Name == u.Repair.container() {
			d.Evidence = append(d.Evidence, "its container "+c.Name+" was left: "+c.Status)
		}
	}
	r := u.Repair
	d.Cure = Cure{Title: "Go on with the repair", Commands: []string{"docker " + typed(r.Words())}, Repair: &r}
	e.report(&RepairUnfinished, nil, d)
}

// account is who a service runs as.
type account struct {
	uid, gid int
	known    bool
}

// owners looks into what the services of the repository may write.
func (e *examination) owners() {
	done := map[string]bool{}
	if u := e.Journal.Last(); u != nil {
		done[u.Repair.Mount] = true
	}
	for i := range e.Patients {
		p := &e.Patients[i]
		if !p.running && !p.Asked {
			continue
		}
		for _, s := range services(p) {
			a := e.accountOf(p, s)
			if e.err != nil {
				return
			}
			for _, m := range s.Mounts {
				switch {
				case m.ReadOnly || done[m.Source]:
				case m.Type == "bind":
					e.bind(p, s, m, a, done)
				case m.Type == "volume" && m.Source != "" && a.known && a.uid > 0 && e.Engine != nil:
					e.volume(p, s, m, a, done)
				}
				if e.err != nil {
					return
				}
			}
		}
	}
}

// containerOf is the container of a service, of those that are of this environment.
func (e *examination) containerOf(p *Patient, service string) (ward, bool) {
	for _, w := range e.wards() {
		if w.Patient == p && w.Service.Name == service {
			return w, true
		}
	}
	return ward{}, false
}

// imageOf is the image of a service by name.
func imageOf(p *Patient, s *compose.Service) string {
	if s.Image != "" {
		return s.Image
	}
	return p.Model.Name + "-" + s.Name
}

// accountOf finds out who a service runs as, by its container, its image or its files.
func (e *examination) accountOf(p *Patient, s *compose.Service) account {
	user := s.User
	image := imageOf(p, s)
	w, there := e.containerOf(p, s.Name)
	switch {
	case there && w.Info.Config != nil:
		user, image = w.Info.Config.User, w.ImageID
	case e.Engine == nil || s.Build != nil && e.accountInFiles(s).known: // the image may be of before the file
		return e.accountInFiles(s)
	case user == "":
		info, err := e.Engine.Image(e.ctx, image)
		if e.failed(err) || info.Config == nil {
			return e.accountInFiles(s)
		}
		user = info.Config.User
	}
	if a, ok := numeric(user); ok {
		return a
	}
	out, err := e.Engine.Run(e.ctx, engine.RunOptions{Image: image, User: user, Entrypoint: []string{"id"}, Network: "none"})
	if err != nil || out.Code != 0 {
		return account{}
	}
	return fromID(string(out.Stdout))
}

// accountInFiles is the account that the Dockerfile gives.
func (e *examination) accountInFiles(s *compose.Service) account {
	if s.User != "" {
		a, _ := numeric(s.User) // of a name only the image knows the ids
		return a
	}
	if s.Build == nil {
		return account{}
	}
	d := e.Project.Dockerfile(s.Build.Dockerfile)
	if d == nil {
		return account{}
	}
	stage, ok := d.File.Target(s.Build.Target)
	if !ok {
		return account{}
	}
	a, ok := numeric(stage.Config(s.Build.Args).User.Value)
	a.known = ok && stage.Config(s.Build.Args).User.Value != ""
	return a
}

// numeric reads "1000:1000" and "1000"; no user is root.
func numeric(user string) (account, bool) {
	if user == "" || user == "root" {
		return account{known: true}, true
	}
	u, g, both := strings.Cut(user, ":")
	uid, err := strconv.Atoi(u)
	if err != nil {
		return account{}, false
	}
	gid := uid
	if both {
		if n, err := strconv.Atoi(g); err == nil {
			gid = n
		}
	}
	return account{uid: uid, gid: gid, known: true}, true
}

// fromID reads what id prints: "uid=1000(appuser) gid=1000(appuser) ...".
func fromID(text string) account {
	var a account
	for _, word := range strings.Fields(text) {
		name, rest, _ := strings.Cut(word, "=")
		number, _, _ := strings.Cut(rest, "(")
		n, err := strconv.Atoi(number)
		if err != nil {
			continue
		}
		switch name {
		case "uid":
			a.uid, a.known = n, true
		case "gid":
			a.gid = n
		}
	}
	return a
}

// volume looks for root's files in a named volume.
func (e *examination) volume(p *Patient, s *compose.Service, m compose.Mount, a account, done map[string]bool) {
	name := p.Model.Volumes[m.Source].Name
	if name == "" || done[name] || !e.hasVolume(name) {
		return
	}
	done[name] = true
	files, image, ok := e.rootsFiles(p, s, name)
	if !ok || len(files) == 0 {
		return
	}
	if len(files) == 1 && files[0] == inside && !e.used(name) {
		return // it is empty and was never used: Docker gives it the image's owner at the first start
	}
	for i, f := range files {
		files[i] = path.Join(m.Target, strings.TrimPrefix(f, inside))
	}
	r := Repair{Kind: RepairOwner, Environment: p.Name, Mount: name, Image: image, UID: a.uid, GID: a.gid}
	d := Diagnosis{Service: s.Name, Finding: rule.Finding{At: e.place(p, "services."+s.Name+".volumes", "services."+s.Name), Subject: "volume " + name,
		Message: fmt.Sprintf("the volume %s, %s in %s, holds %s of root's, and the service runs as %d:%d; it can't write them (made before, when the container was root); hand them over", name, m.Target, s.Name, amount(files, true), a.uid, a.gid)},
		Cure: Cure{Title: fmt.Sprintf("Hand root's files in %s over to %d:%d", name, a.uid, a.gid), Commands: []string{"docker " + typed(r.Words())}, Repair: &r}}
	if other := e.otherAccount(p, m.Source, a); other != "" {
		d.Message += "; " + other
		d.Cure.Repair = nil
	}
	if slices.Contains(files, path.Clean(m.Target)) {
		d.Severity = rule.Error // nothing can be made in it
	}
	e.list(&d, files)
	e.denied(p, s, &d)
	e.report(&RootOwnedVolume, p, d)
}

// list puts the files into the diagnosis: a few as evidence, all of them as what the cure changes.
func (e *examination) list(d *Diagnosis, files []string) {
	for _, f := range files[:min(3, len(files))] {
		d.Evidence = append(d.Evidence, "root's: "+f)
	}
	d.Cure.Changes, d.Cure.More = files[:min(most, len(files))], len(files) > most
}

// denied adds what the service says of permissions; then it is what stops it.
func (e *examination) denied(p *Patient, s *compose.Service, d *Diagnosis) {
	w, ok := e.containerOf(p, s.Name)
	if !ok {
		return
	}
	for _, line := range e.log(w.ID, 40) {
		low := strings.ToLower(line)
		if strings.Contains(low, "permission denied") || strings.Contains(low, "permissionerror") || strings.Contains(low, "eacces") {
			d.Severity = rule.Error
			d.Evidence = append(d.Evidence, s.Name+": "+line)
			return
		}
	}
}

func (e *examination) hasVolume(name string) bool {
	for _, v := range e.volumes {
		if v.Name == name {
			return true
		}
	}
	return false
}

// used says whether a container was ever started with the volume.
func (e *examination) used(name string) bool {
	for _, info := range e.inspected {
		for _, m := range info.Mounts {
			if m.Name == name && info.State != nil && info.State.StartedAt != "0001-01-01T00:00:00Z" {
				return true
			}
		}
	}
	return false
}

// otherAccount says which other service of another account shares the volume; "" when none does.
func (e *examination) otherAccount(p *Patient, key string, a account) string {
	for _, name := range p.Model.VolumeUsers(key) {
		s := p.Model.Services[name]
		if b := e.accountOf(p, s); s.Enabled && b.known && b.uid > 0 && b.uid != a.uid {
			return fmt.Sprintf("%s uses it too, as %d: give both one account first", name, b.uid)
		}
	}
	return ""
}

// rootsFiles lists what a repair would hand over, in a throw-away container that can only read.
func (e *examination) rootsFiles(p *Patient, s *compose.Service, volume string) (files []string, image string, ok bool) {
	var last string
	for _, image := range e.images(p, s) {
		out, err := e.find(image, volume)
		switch {
		case e.ctx.Err() != nil:
			e.err = e.ctx.Err()
			return nil, "", false
		case err != nil:
			last = err.Error()
			continue
		case out.Code != 0 && len(out.Stdout) == 0:
			last = strings.TrimSpace(string(out.Stderr))
			continue
		}
		for line := range strings.Lines(string(out.Stdout)) {
			files = append(files, strings.TrimRight(line, "\n"))
		}
		if len(files) > 0 && !e.anyInTheWay(image, volume) {
			files = nil
		}
		return files, image, true
	}
	e.note("who owns the files of the volume %s could not be seen: no image at hand has find (%s)", volume, last)
	return nil, "", false
}

// find looks for what a repair would hand over, narrowed by more words.
func (e *examination) find(image, volume string, more ...string) (engine.Output, error) {
	words := append(append(append([]string{inside}, rootsOwn...), more...), "-print")
	return e.Engine.Run(e.ctx, engine.RunOptions{Image: image, User: "0:0", Entrypoint: []string{"find"}, Command: words,
		Binds: []string{volume + ":" + inside + ":ro"}, Network: "none"})
}

// anyInTheWay says whether some of root's files may not be written by others: a folder such as /tmp is nobody's trouble.
func (e *examination) anyInTheWay(image, volume string) bool {
	out, err := e.find(image, volume, inTheWay...)
	return err != nil || len(out.Stdout) > 0
}

// images are those of the environment that are there, the service's own first.
func (e *examination) images(p *Patient, s *compose.Service) []string {
	var list []string
	add := func(s *compose.Service) {
		image := imageOf(p, s)
		if w, ok := e.containerOf(p, s.Name); ok {
			image = w.Image
		}
		if _, err := e.Engine.Image(e.ctx, image); err == nil && !slices.Contains(list, image) {
			list = append(list, image)
		}
	}
	add(s)
	for _, other := range services(p) {
		add(other)
	}
	return list
}

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
