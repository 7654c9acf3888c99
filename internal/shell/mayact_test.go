package shell

import "testing"

// Commands in which no word asks for something are not read, which must be those that ask for nothing.
func TestCommandsThatAskForNothing(t *testing.T) {
	unread := 0
	for name, m := range managers {
		for _, line := range []string{"", "build -trimpath -o /x ./cmd/x", "run --only dev start", "-C install test", "--prefix add run x", "-- install", "-y", "--version", "install x", "'' add"} {
			words := Commands(ParseText(Literal(name+" "+line), POSIX), Start{})[0].Words[1:]
			if m.mayAct(words) {
				continue
			}
			unread++
			_, operands, _ := options(words, takes(m.values), false)
			sub := ""
			if len(operands) > 0 {
				sub = operands[0].Value
			}
			if _, asks := m.actions[sub]; asks {
				t.Errorf("%s %s asks for something", name, line)
			}
		}
	}
	if unread < 50 {
		t.Errorf("only %d commands were not read", unread)
	}
}
