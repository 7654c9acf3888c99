package dockerfile

import (
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"refit/internal/change"
	"refit/internal/dockerfile"
	"refit/internal/edit"
	"refit/internal/project"
	"refit/internal/rule"
	"refit/internal/shell"
	"refit/internal/stack"
)

// nonRoot is the fix that makes a stage run as an account that is not root: made for it, or one that
// the image or the file already has. final is the USER that has the last word as root, nil when there
// is none.
type nonRoot struct {
	p     *project.Project
	r     *running
	final *dockerfile.Instruction

	user    string   // "1000:1000"
	name    string   // the account's name, "" where the image can't look it up
	makes   []string // commands that make the account
	needs   []string // packages that those need
	steps   []string // commands that root runs before, other than those
	folders []string // those of them that are given to the account without what is in them
	edits   []edit.Edit
	volumes []volume
	root    []rootService // services that stay root's, and say so
	ops     []edit.Op     // of other files, for those
	says    []change.Declared
}

// volume is a named volume or a folder of the host that a service mounts, whose files may be root's from before.
type volume struct {
	use    use
	target string
	why    string
}

// fix is the fix, or the reason why there is none.
func (n *nonRoot) fix() rule.Fix {
	f := rule.Fix{Title: "Run as an account that is not root", Safety: change.Behaviour}
	for _, step := range []func() error{n.startsAlone, n.homeless, n.account, n.ownership, n.keepRoot, n.findsTools} {
		if err := step(); err != nil {
			f.Safety = change.Manual
			f.Why = err.Error() + "; by hand: create an account (useradd or adduser, UID 1000), give it the folders that the program writes (chown), and put `USER 1000:1000` before the start command"
			return f
		}
	}
	f.Title = "Run as " + n.runsAs()
	f.Title += n.whoStaysRoot()
	f.Later = func() ([]edit.Op, []change.Declared) {
		return append([]edit.Op{edit.Text(n.r.d.Path, n.written()...)}, n.ops...), append(n.declares(), n.says...)
	}
	for _, v := range n.volumes {
		f.Steps = append(f.Steps, v.step(n.user))
	}
	return f
}

// startsAlone refuses stages that others build on, and what has to start as root.
func (n *nonRoot) startsAlone() error {
	if len(n.r.children()) > 0 {
		return errors.New("another stage builds on this one, and its commands may need root")
	}
	if others := ownBases(n.p).on[n.r.stage]; len(others) > 0 {
		return fmt.Errorf("%s builds on this image, and its commands may need root", others[0])
	}
	if !n.r.known {
		return fmt.Errorf("nothing is known of the base image %s: neither its accounts nor its distribution", n.r.base)
	}
	if n.r.image.Kind == stack.ServiceKind {
		return fmt.Errorf("the program of %s may start as root on purpose", n.r.image.Ref.Name())
	}
	for _, c := range n.r.allStarts() {
		switch name := c.Name(); name {
		case "nginx", "apache2", "httpd", "apache2-foreground", "apachectl", "supervisord", "cron", "crond", "sshd", "dockerd", "php-fpm", "caddy", "haproxy", "systemd", "init":
			return fmt.Errorf("%s starts as root on purpose", name)
		case "useradd", "adduser", "usermod", "chown", "apt-get", "apt", "apk", "mount", "iptables", "service", "update-ca-certificates":
			return fmt.Errorf("the start command runs %s, which needs root", name)
		case "poetry", "pipenv", "pdm", "hatch":
			if len(c.Words) > 1 && c.Words[1].Is("run") {
				return fmt.Errorf("`%s run` looks for its environment in the home folder of whoever runs it, which is root's so far; call the environment's programs instead", name)
			}
		case "uv", "uvx":
			if !hasWord(c, "--no-sync") {
				return fmt.Errorf("`%s run` installs again at every start, into folders that are root's; call the environment's programs instead", name)
			}
		}
	}
	if cronTable.MatchString(n.r.text()) {
		return errors.New("a table of cron's is put into it, and cron starts as root")
	}
	if script := n.r.lostScript(n.p); script != "" {
		return fmt.Errorf("%s, which it starts with, is not in the repository, so whether that needs root can't be told", script)
	}
	if port := n.r.lowPort(); port > 0 {
		return fmt.Errorf("it serves port %d, which only root may open under Kubernetes, Podman and the host's network (Docker allows it since 20.10, by net.ipv4.ip_unprivileged_port_start=0); serve a port above 1023 first", port)
	}
	n.mounts()
	return nil
}

// lowPort is a port below 1024 that the image serves: by its server, else by what Compose publishes, else
// by what its base image's framework listens to, else by EXPOSE; 0 when there is none.
func (r *running) lowPort() int {
	if s, ok, _ := r.server(); ok && s.Port > 0 {
		return low(s.Port)
	}
	if ports := r.publishedPorts(); len(ports) > 0 {
		return low(slices.Min(ports))
	}
	if port := r.frameworkPort(); port > 0 {
		return low(port)
	}
	for _, e := range r.config.Exposed {
		if e.First < 1024 {
			return e.First
		}
	}
	return 0
}

