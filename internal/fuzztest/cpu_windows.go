package fuzztest

import "time"

var started = time.Now()

// CPUTime is the time since the start: close enough where nothing else is busy.
func CPUTime() time.Duration { return time.Since(started) }
