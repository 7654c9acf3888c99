//go:build unix

package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"

	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/sirupsen/logrus"
	"go.yaml.in/yaml/v4"
	"golang.org/x/sync/errgroup"
)

// readAll lists a repository and reads every file in it, on all cores: no tool that looks at all of it does less.
func readAll(dir string) (work, error) {
	return each(dir, func(string, []byte) error { return nil })
}

// parseAll is readAll and, besides, the others' parsers on what they are for: BuildKit's on Dockerfiles, compose-go's
// on Compose files, YAML's on the other YAML.
func parseAll(dir string) (work, error) {
	logrus.SetOutput(io.Discard) // compose-go warns of the obsolete version
	return each(dir, parse)
}

func parse(path string, text []byte) error {
	name := filepath.Base(path)
	switch ext := filepath.Ext(name); {
	case name == "Dockerfile":
		tree, err := parser.Parse(bytes.NewReader(text))
		if err != nil {
			return err
		}
		_, _, err = instructions.Parse(tree.AST, nil)
		return err
	case strings.HasPrefix(name, "docker-compose") || strings.HasPrefix(name, "compose."):
		details := types.ConfigDetails{WorkingDir: filepath.Dir(path), ConfigFiles: []types.ConfigFile{{Filename: path, Content: text}}, Environment: types.Mapping{}}
		_, err := loader.LoadWithContext(context.Background(), details, func(o *loader.Options) {
			o.SetProjectName("bench", true)
			o.SkipConsistencyCheck, o.SkipResolveEnvironment = true, true
		})
		return err
	case ext == ".yml" || ext == ".yaml":
		var node yaml.Node
		return yaml.Unmarshal(text, &node)
	}
	return nil
}

// each calls do for every file below dir, on all cores.
func each(dir string, do func(path string, text []byte) error) (work, error) {
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	var files, size atomic.Int64
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		group.Go(func() error {
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			files.Add(1)
			size.Add(int64(len(text)))
			if err := do(path, text); err != nil {
				return fmt.Errorf("%s: %w", path, err)
			}
			return nil
		})
		return nil
	})
	if err2 := group.Wait(); err == nil {
		err = err2
	}
	return work{int(files.Load()), size.Load()}, err
}
