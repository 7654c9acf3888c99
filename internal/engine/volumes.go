package engine

import (
	"context"
	"errors"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/moby/moby/api/types/events"
	"github.com/moby/moby/api/types/volume"
	"github.com/moby/moby/client"
)

// LabelVolume is the label that Docker Compose puts on volumes (docker/compose, pkg/api/labels.go).
const LabelVolume = "com.docker.compose.volume"

// AllVolumes lists every named volume of the engine.
func (c *Client) AllVolumes(ctx context.Context) ([]volume.Volume, error) {
	result, err := c.api.VolumeList(ctx, client.VolumeListOptions{})
	return result.Items, err
}

// VolumeSizes are the sizes of the volumes in bytes, by name. The engine counts the files: that takes a while.
func (c *Client) VolumeSizes(ctx context.Context) (map[string]int64, error) {
	result, err := c.diskUsage(ctx)
	if err != nil {
		return nil, err
	}
	sizes := map[string]int64{}
	for _, v := range result.Volumes.Items {
		if v.UsageData != nil && v.UsageData.Size >= 0 {
			sizes[v.Name] = v.UsageData.Size
		}
	}
	return sizes, nil
}

// diskUsage asks again while the engine counts for somebody else: Engine 20.10 refuses a second question at the same time
// (moby 20.10, daemon/disk_usage.go: "a disk usage operation is already running").
func (c *Client) diskUsage(ctx context.Context) (client.DiskUsageResult, error) {
	const patience = 10 * time.Second
	for begin := time.Now(); ; {
		result, err := c.api.DiskUsage(ctx, client.DiskUsageOptions{Volumes: true, Verbose: true})
		if err == nil || !strings.Contains(err.Error(), "already running") || time.Since(begin) > patience {
			return result, err
		}
		select {
		case <-ctx.Done():
			return result, ctx.Err()
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// End is how a container ended once.
type End struct {
	At   time.Time
	Code int
	OOM  bool // it was killed because it needed more memory than it may have
}

// Ends are how a container ended since a time, oldest first, as far as the engine remembers: its last 256 events.
func (c *Client) Ends(ctx context.Context, id string, since time.Time) ([]End, error) {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	stream := c.api.Events(ctx, client.EventsListOptions{Since: stamp(since), Until: stamp(time.Now()),
		Filters: client.Filters{}.Add("type", "container").Add("container", id).Add("event", "die", "oom")})
	var list []End
	oom := false
	for {
		select {
		case m := <-stream.Messages:
			if m.Action == events.ActionOOM {
				oom = true
				continue
			}
			code, _ := strconv.Atoi(m.Actor.Attributes["exitCode"])
			list = append(list, End{At: time.Unix(0, m.TimeNano), Code: code, OOM: oom})
			oom = false
		case err := <-stream.Err:
			if errors.Is(err, io.EOF) || errors.Is(err, context.DeadlineExceeded) {
				err = nil // a clock that goes slow would keep it waiting
			}
			return list, err
		}
	}
}

func stamp(t time.Time) string { return strconv.FormatInt(t.Unix(), 10) }
