package against

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"refit/internal/engine"
)

// Build is what one build of an environment took.
type Build struct {
	Change   string // "cold", or what was changed before
	File     string // that was changed, repo-relative
	Seconds  float64
	Steps    int      // instructions of the Dockerfiles
	Cached   int      // how many of them came from the cache
	Ran      []Step   // the others
	Context  int64    // bytes sent to the builder
	Packages []string // installed during the build, but for the project itself
}

// Step is an instruction that ran.
type Step struct {
	Name    string
	Seconds float64
}

// Work is how long the instructions ran that came from no cache, in seconds: what is left of a build's time is what
// docker needs to start it and to store the images.
func (b Build) Work() float64 {
	sum := 0.0
	for _, s := range b.Ran {
		sum += s.Seconds
	}
	return sum
}

// build builds all own services of a side and reads the builder's progress.
func (st *state) build(ctx context.Context, what string, mask func(string) string, args ...string) (Build, error) {
	return build(ctx, st.compose, st.side.Name, what, mask, append(args, st.resolved.own...))
}

// build runs one build. c shows its progress as JSON; side is how an error calls what does not build.
func build(ctx context.Context, c Composer, side, what string, mask func(string) string, args []string) (Build, error) {
	p := &progress{}
	begin := time.Now()
	code, err := c.Run(ctx, engine.Streams{Out: p, Err: p}, append([]string{"build"}, args...)...)
	took := time.Since(begin).Seconds()
	switch {
	case ctx.Err() != nil:
		return Build{}, ctx.Err()
	case err != nil:
		return Build{}, err
	case code != 0:
		return Build{}, fmt.Errorf("%s does not build (%s):\n%s", side, what, mask(p.lastWords()))
	}
	b := p.sum()
	b.Change, b.Seconds = what, took
	return b, nil
}

// progress reads what `docker compose --progress json build` writes: the builder's status messages, one JSON value a
// line (https://pkg.go.dev/github.com/moby/buildkit/client#SolveStatus).
type progress struct {
	rest  []byte
	steps map[string]*step // by digest
	order []string
	sent  map[string]int64 // the most that each transfer reached
	said  []string         // lines that are no progress
}

type step struct {
	name, failed string
	cached, done bool
	took         time.Duration
	log          bytes.Buffer
}

type status struct {
	Vertexes []struct {
		Digest, Name, Error string
		Cached              bool
		Started, Completed  *time.Time
	}
	Statuses []struct {
		ID, Vertex string
		Current    int64
	}
	Logs []struct {
		Vertex string
		Data   []byte
	}
	// These are compose's own.
	Msg, Text, Status, Message string
}

// Write takes output as it comes.
func (p *progress) Write(text []byte) (int, error) {
	p.rest = append(p.rest, text...)
	for {
		line, rest, whole := bytes.Cut(p.rest, []byte{'\n'})
		if !whole {
			return len(text), nil
		}
		p.take(line)
		p.rest = rest
	}
}

func (p *progress) take(line []byte) {
	var s status
	if err := json.Unmarshal(line, &s); err != nil {
		p.said = append(p.said, string(line))
		return
	}
	if s.Status == "Error" || s.Status == "Warning" {
		s.Msg += s.Text
	}
	if said := s.Msg + s.Message; said != "" {
		p.said = append(p.said, said)
	}
	for _, v := range s.Vertexes {
		st := p.step(v.Digest)
		st.name, st.failed = v.Name, v.Error
		st.cached = st.cached || v.Cached
		if v.Completed != nil && v.Started != nil {
			st.done, st.took = true, v.Completed.Sub(*v.Started)
		}
	}
	for _, l := range s.Logs {
		p.step(l.Vertex).log.Write(l.Data)
	}
	for _, t := range s.Statuses {
		if strings.HasPrefix(t.ID, "transferring") && strings.Contains(p.step(t.Vertex).name, "load build context") {
			p.sent[t.Vertex] = max(p.sent[t.Vertex], t.Current)
		}
	}
}

func (p *progress) step(digest string) *step {
	if p.steps == nil {
		p.steps, p.sent = map[string]*step{}, map[string]int64{}
	}
	if p.steps[digest] == nil {
		p.steps[digest] = &step{}
		p.order = append(p.order, digest)
	}
	return p.steps[digest]
}

// instruction is the name of a step that comes from a line of a Dockerfile: "[app builder 3/8] RUN ...".
var instruction = regexp.MustCompile(`^\[.* *\d+/\d+\] (\S+)`)

func (p *progress) sum() Build {
	var b Build
	for _, digest := range p.order {
		s := p.steps[digest]
		if m := instruction.FindStringSubmatch(s.name); m != nil && m[1] != "FROM" && s.done {
			b.Steps++
			if s.cached {
				b.Cached++
			} else {
				b.Ran = append(b.Ran, Step{s.name, s.took.Seconds()})
			}
		}
		b.Packages = append(b.Packages, installed(s.log.String())...)
	}
	for _, n := range p.sent {
		b.Context += n
	}
	return b
}

// lastWords say why a build failed.
func (p *progress) lastWords() string {
	for _, digest := range p.order {
		if s := p.steps[digest]; s.failed != "" && !strings.Contains(s.failed, "context canceled") {
			lines := strings.Split(strings.TrimSpace(s.log.String()), "\n")
			return s.name + "\n" + strings.Join(lines[max(0, len(lines)-20):], "\n") + "\n" + s.failed
		}
	}
	return strings.Join(p.said[max(0, len(p.said)-20):], "\n")
}

// How package managers say what they installed.
var (
	uvInstalled   = regexp.MustCompile(`(?m)^ \+ (\S+==\S+)( \(from file:)?`)
	pipInstalled  = regexp.MustCompile(`(?m)^Successfully installed (.+)$`)
	npmAdded      = regexp.MustCompile(`(?m)^added (\d+) packages?`)
	aptInstalled  = regexp.MustCompile(`(?m)^Setting up (\S+) \(`)
	poetryInstall = regexp.MustCompile(`(?m)^  - Installing (\S+) \(([^)]+)\)`)
)

// installed are the packages that a step's output says were installed. The project itself is none.
func installed(log string) (list []string) {
	for _, m := range uvInstalled.FindAllStringSubmatch(log, -1) {
		if m[2] == "" {
			list = append(list, m[1])
		}
	}
	for _, m := range pipInstalled.FindAllStringSubmatch(log, -1) {
		list = append(list, strings.Fields(m[1])...)
	}
	for _, m := range npmAdded.FindAllStringSubmatch(log, -1) {
		n, _ := strconv.Atoi(m[1])
		for i := range n {
			list = append(list, fmt.Sprintf("npm package %d", i+1))
		}
	}
	for _, m := range aptInstalled.FindAllStringSubmatch(log, -1) {
		list = append(list, m[1])
	}
	for _, m := range poetryInstall.FindAllStringSubmatch(log, -1) {
		list = append(list, m[1]+" "+m[2])
	}
	return list
}
