// Package ruletest runs the examples in a rule's documentation, so that the documentation can't
// lie: Bad is found where it says, the fix gives Good byte for byte, Good is clean, fixing again
// changes nothing and checking mutates nothing.
//
// Examples are fenced blocks whose info string is
//
//	LANGUAGE ROLE [path=P] [case=NAME] [line=N] [findings=N]
//
// with the roles
//
//	bad    a file before the fix; line is where the first finding in it starts
//	good   a file after the fix; a case of good files only must be clean
//	file   a file that is there before and after
//	gone   a file that the fix takes away (give it as bad too)
//
// Blocks of one case make one repository. Without case=, a bad or file block that follows a good
// one starts a new case. A case with bad and without good has findings that are not fixed
// automatically. The option crlf turns the block's line ends into CRLF; mode=0755 sets the mode.
package ruletest

import (
	"fmt"
	"io/fs"
	"strconv"
	"strings"
)

// block is one fenced example.
type block struct {
	role, path, name string
	line, findings   int
	mode             fs.FileMode
	text             string
}

// fixture is one case: a repository before and after.
type fixture struct {
	name   string
	blocks []block
}

// defaultPaths are the paths of blocks that name none, by language.
var defaultPaths = map[string]string{
	"dockerfile": "Dockerfile", "yaml": "compose.yml", "yml": "compose.yml", "dotenv": ".env", "env": ".env",
	"makefile": "Makefile", "make": "Makefile", "dockerignore": ".dockerignore", "gitignore": ".gitignore",
	"toml": "pyproject.toml", "markdown": "README.md", "json": "package.json", "sh": "script.sh", "python": "main.py",
}

// parse reads the examples of a rule's documentation.
func parse(doc string) ([]fixture, error) {
	blocks, err := blocks(doc)
	if err != nil {
		return nil, err
	}
	var cases []fixture
	index := map[string]int{}
	for i, b := range blocks {
		startsNew := len(cases) == 0 || (b.role != "good" && b.role != "gone" && blocks[max(i-1, 0)].role == "good")
		switch at, known := index[b.name]; {
		case b.name != "" && known:
			cases[at].blocks = append(cases[at].blocks, b)
			continue
		case b.name != "":
			index[b.name] = len(cases)
			cases = append(cases, fixture{name: b.name})
		case startsNew || cases[len(cases)-1].name != "" && !strings.HasPrefix(cases[len(cases)-1].name, "#"):
			cases = append(cases, fixture{name: "#" + strconv.Itoa(len(cases)+1)})
		}
		cases[len(cases)-1].blocks = append(cases[len(cases)-1].blocks, b)
	}
	return cases, nil
}

// blocks are the fenced examples of doc that have a role.
func blocks(doc string) ([]block, error) {
	var list []block
	lines := strings.SplitAfter(doc, "\n")
	for i := 0; i < len(lines); i++ {
		fence := lines[i][:len(lines[i])-len(strings.TrimLeft(lines[i], "`"))]
		if len(fence) < 3 {
			continue
		}
		info := strings.Fields(strings.TrimLeft(lines[i], "`"))
		var text strings.Builder
		for i++; i < len(lines) && strings.TrimRight(lines[i], "\r\n") != fence; i++ {
			text.WriteString(lines[i])
		}
		if len(info) < 2 || !isRole(info[1]) {
			continue
		}
		b, err := newBlock(info, text.String())
		if err != nil {
			return nil, err
		}
		list = append(list, b)
	}
	return list, nil
}

func isRole(word string) bool {
	return word == "bad" || word == "good" || word == "file" || word == "gone"
}

func newBlock(info []string, text string) (block, error) {
	b := block{role: info[1], path: defaultPaths[strings.ToLower(info[0])], text: text, mode: 0o644}
	for _, option := range info[2:] {
		key, value, _ := strings.Cut(option, "=")
		var err error
		switch key {
		case "path":
			b.path = value
		case "case":
			b.name = value
		case "line":
			b.line, err = strconv.Atoi(value)
		case "findings":
			b.findings, err = strconv.Atoi(value)
		case "mode":
			var mode uint64
			mode, err = strconv.ParseUint(value, 8, 12)
			b.mode = fs.FileMode(mode)
		case "crlf":
			b.text = strings.ReplaceAll(b.text, "\n", "\r\n")
		case "noeol":
			b.text = strings.TrimSuffix(b.text, "\n")
		default:
			return b, fmt.Errorf("unknown option %q", option)
		}
		if err != nil {
			return b, fmt.Errorf("option %q: %w", option, err)
		}
	}
	if b.path == "" {
		return b, fmt.Errorf("a %s block needs path=", info[0])
	}
	return b, nil
}

// before are the files before the fix.
func (f fixture) before() map[string]block { return f.files("bad", "file") }

// after are the files after the fix.
func (f fixture) after() map[string]block { return f.files("good", "file") }

func (f fixture) files(roles ...string) map[string]block {
	files := map[string]block{}
	for _, role := range roles {
		for _, b := range f.blocks {
			if b.role == role {
				files[b.path] = b
			}
		}
	}
	return files
}

func (f fixture) has(role string) bool {
	for _, b := range f.blocks {
		if b.role == role {
			return true
		}
	}
	return false
}

// expected is how many findings the case has before its fix.
func (f fixture) expected() int {
	total, given := 0, false
	for _, b := range f.blocks {
		if b.findings > 0 {
			total, given = total+b.findings, true
		}
	}
	switch {
	case given:
		return total
	case f.has("bad"):
		return 1
	}
	return 0
}

// Fixed are the repositories of a rule's documentation that its fix repairs, before it: texts by path.
func Fixed(doc string) (map[string]map[string]string, error) {
	cases, err := parse(doc)
	repositories := map[string]map[string]string{}
	for _, c := range cases {
		if !c.has("bad") || !c.has("good") {
			continue
		}
		files := map[string]string{}
		for at, b := range c.before() {
			files[at] = b.text
		}
		repositories[c.name] = files
	}
	return repositories, err
}
