package compose

import (
	"strings"
	"sync"
)

// Kind is the class of a ready-made service.
type Kind string

// The kinds.
const (
	Database Kind = "database"
	Cache    Kind = "cache"
	Broker   Kind = "broker"
	Search   Kind = "search"
	Storage  Kind = "storage" // object storage
	Proxy    Kind = "proxy"
	Tool     Kind = "tool" // for people: admin interfaces, mail catchers
)

// Product is what is known of a ready-made service by its image.
type Product struct {
	Name   string // "postgres"
	Kind   Kind
	Images []string // names of images without registry, tag and digest; one without "/" matches any owner
	Ports  []int    // container ports, the main one first
	Data   []string // folders in the container that hold its data
	// Test is healthcheck.test for the container's own shell or CMD form, with a program that the image
	// has; nil when there is none that works whatever the configuration. See ComposeTest.
	Test []string
	// Start is a fitting start_period in seconds.
	Start int
	// UserVars, PasswordVars and DatabaseVars are the environment variables by which the image takes
	// its credentials.
	UserVars, PasswordVars, DatabaseVars []string
}

// ProductOf is what is known of an image, such as "postgres:17-alpine" or
// "ghcr.io/example/valkey:8@sha256:..."; nil when nothing is.
func ProductOf(image string) *Product {
	name, known := ImageName(image), productsByImage()
	if p := known[strings.TrimPrefix(name, "library/")]; p != nil {
		return p
	}
	return known[name[strings.LastIndexByte(name, '/')+1:]]
}

// productsByImage has the first product of each name of an image.
var productsByImage = sync.OnceValue(func() map[string]*Product {
	known := map[string]*Product{}
	for i := range products {
		for _, name := range products[i].Images {
			if known[name] == nil {
				known[name] = &products[i]
			}
		}
	}
	return known
})

// ImageName is an image's name without registry host, tag and digest: "bitnami/redis" of
// "docker.io/bitnami/redis:7". What a variable decides is cut off.
func ImageName(image string) string {
	image, _, _ = strings.Cut(image, "@")
	image, _, _ = strings.Cut(image, "$")
	if i := strings.LastIndexByte(image, ':'); i > strings.LastIndexByte(image, '/') {
		image = image[:i]
	}
	if host, rest, ok := strings.Cut(image, "/"); ok && (strings.ContainsAny(host, ".:") || host == "localhost") {
		image = rest
	}
	return image
}

// ImageTag is an image's tag, "" when it has none; a digest is no tag.
func ImageTag(image string) string {
	image, _, _ = strings.Cut(image, "@")
	if i := strings.LastIndexByte(image, ':'); i > strings.LastIndexByte(image, '/') {
		return image[i+1:]
	}
	return ""
}

// ComposeTest is Test as it is written in a Compose file: every $ doubled, so that the container's
// shell fills in the variables and not Compose. It is nil when Test is.
func (p *Product) ComposeTest() []string {
	if p == nil {
		return nil
	}
	var test []string
	for _, word := range p.Test {
		test = append(test, strings.ReplaceAll(word, "$", "$$"))
	}
	return test
}
