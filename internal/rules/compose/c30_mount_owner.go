package compose

import (
	_ "embed"
	"fmt"
	"slices"

	"refit/internal/change"
	format "refit/internal/compose"
	"refit/internal/dockerfile"
	"refit/internal/edit"
	"refit/internal/rule"
	"refit/internal/stack"
)

//go:embed c30_mount_owner.md
var mountOwnerDoc string

// MountOwner finds services that write into folders of the host as an account that only the image
// knows, although their build takes the ids: C30.
var MountOwner = rule.Rule{
	Meta: rule.Meta{ID: "C30", Name: "mount-owner", Theme: rule.Compose, Severity: rule.Warning, Since: "0.1.0",
		Summary: "a container writes into a folder of the host as somebody else than its owner",
		Aliases: []string{"guide Troubleshooting, Issue 1"}, Doc: mountOwnerDoc},
	Check: func(pass *rule.Pass) {
		for _, s := range sites(pass.Project) {
			for _, d := range s.file.File.Services {
				s.checkMountOwner(pass, d)
			}
		}
	},
}

// ids are the build arguments that make the image's account the developer's.
var ids = []string{stack.AppUIDArg, stack.AppGIDArg}

func (s *site) checkMountOwner(pass *rule.Pass, d *format.Definition) {
	service := s.service(d.Name)
	if service == nil || service.Build == nil || s.name() == "prod" || !s.mountsFolder(service) {
		return
	}
	missing := s.missingIDs(service.Build)
	if len(missing) == 0 {
		return
	}
	pass.Report(rule.Finding{
		At: s.at(d.KeySpan), Subject: format.Addr("services", d.Name, "build", "args"),
		Message: fmt.Sprintf("service %s mounts a folder of the host and writes to it as 1000:1000; whoever has other ids can't edit what it makes, nor it what is theirs; let the build take the ids", d.Name),
		Fixes:   s.fixMountOwner(d.Name, missing),
	})
}

// mountsFolder says whether the service may write to a folder of the repository.
func (s *site) mountsFolder(service *format.Service) bool {
	return slices.ContainsFunc(service.Mounts, func(m format.Mount) bool {
		return m.Type == "bind" && !m.ReadOnly && s.p.Files.IsDir(m.Source)
	})
}

// missingIDs are the arguments that the stage's account depends on and the service does not pass.
func (s *site) missingIDs(b *format.Build) []string {
	d := s.p.Dockerfile(b.Dockerfile)
	if d == nil {
		return nil
	}
	stage, ok := d.File.Target(b.Target)
	if !ok {
		return nil
	}
	var missing []string
	for _, name := range ids {
		if _, passed := b.Args[name]; !passed && takes(stage, name) {
			missing = append(missing, name)
		}
	}
	return missing
}

// takes says whether a stage, or one that it builds on, declares the build argument.
func takes(s *dockerfile.Stage, name string) bool {
	for at := s; at != nil; at = at.Parent(nil) {
		for _, in := range at.Find("ARG") {
			if _, ok := in.Pair(name); ok {
				return true
			}
		}
	}
	return false
}

func (s *site) fixMountOwner(service string, missing []string) []rule.Fix {
	title := "Pass " + rule.Listed(missing) + " to the build of " + service
	addr := format.Addr("services", service, "build", "args")
	var edits []edit.Edit
	var err error
	if _, there := s.file.File.Lookup(addr); there {
		return rule.Manual(title, "args are there already: add "+idArgs(missing))
	}
	if edits, err = s.file.File.AddServiceKey(addr, idArgs(missing), false); err != nil {
		edits, err = s.file.File.AddServiceKey(addr, "{ "+flowArgs(missing)+" }", false)
	}
	return s.fix(title, change.Safe, edits, err,
		s.declared(addr+".*", "the build takes the developer's ids, 1000 by default, so that files in the mount have one owner"))
}

// idArgs are the arguments as a block: the developer's ids from the shell or the env file, or 1000.
func idArgs(names []string) string {
	text := ""
	for _, name := range names {
		text += name + ": ${" + name + ":-1000}\n"
	}
	return text
}

func flowArgs(names []string) string {
	text := ""
	for i, name := range names {
		if i > 0 {
			text += ", "
		}
		text += name + `: "${` + name + `:-1000}"`
	}
	return text
}