func low(port int) int {
	if port < 1024 {
		return port
	}
	return 0
}

// madeByDocker says whether a bind mount's source is a folder of the repository that only a start makes.
func (n *nonRoot) madeByDocker(source string) bool {
	if path.IsAbs(source) || strings.HasPrefix(source, "..") || strings.ContainsAny(source, "$~") || path.Ext(source) != "" || n.p.Files.IsDir(source) {
		return false
	}
	_, file := n.p.Files.Entry(source)
	return !file
}

// mounts notes the services that mount what only root may use, and the volumes of the others.
func (n *nonRoot) mounts() {
	for _, u := range n.r.uses {
		if s := staysRoot(u); s != nil {
			n.root = append(n.root, *s)
			continue
		}
		for _, m := range u.service.Mounts {
			switch {
			case m.ReadOnly || m.Source == "":
			case m.Type == "volume":
				n.volumes = append(n.volumes, volume{u, m.Target, "the volume at " + m.Target + " may hold files that are root's from before; once, where it exists already"})
			case m.Type == "bind" && n.madeByDocker(m.Source):
				n.volumes = append(n.volumes, volume{u, m.Target, "git does not have " + m.Source + ", so Docker makes it as root's, and what is in it may be root's from before; once on each machine"})
			}
		}
	}
}

var (
	homeOfRoot = rare(`(^|[\s"'=:,])(/root\b|~/|\$HOME\b|\$\{HOME\})`, "/root", "~/", "HOME")
	privateTo  = rare(`chmod\s+(-\w+\s+)*([0-7]?[67]00|[gu]*o-|go-|go=\s)`, "chmod")
	intoHome   = rare(`pip3?\s+install\s[^&|;]*--user\b|pipx\s+install|playwright\s+install|uv\s+python\s+install|uv\s+tool\s+install|poetry\s+install|pipenv\s+(install|sync)|rustup|nltk\.download|conda\s`, "pip", "playwright", "uv", "poetry", "rustup", "nltk", "conda")
	inProject  = regexp.MustCompile(`virtualenvs\.create\s+false|VIRTUALENVS_CREATE|VIRTUALENVS_IN_PROJECT|virtualenvs\.in-project|PIPENV_VENV_IN_PROJECT|PLAYWRIGHT_BROWSERS_PATH|UV_PYTHON_INSTALL_DIR|--system\b`)
	goSettings = rare(`\bgo\s+env\s+-w\b`, "env")
	cacheMount = rare(`--mount=type=(cache|secret)\S*`, "--mount")
)

// cronTable is where cron looks for what to do.
var cronTable = rare(`/etc/cron|/var/spool/cron|\bcrontab\s+[-/\w]`, "/etc/cron", "/var/spool/cron", "crontab")

// homeless refuses stages in which something lies in root's home folder, where nobody else can read it.
func (n *nonRoot) homeless() error {
	for _, in := range n.r.lineage() {
		text := cacheMount.ReplaceAllString(in.ArgsText(), "")
		for _, f := range in.Flags {
			if f.Name == "from" {
				text += " " + f.Value
			}
		}
		where := func() string {
			if in.Stage.File() != n.r.d.File {
				return fmt.Sprintf("line %d of its base image", in.Line)
			}
			return fmt.Sprintf("line %d", in.Line)
		}
		switch {
		case homeOfRoot.MatchString(text) && !onlyCleans(in):
			return fmt.Errorf("%s uses root's home folder, which another account can't read", where())
		case intoHome.MatchString(text) && !inProject.MatchString(n.r.text()):
			return fmt.Errorf("%s may install into root's home folder, which another account can't read", where())
		case goSettings.MatchString(text) && n.r.runs("go", "air", "gotestsum"):
			return fmt.Errorf("%s keeps settings in root's home folder, where the start command would no longer find them; write them as ENV", where())
		case privateTo.MatchString(text):
			return fmt.Errorf("%s takes files' permissions from everybody but their owner", where())
		}
	}
	return nil
}

// runs says whether a start command is one of the programs.
func (r *running) runs(names ...string) bool {
	return slices.ContainsFunc(r.allStarts(), func(c shell.Command) bool { return slices.Contains(names, c.Name()) })
}

// onlyCleans says whether the home folder is only named to be emptied.
func onlyCleans(in *dockerfile.Instruction) bool {
	named := false
	for _, c := range commands(in) {
		for _, w := range c.Words {
			if strings.HasPrefix(w.Value, "/root") {
				if c.Name() != "rm" {
					return false
				}
				named = true
			}
		}
	}
	return named && in.Keyword == "RUN"
}

