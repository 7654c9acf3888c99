package apply

import (
	"errors"
	"sync"
)

// syncer closes files once they are on disk, many at a time: the file system then writes its own
// journal once for all of them, which is many times faster than one after the other.
type syncer struct {
	open []syncable
}

// syncable is an open file or folder that can be made durable.
type syncable interface {
	Sync() error
	Close() error
}

const maxOpen = 64 // files that a syncer holds open

func (s *syncer) add(f syncable) error {
	s.open = append(s.open, f)
	if len(s.open) >= maxOpen {
		return s.flush()
	}
	return nil
}

// flush syncs and closes what was added.
func (s *syncer) flush() error {
	errs := make([]error, len(s.open))
	var wait sync.WaitGroup
	for i, f := range s.open {
		wait.Go(func() { errs[i] = errors.Join(f.Sync(), f.Close()) })
	}
	wait.Wait()
	s.open = nil
	return errors.Join(errs...)
}
