package shell

import (
	"slices"
	"strings"
)

// quirks are what the table of package managers does not say.
func (m manager) quirks(in *Install) {
	switch m.name {
	case "apt":
		quiet := 0
		for _, o := range in.Options {
			if o.Name == "-q" || o.Name == "--quiet" {
				quiet++
			}
		}
		in.AssumeYes = in.AssumeYes || quiet > 1 // twice quiet implies -y, says apt-get(8)
		for _, o := range given(in.Options, "-o", "--option") {
			key, value, _ := strings.Cut(o.Value, "=")
			off := value == "0" || strings.EqualFold(value, "false") || strings.EqualFold(value, "no")
			switch {
			case strings.EqualFold(key, "APT::Install-Recommends") && off:
				in.NoRecommends = true
			case strings.EqualFold(key, "APT::Get::Assume-Yes") && !off:
				in.AssumeYes = true
			}
		}
	case "dnf", "yum", "microdnf", "tdnf":
		for _, o := range given(in.Options, "--setopt") {
			if o.Value == "install_weak_deps=False" || o.Value == "install_weak_deps=0" || o.Value == "install_weak_deps=false" {
				in.NoRecommends = true
			}
		}
		in.Lists = in.Action == ActionClean
	case "apk":
		in.AssumeYes, in.NoRecommends = true, true // it asks nothing and knows no recommendations
		in.Lists = in.Action == ActionClean
	case "zypper":
		in.Lists = in.Action == ActionClean && has(in.Options, "-a", "--all", "-m", "--metadata")
	case "pip":
		if in.Action == ActionAdd {
			m.pip(in)
		}
	case "conda":
		if in.Word.Is("create") && len(in.Requirements) > 0 {
			in.Action = ActionRestore
		}
	}
}

// pip installs what files list, or the project itself, when it is told no packages.
func (m manager) pip(in *Install) {
	own := len(given(in.Options, "-e", "--editable")) > 0
	named := 0
	for _, p := range in.Packages {
		if strings.HasPrefix(p.Value, ".") || strings.HasPrefix(p.Value, "/") {
			own = true
		} else {
			named++
		}
	}
	if named == 0 && (own || len(in.Requirements) > 0) {
		in.Action = ActionRestore
		for _, g := range in.Packages {
			if strings.Contains(g.Value, "[") && strings.Contains(g.Value, "dev") {
				in.Dev = Yes
			}
		}
	}
}

// caches are folders that hold a package manager's lists or downloads.
var caches = []struct {
	prefix, manager string
	lists           bool
}{
	{"/var/lib/apt/lists", "apt", true}, {"/var/cache/apt", "apt", false}, {"/var/cache/apk", "apk", true},
	{"/var/cache/yum", "yum", true}, {"/var/cache/dnf", "dnf", true}, {"/var/cache/zypp", "zypper", true},
	{"/root/.cache/pip", "pip", false}, {"/root/.npm", "npm", false}, {"/root/.cache/uv", "uv", false},
}

// removal reads rm -rf /var/lib/apt/lists/* and its like.
func removal(c Command) (Install, bool) {
	if !slices.ContainsFunc(c.Words, func(w Word) bool { return strings.HasPrefix(w.Value, "/var/") || strings.HasPrefix(w.Value, "/root/") }) {
		return Install{}, false // caches are there
	}
	_, args, _ := options(c.Words[1:], nil, false)
	for _, cache := range caches {
		for _, w := range args {
			if w.Value == cache.prefix || strings.HasPrefix(w.Value, cache.prefix+"/") {
				return Install{Manager: cache.manager, Action: ActionClean, Lists: cache.lists, Packages: nil, Word: w}, true
			}
		}
	}
	return Install{}, false
}
