package certs

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io/fs"
	"net"
	"path"
	"slices"
	"strings"
	"time"

	"refit/internal/change"
	"refit/internal/edit"
	"refit/internal/project"
)

// Options tune Make.
type Options struct {
	Now   time.Time
	UID   int  // of whoever runs refit; -1 where there are no such numbers
	Force bool // make anew what is still good, and go on where git would take the key
}

// Result is what Make would do.
type Result struct {
	Set   change.Set
	Made  []Pair
	Names []string // for which the certificates are
	Notes []string
}

// keyMode is the mode of the private key. A bind mount shows a container the owner and mode of the
// host, and the account of the containers (1000, unless .refit.yaml has another) has to read the key
// there. For a user with that number that is the owner or the group: 0640. For any other only "others" remain, so 0644: the key is good for localhost and
// service names only, and what signs, the authority's key, stays 0600 outside of the repository.
func keyMode(uid, container int) fs.FileMode {
	if uid == container {
		return 0o640
	}
	return 0o644
}

// Make gives every place of the repository a certificate signed by the authority, its key, and the
// authority's certificate beside it, for clients in containers. What is good stays; what ends within
// 30 days is made anew. A certificate of another origin is replaced only when it has ended, or with
// Force. It returns an error when git would take a key (unless Force) and when only one of a pair is
// there (unless Force).
func Make(p *project.Project, a *Authority, o Options) (*Result, error) {
	r := &Result{Names: Names(p)}
	var ops []edit.Op
	written := map[string]bool{}
	for _, pair := range Places(p) {
		if err := ignored(p, pair, o, r); err != nil {
			return nil, err
		}
		state, err := judge(p, a, pair, r.Names, o)
		if err != nil {
			return nil, err
		}
		if state.note != "" {
			r.Notes = append(r.Notes, state.note)
		}
		if state.good {
			continue
		}
		certificate, key, err := a.Issue(r.Names, o.Now)
		if err != nil {
			return nil, err
		}
		authority, _, err := a.PEM()
		if err != nil {
			return nil, err
		}
		ops = append(ops, write(p, pair.Certificate, certificate, 0o644)...)
		ops = append(ops, write(p, pair.Key, key, keyMode(o.UID, p.Config.User.UID))...)
		if at := path.Join(path.Dir(pair.Certificate), authorityFile); !written[at] {
			written[at] = true
			ops = append(ops, write(p, at, authority, 0o644)...)
		}
		r.Made = append(r.Made, pair)
	}
	if len(ops) == 0 {
		return r, nil
	}
	if account := p.Config.User; o.UID != account.UID && o.UID >= 0 {
		r.Notes = append(r.Notes, fmt.Sprintf("every user of this machine can read the key (mode %04o): %s of the containers is %d, you are %d, and a bind mount keeps the numbers; it is good for development only", keyMode(o.UID, account.UID), account.Name, account.UID, o.UID))
	}
	after, err := edit.Apply(p.Files, ops)
	if err != nil {
		return nil, err
	}
	r.Set.Files, err = change.Files(p.Files, after, nil)
	return r, err
}

// ignored refuses a key that git would take along.
func ignored(p *project.Project, pair Pair, o Options, r *Result) error {
	if !p.Git.Exists {
		return nil
	}
	why := ""
	if out, _ := p.GitIgnore().Match(pair.Key, false); !out {
		why = fmt.Sprintf("%s: git does not ignore the key; the next commit would publish it; add /%s/ to .gitignore", pair.Key, path.Dir(pair.Key))
	}
	if p.Git.Tracked(pair.Key) {
		why = fmt.Sprintf("%s: git tracks the key; everyone who has the repository has it; run `git rm --cached %s`, ignore it, and make a new one", pair.Key, pair.Key)
	}
	switch {
	case why == "":
		return nil
	case o.Force:
		r.Notes = append(r.Notes, why)
		return nil
	}
	return fmt.Errorf("%s (--force goes on nevertheless)", why)
}

type state struct {
	good bool
	note string
}

// judge says whether what stands at a pair's places can stay.
func judge(p *project.Project, a *Authority, pair Pair, names []string, o Options) (state, error) {
	hasC, hasK := p.Files.Has(pair.Certificate), p.Files.Has(pair.Key)
	switch {
	case !hasC && !hasK, o.Force:
		return state{}, nil
	case hasC != hasK:
		return state{}, fmt.Errorf("%s: only one of certificate and key is there; move it away, or --force replaces it", pair.Certificate)
	}
	certificatePEM, err := p.Files.Read(pair.Certificate)
	if err != nil {
		return state{}, err
	}
	keyPEM, err := p.Files.Read(pair.Key)
	if err != nil {
		return state{}, err
	}
	c, err := parseCertificate(certificatePEM)
	if err != nil {
		return state{}, fmt.Errorf("%s: %w; move it away, or --force replaces it", pair.Certificate, err)
	}
	ours := c.CheckSignatureFrom(a.Certificate) == nil
	if _, err := tls.X509KeyPair(certificatePEM, keyPEM); err != nil {
		return state{}, fmt.Errorf("%s: the key is not the certificate's; a server would not start with the two; --force makes new ones", pair.Key)
	}
	left := c.NotAfter.Sub(o.Now)
	switch {
	case left <= 0, ours && left < renewBefore:
		return state{note: fmt.Sprintf("%s: good until %s; made anew", pair.Certificate, c.NotAfter.Format(time.DateOnly))}, nil
	case !ours:
		return state{good: true, note: fmt.Sprintf("%s: good until %s, and not signed by refit's authority; --force replaces it", pair.Certificate, c.NotAfter.Format(time.DateOnly))}, nil
	}
	s := state{good: true, note: fmt.Sprintf("%s: good until %s", pair.Certificate, c.NotAfter.Format(time.DateOnly))}
	if missing := uncovered(c, names); len(missing) > 0 {
		s.note += "; not for " + strings.Join(missing, ", ") + ", --force makes one that is"
	}
	return s, nil
}

// uncovered are the names that the certificate is not for.
func uncovered(c *x509.Certificate, names []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(n string) bool {
		if ip := net.ParseIP(n); ip != nil {
			return slices.ContainsFunc(c.IPAddresses, ip.Equal)
		}
		return c.VerifyHostname(n) == nil
	})
}

// write makes a file or gives one that is there a new content and mode.
func write(p *project.Project, at string, text []byte, mode fs.FileMode) []edit.Op {
	if !p.Files.Has(at) {
		return []edit.Op{edit.Create(at, string(text), mode)}
	}
	old, err := p.Files.Read(at)
	if err != nil {
		old = nil // edit.Apply says what is wrong with it
	}
	return []edit.Op{edit.Text(at, edit.Edit{Start: 0, End: len(old), New: string(text)}), edit.Chmod(at, mode)}
}
