package verify

import (
	"context"
	_ "embed"
	"errors"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"refit/internal/rule"
)

//go:embed r11_not_writable.md
var notWritableDoc string

// notWritable asks whether the program can write where it has to: R11.
var notWritable = check("R11", "not-writable", Ownership, rule.Error, "a folder that the program must write is not writable", notWritableDoc,
	func(ctx context.Context, p *pass) {
		for _, b := range p.boxes(own) {
			if b.runs() {
				p.checkWritable(ctx, b)
			}
		}
	})

// writes are names of variables that name a folder which a program writes while it runs.
var writes = regexp.MustCompile(`^(?:[A-Z0-9]+_)*(?:LOGS?|EXPORTS?|UPLOADS?|MEDIA|DATA|STORAGE|OUTPUT|TMP|TEMP|RUN|STATE|SPOOL|BACKUPS?)_(?:DIR|FOLDER|DIRECTORY|PATH)$`)

// written are the folders that the program must write, and why.
func (p *pass) written(b *box) map[string]string {
	folders := map[string]string{}
	for name, value := range variables(b.info.Config.Env) {
		if !writes.MatchString(name) || value == "" || strings.Contains(value, "://") || path.Ext(value) != "" {
			continue
		}
		if !path.IsAbs(value) {
			value = path.Join("/", b.info.Config.WorkingDir, value)
		}
		folders[path.Clean(value)] = name + " names it"
	}
	if folder := b.workdir(); folder != "" && !p.rootsOwn() && (!b.info.HostConfig.ReadonlyRootfs || b.mountOf(folder) != nil) {
		if m := b.mountOf(folder); m == nil || m.RW {
			folders[folder] = "it is the work directory"
		}
	}
	return folders
}

// writableScript prints those of its arguments that can't be written, nor made in the nearest folder above them.
const writableScript = `for folder; do at=$folder; while [ ! -e "$at" ]; do at=${at%/*}; [ "$at" ] || at=/; done; [ -d "$at" ] && [ -w "$at" ] || echo "$folder"; done`

func (p *pass) checkWritable(ctx context.Context, b *box) {
	folders := p.written(b)
	if len(folders) == 0 {
		return
	}
	p.looked[b.Service] = true
	who, ok := p.actual(ctx, b)
	if !ok {
		p.notShown(b.Service, "nobody tells who its main process runs as")
		return
	}
	out, err := p.exec(ctx, b, who.exec(), append([]string{"sh", "-c", writableScript, "sh"}, slices.Sorted(maps.Keys(folders))...)...)
	switch {
	case errors.Is(err, errNoProgram):
		for _, folder := range slices.Sorted(maps.Keys(folders)) {
			denied, err := p.deniedByMode(ctx, b, folder, who)
			if err != nil {
				p.notShown(b.Service, "its image has no shell to ask with, and %v", err)
			} else if denied != "" {
				p.unwritable(b, who, folder, folders[folder]+": "+denied)
			}
		}
		return
	case err != nil || out.Code != 0:
		p.notShown(b.Service, "its shell does not answer: %s", p.said(out.Stderr, err))
		return
	}
	for line := range strings.Lines(string(out.Stdout)) {
		folder := strings.TrimSpace(line)
		p.unwritable(b, who, folder, folders[folder])
	}
}

func (p *pass) unwritable(b *box, who account, folder, why string) {
	p.find(report{service: b.Service, subject: "writable." + folder, next: "make and chown it in the Dockerfile before USER (refit plan, D56), then refit rebuild " + p.env.Name},
		"container %s: %s can't write %s; %s", b.Name, who, folder, why)
}
