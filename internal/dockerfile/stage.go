package dockerfile

import (
	"strconv"
	"strings"

	"refit/internal/source"
)

// Stage is a build stage: a FROM and what follows it up to the next.
type Stage struct {
	Index int    // from 0
	Name  string // in lower case, as BuildKit keeps it; "" when the FROM has no AS
	// Base is the first word of the FROM, as written; see BaseName.
	Base string
	From *Instruction
	// Instructions includes From.
	Instructions []*Instruction

	file  *File
	below source.Slot[*Stage]      // Parent without build arguments
	final source.Slot[*evaluation] // the state behind it without build arguments
}

// Last is the stage's last instruction; it may be the FROM.
func (s *Stage) Last() *Instruction { return s.Instructions[len(s.Instructions)-1] }

// File is the file that the stage stands in.
func (s *Stage) File() *File { return s.file }

// Find lists the stage's instructions with that keyword (upper case), in order.
func (s *Stage) Find(keyword string) []*Instruction {
	var out []*Instruction
	for _, in := range s.Instructions {
		if in.Keyword == keyword {
			out = append(out, in)
		}
	}
	return out
}

// Stage finds a stage as COPY --from does: by name, upper and lower case alike, else by index. Of
// several stages with one name it is the last.
func (f *File) Stage(nameOrIndex string) (*Stage, bool) {
	if i, err := strconv.Atoi(nameOrIndex); err == nil {
		if i < 0 || i >= len(f.Stages) {
			return nil, false
		}
		return f.Stages[i], true
	}
	s, ok := f.byName[strings.ToLower(nameOrIndex)]
	return s, ok
}

// Target finds the stage that a build of that target makes: the last one for "", else the one of that
// name, upper and lower case alike. An index is no target to BuildKit.
func (f *File) Target(name string) (*Stage, bool) {
	if name == "" {
		return f.Stages[len(f.Stages)-1], true
	}
	s, ok := f.byName[strings.ToLower(name)]
	return s, ok
}
