package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"refit/internal/doctor"
	"refit/internal/engine"
	"refit/internal/environment"
	"refit/internal/report"
)

// cure carries out what can be, one by one, and looks again after each: one cure may take away several findings. What was
// refused or failed is not tried again.
func (v *visit) cure(ctx context.Context) (cured []string, failed error) {
	a, tried := v.app, map[string]bool{}
	for {
		f := v.next(tried)
		if f == nil {
			return cured, failed
		}
		key := f.Meta.ID + " " + f.Subject
		tried[key] = true
		report.DiagnosisText(a.Err, v.view(nil), *f, report.Palette{On: colour(a.Err)})
		if err := a.confirm(f.Cure.Title+"?", v.flags.yes); err != nil {
			var e exit
			if errors.As(err, &e) && e.code == ExitUsage {
				return cured, err
			}
			a.note("left as it is")
			continue
		}
		r := *f.Cure.Repair
		did := v.carry(ctx, r)
		if ctx.Err() != nil {
			return cured, interruptedCure(key, did)
		}
		if did != nil {
			a.note(did.Error())
			failed = exit{ExitFailed, fmt.Errorf("%s is not cured: %w", key, did)}
			tried[doctor.RepairUnfinished.ID+" "+r.Mount] = true
		}
		if err := v.look(ctx, false); ctx.Err() != nil {
			return cured, interruptedCure(key, did)
		} else if err != nil {
			return cured, err
		}
		if did != nil {
			continue
		}
		if err := v.gone(key, r); err != nil {
			a.note(err.Error())
			failed = exit{ExitFailed, err}
			continue
		}
		a.note(key + " is cured")
		cured = append(cured, key)
	}
}

// interruptedCure is the exit of a cure that Ctrl-C came into.
func interruptedCure(key string, did error) error {
	if did == nil {
		did = fmt.Errorf("interrupted; the cure of %s was carried out before; refit doctor looks again", key)
	}
	return exit{ExitInterrupted, did}
}

// gone says whether a finding is gone after its cure.
func (v *visit) gone(key string, r doctor.Repair) error {
	switch {
	case v.has(key):
		return fmt.Errorf("%s is still there after its cure", key)
	case r.Kind == doctor.RepairOwner && (!v.result.Engine || slices.Contains(v.result.Unseen, "volume "+r.Mount)):
		return fmt.Errorf("the cure of %s was carried out; whether it helped could not be seen; refit doctor looks again", key)
	}
	return nil
}

// next is a finding with a cure that was not tried yet.
func (v *visit) next(tried map[string]bool) *doctor.Diagnosis {
	for i := range v.result.Findings {
		f := &v.result.Findings[i]
		if f.Cure.Repair != nil && f.Severity != "info" && !tried[f.Meta.ID+" "+f.Subject] {
			return f
		}
	}
	return nil
}

func (v *visit) has(key string) bool {
	for _, f := range v.result.Findings {
		if f.Meta.ID+" "+f.Subject == key && f.Severity != "info" {
			return true
		}
	}
	return false
}

// carry carries one repair out.
func (v *visit) carry(ctx context.Context, r doctor.Repair) error {
	talking := *v.app // what other commands print is talk here
	talking.Out = talking.Err
	switch r.Kind {
	case doctor.RepairEnv:
		return talking.runEnvInit([]string{r.Environment}, v.repo.Root, environment.InitOptions{})
	case doctor.RepairCerts:
		return talking.runCerts(v.repo.Root, true)
	}
	if v.docker == nil {
		return errors.New("there is no docker to do it with")
	}
	return doctor.Carry(ctx, v.docker, r, v.repo.RepairJournal(), engine.Streams{Out: v.app.Err, Err: v.app.Err})
}
