package verify

import (
	"context"
	"crypto/tls"
	_ "embed"
	"errors"
	"net"
	"net/http"
	"strconv"
	"time"

	"refit/internal/rule"
)

//go:embed r23_endpoint_silent.md
var endpointSilentDoc string

// endpointSilent asks from this machine what the healthcheck asks inside: R23.
var endpointSilent = check("R23", "endpoint-silent", Health, rule.Error, "the endpoint that a healthcheck asks does not answer on its published port", endpointSilentDoc,
	func(ctx context.Context, p *pass) {
		for _, b := range p.boxes(nil) {
			if !b.runs() {
				continue
			}
			url, ok := b.healthURL()
			if !ok {
				continue
			}
			addresses := b.published(url.port)
			if len(addresses) == 0 {
				continue
			}
			p.looked[b.Service] = true
			if !p.env.Local {
				p.notShown(b.Service, "the engine is on another machine")
				continue
			}
			p.askHealth(ctx, b, url, addresses[0])
		}
	})

func (p *pass) askHealth(ctx context.Context, b *box, url healthURL, address string) {
	asked := url.scheme + "://" + address + url.path
	r := report{service: b.Service, subject: "ports." + strconv.Itoa(url.port), at: []string{"services." + b.Service + ".ports"},
		next: "curl -vk " + asked + " shows more; refit logs " + p.env.Name + " " + b.Service + " the server's side"}
	status, err := get(ctx, asked)
	switch {
	case err != nil:
		p.find(r, "%s does not answer from this machine: %v; inside of container %s its healthcheck asks port %d", asked, reason(err), b.Name, url.port)
	case status >= 400:
		p.find(r, "%s answers %d from this machine; container %s is asked the same by its healthcheck", asked, status, b.Name)
	}
}

// get asks a URL as `curl -k` does, and does not follow where it leads.
func get(ctx context.Context, url string) (status int, err error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, err
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		// R25 looks at the certificate; here only the answer counts
		Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true}} //nolint:gosec // see above
	answer, err := client.Do(request)
	if err != nil {
		return 0, err
	}
	_ = answer.Body.Close()
	return answer.StatusCode, nil
}

// reason is the part of a network error that says something.
func reason(err error) error {
	var op *net.OpError
	if errors.As(err, &op) {
		return op.Err
	}
	return err
}
