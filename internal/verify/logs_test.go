package verify

import (
	"testing"
	"time"
)

// The log is that of the run that goes on, what was said before the engine noted its start included.
func TestLogOfTheRun(t *testing.T) {
	w := newWorld(t)
	w.logs["app"] = []string{"INFO:     Application startup complete.", "INFO:     a request"}
	w.earlier = map[string][]string{"app": {"Traceback (most recent call last):", "ValueError: made up"}}
	began, _ := time.Parse(time.RFC3339Nano, w.containers["app"].State.StartedAt)
	w.containers["app"].State.FinishedAt = began.Add(-time.Minute).Format(time.RFC3339Nano)
	if r, err := w.run(Options{}); err != nil || len(r.Findings) > 0 || len(r.NotShown) > 0 {
		t.Errorf("%v\n%s", err, describe(r))
	}
	ended := began.Add(time.Second)
	for finished, want := range map[string]time.Time{"0001-01-01T00:00:00Z": {}, ended.Format(time.RFC3339Nano): began} {
		b := &box{info: *w.containers["app"]}
		b.info.State.FinishedAt = finished
		if got := b.endedBefore(); !got.Equal(want) {
			t.Errorf("ended at %s: the log is read from %v, not %v", finished, got, want)
		}
	}
}
