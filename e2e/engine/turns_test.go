//go:build unix

package engine_test

import (
	"io"
	"regexp"
	"sync"
)

// building is held by the command that builds images. Scenarios run side by side, and all build from the same files: the
// builder of Engine 20.10 now and then ends the whole engine when two builds share a step ("panic: failed to get edge").
var building sync.Mutex

var (
	// builds are commands that build images, at their beginning or all the time.
	builds = regexp.MustCompile(`\b(re)?build\b|\bup\b|-up\b|\bmake (test|ci|\S+-test)\b|\brefit test\b|--against`)
	// built is what such a command says when it goes on to start containers.
	built = regexp.MustCompile(`Container \S+\s+(Creating|Created|Recreate|Starting|Running)|(?m)^\S+: (starting|running|healthy|done)\b|starting before`)
)

// turn waits until the command line may build. end has to be called when it has ended; what it prints goes through out,
// which ends the turn as soon as nothing is built any more.
func turn(line string, to io.Writer) (out io.Writer, end func()) {
	if !builds.MatchString(line) {
		return to, func() {}
	}
	building.Lock()
	end = sync.OnceFunc(building.Unlock)
	return &turnWriter{to, end}, end
}

type turnWriter struct {
	to  io.Writer
	end func()
}

func (w *turnWriter) Write(text []byte) (int, error) {
	if built.Match(text) {
		w.end()
	}
	return w.to.Write(text)
}
