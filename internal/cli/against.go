package cli

import (
	"errors"
	"fmt"

	"refit/internal/against"
	"refit/internal/engine"
	"refit/internal/invocation"
	"refit/internal/pipeline"
	"refit/internal/report"
)

func (a *app) runAgainst(word string, f verifyFlags) error {
	if err := oneOf("--format", f.format, "text", "json"); err != nil {
		return err
	}
	ctx, stop := interruptible()
	defer stop()
	repo, _, err := a.open(f.path)
	if err != nil {
		return err
	}
	docker, err := engine.Find(a.docker...)
	if err != nil {
		return exit{ExitFailed, err}
	}
	result, err := repo.Against(ctx, docker, pipeline.Comparison{Environment: word, Before: f.before, Against: f.against,
		Options: against.Options{Measure: f.measure, Run: !f.images, Wait: f.Wait}, Say: a.note})
	var unknown *invocation.Unknown
	switch {
	case ctx.Err() != nil:
		return exit{ExitInterrupted, errors.Join(errors.New("interrupted; your files, containers and volumes were not touched"), leftover(err, ctx.Err()))}
	case errors.As(err, &unknown):
		return exit{ExitUsage, fmt.Errorf("%w; --before names the environment of then, when it was another one", err)}
	case err != nil:
		return exit{ExitFailed, err}
	}
	view := report.Against{Environment: word, Against: result.Against, Result: result.Result}
	if f.format == "json" {
		if err := report.AgainstJSON(a.Out, view); err != nil {
			return err
		}
	} else {
		report.AgainstText(a.Out, view, report.Palette{On: colour(a.Out)})
	}
	if result.Undeclared() > 0 && f.failOn != "never" {
		return exit{ExitFindings, nil}
	}
	return nil
}

// leftover is what an error says beside that the user interrupted.
func leftover(err, interrupted error) error {
	if err == nil || errors.Is(err, interrupted) {
		return nil
	}
	return err
}
