package engine

import (
	"context"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/moby/moby/api/types/system"
	"github.com/moby/moby/client"
)

// MinAPI is the oldest version of the Engine API that refit works with: that of Docker Engine 20.10, on which its
// scenarios run (https://docs.docker.com/reference/api/engine/#api-version-matrix).
const MinAPI = "1.41"

// answerTime bounds how long an engine may take for its first answer; ssh may have to connect first.
const answerTime = 20 * time.Second

// Client looks at an engine through its API. It starts and stops nothing of the user's.
type Client struct {
	api *client.Client
	At  Endpoint
}

// Connect finds the engine that docker talks to and agrees on a version of the API with it.
func (d *Docker) Connect(ctx context.Context) (*Client, error) {
	at, err := d.Endpoint(ctx)
	if err != nil {
		return nil, err
	}
	options := []client.Opt{client.WithHost(at.Host)}
	if !at.plain() {
		options = []client.Opt{client.WithHost("tcp://docker.invalid:2375"), client.WithScheme("http"),
			client.WithDialContext(func(ctx context.Context, _, _ string) (net.Conn, error) { return d.dialStdio(ctx) })}
	}
	return connect(ctx, at, options...)
}

// plain says whether the engine is reached by a socket and nothing else.
func (e Endpoint) plain() bool {
	scheme, _, _ := strings.Cut(e.Host, "://")
	return !e.secured && (scheme == "unix" || scheme == "npipe" || scheme == "tcp" && e.Local())
}

func connect(ctx context.Context, at Endpoint, options ...client.Opt) (*Client, error) {
	api, err := client.New(append(options, client.WithUserAgent("refit"))...)
	if err != nil {
		return nil, &Problem{Kind: BadContext, What: at.Host + " is no address of a Docker engine: " + err.Error(), Why: "refit talks to the engine that docker talks to", Do: "correct DOCKER_HOST or the context", Err: err}
	}
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	ping, err := api.Ping(ctx, client.PingOptions{NegotiateAPIVersion: true})
	if ping.APIVersion != "" && olderThan(ping.APIVersion, MinAPI) {
		return nil, &Problem{Kind: EngineTooOld, What: fmt.Sprintf("the Docker engine at %s speaks API %s", at.Host, ping.APIVersion), Why: "refit needs " + MinAPI + ", which Docker Engine 20.10 has", Do: "update the engine", Err: err}
	}
	if err != nil {
		return nil, unreachable(at, err)
	}
	return &Client{api: api, At: at}, nil
}

// Close lets go of the connections.
func (c *Client) Close() error { return c.api.Close() }

// Version is the engine's version: "20.10.24", and the version of the API that is spoken with it.
func (c *Client) Version(ctx context.Context) (engine, api string, err error) {
	v, err := c.api.ServerVersion(ctx, client.ServerVersionOptions{})
	return v.Version, c.api.ClientVersion(), err
}

// Info is what the engine says of itself and its machine: its disk root, security options, platform, memory.
func (c *Client) Info(ctx context.Context) (system.Info, error) {
	result, err := c.api.Info(ctx, client.InfoOptions{})
	return result.Info, err
}

// olderThan compares versions by their numbers: "1.9" is older than "1.41". What follows the numbers does not count.
func olderThan(a, b string) bool {
	x, y := numbers(a), numbers(b)
	for i := range max(len(x), len(y)) {
		if m, n := at(x, i), at(y, i); m != n {
			return m < n
		}
	}
	return false
}

func at(list []int, i int) int {
	if i < len(list) {
		return list[i]
	}
	return 0
}

// numbers are those of a version: "v5.6.0-desktop.1" -> 5, 6, 0.
func numbers(version string) []int {
	var list []int
	for _, part := range strings.Split(strings.TrimPrefix(version, "v"), ".") {
		n, digits := 0, 0
		for digits < len(part) && '0' <= part[digits] && part[digits] <= '9' {
			n = n*10 + int(part[digits]-'0')
			digits++
		}
		if digits == 0 {
			break
		}
		list = append(list, n)
		if digits < len(part) {
			break
		}
	}
	return list
}
