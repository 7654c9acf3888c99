package edit

import (
	"fmt"
	"path"
	"strings"
	"unicode/utf8"
)

// ValidPath says why a path may not be written to: it must be relative to the repository, clean,
// slash-separated UTF-8, stay inside, and have no part that git would take for its own folder on any
// system (".git", ".GIT", "git~1", ".git.", ".g\u200cit"): a file there could make git run a program.
func ValidPath(p string) error {
	switch {
	case p == "" || p == ".":
		return fmt.Errorf("path %q names no file", p)
	case len(p) > 4096:
		return fmt.Errorf("path of %d bytes is too long", len(p))
	case !utf8.ValidString(p):
		return fmt.Errorf("path %q is not UTF-8", p)
	case strings.ContainsRune(p, 0):
		return fmt.Errorf("path %q holds a zero byte", p)
	case path.IsAbs(p) || strings.HasPrefix(p, `\`) || (len(p) > 1 && p[1] == ':' && isLetter(p[0])):
		return fmt.Errorf("path %q is absolute; paths are relative to the repository", p)
	case p == ".." || strings.HasPrefix(p, "../"):
		return fmt.Errorf("path %q leaves the repository", p)
	case path.Clean(p) != p:
		return fmt.Errorf("path %q is not clean; it should be %q", p, path.Clean(p))
	}
	for part := range strings.FieldsFuncSeq(p, func(r rune) bool { return r == '/' || r == '\\' }) {
		if part == ".." {
			return fmt.Errorf("path %q leaves the repository", p)
		}
		if isGitFolder(part) {
			return fmt.Errorf("path %q lies in git's own folder, which is never touched", p)
		}
	}
	return nil
}

func isLetter(b byte) bool { return 'a' <= b|0x20 && b|0x20 <= 'z' }

// isGitFolder follows git's own is_ntfs_dotgit and is_hfs_dotgit (path.c, utf8.c): NTFS ignores
// case, trailing dots and spaces and stream names, HFS+ ignores some invisible characters.
func isGitFolder(name string) bool {
	name = strings.Map(func(r rune) rune {
		if r == 0x200c || r == 0x200d || (0x200e <= r && r <= 0x200f) || (0x202a <= r && r <= 0x202e) ||
			(0x206a <= r && r <= 0x206f) || r == 0xfeff {
			return -1
		}
		return r
	}, name)
	name, _, _ = strings.Cut(name, ":")
	name = strings.ToLower(strings.TrimRight(name, ". "))
	return name == ".git" || name == "git~1"
}
