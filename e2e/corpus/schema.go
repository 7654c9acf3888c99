package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// schemas are the published JSON schemas, by what "schema" says in a document of theirs: refit.plan/v1.
type schemas map[string]*jsonschema.Schema

// readSchemas compiles every schema of a folder; plan.v1.json describes refit.plan/v1.
func readSchemas(dir string) (schemas, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil || len(files) == 0 {
		return nil, fmt.Errorf("no schema in %s: %w", dir, err)
	}
	all := schemas{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		compiler := jsonschema.NewCompiler()
		name := filepath.Base(file)
		if err := compiler.AddResource(name, document); err != nil {
			return nil, err
		}
		compiled, err := compiler.Compile(name)
		if err != nil {
			return nil, err
		}
		command, version, _ := strings.Cut(strings.TrimSuffix(name, ".json"), ".")
		all["refit."+command+"/"+version] = compiled
	}
	return all, nil
}

// validate holds a document to the schema that it names.
func (s schemas) validate(text []byte) error {
	var named struct{ Schema string }
	if err := json.Unmarshal(text, &named); err != nil {
		return err
	}
	schema, ok := s[named.Schema]
	if !ok {
		return fmt.Errorf("it names no known schema, but %q", named.Schema)
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return err
	}
	return schema.Validate(document)
}
