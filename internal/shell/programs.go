package shell

import "strings"

// usage is how a program treats its operands.
type usage struct {
	values string // options with a value, space-separated
	skip   int    // operands in front that are no files: a pattern, a mode
	unless string // options that take the place of the skipped operand
	role   Role   // of the operands
	last   Role   // of the last operand, when there is more than one; "" for the same
	files  string // those of values that name a file to read
	remote bool   // operands of the form HOST:PATH are elsewhere
}

// programs are those whose operands refit can tell apart. Any other program's are RoleMaybe.
var programs = map[string]usage{
	"cat": {role: RoleRead}, "less": {role: RoleRead}, "more": {role: RoleRead}, "wc": {role: RoleRead}, "file": {role: RoleRead},
	"head": {values: "-n -c --lines --bytes", role: RoleRead}, "tail": {values: "-n -c --lines --bytes", role: RoleRead},
	"diff": {values: "-U -C -I -x", role: RoleRead}, "cmp": {role: RoleRead}, "sort": {values: "-k -t -o", role: RoleRead},
	"ls": {role: RoleRead}, "stat": {values: "-c -f --format", role: RoleRead}, "du": {values: "-d", role: RoleRead},
	"sha256sum": {role: RoleRead}, "md5sum": {role: RoleRead}, "shellcheck": {values: "-s -e -f -x", role: RoleRead},
	"hadolint": {values: "-c --config --ignore -f --format", files: "-c --config", role: RoleRead},
	"yamllint": {values: "-c -d -f", files: "-c", role: RoleRead}, "bat": {role: RoleRead},
	"cp": {values: "-t -S", role: RoleRead, last: RoleWrite}, "mv": {values: "-t -S", role: RoleWrite}, "ln": {values: "-t -S", role: RoleRead, last: RoleWrite},
	"install": {values: "-m -o -g -t -S", role: RoleRead, last: RoleWrite},
	"rsync":   {values: "-e --exclude --include --exclude-from --filter", role: RoleRead, last: RoleWrite, remote: true},
	"scp":     {values: "-i -P -F -o -c -J", files: "-i -F", role: RoleRead, last: RoleWrite, remote: true},
	"rm":      {role: RoleWrite}, "touch": {values: "-r -d -t", role: RoleWrite}, "mkdir": {values: "-m", role: RoleWrite}, "rmdir": {role: RoleWrite},
	"truncate": {values: "-s -r", role: RoleWrite}, "tee": {role: RoleWrite}, "shred": {values: "-n", role: RoleWrite},
	"chmod": {skip: 1, role: RoleWrite, values: "--reference"}, "chown": {skip: 1, role: RoleWrite, values: "--reference"}, "chgrp": {skip: 1, role: RoleWrite},
	"sed":  {values: "-e -f --expression --file", skip: 1, unless: "-e -f --expression --file", files: "-f --file", role: RoleWrite},
	"grep": {values: "-e -f -m -A -B -C --include --exclude --exclude-dir", skip: 1, unless: "-e -f", files: "-f", role: RoleRead},
	"rg":   {values: "-e -g -t -m -A -B -C", skip: 1, unless: "-e", role: RoleRead},
	"awk":  {values: "-f -v -F", skip: 1, unless: "-f", files: "-f", role: RoleRead}, "jq": {values: "--arg --argjson -f", skip: 1, unless: "-f", files: "-f", role: RoleRead},
	"yq": {values: "-o -p", skip: 1, role: RoleRead},
	"cd": {role: RoleFolder}, "pushd": {role: RoleFolder},
	"source": {role: RoleScript}, ".": {role: RoleScript},
	"test": {role: RoleRead}, "[": {role: RoleRead}, "[[": {role: RoleRead},
	"echo": {}, "printf": {}, "exit": {}, "return": {}, "shift": {}, "set": {}, "export": {}, "local": {}, "unset": {}, "read": {}, "trap": {}, "eval": {},
	"true": {}, "false": {}, ":": {}, "sleep": {}, "kill": {}, "which": {}, "type": {}, "hash": {}, "alias": {}, "basename": {}, "dirname": {}, "seq": {}, "date": {},
	"uname": {}, "whoami": {}, "id": {}, "pwd": {}, "wait": {}, "break": {}, "continue": {}, "shopt": {}, "umask": {}, "ulimit": {},
}

// interpreters run the script that their first operand names.
var interpreters = map[string]string{ // the options with a value
	"sh": "-o +o", "bash": "-o +o -O --rcfile", "dash": "-o", "zsh": "-o", "ash": "-o", "ksh": "-o",
	"python": "-W -X", "python3": "-W -X", "node": "-r --require --env-file --import --loader", "ruby": "-I -r", "perl": "-I", "php": "-d -c",
	"deno": "--config -c", "bun": "", "Rscript": "", "bats": "-f -j", "pwsh": "-File -f",
}

func (l *fileList) program(c Command) {
	name := c.Name()
	if m, ok := AsMake(c); ok {
		l.make(m)
		return
	}
	if values, ok := interpreters[name]; ok {
		l.interpreter(c, values)
		return
	}
	u, ok := programs[name]
	switch {
	case !ok:
		for _, w := range c.Words[1:] {
			l.maybe(w)
		}
	case name == "test" || name == "[" || name == "[[":
		l.test(c.Words[1:])
	case u.role != "":
		l.operands(c, u)
	}
}

func (l *fileList) make(m Make) {
	to := l
	if m.Dir != nil {
		l.add(RoleFolder, *m.Dir)
		to = l.in(*m.Dir)
	}
	to.add(RoleMakefile, m.Files...)
	if to != l {
		l.words = append(l.words, to.words...)
	}
	for _, v := range m.Vars {
		l.maybe(v.Value)
	}
}

func (l *fileList) interpreter(c Command, values string) {
	if _, _, inline := c.Inline(); inline {
		return
	}
	opts, args, _ := options(c.Words[1:], wordSet(values), true)
	l.add(RoleEnvFile, given(opts, "--env-file")...)
	if has(opts, "-c", "-m", "-e") && !shells[c.Name()] {
		for _, w := range args[min(1, len(args)):] {
			l.maybe(w)
		}
		return
	}
	for i, w := range args {
		if i == 0 && isScript(w) {
			l.add(RoleScript, w)
			continue
		}
		l.maybe(w)
	}
}

// fileTests are the operators of test that look at a file.
var fileTests = wordSet("-a -b -c -d -e -f -g -h -k -p -r -s -u -w -x -G -L -N -O -S -nt -ot -ef")

func (l *fileList) test(words []Word) {
	for i, w := range words {
		if fileTests[w.Value] && i+1 < len(words) {
			l.add(RoleRead, words[i+1])
		}
	}
}

func (l *fileList) operands(c Command, u usage) {
	opts, args, _ := options(c.Words[1:], takes(u.values), false)
	for _, name := range strings.Fields(u.files) {
		l.add(RoleRead, given(opts, name)...)
	}
	if skip := u.skip; skip > 0 {
		for _, name := range strings.Fields(u.unless) {
			if has(opts, name) {
				skip = 0
			}
		}
		args = args[min(skip, len(args)):]
	}
	if c.Name() == "." || c.Name() == "source" {
		args = args[:min(1, len(args))] // the rest are the script's own
	}
	role := u.role
	if c.Name() == "sed" && !has(opts, "-i", "--in-place") {
		role = RoleRead
	}
	for i, w := range args {
		if u.remote && strings.Contains(w.Value, ":") {
			continue
		}
		if u.last != "" && len(args) > 1 && i == len(args)-1 {
			l.add(u.last, w)
			continue
		}
		l.add(role, w)
	}
}
