// Package makefile reads makefiles as GNU make does, as far as that is possible without running
// anything: rules, recipes, variables, conditionals, each with its place in the file. It says which
// shell text a recipe becomes, with a way back to the bytes of the file even through variables, and
// makes byte edits. $(shell ...) and != are never run; what they give is unknown.
//
// Of several makefiles in one folder make reads the first of GNUmakefile, makefile and Makefile
// (GNU make manual, 3.2); see Names.
package makefile

import (
	"path"

	"refit/internal/shell"
	"refit/internal/source"
)

// Names are the default names of a makefile in the order in which GNU make looks for them.
var Names = []string{"GNUmakefile", "makefile", "Makefile"}

// File is one parsed makefile. Everything in it is in the order of the file.
type File struct {
	Path string // repo-relative
	// Dir is the folder in which make runs the recipes, repo-relative: the makefile's own unless
	// the caller knows better, as for a file that others include.
	Dir          string
	Rules        []*Rule
	Variables    []*Variable
	Includes     []Include
	Exports      []Export
	Conditionals []*Conditional
	Comments     []source.Span
	Problems     []Problem

	text      []byte
	eol       string
	prefix    byte // what starts a recipe line at the end of the file
	byName    map[string][]*Variable
	hasEval   bool
	unclosed  bool // a conditional or define is still open at the end
	byTargets map[string][]*Variable
	neededBy  map[string][]string  // targets by their prerequisites
	targets   *targets             // shared by copies: their rules are the same
	marked    *source.Slot[marked] // the marked block; shared by copies: their text is the same
}

// Rule is one "targets: prerequisites" with its recipe. A target may have several rules.
type Rule struct {
	Targets     []shell.Word // as written, variables put in where they are constant
	Prereqs     []shell.Word
	OrderOnly   []shell.Word // prerequisites behind "|"
	Stem        []shell.Word // the target pattern of a static pattern rule: "a.o b.o: %.o: %.c"
	DoubleColon bool
	Grouped     bool // &:
	Recipe      []*Line
	Doc         string      // the text behind "##", on the line or on those above it
	Header      source.Span // the line with the targets, without its end; continued lines included
	Span        source.Span // Header and recipe, with the line end of the last line
	Guards      []Guard
	Special     string // ".PHONY" and so on when it is one

	colon  source.Span // the colon or colons
	header shell.Text  // Header without comment and recipe
}

// Line is one line of a recipe with the lines that continue it.
type Line struct {
	Span   source.Span // without the recipe prefix and the last line end
	Indent source.Span // the recipe prefix; for a command behind ";" the semicolon
	Spaced bool        // indented with spaces, which make refuses
	Guards []Guard
	text   shell.Text
}

// Op is the operator of a variable definition.
type Op string

// The operators. A define without one has OpRecursive.
const (
	OpRecursive   Op = "="
	OpSimple      Op = ":=" // also ::= and :::=
	OpConditional Op = "?="
	OpAppend      Op = "+="
	OpShell       Op = "!="

	opNamed Op = "" // not an operator: "export NAME" and "unexport NAME", which define NAME, empty or as the environment has it
)

// Variable is one definition.
type Variable struct {
	Name     string // "" when the name itself is not constant
	NameSpan source.Span
	Op       Op
	Value    shell.Text // as written: not expanded, comment and blanks around it removed
	Targets  []shell.Word
	Exported bool
	Define   bool // define ... endef
	Override bool // override NAME = value: definitions without override that follow don't count
	Span     source.Span
	Guards   []Guard
}

// Include is an include directive.
type Include struct {
	Files    []shell.Word
	Optional bool // -include, sinclude
	Span     source.Span
	Guards   []Guard
}

// Export is an export or unexport of names, without a value.
type Export struct {
	Names []string // none: every variable
	Undo  bool     // unexport
	Span  source.Span
}

// Problem is a line that make refuses.
type Problem struct {
	What string
	// Spaces says that the line is a recipe line indented with spaces. Span is then the indentation.
	Spaces bool
	Span   source.Span
}

// Conditional is an ifeq, ifneq, ifdef or ifndef with its branches.
type Conditional struct {
	Branches []Branch
	Span     source.Span // from the first directive to behind endif
}

// Branch is one part of a conditional.
type Branch struct {
	test test        // zero for the plain else
	Text string      // the condition as written, "" for the plain else
	Span source.Span // its directive
}

// Guard says that something holds only in one branch of a conditional.
type Guard struct {
	Conditional *Conditional
	Branch      int
}

// Parse reads a makefile. It never fails; what make would refuse is in Problems.
func Parse(p string, text []byte) *File {
	f := &File{Path: p, Dir: path.Dir(p), text: text, eol: source.EOL(text), prefix: '\t', byName: map[string][]*Variable{}, byTargets: map[string][]*Variable{}, neededBy: map[string][]string{}, targets: &targets{}, marked: &source.Slot[marked]{}}
	if source.TooLong(p, text) != nil {
		f.Problems = []Problem{{What: "the file is too large: files of more than 1 MiB are not read"}}
		return f
	}
	(&parser{file: f}).parse()
	return f
}
