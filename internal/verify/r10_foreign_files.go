package verify

import (
	"archive/tar"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/mount"

	"refit/internal/rule"
)

//go:embed r10_foreign_files.md
var foreignFilesDoc string

// foreignFiles finds what below the work directory is somebody else's: R10.
var foreignFiles = check("R10", "foreign-files", Ownership, rule.Error, "something below the work directory does not belong to the account that runs", foreignFilesDoc,
	func(ctx context.Context, p *pass) {
		for _, b := range p.boxes(own) {
			folder := b.workdir()
			if !b.runs() || folder == "" || p.rootsOwn() {
				continue
			}
			who, ok := p.actual(ctx, b)
			switch {
			case !ok:
				p.notShown(b.Service, "nobody tells who its main process runs as")
			case who.uid == 0: // R01 and R02 tell
			default:
				p.looked[b.Service] = true
				p.checkForeign(ctx, b, folder, who)
			}
		}
	})

// workdir is the folder that a container's program starts in; "" when it is the root of all.
func (b *box) workdir() string {
	if d := path.Clean("/" + b.info.Config.WorkingDir); d != "/" {
		return d
	}
	return ""
}

// rootsOwn says whether the configuration wants the work directory to be root's.
func (r *running) rootsOwn() bool { return r.env.Project.Config.User.Ownership == "root" }

func (p *pass) checkForeign(ctx context.Context, b *box, folder string, who account) {
	foreign, err := p.foreign(ctx, b, folder, who)
	if err != nil {
		p.notShown(b.Service, "%v", err)
		return
	}
	if len(foreign) == 0 {
		return
	}
	next := "docker compose exec --user root " + b.Service + " chown -R " + itoa(who.uid) + ":" + itoa(who.gid) + " " + foreign[0].path + ", and in the image COPY --chown (refit plan, D09)"
	if m := b.mountOf(foreign[0].path); m != nil && m.Type == mount.TypeBind {
		next = "sudo chown -R " + itoa(who.uid) + ":" + itoa(who.gid) + " " + path.Join(m.Source, strings.TrimPrefix(foreign[0].path, m.Destination)) + " on the host; refit doctor " + p.env.Name + " offers it"
	}
	var words []string
	for _, f := range foreign {
		words = append(words, f.path+f.owner)
	}
	p.find(report{service: b.Service, subject: "workdir", next: next},
		"container %s: %s below %s %s not %s's: %s; the first write there fails with \"permission denied\"", b.Name, count(len(foreign), "file or folder", "files and folders"), folder, isAre(len(foreign)), who, rule.Listed(words))
}

// foreignFile is one that is somebody else's; owner is " (uid 0)" or "" when that was not asked.
type foreignFile struct{ path, owner string }

// foreign lists what below the folder is not the account's.
func (p *pass) foreign(ctx context.Context, b *box, folder string, who account) ([]foreignFile, error) {
	leave, above := b.leaveOut(folder, p.env.Local)
	command := []string{"find", folder}
	for _, at := range leave {
		command = append(command, "-path", at, "-prune", "-o")
	}
	command = append(command, "!", "-user", itoa(who.uid), "-print")
	out, err := p.exec(ctx, b, who.exec(), command...)
	if errors.Is(err, errNoProgram) {
		return p.foreignInArchive(ctx, b, folder, who, leave, above)
	}
	if err != nil {
		return nil, err
	}
	var list []foreignFile
	for line := range strings.Lines(string(out.Stdout)) {
		if at := strings.TrimRight(line, "\r\n"); at != "" && !slices.Contains(above, at) {
			list = append(list, foreignFile{path: at})
		}
	}
	if len(list) == 0 && out.Code != 0 && !strings.Contains(string(out.Stderr), "No such file") { // files come and go
		return nil, fmt.Errorf("find fails in container %s: %s", b.Name, p.said(out.Stderr, nil))
	}
	p.owners(ctx, b, who, list)
	return list, nil
}

// owners asks who the first few belong to.
func (p *pass) owners(ctx context.Context, b *box, who account, list []foreignFile) {
	for i := range list[:min(3, len(list))] {
		out, err := p.exec(ctx, b, who.exec(), "ls", "-ldn", list[i].path)
		if f := strings.Fields(string(out.Stdout)); err == nil && len(f) > 3 {
			list[i].owner = " (uid " + f[2] + ")"
		}
	}
}

// exec is the account as a command in a container is given it.
func (a account) exec() string { return itoa(a.uid) + ":" + itoa(a.gid) }

// leaveOut is what a look below the folder leaves out: mounts that nobody is to write, files that are mounted one by
// one; and the folders above mounts, which the engine makes.
func (b *box) leaveOut(folder string, local bool) (leave, above []string) {
	for _, m := range b.info.Mounts {
		if !strings.HasPrefix(m.Destination, folder+"/") {
			continue
		}
		single := false
		if info, err := os.Stat(m.Source); local && m.Type == mount.TypeBind && err == nil {
			single = !info.IsDir()
		}
		if !m.RW || single {
			leave = append(leave, m.Destination)
		}
		for at := path.Dir(m.Destination); len(at) > len(folder); at = path.Dir(at) {
			above = append(above, at)
		}
	}
	slices.Sort(leave)
	return leave, above
}

// mountOf is the mount that a path of the container lies in.
func (b *box) mountOf(at string) *container.MountPoint {
	var best *container.MountPoint
	for i := range b.info.Mounts {
		m := &b.info.Mounts[i]
		if (at == m.Destination || strings.HasPrefix(at, m.Destination+"/")) && (best == nil || len(m.Destination) > len(best.Destination)) {
			best = m
		}
	}
	return best
}

// maxArchive bounds, in bytes, what is read of a folder in an image without find.
const maxArchive = 512 << 20

// foreignInArchive reads the owners in the archive of the folder that the engine makes.
func (p *pass) foreignInArchive(ctx context.Context, b *box, folder string, who account, leave, above []string) ([]foreignFile, error) {
	archive, err := p.engine.CopyFrom(ctx, b.ID, folder)
	if err != nil {
		return nil, err
	}
	defer func() { _ = archive.Close() }()
	limited := &io.LimitedReader{R: archive, N: maxArchive}
	t := tar.NewReader(limited)
	var list []foreignFile
	for {
		h, err := t.Next()
		switch {
		case errors.Is(err, io.EOF):
			return list, nil
		case limited.N <= 0:
			return nil, fmt.Errorf("the image has no find, and %s has more than %d MB to read", folder, maxArchive>>20)
		case err != nil:
			return nil, err
		}
		at := path.Join(path.Dir(folder), h.Name)
		left := slices.ContainsFunc(leave, func(l string) bool { return at == l || strings.HasPrefix(at, l+"/") })
		if h.Uid != who.uid && !left && !slices.Contains(above, at) {
			list = append(list, foreignFile{at, " (uid " + itoa(h.Uid) + ")"})
		}
	}
}
