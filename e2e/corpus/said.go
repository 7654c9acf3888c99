package main

// What refit says in its JSON, as far as it is looked at.

type audit struct {
	Findings []finding `json:"findings"`
	Summary  struct {
		Error   int `json:"error"`
		Warning int `json:"warning"`
		Info    int `json:"info"`
	} `json:"summary"`
	Problems []string `json:"problems"`
}

type finding struct {
	Rule     string `json:"rule"`
	Severity string `json:"severity"`
	Path     string `json:"path"`
	Line     int    `json:"line"`
	Subject  string `json:"subject"`
	Message  string `json:"message"`
}

type plan struct {
	Changes     []change   `json:"changes"`
	Refused     []refusal  `json:"refused"`
	Steps       []step     `json:"steps"`
	Equivalence comparison `json:"equivalence"`
}

type change struct {
	Path   string `json:"path"`
	Op     string `json:"op"`
	From   string `json:"from"`
	Causes []struct {
		Rule  string `json:"rule"`
		Title string `json:"title"`
	} `json:"causes"`
}

type refusal struct {
	Rule    string `json:"rule"`
	Path    string `json:"path"`
	Subject string `json:"subject,omitempty"`
	Why     string `json:"why"`
}

type step struct {
	Name string `json:"name"`
}

type comparison struct {
	Preserved  []preserved  `json:"preserved"`
	Declared   []difference `json:"declared"`
	Unproven   []difference `json:"unproven"`
	Undeclared []difference `json:"undeclared"`
}

type preserved struct {
	Aspect  string `json:"aspect"`
	Subject string `json:"subject"`
}

type difference struct {
	Aspect  string `json:"aspect"`
	Subject string `json:"subject"`
	Addr    string `json:"addr"`
	Before  string `json:"before"`
	After   string `json:"after"`
	Why     string `json:"why,omitempty"`
	Rule    string `json:"rule,omitempty"`
}

// declares says whether the plan names a difference. A whole declared part ("services.db") holds what is in it.
func (p plan) declares(aspect string, covers func(d difference) bool) bool {
	for _, d := range p.Equivalence.Declared {
		if d.Aspect == aspect && covers(d) {
			return true
		}
	}
	return false
}

// resolves says whether refit compared an environment that begins with the Compose file.
func (p plan) resolves(file string) bool {
	for _, x := range p.Equivalence.Preserved {
		if x.Aspect == "compose" && x.Subject == file {
			return true
		}
	}
	return false
}

// moves are the files that have another path afterwards.
func (p plan) moves() moves {
	m := moves{}
	for _, c := range p.Changes {
		if c.From != "" && c.From != c.Path {
			m[c.From] = c.Path
		}
	}
	return m
}

// gone are the files that are deleted.
func (p plan) gone() []string {
	var list []string
	for _, c := range p.Changes {
		if c.Op == "delete" {
			list = append(list, c.Path)
		}
	}
	return list
}
