package change

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"refit/internal/edit"
	"refit/internal/source"
)

// Bounds of what Decode accepts: far beyond any plan, small enough to read into memory.
const (
	maxPlanFile = 64 << 20 // bytes of JSON
	maxContent  = 64 << 20 // bytes of all new contents together
	maxChanges  = 20_000
)

// Decode reads a plan file, which may come from anywhere: every path must lie in the repository and
// outside of git's folder, no path may occur twice, contents must have the hash that they claim, and
// anything unknown is an error. read returns the bytes of a file of the baseline. When files of the
// baseline changed since the plan was made the error is a *Stale that names them.
func Decode(r io.Reader, read func(path string) ([]byte, error)) (*Set, error) {
	raw, err := io.ReadAll(io.LimitReader(r, maxPlanFile+1))
	if err != nil {
		return nil, err
	}
	if len(raw) > maxPlanFile {
		return nil, fmt.Errorf("it is larger than %d MiB", maxPlanFile>>20)
	}
	var file planFile
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(&file); err != nil {
		return nil, fmt.Errorf("it is not a plan: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is something behind the end of the plan")
	}
	if file.Schema != Schema {
		return nil, fmt.Errorf("its schema is %q, not %q; make the plan again with this version of refit", file.Schema, Schema)
	}
	if len(file.Changes) > maxChanges {
		return nil, fmt.Errorf("it has %d changes; at most %d are possible", len(file.Changes), maxChanges)
	}
	return (&decoder{read: read, left: maxContent, hashes: map[string]Hash{}}).set(file)
}

type decoder struct {
	read   func(path string) ([]byte, error)
	left   int // bytes of content that may still come
	stale  []string
	hashes map[string]Hash // of files of the baseline
}

