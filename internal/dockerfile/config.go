package dockerfile

import (
	"path"
	"time"

	"refit/internal/source"
)

// Config is the image configuration that a stage makes, as far as the Dockerfile says. Values are
// BuildKit's on a base image that says nothing; Unknown marks what the real one may say.
type Config struct {
	// Base is the image at the bottom, after substitution; "scratch" for none.
	Base       string
	Env        Env // ENV only; ARG is not part of an image
	User       Setting
	WorkingDir Setting // absolute, not cleaned ("/app/" stays so); "" when only the base image sets it
	StopSignal Setting
	Shell      []string // the shell of shell forms: SHELL, or /bin/sh -c
	Entrypoint Command
	Cmd        Command
	// Healthcheck is nil when none is set.
	Healthcheck *Healthcheck
	Exposed     []Port
	Volumes     []Setting
	Labels      Env
	// OnBuild are the ONBUILD instructions that a build on top of the image would run.
	OnBuild []*Instruction
	Unknown Unknown
}

// Setting is one value of a Config.
type Setting struct {
	Value    string
	Unproven []string // as in Var
	At       *Instruction
}

// Command is a CMD or an ENTRYPOINT. Without At there is none (or the base image's, see Unknown).
type Command struct {
	// Argv is what is run: in the shell form the shell with the text as its last word.
	Argv []string
	// ShellForm says that it is run by a shell.
	ShellForm bool
	At        *Instruction
}

// Healthcheck is a HEALTHCHECK. A duration of 0 stands for Docker's default, as do 0 retries.
type Healthcheck struct {
	Disabled  bool // HEALTHCHECK NONE
	ShellForm bool
	// Command is the words of the exec form, or the shell's text as the only word.
	Command                                       []string
	Interval, Timeout, StartPeriod, StartInterval time.Duration
	Retries                                       int
	At                                            *Instruction
}

// Port is what one EXPOSE word opens: a range of ports; First and Last are equal for one.
type Port struct {
	First, Last int
	Proto       string // "tcp", "udp" or "sctp"
	At          *Instruction
}

// Unknown marks the parts of a Config that the base image has a say in: the file has not set them, or
// (Env, Exposed, Volumes, Labels) adds to what the base image has. All false on scratch.
type Unknown struct {
	Env, User, WorkingDir, StopSignal, Shell, Entrypoint, Cmd, Healthcheck, Exposed, Volumes, Labels bool
	// OnBuild says that triggers of the base image, which nothing in the file shows, run first.
	OnBuild bool
}

// State is what is in force just before an instruction.
type State struct {
	// Config is the image's configuration so far.
	Config
	// Vars are the variables that an instruction or a RUN's shell sees: ENV and ARG.
	Vars Env

	external bool
	escape   byte
}

// StartsIn tells the work directory of the base image, which what the file says so far is relative to.
func (c *Config) StartsIn(dir string) {
	if c.Unknown.WorkingDir {
		c.WorkingDir.Value, c.Unknown.WorkingDir = path.Join("/", dir, c.WorkingDir.Value), false
	}
}

// Expand replaces the variables of a word of an instruction and takes its quotes off, as BuildKit does
// for ENV, LABEL, USER, WORKDIR, COPY, ADD, EXPOSE, VOLUME, STOPSIGNAL and the values of their flags.
// unproven names the variables that the base image may decide, see Var.
func (s State) Expand(word string) (value string, unproven []string) {
	return expand(word, s.escape, s.Vars, s.external)
}

// Config is the configuration of the image that building the stage gives. args are the build
// arguments that are passed (--build-arg, Compose's build.args); nil for none.
func (s *Stage) Config(args map[string]string) Config {
	return s.Final(args).Config
}

// Final is the state behind the stage's last instruction.
func (s *Stage) Final(args map[string]string) State {
	return s.eval(args, s.file.globals(args)).State
}

// CheckSize says whether the stage's substitutions stay within bounds: a few doubling variables or
// very many long ones would fill any memory that builds the graph. The error is a *source.Problem at
// the first instruction that goes beyond 1 MiB, or 64 MiB in all.
func (s *Stage) CheckSize(args map[string]string) error {
	globals, in := s.file.evalPreamble(args)
	if in == nil {
		in = s.eval(args, globals).over
	}
	if in == nil {
		return nil
	}
	return &source.Problem{
		Path: s.file.Path, At: in.Position(),
		What:   "the variables of this instruction grow too large to evaluate",
		Why:    "building the graph could use up the memory",
		Advice: "shorten the values that it refers to",
	}
}

// ShellAt is the shell in force just before an instruction, as StateAt has it. Where no SHELL is in the file, nothing is
// carried out for that.
func (f *File) ShellAt(in *Instruction) []string {
	for _, other := range f.Instructions {
		if other.Keyword == "SHELL" || other.Trigger != nil && other.Trigger.Keyword == "SHELL" {
			return f.StateAt(in, nil).Shell
		}
	}
	if in.Stage == nil || in == in.Stage.From {
		return nil
	}
	return usualShell()
}

// usualShell runs shell forms where no SHELL says otherwise.
func usualShell() []string { return []string{"/bin/sh", "-c"} }

// StateAt is what is in force just before an instruction: for a FROM and an ARG of the preamble only
// the arguments before the first FROM.
func (f *File) StateAt(in *Instruction, args map[string]string) State {
	if in.Stage == nil || in == in.Stage.From {
		return State{Vars: f.globals(args), escape: f.Escape}
	}
	return in.Stage.before(in, args, f.globals(args))
}
