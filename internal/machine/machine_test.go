package machine

import (
	"net"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

func TestPortHolder(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	h, taken := PortHolder("tcp", "127.0.0.1", port)
	if !taken {
		t.Fatalf("port %d is not seen to be taken", port)
	}
	self, _ := os.Executable()
	if name := filepath.Base(self); runtime.GOOS == "linux" && (h.PID != os.Getpid() || h.Name != name[:min(15, len(name))]) {
		t.Errorf("held by %+v, want %d %s", h, os.Getpid(), name)
	}
	if _, taken := PortHolder("udp", "127.0.0.1", port); taken {
		t.Errorf("the port is taken for TCP only")
	}
	_ = l.Close()
	if _, taken := PortHolder("tcp", "127.0.0.1", port); taken {
		t.Errorf("port %d is free again", port)
	}
}

func TestDiskFree(t *testing.T) {
	if free, ok := DiskFree(t.TempDir()); runtime.GOOS == "linux" && (!ok || free == 0) {
		t.Errorf("%d %t", free, ok)
	}
	if _, ok := DiskFree(filepath.Join(t.TempDir(), "none")); ok {
		t.Errorf("a folder that is not there has free space")
	}
}
