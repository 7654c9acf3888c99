package certs

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"time"
)

// The files of the authority.
const (
	authorityFile    = "ca.pem"
	authorityKeyFile = "ca-key.pem"
)

// AuthorityFile is where the authority's certificate is in its folder: what a trust store is given.
func AuthorityFile(dir string) string { return filepath.Join(dir, authorityFile) }

// OpenAuthority is the authority kept in the folder dir of this machine. A missing one, or one that
// ends soon, is made; made says so. The folder's mode is 0700, the key's 0600. It returns an error for
// files that can't be read or written and for a key that others can read: it could have signed
// anything.
func OpenAuthority(dir string, now time.Time) (a *Authority, made bool, err error) {
	certificatePEM, err := os.ReadFile(filepath.Join(dir, authorityFile))
	missing := errors.Is(err, fs.ErrNotExist)
	if err != nil && !missing {
		return nil, false, err
	}
	if !missing {
		if a, err = readAuthority(dir, certificatePEM); err != nil {
			return nil, false, fmt.Errorf("%s: %w; move the folder away to have a new one made", dir, err)
		}
		if now.Before(a.Certificate.NotAfter.Add(-renewBefore)) {
			return a, false, nil
		}
	}
	if a, err = NewAuthority(now); err != nil {
		return nil, false, err
	}
	return a, true, a.save(dir)
}

func readAuthority(dir string, certificatePEM []byte) (*Authority, error) {
	keyPath := filepath.Join(dir, authorityKeyFile)
	info, err := os.Lstat(keyPath)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("%s can be read by others (mode %04o); whoever has it can pretend to be any site to this machine", authorityKeyFile, info.Mode().Perm())
	}
	keyPEM, err := os.ReadFile(keyPath)
	if err != nil {
		return nil, err
	}
	return ParseAuthority(certificatePEM, keyPEM)
}

// save writes the key first: a certificate without its key would look like an authority that is there.
func (a *Authority) save(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if err := os.Chmod(dir, 0o700); err != nil && runtime.GOOS != "windows" {
		return err
	}
	certificatePEM, keyPEM, err := a.PEM()
	if err != nil {
		return err
	}
	if err := replaceFile(filepath.Join(dir, authorityKeyFile), keyPEM, 0o600); err != nil {
		return err
	}
	return replaceFile(filepath.Join(dir, authorityFile), certificatePEM, 0o644)
}

// replaceFile writes beside the file and renames, so that nobody sees half of it.
func replaceFile(at string, text []byte, mode fs.FileMode) error {
	f, err := os.CreateTemp(filepath.Dir(at), ".refit-*") // mode 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }() // fails when it was renamed, as it should be
	_, err = f.Write(text)
	for _, step := range []func() error{func() error { return f.Chmod(mode) }, f.Sync, f.Close} {
		if e := step(); err == nil && !(e != nil && runtime.GOOS == "windows" && errors.Is(e, errors.ErrUnsupported)) {
			err = e
		}
	}
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), at)
}
