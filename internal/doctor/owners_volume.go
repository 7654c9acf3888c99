package doctor

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"refit/internal/compose"
	"refit/internal/engine"
	"refit/internal/rule"
)

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
	last := "no image is at hand to look with"
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
	e.note("who owns the files of the volume %s could not be seen: %s", volume, last)
	e.unseen = append(e.unseen, "volume "+volume)
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
