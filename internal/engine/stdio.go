package engine

import (
	"context"
	"errors"
	"io"
	"net"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// stdioConn is a connection to the engine through `docker system dial-stdio`, which docker's own ssh contexts
// use as well: whatever docker can reach, by ssh, TLS or a context, this reaches too.
type stdioConn struct {
	io.Reader
	io.WriteCloser
	cmd  *exec.Cmd
	talk *talk
	once sync.Once
}

// dialStdio starts docker as the connection. ctx bounds only the start: the connection lives until it is closed.
func (d *Docker) dialStdio(ctx context.Context) (net.Conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	cmd := d.command(context.WithoutCancel(ctx), "system", "dial-stdio")
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	said := &talk{}
	cmd.Stderr = said
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return &stdioConn{Reader: out, WriteCloser: in, cmd: cmd, talk: said}, nil
}

// Read reports what docker said when it ends without an answer: the HTTP client would only see an end of file.
func (c *stdioConn) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	if n == 0 && err != nil {
		_ = c.Close()
		if said := c.talk.String(); said != "" {
			err = errors.New(said)
		}
	}
	return n, err
}

// CloseWrite tells the engine that no more input comes.
func (c *stdioConn) CloseWrite() error { return c.WriteCloser.Close() }

// Close ends the connection and waits for docker to be gone.
func (c *stdioConn) Close() error {
	c.once.Do(func() {
		_ = c.WriteCloser.Close()
		done := make(chan struct{})
		go func() { _ = c.cmd.Wait(); close(done) }()
		select {
		case <-done:
		case <-time.After(time.Second):
			_ = c.cmd.Process.Kill()
			<-done
		}
	})
	return nil
}

type stdioAddr struct{}

func (stdioAddr) Network() string { return "stdio" }
func (stdioAddr) String() string  { return "docker system dial-stdio" }

func (*stdioConn) LocalAddr() net.Addr              { return stdioAddr{} }
func (*stdioConn) RemoteAddr() net.Addr             { return stdioAddr{} }
func (*stdioConn) SetDeadline(time.Time) error      { return nil } // pipes of a process have none
func (*stdioConn) SetReadDeadline(time.Time) error  { return nil }
func (*stdioConn) SetWriteDeadline(time.Time) error { return nil }

// talk keeps the start of what a program says on stderr.
type talk struct {
	mu   sync.Mutex
	text strings.Builder
}

func (t *talk) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.text.Len() < 4096 {
		t.text.Write(p)
	}
	return len(p), nil
}

func (t *talk) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.TrimSpace(t.text.String())
}
