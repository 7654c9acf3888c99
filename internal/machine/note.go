package machine

import (
	"errors"
	"os"
	"path/filepath"
)

// Note writes a file of the user's state folder, for the user's eyes only, durably and whole: on a full disk what was
// there stays.
func Note(file string, text []byte) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(file), ".note-") // its mode is 0600
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), file)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}
