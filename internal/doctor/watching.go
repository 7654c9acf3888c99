package doctor

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"refit/internal/compose"
	"refit/internal/rule"
)

// The causes of a change on the host that the container does not notice.
var (
	WatchMissing = meta("M33", "watch-not-mounted", rule.Warning, "a server waits for changes of files that its container does not get")
	WatchLimit   = meta("M34", "watch-limit", rule.Warning, "the kernel's limit of watched files is reached, or too low")
	WatchPolling = meta("M35", "watch-needs-polling", rule.Warning, "the file system tells no changes: a server has to look for them")
)

// reloaders are commands that start again when a file changes.
var reloaders = regexp.MustCompile(`(?:^|[\s"'/])(?:uvicorn|gunicorn|hypercorn|granian)\b.*\s--reload\b|\bfastapi dev\b|\bmanage\.py runserver\b|\bflask\b.*\s--(?:debug|reload)\b|\bwatchmedo\b|\bwatchfiles\b|\bnodemon\b|\bnode\b.*\s--watch\b|\btsx watch\b|\bts-node-dev\b|\bnext dev\b|\bnuxt dev\b|\bng serve\b|\bvite\b(?:\s|$)|\bwebpack(?:-dev-server| serve| --watch)\b|\bcargo watch\b|\bdotnet watch\b|(?:^|[\s"'])air(?:\s|$)|\brails s(?:erver)?\b|\bphx\.server\b`)

// polling are variables that make the usual watchers look by themselves.
var polling = []string{"WATCHFILES_FORCE_POLLING", "CHOKIDAR_USEPOLLING", "WATCHPACK_POLLING", "DOTNET_USE_POLLING_FILE_WATCHER", "VITE_USE_POLLING"}

// atLimit is what watchers say when the kernel gives no more (inotify(7): ENOSPC, EMFILE).
var atLimit = regexp.MustCompile(`(?i)file watch(?:er)?s? limit reached|inotify (?:watch|instance) limit reached|system limit for number of file watchers|no space left on device.*(?:watch|inotify)|(?:watch|inotify).*no space left on device|user limit \(\d+\) on the number of inotify instances|too many open files.*(?:watch|inotify)|(?:watch|inotify).*too many open files`)

func (e *examination) watching() {
	for i := range e.Patients {
		p := &e.Patients[i]
		if !p.running && !p.Asked || p.Name == "prod" {
			continue
		}
		for _, s := range services(p) {
			words := e.starts(s)
			if s.Build == nil || !reloaders.MatchString(words) {
				continue
			}
			if e.notMounted(p, s, words) {
				continue
			}
			e.tooMany(p, s)
			e.needsPolling(p, s)
		}
	}
}

// starts are the words that a service is started with, of the Compose file or of its Dockerfile.
func (e *examination) starts(s *compose.Service) string {
	words := append(slices.Clone(s.Entrypoint), s.Command...)
	if len(s.Command) == 0 && s.Build != nil {
		if d := e.Project.Dockerfile(s.Build.Dockerfile); d != nil {
			if stage, ok := d.File.Target(s.Build.Target); ok {
				words = append(words, stage.Config(s.Build.Args).Cmd.Argv...)
			}
		}
	}
	return strings.Join(words, " ")
}

// workdir is the folder that a service starts in.
func (e *examination) workdir(p *Patient, s *compose.Service) string {
	if w, ok := e.containerOf(p, s.Name); ok && w.Info.Config != nil && w.Info.Config.WorkingDir != "" {
		return w.Info.Config.WorkingDir
	}
	if c, ok := p.Model.Project.Services[s.Name]; ok && c.WorkingDir != "" {
		return c.WorkingDir
	}
	if d := e.Project.Dockerfile(s.Build.Dockerfile); d != nil {
		if stage, ok := d.File.Target(s.Build.Target); ok {
			return stage.Config(s.Build.Args).WorkingDir.Value
		}
	}
	return ""
}

// notMounted says whether the source that a server watches is not the host's.
func (e *examination) notMounted(p *Patient, s *compose.Service, words string) bool {
	if c, ok := p.Model.Project.Services[s.Name]; ok && c.Develop != nil && len(c.Develop.Watch) > 0 {
		return false // docker compose watch brings the changes
	}
	work := e.workdir(p, s)
	d := Diagnosis{Service: s.Name, Finding: rule.Finding{At: e.place(p, "services."+s.Name+".volumes", "services."+s.Name+".command", "services."+s.Name), Subject: "services." + s.Name + " watch"},
		Evidence: []string{"it starts with: " + cut(words, 200)}}
	var reaching, others []string
	for _, m := range s.Mounts {
		if m.Type != "bind" || !e.source(m.Source) {
			continue
		}
		if work == "" || within(work, m.Target) || within(m.Target, work) {
			reaching = append(reaching, m.Target)
		} else {
			others = append(others, m.Target)
		}
	}
	line := path.Join(s.Build.Context) + ":" + work
	switch {
	case len(reaching) == 0 && len(others) > 0:
		d.Message = fmt.Sprintf("%s watches %s for changes, and the host's source is mounted at %s; a change does not reach it; mount it where the service runs", s.Name, work, strings.Join(others, ", "))
	case len(reaching) == 0:
		d.Message = fmt.Sprintf("%s starts again when a file changes, but no folder of the repository is mounted into it; it runs on the copy in its image, and no change reaches it; mount the source", s.Name)
	default:
		return e.oldMounts(p, s, reaching, d)
	}
	d.Cure = Cure{Title: fmt.Sprintf("Add the mount %s to services.%s.volumes in %s", e.relative(p, line), s.Name, p.Source.Files[len(p.Source.Files)-1]), Commands: []string{command(p, "up", "-d", s.Name)}}
	e.report(&WatchMissing, p, d)
	return true
}

