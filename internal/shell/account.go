package shell

import (
	"regexp"
	"strconv"
	"strings"
)

// Account is what useradd, adduser, groupadd or addgroup makes, as far as its words say.
type Account struct {
	Name, Group string // Group is the login group's name, "" where it is not said by name
	UID, GID    int    // -1 where not said; of groupadd and addgroup, GID is the group's
	System      bool
}

// ReadAccount reads useradd, adduser, groupadd and addgroup, of shadow and of BusyBox. Name is "" when it is
// known only to the shell, or when the account is there already.
func ReadAccount(c Command) Account {
	a := Account{UID: -1, GID: -1}
	group := c.Name() == "groupadd" || c.Name() == "addgroup"
	busybox := c.Name() == "adduser" || c.Name() == "addgroup"
	takes := "-u --uid -g --gid -G --groups -ingroup --ingroup -d --home --home-dir -h -s --shell -c --comment --gecos -k -b --base-dir -p -K -e -f -r_"
	operands := 0
	for i := 1; i < len(c.Words); i++ {
		w := c.Words[i].Value
		option, value, given := strings.Cut(w, "=")
		if !strings.HasPrefix(w, "-") {
			if operands++; operands == 1 {
				a.Name = w
			}
			continue
		}
		if bundle.MatchString(w) && w != "-ingroup" { // -ms /bin/bash: the last letter has the value
			a.System = a.System || strings.ContainsAny(w, "rS")
			option = "-" + w[len(w)-1:]
		}
		if w == "-r" || w == "--system" || w == "-S" {
			a.System = true
			continue
		}
		if !given && strings.Contains(" "+takes+" ", " "+option+" ") && i+1 < len(c.Words) {
			i++
			value = c.Words[i].Value
		}
		switch {
		case option == "-u" || option == "--uid":
			a.UID = idNumber(value)
		case option == "-g" && group, option == "--gid":
			if a.GID = idNumber(value); a.GID < 0 {
				a.Group = value
			}
		case option == "-g" && !busybox:
			if a.GID = idNumber(value); a.GID < 0 {
				a.Group = value
			}
		case option == "-G" && busybox, option == "--ingroup":
			a.Group = value
		}
	}
	if operands > 1 || strings.ContainsAny(a.Name, Unknown+"?$") { // with two, adduser puts one that is there into a group
		a.Name = ""
	}
	return a
}

// bundle are several options of one letter in one word.
var bundle = regexp.MustCompile(`^-[A-Za-z]{2,}$`)

func idNumber(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 {
		return -1
	}
	return n
}
