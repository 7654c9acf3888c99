package apply

import "syscall"

// mountSmall mounts a file system of 256 KiB.
func mountSmall(at string) error {
	return syscall.Mount("tmpfs", at, "tmpfs", syscall.MS_NOSUID|syscall.MS_NODEV, "size=256k")
}
