package yaml

// block reads a literal or folded scalar at a.pos and returns the offset of its end: behind the last
// byte of its last line, the line end excluded. parent is the column of the block collection around it.
func (a *aligner) block(d *decoder, folded bool, parent int) int {
	i := a.pos + 1
	increment, chomp := 0, byte(0)
	for ; i < len(a.text); i++ {
		if c := a.text[i]; c == '+' || c == '-' {
			chomp = c
		} else if c >= '1' && c <= '9' {
			increment = int(c - '0')
		} else {
			break
		}
	}
	header := i
	for i < len(a.text) && lineBreak(a.text, i) == 0 {
		i++
	}
	i += lineBreak(a.text, i)

	b := &blockBody{decoder: d, folded: folded, at: i, header: header}
	switch {
	case increment > 0 && parent >= 0:
		b.indent, b.known = parent+increment, true
	case increment > 0:
		b.indent, b.known = increment, true
	}
	b.spaces(parent)
	b.lines()
	end := header
	switch {
	case chomp == '+' && len(b.breaks) > 0:
		b.flushLead()
		for _, br := range b.breaks {
			b.take(br)
		}
		if last := b.breaks[len(b.breaks)-1]; last.width > 0 {
			end = last.at
		} else {
			end = len(a.text)
		}
	case b.any && chomp != '-':
		b.flushLead()
		end = b.end
	case b.any:
		end = b.end
	}
	if end > header { // the comment behind the header lies inside of the scalar
		a.pos = header
		for a.pos < len(a.text) && isBlank(a.text[a.pos]) {
			a.pos++
		}
		if a.peek() == '#' {
			a.comment()
		}
	}
	return end
}

// blockBody reads the lines of a block scalar the way the library's scanner does, which matters for
// the odd cases: blank lines longer than the indentation, text that ends without a line break.
type blockBody struct {
	*decoder
	folded bool
	at     int // where we are
	header int
	indent int  // spaces before the content
	known  bool // whether indent is known yet
	eaten  int  // spaces passed on the current line
	lead   []brk
	breaks []brk // the blank lines since the last content line; width 0 stands for one that the end of the text implies
	any    bool  // whether there was a content line
	end    int   // the end of the last content line
}

// spaces passes indentation and blank lines up to the next line with content.
func (b *blockBody) spaces(parent int) {
	most := 0
	for {
		b.eaten = 0
		for (!b.known || b.eaten < b.indent) && b.at < len(b.text) && b.text[b.at] == ' ' {
			b.at++
			b.eaten++
		}
		most = max(most, b.eaten)
		w := lineBreak(b.text, b.at)
		if w == 0 {
			break
		}
		b.breaks = append(b.breaks, brk{b.at, w})
		b.at += w
	}
	if b.at >= len(b.text) && b.eaten > 0 && (!b.known || b.eaten <= b.indent) {
		b.breaks = append(b.breaks, brk{b.at, 0})
	}
	if !b.known {
		b.indent, b.known = max(most, parent+1, 0), true
	}
}

func (b *blockBody) lines() {
	leadingBlank := false
	for b.eaten == b.indent && b.at < len(b.text) {
		blank := isBlank(b.text[b.at])
		if b.folded && !leadingBlank && !blank && len(b.lead) > 0 && b.isNewline(b.lead[0]) {
			if len(b.breaks) == 0 {
				b.synth(" ")
			}
			b.lead = nil
		} else {
			b.flushLead()
		}
		for _, br := range b.breaks {
			b.take(br)
		}
		b.breaks = nil
		leadingBlank = blank
		b.any = true
		start := b.at
		for b.at < len(b.text) && lineBreak(b.text, b.at) == 0 {
			b.at++
		}
		b.copy(start, b.at-start)
		b.end = b.at
		if w := lineBreak(b.text, b.at); w > 0 {
			b.lead = []brk{{b.at, w}}
			b.at += w
		} else if onlyBlanks(b.text[start:b.at]) {
			b.lead = []brk{{b.at, 0}}
		}
		b.spaces(0)
	}
}

func (b *blockBody) flushLead() {
	for _, br := range b.lead {
		b.take(br)
	}
	b.lead = nil
}

func (b *blockBody) take(br brk) {
	if br.width == 0 {
		b.synth("\n")
		return
	}
	b.lineEnd(br)
}

func (b *blockBody) isNewline(br brk) bool {
	return br.width == 0 || breakValue(b.text, br.at, br.width) == "\n"
}

func onlyBlanks(s []byte) bool {
	for _, c := range s {
		if !isBlank(c) {
			return false
		}
	}
	return true
}
