package against

import (
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"refit/internal/change"
)

// declarations find the difference of files that brought a difference of images or containers about.
type declarations struct {
	list []change.Difference
	// of are the Compose files of the environment before, and dockerfiles those of its builds.
	of, dockerfiles map[string]bool
}

// declare picks the declarations that are about the environment.
func declare(s Subject) declarations {
	d := declarations{of: map[string]bool{}, dockerfiles: map[string]bool{}, list: s.Declared}
	for _, f := range s.Before.Model.Files {
		d.of[f] = true
	}
	for _, service := range s.Before.Model.Services {
		if service.Build != nil {
			d.dockerfiles[service.Build.Dockerfile] = true
		}
	}
	return d
}

// images are the declarations about images of the environment.
func (d declarations) images(yield func(change.Difference) bool) {
	for _, x := range d.list {
		file, _, _ := strings.Cut(x.Subject, ":")
		if (x.Aspect == change.AspectImage || x.Aspect == change.AspectGraph) && d.dockerfiles[file] && !yield(x) {
			return
		}
	}
}

// compose are the declarations about the service, their address below it.
func (d declarations) compose(service string) func(func(addr string, x change.Difference) bool) {
	return func(yield func(string, change.Difference) bool) {
		for _, x := range d.list {
			addr, ok := strings.CutPrefix(x.Addr, "services."+service+".")
			if ok && x.Aspect == change.AspectCompose && d.of[x.Subject] && !yield(addr, x) {
				return
			}
		}
	}
}

func (declarations) never(Difference) (string, string, bool) { return "", "", false }

// image looks for a declared difference of the same promise with the same outcome.
func (d declarations) image(x Difference) (string, string, bool) {
	for y := range d.images {
		if y.Addr == x.Addr && means(y.After, x.After) {
			return y.Why, y.Rule, true
		}
	}
	return "", "", false
}

var space = regexp.MustCompile(`\s+`)

// means says whether a declared value, in which secrets are masked, is the one that is seen.
func means(declared, seen string) bool {
	declared, seen = space.ReplaceAllString(declared, " "), space.ReplaceAllString(seen, " ")
	if !strings.Contains(declared, "****") {
		return declared == seen
	}
	return regexp.MustCompile(`^` + strings.ReplaceAll(regexp.QuoteMeta(declared), `\*\*\*\*\*\*\*\*`, `.*`) + `$`).MatchString(seen)
}

// systemPackage is declared by its name; one that was only installed because another one needs it follows those.
func (d declarations) systemPackage(x Difference, before, after *fileSystem) (string, string, bool) {
	name := strings.TrimPrefix(x.Addr, "system package ")
	var follows *change.Difference
	for y := range d.images {
		declared, ok := strings.CutPrefix(y.Addr, "packages.")
		if ok && declared == name && (y.Before == "") == (x.Before == "") {
			return y.Why, y.Rule, true
		}
		if ok {
			follows = &y
		}
	}
	if follows != nil && (x.Before == "" || before.auto[name]) && (x.After == "" || after.auto[name] || before.auto[name]) {
		return "it comes and goes with a package that was changed", follows.Rule, true
	}
	return "", "", false
}

// languagePackage is declared where the installation is: another set of groups, or the lock's versions.
func (d declarations) languagePackage(Difference) (string, string, bool) {
	for y := range d.images {
		if strings.HasPrefix(y.Addr, "install.") {
			return y.Why, y.Rule, true
		}
	}
	return "", "", false
}

// projectFile is declared where the build receives it no more, or where the file was moved or made in the repository.
func (d declarations) projectFile(x Difference, rel string, c *comparison) (string, string, bool) {
	for _, y := range d.list {
		if y.Aspect == change.AspectContext && (y.Addr == rel || below(rel, y.Addr) || strings.HasPrefix(y.Addr, rel+"/")) && (y.After == "") == (x.After == "") {
			return y.Why, y.Rule, true
		}
	}
	if why, ok := c.moved(x, rel); ok {
		return why, "", true
	}
	return d.path(x)
}

