package change

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"unicode/utf8"

	"refit/internal/edit"
)

// Schema names the form of a plan file, docs/schema/.
const Schema = "refit.plan/v1"

// planFile is a Set as JSON.
type planFile struct {
	Schema      string       `json:"schema"`
	Changes     []fileChange `json:"changes"`
	Refused     []Refusal    `json:"refused"`
	Steps       []Step       `json:"steps"`
	Equivalence Comparison   `json:"equivalence"`
	Layout      Layout       `json:"layout,omitzero"`
	Secrets     []copyPiece  `json:"secrets,omitempty"`
}

// fileChange is a File as JSON.
type fileChange struct {
	Path    string    `json:"path"`
	Op      edit.Kind `json:"op"`
	From    string    `json:"from,omitempty"`
	Causes  []Cause   `json:"causes"`
	Link    bool      `json:"link,omitempty"` // a symbolic link; its content is what it says
	Mode    string    `json:"mode,omitempty"` // octal permission bits afterwards
	Was     string    `json:"was,omitempty"`  // octal permission bits before
	Before  Hash      `json:"before,omitempty"`
	After   Hash      `json:"after,omitempty"`
	Content []piece   `json:"content,omitempty"` // left out when it does not change
}

// piece is a part of a file's new content: exactly one of its fields is set.
type piece struct {
	Text   *string    `json:"text,omitempty"`
	Base64 *string    `json:"base64,omitempty"` // of bytes that are not UTF-8
	Copy   *copyPiece `json:"copy,omitempty"`
}

// copyPiece refers to bytes [Start, End) of a file in the baseline. The hash is of that whole file,
// not of the bytes: the hash of a short secret would give it away.
type copyPiece struct {
	Path   string `json:"path"`
	Start  int    `json:"start"`
	End    int    `json:"end"`
	SHA256 Hash   `json:"sha256"`
}

// Encode writes the set as a plan file. read returns the bytes of a file of the baseline; it is
// called for the files that hold secrets. Every occurrence of a secret in a new content, escaped
// forms included, is written as a reference to the baseline, never by value. It returns an error
// when a secret is no longer where the set says, or the error of w.
func Encode(w io.Writer, set *Set, read func(path string) ([]byte, error)) error {
	secrets, err := loadSecrets(set.Secrets, read)
	if err != nil {
		return err
	}
	f := newFinder(secrets)
	out := planFile{Schema: Schema, Changes: []fileChange{}, Refused: []Refusal{}, Steps: []Step{}, Equivalence: f.scrubbed(set.Compare), Layout: set.Layout}
	for _, file := range set.Files {
		out.Changes = append(out.Changes, f.encodeFile(file))
	}
	for _, r := range set.Refused {
		r.Why = f.scrub(r.Why)
		out.Refused = append(out.Refused, r)
	}
	for _, s := range set.Steps {
		s.Why = f.scrub(s.Why)
		out.Steps = append(out.Steps, s)
	}
	for _, s := range secrets {
		out.Secrets = append(out.Secrets, s.reference(0, len(s.value)))
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(out)
}

func (s secret) reference(start, end int) copyPiece {
	return copyPiece{Path: s.ref.Path, Start: s.ref.Start + start, End: s.ref.Start + end, SHA256: s.file}
}

func (f *finder) encodeFile(file File) fileChange {
	out := fileChange{Path: file.Path, Op: file.Op, From: file.From, Before: file.Before, After: file.After, Causes: []Cause{}}
	for _, c := range file.Causes {
		c.Title = f.scrub(c.Title)
		out.Causes = append(out.Causes, c)
	}
	out.Link = file.IsLink()
	if !out.Link && file.Op != edit.KindDelete {
		out.Mode = octal(file.Mode)
	}
	if !out.Link && file.Op != edit.KindCreate {
		out.Was = octal(file.Was)
	}
	if file.Op != edit.KindDelete && (out.Link || file.Op == edit.KindCreate || file.Before != file.After) {
		out.Content = f.pieces(file.Text)
	}
	return out
}

// octal is a mode as chmod takes it: "0644", with the setuid, setgid and sticky bits in front.
func octal(mode fs.FileMode) string {
	bits := uint32(mode.Perm())
	for bit, flag := range specialBits {
		if mode&flag != 0 {
			bits |= bit
		}
	}
	return fmt.Sprintf("%04o", bits)
}

var specialBits = map[uint32]fs.FileMode{0o4000: fs.ModeSetuid, 0o2000: fs.ModeSetgid, 0o1000: fs.ModeSticky}

// pieces cuts a content into text and references to secrets. Where two secrets overlap, the rest of
// the second is a reference too.
func (f *finder) pieces(text []byte) []piece {
	out := []piece{}
	at := 0
	for _, p := range f.find(text) {
		if p.end <= at {
			continue
		}
		out = appendText(out, text[at:max(at, p.start)])
		out = f.secrets[p.secret].appendUnits(out, p.form.units[max(0, at-p.start):])
		at = p.end
	}
	return appendText(out, text[at:])
}

// appendUnits adds the references and literals that make up a form of the secret.
func (s secret) appendUnits(out []piece, units []unit) []piece {
	for i := 0; i < len(units); {
		k := i + 1
		if units[i].at < 0 {
			for k < len(units) && units[k].at < 0 {
				k++
			}
			literal := make([]byte, 0, k-i)
			for _, u := range units[i:k] {
				literal = append(literal, u.literal)
			}
			out = appendText(out, literal)
		} else {
			for k < len(units) && units[k].at == units[k-1].at+1 {
				k++
			}
			ref := s.reference(units[i].at, units[k-1].at+1)
			out = append(out, piece{Copy: &ref})
		}
		i = k
	}
	return out
}

func appendText(out []piece, text []byte) []piece {
	if len(text) == 0 {
		return out
	}
	s := string(text)
	if utf8.Valid(text) {
		if n := len(out); n > 0 && out[n-1].Text != nil {
			s = *out[n-1].Text + s
			out = out[:n-1]
		}
		return append(out, piece{Text: &s})
	}
	s = base64.StdEncoding.EncodeToString(text)
	return append(out, piece{Base64: &s})
}

// scrub masks secrets in what is said about a change. Who says it masks them already; this is the
// second lock on the door, so short values, which are often plain words, are left to the first.
func (f *finder) scrub(text string) string {
	for _, s := range f.secrets {
		if len(s.value) >= 8 {
			text = strings.ReplaceAll(text, s.value, "***")
		}
	}
	return text
}

func (f *finder) scrubbed(c Comparison) Comparison {
	differences := func(list []Difference) []Difference {
		out := make([]Difference, 0, len(list))
		for _, d := range list {
			d.Before, d.After, d.Why = f.scrub(d.Before), f.scrub(d.After), f.scrub(d.Why)
			out = append(out, d)
		}
		return out
	}
	return Comparison{Preserved: append([]Preserved{}, c.Preserved...), Declared: differences(c.Declared),
		Unproven: differences(c.Unproven), Undeclared: differences(c.Undeclared)}
}
