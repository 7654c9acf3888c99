package compose

import (
	"path"
	"strings"
)

// text is the path after the move; raw itself when it is right as it is.
func (m *mover) text(raw, from, to string) string {
	moved := m.Moved(path.Join(from, unescape(raw)))
	if path.Join(to, unescape(raw)) == moved {
		return raw
	}
	return strings.ReplaceAll(relative(to, moved), "$", "$$")
}

// styled writes a new path as the old one was written: "./" before it, "/" behind it, and what makes
// the source of a mount a path and not the name of a volume.
func (m *mover) styled(p PathField, text string) string {
	if text == p.Raw {
		return text
	}
	dotted := strings.HasPrefix(p.Raw, "./") || p.Kind == PathBind || remoteContext(text)
	if dotted && text != "." && text != ".." && !strings.HasPrefix(text, "../") {
		text = "./" + text
	}
	if strings.HasSuffix(p.Raw, "/") && !strings.HasSuffix(text, "/") {
		text += "/"
	}
	return text
}

// interpolated rewrites the folder before the first variable, when everything that the rest can stand
// for moves along with that folder.
func (m *mover) interpolated(p PathField, from, to string) {
	head := p.Raw[:scanVariables(p.Raw)[0].Span.Start]
	head = head[:strings.LastIndexByte(head, '/')+1]
	rest := p.Raw[len(head):]
	if strings.Contains(rest, "..") {
		m.refuse(p, "", "it goes upwards behind a variable")
		return
	}
	folder := path.Join(from, unescape(head))
	moved := m.Moved(folder)
	if m.Files == nil && (moved != folder || from != to) {
		m.refuse(p, m.joined(p, to, moved, rest), "a variable decides which file it is")
		return
	}
	pattern := wildcard(rest)
	for i, file := range m.matching(folder, pattern) {
		tail := strings.TrimPrefix(file, folder+"/")
		if folder == "." {
			tail = file
		}
		now, ok := strings.CutSuffix(m.Moved(file), "/"+tail)
		if !ok && m.Moved(file) == tail {
			now, ok = ".", true
		}
		if !ok || i > 0 && now != moved {
			m.refuse(p, "", "a variable decides which file it is, and those that it can be move to different places")
			return
		}
		moved = now
	}
	if path.Join(to, unescape(head)) == moved {
		m.wish(p.Span, wish{field: p, text: p.Raw})
		return
	}
	m.wish(p.Span, wish{field: p, text: m.joined(p, to, moved, rest)})
}

// joined is the path to folder seen from to, with the part behind it that holds the variables.
func (m *mover) joined(p PathField, to, folder, rest string) string {
	head := strings.ReplaceAll(relative(to, folder), "$", "$$") + "/"
	if head == "./" && !strings.HasPrefix(p.Raw, "./") && p.Kind != PathBind {
		head = ""
	}
	if head != "" && head[0] != '.' && (strings.HasPrefix(p.Raw, "./") || p.Kind == PathBind) {
		head = "./" + head
	}
	return head + rest
}

// matching lists the files below a folder that a path with variables can stand for, or lie in.
func (m *mover) matching(folder string, pattern []string) []string {
	var found []string
	for _, f := range m.Files {
		tail := f
		if folder != "." {
			var below bool
			if tail, below = strings.CutPrefix(f, folder+"/"); !below {
				continue
			}
		}
		if matches(tail, pattern) {
			found = append(found, f)
		}
	}
	return found
}

// wildcard is the literal parts between the variables of a path.
func wildcard(s string) []string {
	var parts []string
	at := 0
	for _, v := range scanVariables(s) {
		if v.Span.Start < at { // inside of the one before
			continue
		}
		parts = append(parts, unescape(s[at:v.Span.Start]))
		at = v.Span.End
	}
	return append(parts, unescape(s[at:]))
}

// matches says whether name, or a folder that holds it, consists of the parts with anything between them.
func matches(name string, parts []string) bool {
	rest, ok := strings.CutPrefix(name, parts[0])
	if !ok {
		return false
	}
	for _, p := range parts[1:] {
		i := strings.Index(rest, p)
		if i < 0 {
			return false
		}
		rest = rest[i+len(p):]
	}
	return true
}

func unescape(s string) string { return strings.ReplaceAll(s, "$$", "$") }

// relative is the slash-separated path of target seen from the folder base, both repo-relative.
func relative(base, target string) string {
	base, target = path.Clean(base), path.Clean(target)
	if base == target {
		return "."
	}
	up := ""
	for base != "." && base != target && !strings.HasPrefix(target, base+"/") {
		if base == ".." || strings.HasSuffix(base, "/..") {
			break // above the repository; nothing there is ever a base
		}
		base = path.Dir(base)
		up += "../"
	}
	switch {
	case base == target || base == "." && target == ".":
		return strings.TrimSuffix(up, "/")
	case base == ".":
		return up + target
	}
	return up + strings.TrimPrefix(target, base+"/")
}
