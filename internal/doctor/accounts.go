package doctor

import (
	"strconv"
	"strings"

	"refit/internal/compose"
	"refit/internal/engine"
)

// account is who a service runs as.
type account struct {
	uid, gid int
	known    bool
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
