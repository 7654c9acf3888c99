package compose

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/compose-spec/compose-go/v2/dotenv"
	"github.com/compose-spec/compose-go/v2/types"

	"refit/internal/source"
)

// Missing is a file that the project needs and that is not there.
type Missing struct {
	Service string // "" when the whole project needs it
	Path    string // repo-relative, or as written when outside
	Why     string
}

// projectEnvFiles are the files whose values interpolation uses.
func (l *loading) projectEnvFiles() []string {
	if l.EnvFiles == nil {
		if p := path.Join(l.dir, ".env"); l.exists(p) {
			return []string{p}
		}
		return nil
	}
	var files []string
	for _, f := range l.EnvFiles {
		files = append(files, path.Clean(f))
	}
	return files
}

// readEnv reads env files in order, a later one overriding; over is consulted first for the variables
// inside of them.
func (l *loading) readEnv(over types.Mapping, files []string) (map[string]string, error) {
	values := map[string]string{}
	for _, f := range files {
		text, err := l.read(f, l.Files[0])
		if err != nil {
			if l.AllowMissing && errors.Is(err, fs.ErrNotExist) {
				l.missing = append(l.missing, Missing{Path: f, Why: "it is not there"})
				continue
			}
			return nil, err
		}
		if err := l.parseEnv(f, text, "", values, over.Resolve); err != nil {
			return nil, err
		}
	}
	return values, nil
}

// parseEnv reads one env file into values. format is that of the `env_file` entry: "" for Compose's
// dotenv dialect, "raw" for the one of `docker run --env-file`.
func (l *loading) parseEnv(file string, text []byte, format string, values map[string]string, lookup dotenv.LookupFn) error {
	if len(text) > maxEnvFileSize {
		return &source.Problem{Path: file, What: "is larger than 1 MiB, too large for an env file"}
	}
	if format == "raw" {
		return parseRaw(file, text, values, lookup)
	}
	if format != "" {
		return &source.Problem{Path: file, What: fmt.Sprintf("the env_file format %q is not known", format), Advice: "use raw or leave it out"}
	}
	if bytes.Count(text, []byte("${")) > 2000 {
		return &source.Problem{Path: file, What: "holds too many variables for an env file"}
	}
	full := false
	watched := func(name string) (string, bool) {
		v, ok := lookup(name)
		if !ok { // the parser takes the value from the lines above
			v = values[name]
		}
		if l.expanded += len(v); l.expanded > maxExpansion {
			full = true
			return "", true
		}
		if !ok {
			return "", false
		}
		return v, true
	}
	err := dotenv.ParseWithFormat(bytes.NewReader(text), file, values, watched, "")
	if full {
		return &source.Problem{Path: file, What: "the variables in it expand to too much text"}
	}
	if err != nil {
		return envProblem(file, text, err)
	}
	return nil
}

var (
	envLine    = regexp.MustCompile(`\bline (\d+): `)
	envBadRune = regexp.MustCompile(`unexpected character (".*?") in variable name`)
)

// envProblem is a parser's error without the text of the line, which may hold a secret.
func envProblem(file string, text []byte, err error) error {
	p := &source.Problem{Path: file, What: "cannot be read as an env file", Why: "Docker Compose stops at it", Advice: "quote the value or correct the line"}
	message := err.Error()
	if m := envLine.FindStringSubmatch(message); m != nil {
		p.At.Line, _ = strconv.Atoi(m[1])
	}
	switch {
	case strings.Contains(message, "unterminated quoted value"):
		p.What = "a quoted value is not closed"
		_, value, _ := strings.Cut(message, "unterminated quoted value ")
		if i := bytes.LastIndex(text, []byte(value)); i >= 0 { // the parser counted on to the end
			p.At.Line = bytes.Count(text[:i], []byte("\n")) + 1
		}
	case strings.Contains(message, "key cannot contain a space"):
		p.What = "a variable's name holds a space"
	case envBadRune.MatchString(message):
		p.What = "a variable's name holds the character " + envBadRune.FindStringSubmatch(message)[1]
	case strings.Contains(message, "required variable"):
		p.What = "a variable that a value requires is not set"
	}
	return p
}

