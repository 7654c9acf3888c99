package dockerfile

import (
	"path"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

// Copy is the view of a COPY or ADD. Values are as written; State.Expand resolves variables.
type Copy struct {
	Sources []CopySource
	Dest    Word
	From    string // --from: stage name, index or image; "" for the build context
	Chown   string
	Chmod   string
	Link    bool
	Parents bool
	Exclude []string
	At      *Instruction
}

// CopySource is one source: a path in the build context (or in From), a URL or Git reference (ADD),
// or a here-document.
type CopySource struct {
	Word
	Heredoc *Heredoc // nil for a path
}

// IsRemote says whether ADD fetches the source: a URL or a Git reference.
func (s CopySource) IsRemote() bool { return s.Heredoc == nil && IsRemote(s.Value) }

// IsRemote says whether the source of an ADD is a URL or a Git reference and no path.
func IsRemote(source string) bool {
	return strings.Contains(source, "://") || strings.HasPrefix(source, "git@")
}

// Copy is the view of a COPY or ADD; ok is false for other instructions. The caller must not change its lists.
func (in *Instruction) Copy() (c Copy, ok bool) {
	if in.copies == nil {
		return Copy{}, false
	}
	return *in.copies, true
}

// readCopy makes the view of a COPY or ADD once, since nearly every rule asks for it.
func (in *Instruction) readCopy() {
	if in.Keyword != "COPY" && in.Keyword != "ADD" || len(in.Words) < 2 {
		return
	}
	c := &Copy{At: in}
	for _, f := range in.Flags {
		switch f.Name {
		case "from":
			c.From = f.Value
		case "chown":
			c.Chown = f.Value
		case "chmod":
			c.Chmod = f.Value
		case "link":
			c.Link = !strings.EqualFold(f.Value, "false")
		case "parents":
			c.Parents = !strings.EqualFold(f.Value, "false")
		case "exclude":
			c.Exclude = append(c.Exclude, f.Value)
		}
	}
	last := len(in.Words) - 1
	c.Dest = in.Words[last]
	c.Sources = make([]CopySource, 0, last)
	for _, w := range in.Words[:last] {
		c.Sources = append(c.Sources, CopySource{Word: w, Heredoc: in.heredoc(w.Value)})
	}
	in.copies = c
}

// heredoc is the here-document that a source word stands for.
func (in *Instruction) heredoc(word string) *Heredoc {
	if in.JSON || !strings.Contains(word, "<<") {
		return nil
	}
	h, err := parser.ParseHeredoc(word)
	if err != nil || h == nil {
		return nil
	}
	for i := range in.Heredocs {
		if in.Heredocs[i].Name == h.Name {
			return &in.Heredocs[i]
		}
	}
	return nil
}

// Target is the destination as an absolute path in the image, under the state before the instruction.
// A trailing slash, which makes it a folder, is kept. unproven is as in State.Expand; "WORKDIR" in it
// says that the path is relative to a working directory that only the base image knows.
func (c Copy) Target(st State) (target string, unproven []string) {
	dest, unproven := st.Expand(c.Dest.Value)
	slash := strings.HasSuffix(dest, "/") || strings.HasSuffix(dest, "/.") || dest == "." || dest == ""
	if !path.IsAbs(dest) {
		if st.Unknown.WorkingDir {
			unproven = append(unproven, "WORKDIR")
		}
		dest = path.Join("/", st.WorkingDir.Value, dest)
	}
	if dest = path.Clean(dest); slash && dest != "/" {
		dest += "/"
	}
	return dest, unproven
}
