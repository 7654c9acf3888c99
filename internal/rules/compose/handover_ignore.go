package compose

import (
	"fmt"
	"path"

	"refit/internal/edit"
	"refit/internal/gitrepo"
)

const ignoreFile = ".gitignore"

// ignoreTarget keeps git from taking the new env file in: the .gitignore at the root ignores its name in
// every folder, so that several Compose files that get one each need one line together.
// The error says why git would take it all the same.
func (h *handover) ignoreTarget() (edit.Op, error) {
	const header = "Secrets: everyone has their own"
	pattern := path.Base(h.target)
	text, err := h.p.Files.Read(ignoreFile)
	op, after := edit.Create(ignoreFile, "# "+header+"\n"+pattern+"\n", 0o644), "# "+header+"\n"+pattern+"\n"
	if err == nil {
		if e, ok := h.p.Files.Entry(ignoreFile); !ok || !e.IsRegular() {
			return edit.Op{}, fmt.Errorf("git would take %s in with the secrets in it, and %s is a link: add it to the file that it names", h.target, ignoreFile)
		}
		added, err := gitrepo.ParseIgnore(ignoreFile, text).AddPatterns(header, []string{pattern})
		if err != nil {
			return edit.Op{}, fmt.Errorf("git would take %s in with the secrets in it, whatever %s says", h.target, ignoreFile)
		}
		patched, err := edit.Patch(text, []edit.Edit{added})
		if err != nil {
			return edit.Op{}, err
		}
		op, after = edit.Text(ignoreFile, added), string(patched)
	}
	matcher := h.p.Git.Ignore(func(p string) ([]byte, bool) {
		if p == ignoreFile {
			return []byte(after), true
		}
		e, ok := h.p.Files.Entry(p)
		if !ok || !e.IsRegular() {
			return nil, false
		}
		text, err := e.Bytes()
		return text, err == nil
	})
	if ignored, _ := matcher.Match(h.target, false); !ignored {
		return edit.Op{}, fmt.Errorf("git would take %s in with the secrets in it: another ignore file decides; add it there first", h.target)
	}
	return op, nil
}