// parseRaw reads the format of `docker run --env-file`: NAME=VALUE lines taken as they are, and NAME
// alone for a value of the caller's environment. Source: docker/cli, pkg/kvfile.
func parseRaw(file string, text []byte, values map[string]string, lookup dotenv.LookupFn) error {
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
	for i, raw := range bytes.Split(text, []byte("\n")) {
		line := strings.TrimLeftFunc(strings.TrimSuffix(string(raw), "\r"), unicode.IsSpace)
		if line == "" || line[0] == '#' {
			continue
		}
		name, value, has := strings.Cut(line, "=")
		if name == "" || strings.ContainsAny(name, " \t\n\v\f\r\u0085\u00a0") || !utf8.ValidString(line) {
			return &source.Problem{Path: file, At: source.Position{Line: i + 1}, What: "is not a NAME=VALUE line in UTF-8", Why: "Docker Compose stops at it"}
		}
		if !has {
			if value, has = lookup(name); !has {
				continue
			}
		}
		values[name] = value
	}
	return nil
}

// resolveEnvironment makes a service's environment the effective one: its env files in order, then its
// own `environment`. Names without a value take the caller's, or stay without one.
func (l *loading) resolveEnvironment(name string, enabled bool, c *types.ContainerSpec) error {
	c.Environment = c.Environment.Resolve(l.env.Resolve)
	values := c.Environment.ToMapping()
	for _, f := range c.EnvFiles {
		text, err := l.serviceFile(name, f.Path, bool(f.Required) && enabled)
		if err != nil {
			return err
		}
		err = l.parseEnv(f.Path, text, f.Format, values, func(k string) (string, bool) {
			if v, ok := l.env.Resolve(k); ok {
				return v, true
			}
			if v := c.Environment[k]; v != nil {
				return *v, true
			}
			return "", false
		})
		if err != nil {
			return err
		}
	}
	c.Environment = values.ToMappingWithEquals().OverrideBy(c.Environment)
	return nil
}

// serviceFile reads an env or label file of a service. One that is missing though required is an error,
// or noted and empty where the request allows it.
func (l *loading) serviceFile(service, file string, required bool) ([]byte, error) {
	why := ""
	var err error
	if outside(file) {
		why = "it is outside of the repository and was not read"
		err = &source.Problem{Path: l.Files[0], What: "services." + service + " needs " + file + ", which is outside of the repository", Why: "refit reads nothing outside of it"}
	} else {
		var text []byte
		text, err = l.read(file, l.Files[0])
		if err == nil {
			return text, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		if !required {
			return nil, nil
		}
		why = "it is required and not there"
		err = &source.Problem{Path: l.Files[0], What: "services." + service + " needs " + file + ", which does not exist", Why: "Docker Compose stops for it", Original: err}
	}
	if required && !l.AllowMissing {
		return nil, err
	}
	l.missing = append(l.missing, Missing{Service: service, Path: file, Why: why})
	return nil, nil
}

// resolveLabels merges the label files under the service's own labels.
func (l *loading) resolveLabels(name string, enabled bool, c *types.ContainerSpec) error {
	if len(c.LabelFiles) == 0 {
		return nil
	}
	labels := map[string]string{}
	for _, f := range c.LabelFiles {
		text, err := l.serviceFile(name, f, enabled)
		if err != nil {
			return err
		}
		one := map[string]string{}
		if err := l.parseEnv(f, text, "", one, func(k string) (string, bool) { v, ok := labels[k]; return v, ok }); err != nil {
			return err
		}
		for k, v := range one {
			labels[k] = v
		}
	}
	for k, v := range c.Labels {
		labels[k] = v
	}
	c.Labels = labels
	return nil
}
