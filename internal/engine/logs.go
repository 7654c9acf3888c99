package engine

import (
	"bytes"
	"context"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/client"
)

// LogOptions choose what of a container's log is read.
type LogOptions struct {
	Tail  int       // the last lines; 0 means all
	Since time.Time // zero means from the start
}

// LogLine is one line of a container's log.
type LogLine struct {
	Time   time.Time
	Stderr bool
	Text   string
}

// Logs reads the log of a container, in the order in which the engine kept it.
func (c *Client) Logs(ctx context.Context, id string, o LogOptions) ([]LogLine, error) {
	info, err := c.Inspect(ctx, id)
	if err != nil {
		return nil, err
	}
	options := client.ContainerLogsOptions{ShowStdout: true, ShowStderr: true, Timestamps: true}
	if o.Tail > 0 {
		options.Tail = strconv.Itoa(o.Tail)
	}
	if !o.Since.IsZero() {
		options.Since = o.Since.Format(time.RFC3339Nano)
	}
	stream, err := c.api.ContainerLogs(ctx, id, options)
	if err != nil {
		return nil, err
	}
	defer func() { _ = stream.Close() }()
	var lines []LogLine
	out, errOut := &liner{lines: &lines}, &liner{lines: &lines, stderr: true}
	if info.Config != nil && info.Config.Tty { // a terminal has one stream
		_, err = io.Copy(out, stream)
	} else {
		_, err = stdcopy.StdCopy(out, errOut, stream)
	}
	out.flush()
	errOut.flush()
	return lines, err
}

// liner cuts what is written to it into lines with the engine's time stamp in front.
type liner struct {
	lines  *[]LogLine
	stderr bool
	open   []byte // a line without its end
}

// maxLine bounds a line, in bytes: a program can write without ever ending one.
const maxLine = 64 << 10

func (l *liner) Write(p []byte) (int, error) {
	l.open = append(l.open, p...)
	for {
		i := bytes.IndexByte(l.open, '\n')
		if i < 0 && len(l.open) < maxLine {
			return len(p), nil
		}
		if i < 0 {
			i = len(l.open) - 1
		}
		l.add(l.open[:i])
		l.open = l.open[i+1:]
	}
}

func (l *liner) flush() {
	if len(l.open) > 0 {
		l.add(l.open)
		l.open = nil
	}
}

func (l *liner) add(line []byte) {
	text := strings.TrimRight(string(line), "\r")
	stamp, rest, _ := strings.Cut(text, " ")
	at, err := time.Parse(time.RFC3339Nano, stamp)
	if err != nil {
		rest = text
	}
	*l.lines = append(*l.lines, LogLine{Time: at, Stderr: l.stderr, Text: rest})
}
