package verify

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
)

// files are those of a layer; a name that ends with "/" is a folder.
type files map[string]string

func tarOf(f files) []byte {
	var out bytes.Buffer
	t := tar.NewWriter(&out)
	for _, name := range slices.Sorted(maps.Keys(f)) {
		h := &tar.Header{Name: name, Mode: 0o644, Size: int64(len(f[name])), Typeflag: tar.TypeReg, Format: tar.FormatUSTAR}
		if strings.HasSuffix(name, "/") {
			h.Typeflag = tar.TypeDir
		}
		if err := t.WriteHeader(h); err != nil {
			panic(err)
		}
		_, _ = t.Write([]byte(f[name]))
	}
	_ = t.Close()
	return out.Bytes()
}

// savedImage is what docker save writes, as Engine 20.10 lays it out, or as later ones do.
func savedImage(oci bool, layers ...files) []byte {
	all, names := files{}, []string{}
	for i, l := range layers {
		name := itoa(i) + "/layer.tar"
		content := tarOf(l)
		if oci {
			name = "blobs/sha256/" + strings.Repeat(itoa(i), 8)
			if i == len(layers)-1 {
				var z bytes.Buffer
				w := gzip.NewWriter(&z)
				_, _ = w.Write(content)
				_ = w.Close()
				content = z.Bytes()
			}
		}
		all[name], names = string(content), append(names, name)
	}
	manifest, _ := json.Marshal([]map[string]any{{"Config": "c.json", "Layers": names}})
	all["manifest.json"], all["c.json"] = string(manifest), "{}"
	if oci {
		all["blobs/sha256/config"] = "{}"
	}
	return tarOf(all)
}

// image gives app an image of the base's layer and these.
func (w *world) image(layers ...files) {
	ids := []string{"sha256:base"}
	for i := range layers {
		ids = append(ids, "sha256:own"+itoa(i))
	}
	w.images["sha256:app"].RootFS.Layers, w.images["sha256:app"].Size = ids, 100<<20
	w.images["python:3.13-slim"].RootFS.Layers = ids[:1]
	w.saved["sha256:app"] = savedImage(false, append([]files{{"usr/bin/python3": "x", "usr/share/doc/key.pem": "-----BEGIN PRIVATE KEY-----", "etc/base.env": "made-up-password-1"}}, layers...)...)
}

func TestBothLayoutsOfSavedImages(t *testing.T) {
	layers := []files{{"app/a": "1", "app/.env": "made-up"}, {"app/a": "22", "app/.wh..env": "", "app/b": strings.Repeat("x", piece-5) + "made-up-password-1" + strings.Repeat("y", piece)}}
	for _, oci := range []bool{false, true} {
		s := &scan{secrets: []secretValue{{"PASSWORD", "made-up-password-1"}}}
		list, err := s.read(t.Context(), bytes.NewReader(savedImage(oci, layers...)))
		if err != nil || len(list) != 2 {
			t.Fatalf("oci %t: %d layers, %v", oci, len(list), err)
		}
		c := &contents{}
		c.sum(list)
		if want := []place{{"PASSWORD", "/app/b"}}; !slices.Equal(c.places, want) {
			t.Errorf("oci %t: secrets %v", oci, c.places)
		}
		if !slices.Equal(c.private, []string{"/app/.env"}) || c.wasted != 1+7 || c.final["app/.env"] || !c.final["app/b"] {
			t.Errorf("oci %t: private %v, %d wasted, %v", oci, c.private, c.wasted, c.final)
		}
	}
}

func TestATornArchiveIsAnError(t *testing.T) {
	whole := savedImage(false, files{"a": "1"})
	for _, b := range [][]byte{whole[:700], nil, tarOf(files{"manifest.json": "[]"}), tarOf(files{"manifest.json": `[{"Layers":["x/layer.tar"]}]`})} {
		s := &scan{}
		if list, err := s.read(t.Context(), bytes.NewReader(b)); err == nil && len(list) > 0 {
			t.Errorf("%d bytes give %d layers", len(b), len(list))
		}
	}
}
