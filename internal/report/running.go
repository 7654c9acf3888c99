package report

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"refit/internal/operate"
)

// Running is what a report of an environment's services shows.
type Running struct {
	Environment string
	Project     string // of Compose
	Services    []operate.Service
	Notes       []string
	Failures    []operate.Failure
	Elapsed     time.Duration // 0 outside of up
}

// Well says whether everything is as it should be.
func (r Running) Well() bool {
	for _, s := range r.Services {
		if !s.State.Well() && !s.OneOff {
			return false
		}
	}
	return len(r.Failures) == 0
}

// RunningText writes the table of docker compose ps, and below it why a service is not well.
func RunningText(w io.Writer, r Running, p Palette) {
	var table strings.Builder
	tab := tabwriter.NewWriter(&table, 0, 8, 3, ' ', 0)
	fmt.Fprintln(tab, "NAME\tSERVICE\tSTATUS\tPORTS")
	for _, s := range r.Services {
		fmt.Fprintf(tab, "%s\t%s\t%s\t%s\n", s.Container, s.Service, statusOf(s), s.Ports)
	}
	_ = tab.Flush()
	lines := strings.Split(strings.TrimRight(table.String(), "\n"), "\n")
	for i, line := range lines {
		line = strings.TrimRight(line, " ")
		switch {
		case i == 0:
			line = p.Dim(line)
		case !r.Services[i-1].State.Well() && !r.Services[i-1].OneOff:
			line = p.Red(line)
		}
		fmt.Fprintln(w, line)
	}
	for _, s := range r.Services {
		if s.Reason != "" && !s.OneOff {
			fmt.Fprintf(w, "\n%s: %s\n", p.Bold(s.Service), s.Reason)
		}
	}
}

// statusOf is the engine's word for how a container is, or ours for one that is not there.
func statusOf(s operate.Service) string {
	status := s.Status
	if status == "" {
		status = "not created"
		if s.Container != "" && s.State != operate.Absent {
			status = string(s.State)
		}
	}
	if s.Orphan {
		status += " (no such service any more)"
	}
	return status
}

// RunningJSON writes the services for a program: docs/schema/status.v1.json and up.v1.json.
func RunningJSON(w io.Writer, schema string, r Running) error {
	type service struct {
		Name     string `json:"name"`
		Service  string `json:"service"`
		Image    string `json:"image"`
		State    string `json:"state"`
		Well     bool   `json:"well"`
		Status   string `json:"status"`
		ExitCode *int   `json:"exitCode,omitempty"`
		Ports    string `json:"ports"`
		Reason   string `json:"reason,omitempty"`
		Orphan   bool   `json:"orphan,omitempty"`
		OneOff   bool   `json:"oneOff,omitempty"`
	}
	type failure struct {
		Service string   `json:"service,omitempty"`
		What    string   `json:"what"`
		Cause   string   `json:"cause,omitempty"`
		Logs    []string `json:"logs"`
	}
	out := struct {
		Schema      string    `json:"schema"`
		Environment string    `json:"environment"`
		Project     string    `json:"project"`
		Well        bool      `json:"well"`
		Services    []service `json:"services"`
		Failures    []failure `json:"failures,omitempty"`
		Seconds     float64   `json:"seconds,omitempty"`
	}{"refit." + schema + "/v1", r.Environment, r.Project, r.Well(), []service{}, nil, r.Elapsed.Round(100 * time.Millisecond).Seconds()}
	for _, s := range r.Services {
		one := service{Name: s.Container, Service: s.Service, Image: s.Image, State: string(s.State), Well: s.State.Well(), Status: s.Status, Ports: s.Ports, Reason: s.Reason, Orphan: s.Orphan, OneOff: s.OneOff}
		if s.State == operate.Done || s.State == operate.Failed || s.State == operate.Restarting {
			one.ExitCode = &s.ExitCode
		}
		out.Services = append(out.Services, one)
	}
	for _, f := range r.Failures {
		out.Failures = append(out.Failures, failure{f.Service, f.What, f.Cause, append([]string{}, f.Logs...)})
	}
	return writeJSON(w, out)
}

// Failures writes what did not come up: the last lines of its log, and the likely cause. told says that the lines of
// docker compose have been printed already, as they came.
func Failures(w io.Writer, environment string, list []operate.Failure, told bool, p Palette) {
	for _, f := range list {
		who, lines := f.Service, f.Logs
		if who == "" {
			who = "docker compose"
			if told {
				lines = nil
			}
		}
		if who == "" {
			who = "docker compose"
		}
		fmt.Fprintf(w, "\n%s %s\n", p.Red(who+":"), f.What)
		if len(lines) > 0 {
			fmt.Fprintf(w, "%s\n", p.Dim("  its last lines:"))
		}
		for _, line := range lines {
			fmt.Fprintf(w, "  %s %s\n", p.Dim("|"), line)
		}
		if f.Cause != "" {
			fmt.Fprintf(w, "  %s %s\n", p.Bold("likely cause:"), f.Cause)
		}
	}
	fmt.Fprintf(w, "\nrefit doctor %s looks deeper; refit logs %s has the whole log\n", environment, environment)
}

// Obstacles writes what preflight found.
func Obstacles(w io.Writer, list []operate.Obstacle, p Palette) {
	for _, b := range list {
		word := p.Red("error")
		if b.Warning {
			word = p.Yellow("warning")
		}
		fmt.Fprintf(w, "%s: %s\n", word, b)
	}
}
