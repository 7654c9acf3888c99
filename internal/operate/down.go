package operate

import (
	"context"
	"io"
	"slices"

	"github.com/moby/moby/api/types/volume"
)

// Down stops the environment and removes its containers and networks. Volumes, the data, go only when told to.
func (o *Operation) Down(ctx context.Context, out io.Writer, volumes bool) error {
	args := []string{"down"}
	if volumes {
		args = append(args, "--volumes")
	}
	return o.openly(ctx, out, args...)
}

// DataVolumes are the named volumes that `down --volumes` would remove, by their names in the engine, sorted.
func (o *Operation) DataVolumes(ctx context.Context) ([]string, error) {
	volumes, err := o.Engine.Volumes(ctx, o.Env.Model.Name)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, v := range o.Env.Model.Volumes {
		if !v.External && slices.ContainsFunc(volumes, func(there volume.Volume) bool { return there.Name == v.Name }) {
			names = append(names, v.Name)
		}
	}
	slices.Sort(names)
	return names, nil
}