// relative is a mount's source as the Compose file writes it.
func (e *examination) relative(p *Patient, mount string) string {
	source, target, _ := strings.Cut(mount, ":")
	up := "."
	if p.Source.Dir != "." && p.Source.Dir != "" {
		up = strings.TrimSuffix(strings.Repeat("../", strings.Count(p.Source.Dir, "/")+1), "/")
	}
	if joined := path.Join(up, source); strings.HasPrefix(joined, ".") {
		return joined + ":" + target
	}
	return "./" + path.Join(up, source) + ":" + target
}

// source says whether a folder of the repository holds more than certificates or data: something that is built.
func (e *examination) source(folder string) bool {
	if !e.Project.Files.IsDir(folder) {
		return false
	}
	for _, f := range e.Project.Files.Under(folder) {
		switch path.Ext(f) {
		case ".py", ".js", ".ts", ".jsx", ".tsx", ".mjs", ".go", ".rb", ".rs", ".php", ".cs", ".java", ".kt", ".ex", ".exs", ".vue", ".svelte", ".html", ".css":
			return true
		}
	}
	return false
}

func within(inner, outer string) bool {
	inner, outer = path.Clean(inner), path.Clean(outer)
	return inner == outer || outer == "/" || strings.HasPrefix(inner, outer+"/")
}

// oldMounts says whether the container that runs lacks the mount that the files have by now.
func (e *examination) oldMounts(p *Patient, s *compose.Service, targets []string, d Diagnosis) bool {
	w, ok := e.containerOf(p, s.Name)
	if !ok {
		return false
	}
	for _, m := range w.Info.Mounts {
		if slices.Contains(targets, m.Destination) {
			return false
		}
	}
	d.Message = fmt.Sprintf("%s gets the source by a mount at %s, and the container that runs does not have it: it is older than the file; no change reaches it; create it anew", s.Name, strings.Join(targets, ", "))
	d.Evidence = append(d.Evidence, "container "+w.Name+", made "+w.Created.UTC().Format("2006-01-02 15:04:05")+" UTC")
	d.Cure = Cure{Title: "Create the container anew", Commands: []string{command(p, "up", "-d", s.Name)}}
	e.report(&WatchMissing, p, d)
	return true
}

// The limits that development tools advise (https://github.com/guard/listen/blob/master/README.md, VS Code's documentation).
const (
	enoughWatches   = 524288
	enoughInstances = 1024
)

// tooMany compares the kernel's limits with what there is to watch, and reads what the service says of them.
func (e *examination) tooMany(p *Patient, s *compose.Service) {
	cure := Cure{Title: "Raise the kernel's limits, on the engine's machine", Commands: []string{
		fmt.Sprintf("sudo sysctl fs.inotify.max_user_watches=%d fs.inotify.max_user_instances=%d", enoughWatches, enoughInstances),
		fmt.Sprintf("printf 'fs.inotify.max_user_watches=%d\\nfs.inotify.max_user_instances=%d\\n' | sudo tee /etc/sysctl.d/60-inotify.conf", enoughWatches, enoughInstances)}}
	watches, instances := 0, 0
	if e.Engine == nil || e.local() {
		watches, instances = e.Machine.Watches()
	}
	d := Diagnosis{Service: s.Name, Finding: rule.Finding{At: e.place(p, "services."+s.Name), Subject: "services." + s.Name + " watches"}, Cure: cure}
	if watches > 0 {
		d.Evidence = append(d.Evidence, fmt.Sprintf("fs.inotify.max_user_watches %d, max_user_instances %d", watches, instances))
	}
	if w, ok := e.containerOf(p, s.Name); ok {
		for _, line := range e.log(w.ID, 40) {
			if atLimit.MatchString(line) {
				d.Severity = rule.Error
				d.Message = s.Name + " can't watch its files: the kernel's limit is reached; changes do not reach it; raise the limit"
				d.Evidence = append(d.Evidence, s.Name+": "+line)
				e.report(&WatchLimit, p, d)
				return
			}
		}
	}
	files := 0
	for _, m := range s.Mounts {
		if m.Type == "bind" && e.Project.Files.IsDir(m.Source) {
			files = max(files, len(e.Project.Files.Under(m.Source)))
		}
	}
	if watches > 0 && files > watches {
		d.Message = fmt.Sprintf("%s has %d files to watch, and the kernel allows %d for all programs of a user together; changes of the others do not reach it; raise the limit", s.Name, files, watches)
		e.report(&WatchLimit, p, d)
	}
}

// needsPolling finds file systems on which the changes of the host are no events.
func (e *examination) needsPolling(p *Patient, s *compose.Service) {
	kind := e.Machine.Silent(e.Root)
	if kind == "" && e.Machine.System == "windows" {
		kind = "a folder of Windows"
	}
	if kind == "" {
		return
	}
	for _, name := range polling {
		if v := s.Environment[name]; v != "" && v != "0" && !strings.EqualFold(v, "false") {
			return
		}
	}
	name := polling[0]
	if u := e.Project.Unit(s.Build.Context); u != nil && u.Language == "node" {
		name = "CHOKIDAR_USEPOLLING"
	}
	e.report(&WatchPolling, p, Diagnosis{Service: s.Name, Finding: rule.Finding{At: e.place(p, "services."+s.Name+".environment", "services."+s.Name), Subject: "services." + s.Name + " polling",
		Message: fmt.Sprintf("the repository lies on %s, where a container is not told of changes on the host; %s does not start again by itself; let it look for changes, or move the repository to a disk of the engine's machine", kind, s.Name)},
		Cure: Cure{Title: fmt.Sprintf("Write %s: \"true\" into services.%s.environment", name, s.Name), Commands: []string{command(p, "up", "-d", s.Name)}}})
}
