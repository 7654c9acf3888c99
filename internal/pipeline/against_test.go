package pipeline

import (
	"testing"

	"refit/internal/operate"
	"refit/internal/project"
	"refit/internal/source"
)

// The base image of a service is that of its own stage, however many stages stand between, and no other stage's.
func TestBaseImage(t *testing.T) {
	const text = "ARG TAG=3.13\nFROM golang:1.26 AS build\nFROM python:$TAG AS base\nFROM base AS tools\nFROM tools\nFROM scratch AS small\n"
	const compose = "services:\n  all: {build: {context: ., target: tools, args: {TAG: \"3.14\"}}}\n  go: {build: {context: ., target: build}}\n" +
		"  small: {build: .}\n  none: {image: redis:8}\n  gone: {build: {context: ., target: lost}}\n"
	entries := []*source.Entry{source.NewText("Dockerfile", 0o644, []byte(text)), source.NewText("compose.yml", 0o644, []byte(compose))}
	p := project.Discover(source.NewSnapshot(entries, nil), nil, project.NewCache())
	r, e := &Repository{Project: p}, operate.Environment{Model: p.Environments[0].Model}
	for service, want := range map[string]string{"all": "python:3.14", "go": "golang:1.26", "small": "scratch", "none": "", "gone": "", "unknown": ""} {
		if got := baseImage(r, e, service); got != want {
			t.Errorf("%s starts from %q, want %q", service, got, want)
		}
	}
}
