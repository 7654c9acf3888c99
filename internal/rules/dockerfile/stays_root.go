package dockerfile

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"refit/internal/change"
	"refit/internal/compose"
	"refit/internal/edit"
	"refit/internal/project"
	"refit/internal/rule"
)

// rootService is a service that has to go on as root, so that its Compose file says so; the image gets an account all
// the same, for everybody else who runs it.
type rootService struct {
	use
	why  string // "it mounts Docker's socket, which is root's"
	host string // the path on the host that only root may use
}

// staysRoot is what keeps a service root's, nil when nothing does.
func staysRoot(u use) *rootService {
	for _, m := range u.service.Mounts {
		switch {
		case strings.HasSuffix(m.Target, "docker.sock"):
			return &rootService{u, "it mounts Docker's socket, which is root's", m.Source}
		case m.Target == "/root" || strings.HasPrefix(m.Target, "/root/"):
			return &rootService{u, "it mounts " + m.Target + ", where no other account may look", m.Target}
		}
	}
	return nil
}

// whoStaysRoot names those services for the fix's title, "" when there are none.
func (n *nonRoot) whoStaysRoot() string {
	var names []string
	for _, s := range n.root {
		if !slices.Contains(names, s.service.Name) {
			names = append(names, s.service.Name)
		}
	}
	if len(names) == 0 {
		return ""
	}
	return "; " + rule.Listed(names) + " stays root's, since " + n.root[0].why
}

// keepRoot has the Compose files say that those services run as root.
func (n *nonRoot) keepRoot() error {
	done := map[string]bool{}
	for _, s := range n.root {
		if s.service.User != "" {
			continue
		}
		file := holdsMounts(n.p, s)
		if file == nil {
			return fmt.Errorf("service %s: %s, and where its Compose file could say so can't be told", s.service.Name, s.why)
		}
		key := file.Path + "\x00" + s.service.Name
		if done[key] {
			continue
		}
		done[key] = true
		addr := compose.Addr("services", s.service.Name, "user")
		edits, err := file.File.AddServiceKey(addr, "root # "+s.why, false)
		if err != nil {
			return fmt.Errorf("service %s: %s, and its Compose file can't say so: %w", s.service.Name, s.why, err)
		}
		n.ops = append(n.ops, edit.Text(file.Path, edits...))
		for _, e := range n.p.Environments {
			if slices.Contains(e.Files, file.Path) {
				n.says = append(n.says, change.Declared{Aspect: change.AspectCompose, Subject: e.Files[0], Addr: addr, Why: "the service stays root's in so many words: " + s.why})
			}
		}
		n.runByHand(s)
	}
	return nil
}

// holdsMounts is the last file of the environment that writes the service's volumes.
func holdsMounts(p *project.Project, s rootService) *project.ComposeFile {
	for _, at := range slices.Backward(s.env.Files) {
		c := p.ComposeFile(at)
		if c == nil {
			continue
		}
		if _, ok := c.File.Lookup(compose.Addr("services", s.service.Name, "volumes")); ok {
			return c
		}
	}
	return nil
}

// runByHand has commands of documents and scripts that start the image with the same mount say --user root.
func (n *nonRoot) runByHand(s rootService) {
	for _, at := range n.p.Files.Paths() {
		e, ok := n.p.Files.Entry(at)
		if !ok || !e.IsRegular() || e.Size > 1<<18 || !project.IsDocument(at) && path.Ext(at) != ".sh" && path.Base(at) != "Makefile" {
			continue
		}
		text, err := n.p.Files.Read(at)
		if err != nil || !strings.Contains(string(text), s.host) {
			continue
		}
		var edits []edit.Edit
		for _, at := range dockerRun.FindAllIndex(text, -1) {
			command := string(text[at[0]:at[1]])
			if strings.Contains(command, s.host) && strings.Contains(command, s.service.Name) && !userOption.MatchString(command) {
				edits = append(edits, edit.Insert(at[0]+len("docker run"), " --user root", "docker run"))
			}
		}
		if len(edits) > 0 {
			n.ops = append(n.ops, edit.Text(at, edits...))
		}
	}
}

var (
	dockerRun  = regexp.MustCompile(`docker run (?:[^\\\n]|\\\r?\n|\\.)*`) // to the end of the command, its continued lines included
	userOption = regexp.MustCompile(`\s(--user|-u)[\s=]`)
)