func (d *decoder) set(file planFile) (*Set, error) {
	set := &Set{Refused: file.Refused, Steps: file.Steps, Compare: file.Equivalence, Layout: file.Layout}
	for i, c := range file.Changes {
		f, err := d.file(c)
		if err != nil {
			return nil, fmt.Errorf("changes[%d]: %w", i, err)
		}
		set.Files = append(set.Files, f)
	}
	for i, c := range file.Secrets {
		value, err := d.copied(c)
		if err != nil {
			return nil, fmt.Errorf("secrets[%d]: %w", i, err)
		}
		if value != nil {
			set.Secrets = append(set.Secrets, SecretRef{Path: c.Path, Start: c.Start, End: c.End, Hash: HashOf(value)})
		}
	}
	if len(d.stale) > 0 {
		slices.Sort(d.stale)
		return nil, &Stale{Paths: slices.Compact(d.stale)}
	}
	slices.SortFunc(set.Files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	return set, set.Check()
}

// Check says why the set can't be carried out whatever the files are: an impossible change, a path
// that leaves the repository or lies in git's folder, a path that two changes make or take, a
// content that has not the hash it claims.
func (s *Set) Check() error {
	made, taken, deleted := map[string]string{}, map[string]bool{}, []string{}
	inPlace := map[string]bool{} // a repository that has both files already is on a system that tells them apart
	for _, f := range s.Files {
		if err := f.check(); err != nil {
			return err
		}
		if src := f.Source(); src != "" {
			if taken[src] {
				return fmt.Errorf("%s is changed twice", src)
			}
			taken[src] = true
		}
		if f.Op == edit.KindDelete {
			deleted = append(deleted, f.Path)
			continue
		}
		folded := strings.ToLower(f.Path)
		if other, ok := made[folded]; ok && !(inPlace[other] && f.Source() == f.Path) {
			return fmt.Errorf("%s and %s are one file on some systems; the plan makes both", other, f.Path)
		}
		made[folded] = f.Path
		inPlace[f.Path] = f.Source() == f.Path
	}
	for _, p := range deleted {
		if _, again := made[strings.ToLower(p)]; again {
			return fmt.Errorf("%s is deleted and made", p)
		}
	}
	for folded, p := range made {
		for dir := path.Dir(folded); dir != "."; dir = path.Dir(dir) {
			if other, ok := made[dir]; ok {
				return fmt.Errorf("%s can't be a file, because the plan makes %s", other, p)
			}
		}
	}
	return nil
}

func (f File) check() error {
	if err := edit.ValidPath(f.Path); err != nil {
		return err
	}
	if (f.Op == edit.KindRename) != (f.From != "") {
		return fmt.Errorf("%s: %q needs a path it comes from, or may have none", f.Path, f.Op)
	}
	if f.From != "" {
		if err := edit.ValidPath(f.From); err != nil {
			return err
		}
		if f.From == f.Path {
			return fmt.Errorf("%s is moved onto itself", f.Path)
		}
	}
	creates, deletes := f.Op == edit.KindCreate, f.Op == edit.KindDelete
	switch {
	case !slices.Contains([]edit.Kind{edit.KindText, edit.KindCreate, edit.KindDelete, edit.KindRename, edit.KindChmod}, f.Op):
		return fmt.Errorf("%s: unknown operation %q", f.Path, f.Op)
	case creates != (f.Before == "") || (!creates && !f.Before.valid()):
		return fmt.Errorf("%s: it has no usable hash of what was there before", f.Path)
	case !deletes && f.After != HashOf(f.Text), deletes && (f.After != "" || len(f.Text) > 0):
		return fmt.Errorf("%s: the content is not the one that the plan announces", f.Path)
	case creates && f.Mode&^fs.ModePerm != 0:
		return fmt.Errorf("%s: a new file can't be a link or have special mode bits", f.Path)
	case !creates && !deletes && (f.Mode^f.Was)&^fs.ModePerm != 0:
		return fmt.Errorf("%s: special mode bits can't be changed, nor a link made of a file", f.Path)
	case f.IsLink() && !deletes && (len(f.Text) == 0 || bytes.IndexByte(f.Text, 0) >= 0):
		return fmt.Errorf("%s: a link must say where it points", f.Path)
	case f.Op == edit.KindChmod && f.Before != f.After:
		return fmt.Errorf("%s: a change of mode can't change the content", f.Path)
	}
	return nil
}

// valid says whether the hash has the form of one.
func (h Hash) valid() bool {
	return len(h) == 64 && strings.Trim(string(h), "0123456789abcdef") == ""
}

func (d *decoder) file(c fileChange) (File, error) {
	f := File{Op: c.Op, Path: c.Path, From: c.From, Before: c.Before, After: c.After, Causes: c.Causes}
	var err error
	if c.Link {
		f.Mode, f.Was = fs.ModeSymlink|fs.ModePerm, fs.ModeSymlink|fs.ModePerm
		if c.Mode != "" || c.Was != "" {
			return f, fmt.Errorf("%s: a link has no mode", c.Path)
		}
		switch c.Op {
		case edit.KindCreate:
			f.Was = 0
		case edit.KindDelete:
			f.Mode = 0
		}
	} else {
		if f.Mode, err = parseMode(c.Mode, c.Op != edit.KindDelete); err != nil {
			return f, fmt.Errorf("%s: %w", c.Path, err)
		}
		if f.Was, err = parseMode(c.Was, c.Op != edit.KindCreate); err != nil {
			return f, fmt.Errorf("%s: %w", c.Path, err)
		}
	}
	if err := d.old(&f); err != nil {
		return f, err
	}
	switch {
	case c.Op == edit.KindDelete:
		if len(c.Content) > 0 {
			return f, fmt.Errorf("%s: a deleted file has no content", c.Path)
		}
	case len(c.Content) == 0 && c.Op != edit.KindCreate && !c.Link && c.Before == c.After:
		f.Text = f.Old
	default:
		f.Text, err = d.content(c)
		if err == nil && len(d.stale) == 0 && HashOf(f.Text) != c.After {
			err = fmt.Errorf("%s: the content is not the one that the plan announces", c.Path)
		}
	}
	return f, err
}

// old loads what the file is in the baseline. A link's is left to apply, since read follows links.
func (d *decoder) old(f *File) error {
	src := f.Source()
	if src == "" || f.IsLink() {
		return nil
	}
	if err := edit.ValidPath(src); err != nil {
		return err
	}
	text, err := d.read(src)
	if errors.Is(err, fs.ErrNotExist) || (err == nil && HashOf(text) != f.Before) {
		d.stale = append(d.stale, src)
		return nil
	}
	f.Old = text
	if text == nil {
		f.Old = []byte{}
	}
	return err
}

func (d *decoder) content(c fileChange) ([]byte, error) {
	text := []byte{}
	for i, p := range c.Content {
		var part []byte
		var err error
		switch {
		case p.Text != nil && p.Base64 == nil && p.Copy == nil:
			part = []byte(*p.Text)
		case p.Base64 != nil && p.Text == nil && p.Copy == nil:
			part, err = base64.StdEncoding.DecodeString(*p.Base64)
		case p.Copy != nil && p.Text == nil && p.Base64 == nil:
			part, err = d.copied(*p.Copy)
		default:
			err = errors.New("exactly one of text, base64 and copy is needed")
		}
		if err != nil {
			return nil, fmt.Errorf("%s: content[%d]: %w", c.Path, i, err)
		}
		if len(text)+len(part) > source.MaxFileSize {
			return nil, fmt.Errorf("%s: the content is larger than %d MiB", c.Path, source.MaxFileSize>>20)
		}
		if d.left -= len(part); d.left < 0 {
			return nil, fmt.Errorf("%s: the contents together are larger than %d MiB", c.Path, maxContent>>20)
		}
		text = append(text, part...)
	}
	return text, nil
}

// copied is what a reference to the baseline stands for; nil when the file changed since.
func (d *decoder) copied(c copyPiece) ([]byte, error) {
	if err := edit.ValidPath(c.Path); err != nil {
		return nil, err
	}
	text, err := d.read(c.Path)
	if errors.Is(err, fs.ErrNotExist) {
		d.stale = append(d.stale, c.Path)
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if d.hashes[c.Path] == "" {
		d.hashes[c.Path] = HashOf(text)
	}
	if d.hashes[c.Path] != c.SHA256 {
		if !c.SHA256.valid() {
			return nil, fmt.Errorf("%s: %q is no hash", c.Path, c.SHA256)
		}
		d.stale = append(d.stale, c.Path)
		return nil, nil
	}
	if c.Start < 0 || c.End < c.Start || c.End > len(text) {
		return nil, fmt.Errorf("[%d,%d) lies outside of %s", c.Start, c.End, c.Path)
	}
	return text[c.Start:c.End:c.End], nil
}

// parseMode reads octal permission bits; an absent one is 0 where none is needed.
func parseMode(s string, needed bool) (fs.FileMode, error) {
	if s == "" && !needed {
		return 0, nil
	}
	bits, err := strconv.ParseUint(s, 8, 32)
	if err != nil || bits > 0o7777 || !needed {
		return 0, fmt.Errorf("mode %q is not possible", s)
	}
	mode := fs.FileMode(bits) & fs.ModePerm
	for bit, flag := range specialBits {
		if uint32(bits)&bit != 0 {
			mode |= flag
		}
	}
	return mode, nil
}
