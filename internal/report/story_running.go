package report

import (
	"fmt"
	"text/tabwriter"

	"refit/internal/against"
)

// RunningSide are the figures of one state of the demonstration's service.
type RunningSide struct {
	User              string // whom the service runs as
	Image, Production int64  // bytes; 0 when there is no such image
	Rebuild           against.Build
	Secrets           int // in the image
	Audit, Verify     Count
}

// Line tells what is being done.
func (s *Story) Line(text string) { fmt.Fprintf(s.w, "   %s\n", s.p.Dim(text)) }

// NotRun says why the demonstration ends without running anything.
func (s *Story) NotRun(why error) {
	fmt.Fprintf(s.w, "\n   Not shown: the service running before and after, verified from the inside (%v).\n", why)
}

// Running is the table of what the refit changed for a service that runs.
func (s *Story) Running(before, after RunningSide) {
	tab := tabwriter.NewWriter(s.w, 0, 8, 3, ' ', 0)
	row := func(what, before, after string) { fmt.Fprintf(tab, "   %s\t%s\t%s\n", what, before, after) }
	row("", "before", "after")
	row("runs as", before.User, after.User)
	row("image, development", megabytes(before.Image), megabytes(after.Image)+ratio(float64(before.Image), float64(after.Image)))
	row("image, production", "the same", megabytes(after.Production)+ratio(float64(before.Image), float64(after.Production)))
	row("rebuild after a source change", seconds1(before.Rebuild), seconds1(after.Rebuild)+ratio(before.Rebuild.Seconds, after.Rebuild.Seconds))
	row("  steps from the cache", steps(before.Rebuild), steps(after.Rebuild))
	row("  packages installed again", fmt.Sprint(len(before.Rebuild.Packages)), fmt.Sprint(len(after.Rebuild.Packages)))
	row("secrets in the image", fmt.Sprint(before.Secrets), fmt.Sprint(after.Secrets))
	row("findings of refit audit", before.Audit.String(), after.Audit.String())
	row("findings of refit verify", before.Verify.String(), after.Verify.String())
	_ = tab.Flush()
}

func seconds1(b against.Build) string { return fmt.Sprintf("%.1f s", b.Seconds) }

func steps(b against.Build) string { return fmt.Sprintf("%d of %d", b.Cached, b.Steps) }
