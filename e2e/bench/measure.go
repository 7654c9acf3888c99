//go:build unix

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"syscall"
	"time"

	"refit/internal/pipeline"
	"refit/internal/plan"
)

// cost is what one run of a stage took.
type cost struct {
	Wall, CPU float64 // seconds
	Memory    int64   // peak resident bytes of the process
	work
}

// work is what a reference stage went through.
type work struct {
	Files int
	Bytes int64
}

func (c cost) String() string {
	if c == (cost{}) {
		return "-"
	}
	return fmt.Sprintf("%.2f / %.2f s", c.Wall, c.CPU)
}

// stages are what is measured, in the order in which they take turns. The first two are the reference.
var stages = []struct {
	name string
	run  func(dir string) (work, error)
}{
	{"read", readAll},
	{"parse", parseAll},
	{"audit", func(dir string) (work, error) { return work{}, audit(dir) }},
	{"plan", func(dir string) (work, error) { return work{}, planned(dir, false) }},
	{"apply", func(dir string) (work, error) { return work{}, planned(dir, true) }},
}

func audit(dir string) error {
	repo, err := pipeline.Open(dir)
	if err != nil {
		return err
	}
	repo.Audit()
	return nil
}

// planned is plan, or audit to applied: the report that the user reads first, then the plan, then the transaction.
func planned(dir string, apply bool) error {
	repo, err := pipeline.Open(dir)
	if err != nil {
		return err
	}
	if apply {
		repo.Audit()
	}
	made, err := repo.Plan(plan.Choice{})
	if err != nil || !apply {
		return err
	}
	_, err = repo.Apply(made.Set, nil)
	return err
}

// measure lays a case out and runs every stage some times, each in a process of its own.
func measure(c benchCase, runs int, profile string) (map[string]cost, error) {
	best := map[string]cost{}
	for range runs {
		tmp, err := os.MkdirTemp("", "refit-bench-")
		if err != nil {
			return nil, err
		}
		err = round(c, tmp, profile, best)
		if err = errors.Join(err, os.RemoveAll(tmp)); err != nil {
			return nil, err
		}
	}
	return best, nil
}

// round runs every stage once on a fresh copy and keeps the better figures in best.
func round(c benchCase, tmp, profile string, best map[string]cost) error {
	dir := filepath.Join(tmp, c.name)
	if err := c.lay(dir); err != nil {
		return err
	}
	for _, s := range stages {
		if c.auditOnly && (s.name == "plan" || s.name == "apply") {
			continue
		}
		prefix := ""
		if profile != "" {
			prefix = filepath.Join(profile, c.name+"-"+s.name)
		}
		now, err := inProcess(s.name, dir, filepath.Join(tmp, "state"), prefix)
		if err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		before, known := best[s.name]
		if known {
			now.Wall, now.CPU, now.Memory = min(now.Wall, before.Wall), min(now.CPU, before.CPU), min(now.Memory, before.Memory)
		}
		best[s.name] = now
	}
	return nil
}

func inProcess(stage, dir, state, profile string) (c cost, err error) {
	self, err := os.Executable()
	if err != nil {
		return c, err
	}
	cmd := exec.Command(self, "-stage", stage, "-profile", profile, dir)
	cmd.Env = append(os.Environ(), "XDG_STATE_HOME="+state)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return c, err
	}
	return c, json.Unmarshal(out, &c)
}

// runStage is the process of one stage.
func runStage(name, dir, profile string) (err error) {
	for _, s := range stages {
		if s.name != name {
			continue
		}
		if profile != "" {
			stop, err := profiled(profile)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, stop()) }()
		}
		debug.SetGCPercent(400) // as cmd/refit does; the reference stages profit likewise
		before, began := used(), time.Now()
		w, err := s.run(dir)
		if err != nil {
			return err
		}
		after := used()
		return json.NewEncoder(os.Stdout).Encode(cost{Wall: time.Since(began).Seconds(), CPU: after.cpu - before.cpu, Memory: after.memory, work: w})
	}
	return fmt.Errorf("there is no stage %q", name)
}

// profiled starts profiles of the processor and of allocations, which stop writes.
func profiled(prefix string) (stop func() error, err error) {
	f, err := os.Create(prefix + ".cpu")
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return nil, err
	}
	return func() error {
		pprof.StopCPUProfile()
		allocations, err := os.Create(prefix + ".alloc")
		if err != nil {
			return errors.Join(err, f.Close())
		}
		return errors.Join(f.Close(), pprof.Lookup("allocs").WriteTo(allocations, 0), allocations.Close())
	}, nil
}

type usage struct {
	cpu    float64
	memory int64
}

// used is what this process has used so far, as the system counts it.
func used() usage {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		return usage{}
	}
	memory := r.Maxrss // bytes on macOS, KiB elsewhere
	if runtime.GOOS != "darwin" {
		memory <<= 10
	}
	return usage{time.Duration(r.Utime.Nano() + r.Stime.Nano()).Seconds(), memory}
}
