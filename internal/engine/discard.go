package engine

import (
	"context"
	"errors"
	"io"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"
)

// ImageFiles is the file system that a container of the image starts with, as a tar archive. The container that
// the engine needs for it is never started, and is removed when the reader is closed.
func (c *Client) ImageFiles(ctx context.Context, ref string) (io.ReadCloser, error) {
	made, err := c.api.ContainerCreate(ctx, client.ContainerCreateOptions{
		Config:     &container.Config{Image: ref, Entrypoint: []string{"true"}},
		HostConfig: &container.HostConfig{NetworkMode: "none"},
	})
	if err != nil {
		return nil, err
	}
	archive, err := c.Export(ctx, made.ID)
	if err != nil {
		c.remove(ctx, made.ID)
		return nil, err
	}
	return &exported{archive, func() { c.remove(ctx, made.ID) }}, nil
}

type exported struct {
	io.ReadCloser
	remove func()
}

func (e *exported) Close() error {
	err := e.ReadCloser.Close()
	e.remove()
	return err
}

// RemoveImages removes the images that Compose built for a project, those that lost their name to a later build too.
func (c *Client) RemoveImages(ctx context.Context, project string) error {
	list, err := c.Images(ctx, project)
	if err != nil {
		return err
	}
	var failed error
	for _, i := range list {
		_, err := c.api.ImageRemove(ctx, i.ID, client.ImageRemoveOptions{Force: true, PruneChildren: true})
		if err != nil && !IsNotFound(err) {
			failed = errors.Join(failed, err)
		}
	}
	return failed
}

// ImageOf is the id of an image that Compose built for a project; "" when there is none.
func (c *Client) ImageOf(ctx context.Context, project string) string {
	list, err := c.Images(ctx, project)
	if err != nil || len(list) == 0 {
		return ""
	}
	return list[0].ID
}
