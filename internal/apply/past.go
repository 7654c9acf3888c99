package apply

import (
	"errors"
	"io"
	"io/fs"
	"slices"
)

// Past is a file as it was before a transaction.
type Past struct {
	Path string
	Mode fs.FileMode // permission bits, with fs.ModeSymlink for a link; meaningless when Gone
	Gone bool        // there was none
	Text []byte      // for a link what it says
}

// Before is how the files of the transaction id, and of all that came after it, were before it; "" means the latest
// apply that was not taken back. Of a backup it is what the backup holds. It writes nothing. Files that changed
// otherwise since are not known to it.
func Before(root string, id ID) (ID, []Past, error) {
	real, err := realRoot(root)
	if err != nil {
		return "", nil, err
	}
	state, err := openState(real)
	if err != nil {
		return "", nil, err
	}
	if state == nil {
		return "", nil, &UnknownError{ID: id, What: "no such apply or backup"}
	}
	defer state.close()
	stories, err := readStories(state, real)
	if err != nil {
		return "", nil, err
	}
	of, err := choose(stories, id)
	if err != nil {
		return "", nil, err
	}
	past := map[string]Past{}
	for _, st := range slices.Backward(stories) {
		if st.committed && st.Kind != kindBackup || st == of {
			if err := st.past(past); err != nil {
				return "", nil, err
			}
		}
		if st == of {
			break
		}
	}
	var list []Past
	for _, p := range past {
		list = append(list, p)
	}
	return of.ID, list, nil
}

// past adds what the targets were before.
func (s *story) past(to map[string]Past) error {
	for _, t := range s.Targets {
		p := Past{Path: t.Path, Gone: t.Before.Kind == none}
		if p.Gone {
			to[t.Path] = p
			continue
		}
		if err := s.checkBlob(t.Before); err != nil {
			return err
		}
		r, err := s.blob(t.Before)()
		if err != nil {
			return err
		}
		p.Text, err = io.ReadAll(r)
		if err = errors.Join(err, r.Close()); err != nil {
			return err
		}
		p.Mode = fs.FileMode(t.Before.Mode) & fs.ModePerm
		if t.Before.Kind == isLink {
			p.Mode = fs.ModeSymlink | fs.ModePerm
		}
		to[t.Path] = p
	}
	return nil
}
