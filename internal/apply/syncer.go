package apply

import (
	"errors"
	"os"
	"sync"
)

// syncer closes files once they are on disk, many at a time: the file system then writes its own
// journal once for all of them, which is many times faster than one after the other.
type syncer struct {
	open []*os.File
	sync func(*os.File) error // nil: File.Sync
}

const maxOpen = 64 // files that a syncer holds open

func (s *syncer) add(f *os.File) error {
	s.open = append(s.open, f)
	if len(s.open) >= maxOpen {
		return s.flush()
	}
	return nil
}

// flush syncs and closes what was added.
func (s *syncer) flush() error {
	doSync := s.sync
	if doSync == nil {
		doSync = (*os.File).Sync
	}
	errs := make([]error, len(s.open))
	var wait sync.WaitGroup
	for i, f := range s.open {
		wait.Go(func() { errs[i] = errors.Join(doSync(f), f.Close()) })
	}
	wait.Wait()
	s.open = nil
	return errors.Join(errs...)
}
