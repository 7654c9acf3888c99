package dotenv

import (
	"strings"
	"unicode"

	"refit/internal/source"
)

// Construct is a way of writing that readers of environment files disagree about.
type Construct string

// The constructs that DialectProblems finds.
const (
	ExportPrefix  Construct = "export"            // export KEY=value
	BareName      Construct = "bare-name"         // KEY
	ColonForm     Construct = "colon"             // KEY: value
	SpacedEquals  Construct = "space-around-="    // KEY = value
	OddName       Construct = "odd-name"          // MY-KEY, 1KEY
	OpenSpaces    Construct = "unquoted-space"    // KEY=two words
	HashAsValue   Construct = "comment-as-value"  // KEY= # comment
	GluedHash     Construct = "glued-hash"        // KEY=a#b, KEY=a<tab># comment
	OpenDollar    Construct = "unquoted-dollar"   // KEY=pa$$word, KEY=$1
	MultiLine     Construct = "multi-line"        // KEY="one\ntwo" over several lines
	EscapedSingle Construct = "escaped-single"    // KEY='it\'s'
	TextBehind    Construct = "text-behind-quote" // KEY="a"b
	ByteOrderMark Construct = "byte-order-mark"
)

// DialectProblem is one place that not every reader understands as Compose does.
type DialectProblem struct {
	Construct Construct
	Key       string // "" when the whole file is meant
	Span      source.Span
	Message   string // what Compose makes of it and who sees something else; never the value
}

// DialectProblems lists the places where the file depends on the reader: Compose, a shell that
// sources it, `docker run --env-file`, Make's include, systemd, and the dotenv libraries of Node and
// Python differ there. Quotes as such are not among them.
func DialectProblems(f *File) []DialectProblem {
	var found []DialectProblem
	if strings.HasPrefix(string(f.Text), "\uFEFF") {
		found = append(found, DialectProblem{ByteOrderMark, "", source.Span{End: len("\uFEFF")},
			"the file starts with a byte order mark: Compose skips it, a shell and python-dotenv make it part of the first name"})
	}
	for i, v := range f.Vars {
		add := func(c Construct, span source.Span, message string) {
			found = append(found, DialectProblem{c, v.Key, span, v.Key + ": " + message})
		}
		f.nameDialect(v, add)
		if i+1 < len(f.Vars) && v.Quote != Unquoted && !strings.Contains(string(f.Text[v.ValueSpan.End:f.Vars[i+1].Span.Start]), "\n") {
			add(TextBehind, f.Vars[i+1].Span, "Compose reads what follows the closing quote as another variable, a shell as part of the value")
		}
		switch v.Quote {
		case Unquoted:
			f.openDialect(v, add)
		case Single:
			if strings.Contains(v.Raw, `\'`) {
				add(EscapedSingle, v.ValueSpan, `Compose lets \' stand for a quote in single quotes, a shell ends the value there`)
			}
		}
		if strings.Contains(v.Raw, "\n") {
			add(MultiLine, v.ValueSpan, `Compose and a shell read a value of several lines, docker run --env-file, Make and systemd do not; write \n in double quotes`)
		}
	}
	return found
}

type adder func(c Construct, span source.Span, message string)

func (f *File) nameDialect(v *Var, add adder) {
	if v.Export {
		add(ExportPrefix, source.Span{Start: v.Span.Start, End: v.KeySpan.End}, "Compose drops the export, docker run --env-file and systemd reject the line")
	}
	if !IsName(v.Key) {
		add(OddName, v.KeySpan, "a shell takes only letters, digits and underscores in a name, no digit first")
	}
	switch between := string(f.Text[v.KeySpan.End:v.ValueSpan.Start]); {
	case v.Bare:
		add(BareName, v.KeySpan, "without =, Compose takes the value of whoever runs it, and leaves it out when there is none; a shell runs it as a command")
	case v.Colon:
		add(ColonForm, v.Span, "only Compose reads a colon for =; a shell runs the line as a command")
	case strings.TrimLeftFunc(between, isInlineSpace) != between, v.Raw != "" && strings.TrimRightFunc(between, isInlineSpace) != between:
		add(SpacedEquals, v.Span, "Compose skips the space around =, a shell runs the name as a command")
	}
}

func (f *File) openDialect(v *Var, add adder) {
	switch i := strings.IndexByte(v.Raw, '#'); {
	case i == 0:
		add(HashAsValue, v.ValueSpan, `Compose takes the # and what follows for the value, not for a comment; write KEY="" before the comment`)
	case i > 0:
		add(GluedHash, v.ValueSpan, "Compose starts a comment only at a space and #; Node's dotenv cuts the value at any #; quote the value")
	case strings.IndexFunc(v.Raw, unicode.IsSpace) >= 0:
		add(OpenSpaces, v.ValueSpan, "Compose reads the spaces as part of the value, a shell runs what follows as a command; quote the value")
	}
	if f.hasOpenDollar(v) {
		add(OpenDollar, v.ValueSpan, "Compose reads $$ as one dollar sign and leaves a lone one, a shell puts its process number or an argument there; use single quotes")
	}
}

// hasOpenDollar says whether a dollar sign stands for itself in the value.
func (f *File) hasOpenDollar(v *Var) bool {
	if !strings.Contains(v.Raw, "$") {
		return false
	}
	if strings.Contains(v.Raw, "$$") {
		return true
	}
	for i := 0; i < len(v.Raw); i++ {
		if v.Raw[i] == '$' && (i+1 == len(v.Raw) || !IsName(v.Raw[i+1:i+2]) && v.Raw[i+1] != '{') {
			return true
		}
	}
	return false
}
