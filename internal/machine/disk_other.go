//go:build !unix

package machine

// DiskFree is not told here.
func DiskFree(string) (free uint64, ok bool) { return 0, false }
