// Package doctor turns symptoms of a machine and its environments into causes and cures: what it is told of the files,
// and what it sees of the engine, become findings. Looking changes nothing; a cure is only carried out by Carry.
package doctor

import (
	"context"
	"embed"
	"slices"
	"strings"

	"refit/internal/rule"
)

//go:embed *.md
var pages embed.FS

// meta is a check's, with its page: m15_root_owned_volume.md of M15 root-owned-volume.
func meta(id, name string, severity rule.Severity, summary string) rule.Meta {
	page := strings.ToLower(id) + "_" + strings.ReplaceAll(name, "-", "_") + ".md"
	text, _ := pages.ReadFile(page) // a test holds that each is there
	return rule.Meta{ID: id, Name: name, Theme: Theme, Severity: severity, Since: "0.1.0", Summary: summary, Doc: string(text)}
}

// Theme is that of the checks of this package.
const Theme rule.Theme = "machine"

// Cure is what to do about a diagnosis.
type Cure struct {
	Title    string
	Commands []string // exactly as they are typed, from the repository's root
	Changes  []string // what would be changed, where that is a list of files
	More     bool     // there are more changes than listed
	Repair   *Repair  // how --fix does it; nil: it is the user's to do
}

// Diagnosis is a finding of the doctor: a cause, what was seen of it and the cure.
type Diagnosis struct {
	rule.Finding
	Environment string // "" when it is the machine's
	Service     string
	Evidence    []string // masked
	Cure        Cure
}

// Result is what an examination brought.
type Result struct {
	Findings []Diagnosis // errors first
	Notes    []string    // what could not be looked at, and why
	Looked   []string    // the environments
	Unseen   []string    // subjects of findings that may be there, and could not be looked at
	Engine   bool        // one answered
}

// check looks for one cause, or for a few that exclude one another.
type check struct {
	metas []*rule.Meta
	look  func(*examination)
}

// checks in the order in which they look: causes before the symptoms that they explain.
var checks = []check{
	{[]*rule.Meta{&DockerMissing, &EngineSilent, &SocketClosed, &WrongContext, &PluginOld}, (*examination).docker},
	{[]*rule.Meta{&ToolMissing}, (*examination).tools},
	{[]*rule.Meta{&DiskFull, &Certificate, &EnvFileMissing, &ValueMissing, &PortTaken, &MountMissing}, (*examination).obstacles},
	{[]*rule.Meta{&ClockSkew}, (*examination).clock},
	{[]*rule.Meta{&ShellOverrides}, (*examination).shell},
	{[]*rule.Meta{&WrongMechanism, &ValueWrong}, (*examination).mechanism},
	{[]*rule.Meta{&StartedElsewhere, &ValuesOld}, (*examination).started},
	{[]*rule.Meta{&RepairUnfinished}, (*examination).unfinished},
	{[]*rule.Meta{&RootOwnedVolume, &RootOwnedMount, &UIDMismatch}, (*examination).owners},
	{[]*rule.Meta{&BuildFileMissing, &LockStale, &BuildNetwork, &BuildFailed}, (*examination).builds},
	{[]*rule.Meta{&OutOfMemory}, (*examination).memory},
	{[]*rule.Meta{&WatchMissing, &WatchLimit, &WatchPolling}, (*examination).watching},
	{[]*rule.Meta{&Orphan}, (*examination).orphans},
	{[]*rule.Meta{&OldVolume}, (*examination).oldVolumes},
	{[]*rule.Meta{&HealthProgram, &HealthTarget, &HealthStart, &Unhealthy}, (*examination).health},
	{[]*rule.Meta{&RestartLoop, &ServiceFailed}, (*examination).ended},
}

// Checks lists what the doctor looks for, by id.
func Checks() []*rule.Meta {
	var list []*rule.Meta
	for _, c := range checks {
		list = append(list, c.metas...)
	}
	slices.SortFunc(list, func(a, b *rule.Meta) int { return strings.Compare(a.ID, b.ID) })
	return list
}

// Examine looks for every cause. An error means that it could not finish: the engine went away.
func Examine(ctx context.Context, c *Case) (Result, error) {
	e := &examination{Case: c, ctx: ctx, seen: map[string]bool{}}
	if err := e.admit(); err != nil {
		return Result{}, err
	}
	for _, k := range checks {
		k.look(e)
		if e.err != nil {
			return Result{}, e.err
		}
	}
	slices.SortStableFunc(e.found, func(a, b Diagnosis) int { return rank(a.Severity) - rank(b.Severity) })
	r := Result{Findings: e.found, Notes: e.notes, Unseen: e.unseen, Engine: c.Engine != nil}
	for _, p := range c.Patients {
		r.Looked = append(r.Looked, p.Name)
	}
	return r, nil
}

func rank(s rule.Severity) int {
	return slices.Index([]rule.Severity{rule.Error, rule.Warning, rule.Info}, s)
}
