package verify

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"regexp"
	"strings"

	"refit/internal/secret"
)

// scan reads what `docker save` writes: a tar with a manifest.json and a tar per layer
// (https://github.com/moby/docker-image-spec/blob/main/spec.md#combined-image-json--filesystem-changeset-format), in
// Engine 25 and later laid out as OCI blobs.
type scan struct {
	secrets []secretValue
	skip    map[string]bool // layers, by name, whose content is not searched: a base image's
}

// layer is what one layer brings and takes away.
type layer struct {
	files   map[string]int64 // bytes
	gone    []string         // whiteouts
	places  []place
	private []string
}

// read reads the whole archive. The layers come in the manifest's order, the lowest first.
func (s *scan) read(ctx context.Context, archive io.Reader) ([]*layer, error) {
	found, links := map[string]*layer{}, map[string]string{}
	var order []string
	t := tar.NewReader(archive)
	for {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return nil, err
		}
		at := path.Clean(h.Name)
		switch {
		case h.Typeflag == tar.TypeSymlink || h.Typeflag == tar.TypeLink:
			links[at] = path.Join(path.Dir(at), h.Linkname)
		case h.Typeflag != tar.TypeReg:
		case at == "manifest.json":
			if order, err = layersIn(t); err != nil {
				return nil, err
			}
		case strings.HasSuffix(at, "/layer.tar"), strings.HasPrefix(at, "blobs/sha256/"):
			if found[at], err = s.layer(t, s.skip[at]); err != nil {
				return nil, fmt.Errorf("%s: %w", at, err)
			}
		}
	}
	var list []*layer
	for _, name := range order {
		for found[name] == nil && links[name] != "" {
			name, links[name] = links[name], ""
		}
		if found[name] == nil {
			return nil, fmt.Errorf("docker save gives no layer %s", name)
		}
		list = append(list, found[name])
	}
	return list, nil
}

func layersIn(manifest io.Reader) ([]string, error) {
	var images []struct{ Layers []string }
	if err := json.NewDecoder(manifest).Decode(&images); err != nil {
		return nil, err
	}
	if len(images) == 0 {
		return nil, errors.New("docker save gives an empty manifest")
	}
	return images[0].Layers, nil
}

// layer reads one layer; a blob that is none gives an empty one.
func (s *scan) layer(r io.Reader, unsearched bool) (*layer, error) {
	l := &layer{files: map[string]int64{}}
	b := bufio.NewReaderSize(r, 1<<16)
	if magic, _ := b.Peek(2); bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		z, err := gzip.NewReader(b)
		if err != nil {
			return nil, err
		}
		b = bufio.NewReaderSize(z, 1<<16)
	}
	if head, _ := b.Peek(262); len(head) < 262 || string(head[257:262]) != "ustar" {
		return l, nil
	}
	t := tar.NewReader(b)
	for {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return l, nil
		}
		if err != nil {
			return nil, err
		}
		if err := s.entry(l, h, t, unsearched); err != nil {
			return nil, err
		}
	}
}

// The marks of what a layer takes away (https://github.com/opencontainers/image-spec/blob/main/layer.md#whiteouts).
const (
	whiteout = ".wh."
	opaque   = ".wh..wh..opq"
)

func (s *scan) entry(l *layer, h *tar.Header, content io.Reader, unsearched bool) error {
	at := strings.TrimPrefix(path.Clean("/"+h.Name), "/")
	name := path.Base(at)
	switch {
	case name == opaque:
		l.gone = append(l.gone, path.Dir(at))
		return nil
	case strings.HasPrefix(name, whiteout):
		l.gone = append(l.gone, path.Join(path.Dir(at), strings.TrimPrefix(name, whiteout)))
		return nil
	case h.Typeflag == tar.TypeDir:
		l.files[at] = 0
		if name == ".git" && !thirdParty(at) {
			l.private = append(l.private, "/"+at)
		}
		return nil
	}
	l.files[at] = h.Size
	if h.Typeflag != tar.TypeReg || unsearched {
		return nil
	}
	return s.search(l, at, h.Size, content)
}

var (
	envFile     = regexp.MustCompile(`^\.env(\.[\w.-]+)?$`)
	exampleFile = regexp.MustCompile(`(?i)example|sample|template|dist$|default`)
	keyFile     = regexp.MustCompile(`^id_(rsa|dsa|ecdsa|ed25519)$|\.(key|pem|p12|pfx|jks)$`)
	privateKey  = []byte("PRIVATE KEY-----")
)

// The sizes, in bytes, of what is read at once, and of the largest file in which known shapes of secrets are looked for.
const (
	piece       = 1 << 20
	largestText = 256 << 10
)

// search looks into a file.
func (s *scan) search(l *layer, at string, size int64, content io.Reader) error {
	name := path.Base(at)
	own := !thirdParty(at)
	if own && envFile.MatchString(name) && !exampleFile.MatchString(name) {
		l.private = append(l.private, "/"+at)
	}
	overlap := len(privateKey)
	for _, v := range s.secrets {
		overlap = max(overlap, len(v.value))
	}
	buffer := make([]byte, 0, min(size, piece)+int64(overlap))
	seen := map[string]bool{}
	for {
		kept := min(len(buffer), overlap)
		copy(buffer, buffer[len(buffer)-kept:])
		n, err := io.ReadFull(content, buffer[kept:cap(buffer)])
		buffer = buffer[:kept+n]
		for _, v := range s.secrets {
			if !seen[v.name] && bytes.Contains(buffer, []byte(v.value)) {
				seen[v.name] = true
				l.places = append(l.places, place{v.name, "/" + at})
			}
		}
		if own && keyFile.MatchString(name) && !seen[""] && (bytes.Contains(buffer, privateKey) || strings.HasPrefix(name, "id_") || strings.HasSuffix(name, ".p12") || strings.HasSuffix(name, ".pfx")) {
			seen[""] = true
			l.private = append(l.private, "/"+at)
		}
		if own && size <= largestText && kept == 0 && !seen[""] {
			if kind, _ := secret.Shaped(string(buffer)); kind != "" {
				l.places = append(l.places, place{kind, "/" + at})
			}
		}
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return nil
		case err != nil:
			return err
		}
	}
}

// public are names of variables whose random values everybody may know: official images name the keys and sums that
// they check their downloads with.
var public = regexp.MustCompile(`(?i)GPG|SHA\d|CHECKSUM|DIGEST|FINGERPRINT`)

// judge reports a value that is a secret by its name or its shape.
func (c *contents) judge(name, value, where string) {
	if v := secret.Judge(name, value); v.Class == secret.Secret && !public.MatchString(name) {
		known := place{name, where}
		for _, p := range c.places {
			if p.at == where {
				return
			}
		}
		c.places = append(c.places, known)
	}
}
