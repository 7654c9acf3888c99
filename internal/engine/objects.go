package engine

import (
	"context"
	"io"

	"github.com/moby/moby/api/types/image"
	"github.com/moby/moby/api/types/network"
	"github.com/moby/moby/api/types/volume"
	"github.com/moby/moby/client"
)

// Image is what the engine knows of an image, by name or id. IsNotFound tells that it is not there.
func (c *Client) Image(ctx context.Context, ref string) (image.InspectResponse, error) {
	result, err := c.api.ImageInspect(ctx, ref)
	return result.InspectResponse, err
}

// History is how an image was made, the newest layer first.
func (c *Client) History(ctx context.Context, ref string) ([]image.HistoryResponseItem, error) {
	result, err := c.api.ImageHistory(ctx, ref)
	return result.Items, err
}

// SaveImage is the image as a tar archive of its layers and configuration, as `docker save` writes it.
func (c *Client) SaveImage(ctx context.Context, ref string) (io.ReadCloser, error) {
	return c.api.ImageSave(ctx, []string{ref})
}

// Images lists the images that Compose built for a project.
func (c *Client) Images(ctx context.Context, project string) ([]image.Summary, error) {
	result, err := c.api.ImageList(ctx, client.ImageListOptions{Filters: client.Filters{}.Add("label", LabelProject+"="+project)})
	return result.Items, err
}

// Volume is what the engine knows of a named volume.
func (c *Client) Volume(ctx context.Context, name string) (volume.Volume, error) {
	result, err := c.api.VolumeInspect(ctx, name, client.VolumeInspectOptions{})
	return result.Volume, err
}

// Volumes lists the volumes of a Compose project.
func (c *Client) Volumes(ctx context.Context, project string) ([]volume.Volume, error) {
	result, err := c.api.VolumeList(ctx, client.VolumeListOptions{Filters: client.Filters{}.Add("label", LabelProject+"="+project)})
	return result.Items, err
}

// Network is what the engine knows of a network.
func (c *Client) Network(ctx context.Context, name string) (network.Inspect, error) {
	result, err := c.api.NetworkInspect(ctx, name, client.NetworkInspectOptions{})
	return result.Network, err
}

// Networks lists the networks of a Compose project.
func (c *Client) Networks(ctx context.Context, project string) ([]network.Summary, error) {
	result, err := c.api.NetworkList(ctx, client.NetworkListOptions{Filters: client.Filters{}.Add("label", LabelProject+"="+project)})
	return result.Items, err
}