// account chooses the account.
func (n *nonRoot) account() error {
	made := n.r.madeUsers()
	for u := n.r.under; u != nil; u = u.under {
		made = append(u.madeUsers(), made...)
	}
	if len(made) > 0 {
		u := made[len(made)-1]
		if len(made) > 1 {
			return errors.New("the file creates several accounts; which one shall run it can't be told")
		}
		n.user, n.name = u.user(), u.name
		return nil
	}
	a, err := stack.AppAccount(n.r.image, identity(n.p))
	if err != nil {
		return err
	}
	n.user = fmt.Sprintf("%d:%d", a.UID, a.GID)
	if n.r.image.Distro == stack.Scratch {
		return nil
	}
	n.name = a.Name
	if a.Existing {
		return nil
	}
	for _, p := range a.Packages {
		if !slices.Contains(n.r.packages(), p) {
			return fmt.Errorf("creating an account needs the package %s, which %s lacks", p, n.r.image.Ref)
		}
	}
	if a.Removes != "" && regexp.MustCompile(`(USER|chown[= ](-\w+ )*)\s*"?`+a.Removes+`\b`).MatchString(n.r.text()) {
		return fmt.Errorf("the image's account %s is used by the file", a.Removes)
	}
	n.makes, n.needs = a.Fixed().Commands, a.Packages
	return nil
}

// findsTools refuses where a PATH of the file's own keeps the shell from what makes accounts.
func (n *nonRoot) findsTools() error {
	if early, _ := n.split(); len(n.makes) > 0 && len(early) == 0 && !hasSbin(n.r.config.Env) {
		return errors.New("PATH has no /usr/sbin, where the programs are that make an account")
	}
	return nil
}

// hasSbin says whether PATH leads to the programs that make accounts, as it does unless a file replaces it.
func hasSbin(env dockerfile.Env) bool {
	v, ok := env.Get("PATH")
	return !ok || v.At == nil || slices.Contains(strings.Split(v.Value, ":"), "/usr/sbin")
}

// identity is the account that the configuration wants.
func identity(p *project.Project) stack.Identity {
	u := p.Config.User
	return stack.Identity{Name: u.Name, UID: u.UID, GID: u.GID}
}

// runsAs is the USER: by number, unless the configuration wants the name.
func (n *nonRoot) runsAs() string {
	if n.p.Config.User.Form == "name" && n.name != "" {
		return n.name
	}
	return n.user
}

// written puts the account before the start command and the owner on what is copied. What makes the account stands above
// the first copy where that is certain, so that no change of the source makes it again.
func (n *nonRoot) written() []edit.Edit {
	edits := slices.Clone(n.edits)
	early, late := n.split()
	if len(early) > 0 {
		edits = append(edits, n.firstCopy().InsertBefore(n.run(early))...)
	}
	if n.final != nil {
		if len(late) > 0 {
			edits = append(edits, n.final.InsertBefore(n.run(late))...)
		}
		return append(edits, n.final.Replace("USER "+n.runsAs())...)
	}
	text := "USER " + n.runsAs()
	if len(late) > 0 {
		text = n.run(late) + "\n" + text
	}
	return append(edits, n.r.lastBuildStep().InsertAfter(text)...)
}

// run is a RUN of commands one after another.
func (n *nonRoot) run(steps []string) string {
	steps = slices.Clone(steps)
	for i := range steps[1:] {
		steps[i+1] = "&& " + steps[i+1]
	}
	return "RUN " + n.r.d.File.Multiline(steps...)
}

// lastBuildStep is the last instruction that root has to carry out.
func (r *running) lastBuildStep() *dockerfile.Instruction {
	last := r.stage.From
	for _, in := range r.stage.Instructions {
		switch in.Keyword {
		case "RUN", "COPY", "ADD", "WORKDIR":
			last = in
		}
	}
	return last
}

func (n *nonRoot) declares() []change.Declared {
	d, s := n.r.d, n.r.stage
	list := []change.Declared{declared(d, s, "user", "the service runs as "+n.runsAs()+" and not as root")}
	seen := map[string]bool{}
	for _, step := range slices.Concat(n.makes, n.steps) {
		for _, c := range argvCommands([]string{"sh", "-c", step}) {
			if name := c.Name(); name != "" && !seen[name] {
				seen[name] = true
				list = append(list, declared(d, s, "run."+name+"*", "creates the account and gives it what it writes"))
			}
		}
	}
	return list
}

// step is how files that root wrote into a volume before are given to the account.
func (v volume) step(user string) change.Step {
	command := []string{"docker", "compose"}
	for _, f := range v.use.env.Files {
		command = append(command, "-f", f)
	}
	return change.Step{
		Name:    "chown " + v.use.service.Name + ":" + v.target,
		Command: append(command, "run", "--rm", "--no-deps", "--user", "root", "--entrypoint", "chown", v.use.service.Name, "-R", user, v.target),
		Dir:     ".",
		Why:     v.why,
	}
}

// allStarts are the start commands of the image and of every service that runs it.
func (r *running) allStarts() (list []shell.Command) {
	list = r.starts(nil)
	for i := range r.uses {
		list = append(list, r.starts(&r.uses[i])...)
	}
	return list
}

func hasWord(c shell.Command, word string) bool {
	for _, w := range c.Words {
		if w.Is(word) {
			return true
		}
	}
	return false
}
