package against

import "io/fs"

// keepOwner does nothing here: containers see no owners of this system's.
func keepOwner(string, fs.FileInfo) error { return nil }
