//go:build !linux

package machine

// WatchLimits are not told here.
func WatchLimits() (watches, instances int) { return 0, 0 }

// SilentFileSystem is not told here.
func SilentFileSystem(string) string { return "" }