// path is declared where a copy or a command of the build names it.
func (d declarations) path(x Difference) (string, string, bool) {
	at := strings.TrimPrefix(x.Addr, "/")
	for y := range d.images {
		if (y.After == "") != (x.After == "") {
			continue
		}
		switch kind, text, _ := strings.Cut(y.Addr, "."); kind {
		case "files":
			from, to, _ := strings.Cut(text, " -> ")
			to = unmerged(strings.TrimPrefix(to, "/"))
			to = strings.TrimSuffix(to, "/")
			name := from[strings.LastIndexAny(from, "/:")+1:]
			if at == to || at == strings.TrimPrefix(to+"/"+name, "/") || below(at, strings.TrimPrefix(to+"/"+name, "/")) || name == "" && below(at, to) {
				return y.Why, y.Rule, true
			}
		case "run":
			if strings.Contains(text+" ", "/"+at+" ") || strings.HasPrefix(text, "useradd") && below(at, "home/"+text[strings.LastIndexByte(text, ' ')+1:]) || strings.HasPrefix(text, "adduser") && below(at, "home") {
				return y.Why, y.Rule, true
			}
			if strings.Contains(text, "mkdir") && madeBy(text, at) {
				return y.Why, y.Rule, true
			}
		}
	}
	return "", "", false
}

// madeBy says whether a command makes a folder above or at the path.
func madeBy(text, at string) bool {
	for _, word := range strings.Fields(text) {
		if word = strings.Trim(word, "/"); word != "" && (below(at, word) || below(word, at)) {
			return true
		}
	}
	return false
}

// owner is declared where the account is.
func (d declarations) owner(x Difference) (string, string, bool) {
	for y := range d.images {
		if y.Addr == "user" || strings.HasPrefix(y.Addr, "run.chown") || strings.Contains(y.Addr, "chmod") {
			return y.Why, y.Rule, true
		}
	}
	return d.serviceUser(x)
}

func (d declarations) serviceUser(x Difference) (string, string, bool) {
	for addr, y := range d.compose(x.Service) {
		if addr == "user" {
			return y.Why, y.Rule, true
		}
	}
	return "", "", false
}

// environment is declared by the service's own entry, or by the image's.
func (d declarations) environment(x Difference) (string, string, bool) {
	name := strings.TrimPrefix(x.Addr, "env.")
	for addr, y := range d.compose(x.Service) {
		if addr == "environment."+name && means(y.After, x.After) {
			return y.Why, y.Rule, true
		}
	}
	return d.image(x)
}

// command is declared by every word that the service's own entry changes, or by the image's.
func (d declarations) command(x Difference, after []string) (string, string, bool) {
	key := "command"
	if x.Addr == "entrypoint" {
		key = "entrypoint"
	}
	why, rule, found := "", "", false
	for addr, y := range d.compose(x.Service) {
		if addr != key && !strings.HasPrefix(addr, key+".") {
			continue
		}
		seen := ""
		for i, w := range after {
			if strings.HasSuffix(addr, "."+strconv.Itoa(i)) {
				seen = w
			}
		}
		if addr != key && !means(y.After, seen) {
			return "", "", false
		}
		why, rule, found = y.Why, y.Rule, true
	}
	if found {
		return why, rule, true
	}
	return d.image(x)
}

// health is declared by a healthcheck that was added or changed.
func (d declarations) health(x Difference) (string, string, bool) {
	for addr, y := range d.compose(x.Service) {
		if strings.HasPrefix(addr, "healthcheck.") {
			return y.Why, y.Rule, true
		}
	}
	for y := range d.images {
		if y.Addr == "healthcheck" {
			return y.Why, y.Rule, true
		}
	}
	return "", "", false
}

// moved says that a file's place in the repository changed as planned, or that the refit made it.
func (c *comparison) moved(x Difference, rel string) (why string, ok bool) {
	for from, to := range c.Moves {
		switch {
		case x.After == "" && (rel == from || below(from, rel)):
			return "it is " + to + " now", true
		case x.Before == "" && (rel == to || below(to, rel)):
			return "it was " + from, true
		}
	}
	if x.Before == "" && slices.ContainsFunc(c.Made, func(p string) bool { return p == rel || path.Dir(p) == rel }) {
		return "the refit made it", true
	}
	return "", false
}
