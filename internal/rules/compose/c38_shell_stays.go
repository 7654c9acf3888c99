package compose

import (
	_ "embed"
	"errors"
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"refit/internal/change"
	format "refit/internal/compose"
	"refit/internal/edit"
	"refit/internal/rule"
	"refit/internal/shell"
	"refit/internal/yaml"
)

//go:embed c38_shell_stays.md
var shellStaysDoc string

// ShellStays finds commands whose shell stays process 1 and keeps signals from the service: C38.
var ShellStays = rule.Rule{
	Meta: rule.Meta{ID: "C38", Name: "shell-stays", Theme: rule.Compose, Severity: rule.Warning, Since: "0.1.0",
		Summary: "a service's command starts its program by a shell that stays, so the service gets no signals",
		Aliases: []string{"Dockerfile: D18"}, Doc: shellStaysDoc},
	Check: func(pass *rule.Pass) {
		for _, s := range sites(pass.Project) {
			for _, d := range s.file.File.Services {
				s.checkShell(pass, d, "command", d.Command)
				s.checkShell(pass, d, "entrypoint", d.Entrypoint)
			}
		}
	},
}

func (s *site) checkShell(pass *rule.Pass, d *format.Definition, key string, v *format.Value) {
	if v == nil || !s.keepsRunning(d.Name) {
		return
	}
	scalar, at, length := shellScript(v)
	if scalar == nil {
		return
	}
	script := scalar.Node.Value[at : at+length]
	tail, program, ok := shell.ParseText(shell.Literal(script), shell.POSIX).Tail()
	if !ok || endsByItself(script[tail:]) || key == "command" && shell.SignalsAll(s.entrypoint(d.Name)) {
		return
	}
	f := rule.Finding{
		At: s.at(v.Span()), Subject: v.Addr,
		Message: fmt.Sprintf("%s of service %s starts %s by a shell, which %s; let `exec` put it in the shell's place", key, d.Name, program, s.lostSignal(d.Name, key)),
	}
	edits, changed, err := s.execIn(d.Name, key, scalar, at+tail)
	var declares []change.Declared
	for _, name := range changed {
		declares = append(declares, s.declared(format.Addr("services", name, key)+"*", "the same command in the shell's place, so that signals reach it"))
	}
	f.Fixes = s.fix("Start "+program+" of "+d.Name+" by exec", change.Behaviour, edits, err, declares...)
	pass.Report(f)
}

// lostSignal says what a stop does to a program behind a shell. An init gives the signal to the shell alone, which ends by
// it, and with the init all that is left is killed; as process 1 the shell takes no notice.
func (s *site) lostSignal(name, key string) string {
	if init := s.env.Model.Project.AllServices()[name].Init; init != nil && *init || key == "command" && shell.IsInit(s.entrypoint(name)) {
		return "ends by the SIGTERM that the init gives to it alone; a stop then kills the program at once, in the middle of its work"
	}
	return "stays process 1 and does not pass SIGTERM on; a stop takes ten seconds and kills it in the middle of its work"
}

// entrypoint is what a service's command is given to, as far as the repository tells.
func (s *site) entrypoint(name string) []string {
	m := s.service(name)
	if len(m.Entrypoint) > 0 || m.Build == nil {
		return m.Entrypoint
	}
	if d := s.p.Dockerfile(m.Build.Dockerfile); d != nil {
		if stage, ok := d.File.Target(m.Build.Target); ok {
			return stage.Config(m.Build.Args).Entrypoint.Argv
		}
	}
	return nil
}

// keepsRunning says whether the service is one that is stopped, other than a step that ends.
func (s *site) keepsRunning(name string) bool {
	m := s.service(name)
	if m == nil {
		return false
	}
	for _, other := range s.env.Model.Services {
		if dep, ok := other.DependsOn[name]; ok && dep.Condition == "service_completed_successfully" {
			return false
		}
	}
	return len(m.Ports) > 0 || m.Healthcheck != nil && !m.Healthcheck.Disabled || m.Restart != "" && m.Restart != "no"
}

