package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"

	"github.com/compose-spec/compose-go/v2/dotenv"
	"github.com/goccy/go-yaml"
	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"
	"github.com/pelletier/go-toml/v2"
	yamlnodes "go.yaml.in/yaml/v4"
)

// newlyUnreadable are the changed files that their own tools reject now and did not reject before.
func newlyUnreadable(e *evidence) []string {
	var broken []string
	for _, p := range differing(e.before, e.after, false) {
		now := e.after[p]
		if !now.isText() {
			continue
		}
		was, existed := e.before[e.moves.was(p)]
		for _, read := range parsersOf(p, now.text) {
			e.saw("files parsed", 1)
			if why := read(now.text); why != nil && (!existed || read(was.text) == nil) {
				broken = append(broken, fmt.Sprintf("%s can't be read: %v", p, why))
			}
		}
	}
	return broken
}

// parsersOf are the parsers for a file, by its name or first line; none where there is nobody to ask.
func parsersOf(p, text string) []func(string) error {
	switch kindOf(p, text) {
	case kindYAML:
		return []func(string) error{readYAML, readYAMLNodes}
	case kindDockerfile:
		return []func(string) error{readDockerfile}
	case kindIgnore:
		return []func(string) error{readIgnore}
	case kindEnv:
		return []func(string) error{readEnv}
	case kindShell:
		return []func(string) error{readShell}
	case kindMake:
		return []func(string) error{readMakefile}
	case kindJSON:
		return []func(string) error{readJSON}
	case kindTOML:
		return []func(string) error{func(text string) error { return toml.Unmarshal([]byte(text), new(any)) }}
	}
	return nil
}

// readYAML reads every document with another parser than refit's. It refuses repeated keys, and tags of
// programs, for which there is readYAMLNodes.
func readYAML(text string) error {
	for decoder := yaml.NewDecoder(strings.NewReader(text)); ; {
		if err := decoder.Decode(new(any)); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return errors.New(firstLine(err.Error()))
		}
	}
}

func readYAMLNodes(text string) error {
	for decoder := yamlnodes.NewDecoder(strings.NewReader(text)); ; {
		if err := decoder.Decode(new(yamlnodes.Node)); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

func readDockerfile(text string) error {
	file, err := parser.Parse(strings.NewReader(text))
	if err != nil {
		return err
	}
	_, _, err = instructions.Parse(file.AST, nil)
	return err
}

func readIgnore(text string) error {
	patterns, err := ignorefile.ReadAll(strings.NewReader(text))
	if err != nil {
		return err
	}
	_, err = patternmatcher.New(patterns)
	return err
}

func readEnv(text string) error {
	_, err := dotenv.Parse(strings.NewReader(text))
	return err
}

// readShell asks bash, which only parses under -n.
func readShell(text string) error {
	cmd := exec.Command("bash", "--norc", "-n")
	cmd.Stdin, cmd.Env = strings.NewReader(text), []string{}
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, bytes.TrimSpace(out))
	}
	return nil
}

func readJSON(text string) error { return json.Unmarshal([]byte(text), new(any)) }
