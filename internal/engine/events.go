package engine

import (
	"context"

	"github.com/moby/moby/client"
)

// Changes signals whenever something happens to a container of a Compose project, and is closed when the engine
// goes away or ctx ends. Signals that nobody fetched are one: look at the state, not at the event.
func (c *Client) Changes(ctx context.Context, project string) <-chan struct{} {
	signal := make(chan struct{}, 1)
	events := c.api.Events(ctx, client.EventsListOptions{Filters: client.Filters{}.Add("type", "container").Add("label", LabelProject+"="+project)})
	go func() {
		defer close(signal)
		for {
			select {
			case <-events.Messages:
				select {
				case signal <- struct{}{}:
				default:
				}
			case <-events.Err: //nolint:errcheck // whatever it was: the caller looks by itself
				return
			case <-ctx.Done():
				return
			}
		}
	}()
	return signal
}
