//go:build unix && !linux

package apply

import "errors"

func mountSmall(string) error { return errors.New("not known on this system") }
