package doctor

import (
	"fmt"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/moby/moby/api/types/volume"

	"refit/internal/compose"
	"refit/internal/engine"
	"refit/internal/rule"
)

// What earlier set-ups have left on the engine.
var (
	Orphan    = meta("M31", "orphan-container", rule.Warning, "a container of a service that the Compose files no longer have")
	OldVolume = meta("M32", "old-volume", rule.Warning, "a volume of the project's former name lies beside the one in use")
)

// orphans finds containers of the project whose service no environment of it has.
func (e *examination) orphans() {
	told := map[string]bool{}
	for i := range e.Patients {
		p := &e.Patients[i]
		for _, c := range e.of(p) {
			if c.OneOff || told[c.ID] || e.hasService(p.Model.Name, c.Service) || c.Service == "" {
				continue
			}
			told[c.ID] = true
			r := Repair{Kind: RepairRemove, Environment: p.Name, Containers: []string{c.Name}}
			d := Diagnosis{Finding: rule.Finding{Subject: "container " + c.Name,
				Message: fmt.Sprintf("the container %s is of the service %s, which the Compose files of %s no longer have; it keeps its ports, memory and volumes; remove it (its volumes stay)", c.Name, c.Service, p.Model.Name)},
				Evidence: []string{fmt.Sprintf("%s, made %s UTC from %s", c.Status, c.Created.UTC().Format("2006-01-02 15:04"), strings.Join(e.short(c.ConfigFiles), ", "))},
				Cure:     Cure{Title: "Remove the container", Commands: []string{"docker " + typed(r.Words())}, Repair: &r}}
			e.report(&Orphan, p, d)
		}
	}
}

// hasService says whether an environment of a Compose project has the service.
func (e *examination) hasService(project, service string) bool {
	return slices.ContainsFunc(e.Patients, func(p Patient) bool {
		return p.Model != nil && p.Model.Name == project && p.Model.Services[service] != nil
	})
}

// oldVolumes finds volumes with the same key under a name that the project had before: that of its folder, or of the
// folder that its Compose files lie in.
func (e *examination) oldVolumes() {
	names := map[string]bool{}
	for i := range e.Patients {
		if m := e.Patients[i].Model; m != nil {
			names[m.Name] = true
		}
	}
	told := map[string]bool{}
	for i := range e.Patients {
		p := &e.Patients[i]
		if p.Model == nil || !p.running && !p.Asked {
			continue
		}
		for _, key := range slices.Sorted(maps.Keys(p.Model.Volumes)) {
			v := p.Model.Volumes[key]
			if v.External || told[v.Name] {
				continue
			}
			for _, old := range e.volumes {
				if old.Name != v.Name && e.former(p, names, key, old) {
					told[v.Name] = true
					e.oldVolume(p, key, v, old)
				}
			}
		}
	}
}

// former says whether a volume is the environment's own under a name of before.
func (e *examination) former(p *Patient, now map[string]bool, key string, v volume.Volume) bool {
	project := v.Labels[engine.LabelProject]
	if k := v.Labels[engine.LabelVolume]; k != key || now[project] {
		return false
	}
	for _, f := range p.Source.Files {
		if project == compose.NormalizeName(path.Base(path.Dir(f))) && path.Dir(f) != "." {
			return true
		}
	}
	return project == compose.NormalizeName(filepath.Base(e.Root)) || slices.Contains(e.Former, project)
}

func (e *examination) oldVolume(p *Patient, key string, v compose.Resource, old volume.Volume) {
	sizes, err := e.Engine.VolumeSizes(e.ctx)
	if err != nil {
		sizes = nil
	}
	d := Diagnosis{Finding: rule.Finding{At: e.place(p, "volumes."+key, "name"), Subject: "volume " + old.Name}}
	there := e.hasVolume(v.Name)
	d.Evidence = append(d.Evidence, describe(old.Name, sizes, old.CreatedAt))
	if there {
		d.Evidence = append(d.Evidence, describe(v.Name, sizes, e.made(v.Name)))
	}
	project := old.Labels[engine.LabelProject]
	pin := Cure{Title: fmt.Sprintf("To go on with the old data: write name: %s at the top of %s", project, p.Source.Files[0]), Commands: []string{command(p, "down"), command(p, "up", "-d")}}
	switch {
	case !there:
		d.Message = fmt.Sprintf("the data of %s are in %s, of the project's former name %s; %s starts with an empty %s; keep the old name", key, old.Name, project, p.Name, v.Name)
		d.Severity = rule.Error
		d.Cure = pin
	case e.users(old.Name) != "":
		d.Message = fmt.Sprintf("%s lies beside %s, and %s uses it; two set-ups of one project run side by side, each with data of its own; decide for one", old.Name, v.Name, e.users(old.Name))
		d.Cure = pin
	default:
		d.Message = fmt.Sprintf("%s, of the project's former name %s, lies beside %s, which is in use; %s; copy the data, or remove what you don't need", old.Name, project, v.Name, which(old.Name, v.Name, sizes))
		image := "IMAGE"
		for _, name := range p.Model.VolumeUsers(key) {
			image = imageOf(p, p.Model.Services[name])
		}
		d.Cure = Cure{Title: fmt.Sprintf("Keep the data of %s: copy them over those of %s (what is in it is lost). Or remove the old one: docker volume rm %s", old.Name, v.Name, old.Name),
			Commands: []string{command(p, "stop"),
				typed([]string{"docker", "run", "--rm", "--user", "0:0", "--network", "none", "-v", old.Name + ":/from:ro", "-v", v.Name + ":/to", "--entrypoint", "sh", image, "-c", "find /to -mindepth 1 -delete && cp -a /from/. /to/"}),
				command(p, "up", "-d"), "docker volume rm " + old.Name + "  # when all of it is there"}}
	}
	e.report(&OldVolume, p, d)
}

// which says which of two volumes seems to hold the data.
func which(old, now string, sizes map[string]int64) string {
	switch a, b := sizes[old], sizes[now]; {
	case sizes == nil:
		return "which of them has the data the engine does not tell"
	case a > 2*b:
		return fmt.Sprintf("the old one is the larger, %s to %s: the data are probably there", size(a), size(b))
	case b > 2*a:
		return fmt.Sprintf("the one in use is the larger, %s to %s: the data are probably there", size(b), size(a))
	}
	return "both are of about the same size: look into both"
}

func describe(name string, sizes map[string]int64, made string) string {
	text := name + ", made " + made
	if n, ok := sizes[name]; ok {
		text += ", " + size(n)
	}
	return text
}

func (e *examination) made(name string) string {
	for _, v := range e.volumes {
		if v.Name == name {
			return v.CreatedAt
		}
	}
	return ""
}

// users are the containers that have the volume; "" when none has.
func (e *examination) users(name string) string {
	var list []string
	for _, c := range e.containers {
		info, ok := e.inspected[c.ID]
		if !ok {
			var err error
			if info, err = e.Engine.Inspect(e.ctx, c.ID); err != nil {
				continue
			}
			e.inspected[c.ID] = info
		}
		for _, m := range info.Mounts {
			if m.Name == name && running(info) {
				list = append(list, c.Name)
			}
		}
	}
	return strings.Join(list, ", ")
}

func size(n int64) string {
	switch {
	case n >= 1<<30:
		return fmt.Sprintf("%.1f GB", float64(n)/(1<<30))
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MB", float64(n)/(1<<20))
	}
	return fmt.Sprintf("%d kB", n>>10)
}
