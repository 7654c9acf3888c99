//go:build unix

package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// keyLabel holds the content key of an image that was made here. What lacks it is somebody else's.
const keyLabel = "refit.lab.key"

const (
	debianImage   = "refit-lab/debian:trixie"
	frontendImage = "docker/dockerfile:1"
)

// image is a stand-in: real programs of Debian and PyPI under an official image's name.
type image struct {
	// names are tags: the first is what other stand-ins build on, the rest are the same image.
	names []string
	// folder below lab/images is the build context; target a stage of its Dockerfile.
	folder, target string
	// base is the first name of the stand-in that the Dockerfile starts from.
	base string
	// make makes it in another way than by its Dockerfile.
	make func(l *lab, key string) error
}

// images are in the order in which they are made.
var images = []image{
	{names: []string{frontendImage}, folder: "frontend", make: (*lab).makeFrontend},
	{names: []string{debianImage, "debian:trixie-slim"}, folder: "debian", make: (*lab).makeDebian},
	{names: []string{"python:3.13-slim", "python:3.13-slim-trixie"}, folder: "python", base: debianImage},
	{names: []string{"ghcr.io/astral-sh/uv:0.8.22", "ghcr.io/astral-sh/uv:latest"}, folder: "uv", target: "programs", base: "python:3.13-slim"},
	{names: []string{"ghcr.io/astral-sh/uv:0.8.22-python3.13-trixie-slim"}, folder: "uv", target: "python", base: "python:3.13-slim"},
	{names: []string{"postgres:17.6-alpine3.22", "postgres:17.6", "postgres:17"}, folder: "postgres", base: debianImage},
	{names: []string{"redis:8.2.1-alpine3.22", "redis:8.2.1", "redis:8"}, folder: "redis", base: debianImage},
}

// buildImages makes the stand-ins that are missing or were made from something else.
func (l *lab) buildImages() error {
	for _, i := range images {
		if l.upToDate(i) {
			say("%s is up to date", i.names[0])
			continue
		}
		if label, there := imageLabel(i.names[0]); there && label == "" {
			say("%s is there and was not made here: left alone", i.names[0])
			continue
		}
		say("making %s", i.names[0])
		if err := l.build(i); err != nil {
			return err
		}
		for _, alias := range i.names[1:] {
			if label, there := imageLabel(alias); there && label == "" {
				continue
			}
			if out, err := exec.Command("docker", "tag", i.names[0], alias).CombinedOutput(); err != nil {
				return fmt.Errorf("docker tag %s %s: %w\n%s", i.names[0], alias, err, out)
			}
		}
	}
	return nil
}

func (l *lab) build(i image) error {
	key, err := i.key()
	if err != nil {
		return err
	}
	if i.make != nil {
		return i.make(l, key)
	}
	args := []string{"build", "--load", "--progress", "plain", "--label", keyLabel + "=" + key, "--tag", i.names[0]}
	if i.target != "" {
		args = append(args, "--target", i.target)
	}
	return l.logged("image-"+i.folder+i.target, exec.Command("docker", append(args, filepath.Join("lab", "images", i.folder))...))
}

// key changes with all that goes into the image: its folder, the image below it, this machine's settings.
func (i image) key() (string, error) {
	own, err := contentKey(filepath.Join("lab", "images", i.folder))
	if err != nil {
		return "", err
	}
	below := ""
	switch {
	case i.folder == "frontend":
		below, err = contentKey(filepath.Join("lab", "frontend"))
	case i.base == "":
		below = readMachine().key()
	default:
		below, err = imageNamed(i.base).key()
	}
	sum := sha256.Sum256([]byte(strings.Join([]string{own, below, i.target}, "\x00")))
	return hex.EncodeToString(sum[:])[:16], err
}

func imageNamed(name string) image {
	for _, i := range images {
		if i.names[0] == name {
			return i
		}
	}
	panic("no stand-in is called " + name) // a mistake in the table above
}

func (l *lab) upToDate(i image) bool {
	key, err := i.key()
	if err != nil {
		return false
	}
	for _, name := range i.names {
		label, there := imageLabel(name)
		if !there || label != "" && label != key {
			return false
		}
	}
	return true
}

// imageLabel is the content key of an image of the engine, "" when it was not made here.
func imageLabel(name string) (label string, there bool) {
	out := ask(10*time.Second, "docker", "image", "inspect", "--format", `there {{index .Config.Labels "`+keyLabel+`"}}`, name)
	label, there = strings.CutPrefix(out, "there")
	return strings.TrimPrefix(strings.TrimSpace(label), "<no value>"), there
}

func (l *lab) removeImages() {
	for _, i := range images {
		for _, name := range i.names {
			if label, _ := imageLabel(name); label != "" {
				say("removing %s", name)
				_ = exec.Command("docker", "image", "rm", "--force", name).Run()
			}
		}
	}
}

// makeFrontend builds what a `# syntax=docker/dockerfile:1` line asks for.
func (l *lab) makeFrontend(key string) error {
	context, err := os.MkdirTemp("", "refit-lab-frontend-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(context) }()
	if err := os.CopyFS(context, os.DirFS("lab/images/frontend")); err != nil {
		return err
	}
	if err := l.buildGo(frontendProgram, filepath.Join(context, "dockerfile-frontend")); err != nil {
		return err
	}
	return l.logged("image-frontend", exec.Command("docker", "build", "--load", "--progress", "plain",
		"--label", keyLabel+"="+key, "--tag", frontendImage, context))
}