// ends are commands after which a container is done, and those that exec would not help: sleep and tail take no notice of
// SIGTERM as process 1 either.
var ends = regexp.MustCompile(`^(?:\S*/)?(?:pytest|alembic|sleep|tail|cat|ls|cp|mv|rm|mkdir|chown|chmod|touch|sh|bash|ash|dash|curl|wget|tox|ruff|mypy)\b|^(?:\S*/)?python[\d.]*\s+(?:\S*/)?manage\.py\s+(?:migrate|collectstatic|test|makemigrations)\b|^(?:\S*/)?(?:npm|yarn|pnpm|bun)\s+(?:run\s+)?(?:install|ci|build|test|lint)\b`)

func endsByItself(command string) bool { return ends.MatchString(command) }

// shells are those that stay until their last command ends: dash and BusyBox' ash. bash gives it its own process.
var shells = []string{"sh", "ash", "dash"}

var scriptOption = regexp.MustCompile(`^-[a-z]*c$`)

// inLine is a whole command as one text that gives a shell a script between quotes.
var inLine = regexp.MustCompile(`^\s*(?:/\S*/)?(?:sh|ash|dash)\s+-[a-z]*c\s+(?:"([^"\\]*)"|'([^'\\]*)')\s*$`)

// shellScript is the scalar that holds the script of a command `sh -c SCRIPT`, and where the script stands in its value.
func shellScript(v *format.Value) (scalar *format.Value, at, length int) {
	if v.Node.Kind == yaml.Sequence {
		items := v.Items()
		if len(items) == 3 && slices.Contains(shells, path.Base(items[0].Text)) && scriptOption.MatchString(items[1].Text) && items[2].IsScalar() {
			return &items[2], 0, len(items[2].Node.Value)
		}
		return nil, 0, 0
	}
	if !v.IsScalar() {
		return nil, 0, 0
	}
	m := inLine.FindStringSubmatchIndex(v.Node.Value)
	for i := 2; m != nil && i < len(m); i += 2 {
		if m[i] >= 0 {
			return v, m[i], m[i+1] - m[i]
		}
	}
	return nil, 0, 0
}

// execIn are the edits that put exec at a place of a command's scalar, when Compose resolves the file to just that, and the
// services that have the command then: those that extend the service, too.
func (s *site) execIn(service, key string, v *format.Value, at int) (edits []edit.Edit, changed []string, err error) {
	if v.Shared {
		return nil, nil, errors.New("it comes through an anchor")
	}
	span, ok := v.Node.Sub(at, at)
	if !ok {
		return nil, nil, errors.New("the place can't be told in how it is written")
	}
	edits = []edit.Edit{edit.Insert(span.Start, "exec ", v.Addr+"/exec")}
	text, err := edit.Patch(s.file.File.Text, edits)
	if err != nil {
		return nil, nil, err
	}
	model, err := s.load(map[string][]byte{s.file.Path: text})
	if err != nil || model.Services[service] == nil {
		return nil, nil, errors.New("what Compose reads of it then can't be told")
	}
	before, after := startWords(s.service(service), key), startWords(model.Services[service], key)
	if len(before) != 3 || len(after) != 3 || slices.Equal(before, after) || !slices.Equal(before[:2], after[:2]) {
		return nil, nil, errors.New("another file gives the service its command")
	}
	script := strings.ReplaceAll(before[2], "$$", "$") // what Compose leaves to the shell
	tail, _, ok := shell.ParseText(shell.Literal(script), shell.POSIX).Tail()
	if !ok || script[:tail]+"exec "+script[tail:] != strings.ReplaceAll(after[2], "$$", "$") {
		return nil, nil, errors.New("values of variables take part in the steps")
	}
	for _, name := range slices.Sorted(maps.Keys(model.Services)) {
		if m := s.service(name); m != nil && !slices.Equal(startWords(m, key), startWords(model.Services[name], key)) {
			changed = append(changed, name)
		}
	}
	return edits, changed, nil
}

func startWords(m *format.Service, key string) []string {
	if key == "entrypoint" {
		return m.Entrypoint
	}
	return m.Command
}
