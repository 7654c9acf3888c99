//go:build unix

package apply

import (
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// The tests of this file cut the power. They record every write that an operation makes, and replay each
// beginning of that sequence on a model of a file system that keeps only what it promises to: what was
// written to a file may be lost, or any part of it, until the file is synced; a name that was made, taken
// away or changed may be lost, in any combination, until its folder is synced. A rename is one change.
// What is left is laid out on a real disk, and refit recovers from it.

// node is a file, a link or a folder of the model.
type node struct {
	mode    fs.FileMode // at rest
	text    string      // at rest; what a link says
	names   map[string]*node
	pending []loss
	length  int              // of a file, with what is pending
	live    map[string]*node // of a folder, with what is pending
}

// loss is one change that is not synced: of a folder's names, or of a node itself.
type loss struct {
	gone  string // a name that goes
	name  string // a name that comes, for node
	node  *node
	write write // of a file: data, cut, mode
	at    int   // where data stand
}

// model is the file system below base.
type model struct {
	base string
	root *node
}

// still is a model of what is on the disk now, all of it at rest.
func still(t *testing.T, base string) *model {
	t.Helper()
	var read func(name string) *node
	read = func(name string) *node {
		info, err := os.Lstat(name)
		if err != nil {
			t.Fatal(err)
		}
		n := &node{mode: info.Mode()}
		switch {
		case info.IsDir():
			n.names = map[string]*node{}
			entries, err := os.ReadDir(name)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range entries {
				n.names[e.Name()] = read(filepath.Join(name, e.Name()))
			}
			n.live = maps.Clone(n.names)
		case info.Mode()&fs.ModeSymlink != 0:
			n.text, err = os.Readlink(name)
		default:
			var text []byte
			text, err = os.ReadFile(name)
			n.text, n.length = string(text), len(text)
		}
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	return &model{base, read(base)}
}

// at is the node at a path of this machine, and the folder that holds it.
func (m *model) at(p string) (in, n *node, name string) {
	rel, err := filepath.Rel(m.base, p)
	if err != nil || !filepath.IsLocal(rel) {
		panic(p + " is written, outside of the test's folder")
	}
	n = m.root
	if rel == "." {
		return nil, n, ""
	}
	for _, part := range strings.Split(rel, string(filepath.Separator)) {
		in, name = n, part
		if in == nil {
			panic(p + " is written, in no folder")
		}
		n = in.live[part]
	}
	return in, n, name
}

// do makes a write.
func (m *model) do(w write) {
	in, n, name := m.at(w.Path)
	add := func(n *node) {
		in.live[name] = n
		in.pending = append(in.pending, loss{name: name, node: n})
	}
	switch w.Op {
	case "create":
		add(&node{mode: w.Mode})
	case "folder":
		add(&node{mode: w.Mode, names: map[string]*node{}, live: map[string]*node{}})
	case "link":
		add(&node{mode: fs.ModeSymlink, text: string(w.Text)})
	case "data":
		n.pending = append(n.pending, loss{write: w, at: n.length})
		n.length += len(w.Text)
	case "cut":
		n.pending = append(n.pending, loss{write: w})
		n.length = int(w.Size)
	case "mode":
		n.pending = append(n.pending, loss{write: w})
	case "rename":
		_, _, to := m.at(w.To)
		delete(in.live, name)
		in.live[to] = n
		in.pending = append(in.pending, loss{gone: name, name: to, node: n})
	case "remove", "removeAll":
		if n == nil || w.Op == "remove" && len(n.live) > 0 {
			break // nothing there, or a folder that isn't empty: it fails
		}
		delete(in.live, name)
		in.pending = append(in.pending, loss{gone: name})
	case "sync", "syncFolder":
		n.settle(func() bool { return true })
	default:
		panic(w.Op)
	}
}

// settle brings what is pending and survives to rest; the rest is lost.
func (n *node) settle(survives func() bool) {
	for _, l := range n.pending {
		if !survives() {
			continue
		}
		switch {
		case n.names != nil && l.write.Op == "":
			delete(n.names, l.gone)
			if l.node != nil {
				n.names[l.name] = l.node
			}
		case l.write.Op == "mode":
			n.mode = l.write.Mode
		case l.write.Op == "cut":
			n.text = n.text[:min(len(n.text), int(l.write.Size))]
		default: // what was lost before it reads as zeros
			text := []byte(n.text + strings.Repeat("\x00", max(0, l.at+len(l.write.Text)-len(n.text))))
			copy(text[l.at:], l.write.Text)
			n.text = string(text)
		}
	}
	n.pending = nil
}

// crash is what a power loss leaves, laid out at base. names and data say what survives of what is not synced.
func (m *model) crash(t *testing.T, names, data func() bool) {
	t.Helper()
	if err := os.RemoveAll(m.base); err != nil {
		t.Fatal(err)
	}
	var lay func(n *node, at string)
	lay = func(n *node, at string) {
		var err error
		switch {
		case n.names != nil:
			n.settle(names)
			if err = os.Mkdir(at, 0o700); err == nil {
				for name, below := range n.names {
					lay(below, filepath.Join(at, name))
				}
				err = os.Chmod(at, n.mode)
			}
		case n.mode&fs.ModeSymlink != 0:
			err = os.Symlink(n.text, at)
		default:
			n.settle(data)
			if err = os.WriteFile(at, []byte(n.text), 0o600); err == nil {
				err = os.Chmod(at, n.mode)
			}
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	lay(m.root, m.base)
}

func always() bool { return true }
func never() bool  { return false }

// survivals are the kinds of power loss that are tried after each write: everything lost, nothing, only names,
// only data, and some of both.
func survivals(seed, random int) []func(m *model, t *testing.T) {
	list := []func(m *model, t *testing.T){
		func(m *model, t *testing.T) { m.crash(t, never, never) },
		func(m *model, t *testing.T) { m.crash(t, always, always) },
		func(m *model, t *testing.T) { m.crash(t, always, never) },
		func(m *model, t *testing.T) { m.crash(t, never, always) },
	}
	for i := range random {
		chance := rand.New(rand.NewPCG(uint64(seed), uint64(i)))
		coin := func() bool { return chance.IntN(2) == 0 }
		list = append(list, func(m *model, t *testing.T) { m.crash(t, coin, coin) })
	}
	return list
}

// recorder keeps the writes of an operation.
type recorder struct {
	mutex  sync.Mutex
	writes []write
}

func (r *recorder) add(w write) error {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	w.Text = slices.Clone(w.Text)
	r.writes = append(r.writes, w)
	return nil
}

// powerLoss cuts the power after each write of op, which starts at what is on the disk now. each is called
// with what recovery made of it.
func powerLoss(t *testing.T, base, root string, random int, op func(Options) error, each func(n, of int, writes []write)) {
	t.Helper()
	start := still(t, base)
	var rec recorder
	if err := op(Options{told: rec.add}); err != nil {
		t.Fatal(err)
	}
	start.crash(t, never, never)
	for n := range len(rec.writes) + 1 {
		for _, survive := range survivals(n, random) {
			m := still(t, base)
			for _, w := range rec.writes[:n] {
				m.do(w)
			}
			survive(m, t)
			if err := Recover(root, Options{}); err != nil {
				t.Fatalf("after %d of %d writes, %s: %v", n, len(rec.writes), last(rec.writes[:n]), err)
			}
			each(n, len(rec.writes), rec.writes[:n])
			start.crash(t, never, never)
		}
	}
}

func last(writes []write) string {
	if len(writes) == 0 {
		return "none"
	}
	w := writes[len(writes)-1]
	return fmt.Sprintf("the last one %s %s", w.Op, w.Path)
}

// oneOf fails unless the repository is one of two pictures.
func oneOf(t *testing.T, root string, n int, writes []write, before, after picture) (isAfter bool) {
	t.Helper()
	now := take(t, root)
	if now.diff(after) == "" {
		return true
	}
	if diff := now.diff(before); diff != "" {
		t.Fatalf("after %d writes, %s: neither before nor after: from before\n%s\nfrom after\n%s", n, last(writes), diff, now.diff(after))
	}
	return false
}

func TestPowerLossDuringApply(t *testing.T) {
	root := newRepository(t)
	base := filepath.Dir(root)
	before := take(t, root)
	set := planned(t, root, everything()...)
	var after picture
	befores, afters := 0, 0
	powerLoss(t, base, root, 2, func(o Options) error {
		_, err := Apply(root, set, o)
		after = take(t, root)
		return err
	}, func(n, of int, writes []write) {
		if !oneOf(t, root, n, writes, before, after) {
			befores++
			if n == of {
				t.Fatal("an apply that had returned is lost")
			}
			return
		}
		afters++
		if _, err := Rollback(root, "", Options{}); err != nil {
			t.Fatalf("after %d writes, %s: it can't be taken back: %v", n, last(writes), err)
		}
		if diff := take(t, root).diff(before); diff != "" {
			t.Fatalf("after %d writes, %s: taken back it isn't as before:\n%s", n, last(writes), diff)
		}
	})
	if befores < 400 || afters < 4 {
		t.Errorf("%d crashes led to before, %d to after: too few to tell", befores, afters)
	}
}

func TestPowerLossDuringRollback(t *testing.T) {
	root := newRepository(t)
	before := take(t, root)
	if _, err := Apply(root, planned(t, root, everything()...), Options{}); err != nil {
		t.Fatal(err)
	}
	after := take(t, root)
	powerLoss(t, filepath.Dir(root), root, 1, func(o Options) error {
		_, err := Rollback(root, "", o)
		return err
	}, func(n, of int, writes []write) {
		if !oneOf(t, root, n, writes, after, before) && n == of {
			t.Fatal("a rollback that had returned is lost")
		}
	})
}

// TestPowerLossDuringRecovery cuts the power a second time, while the first is repaired.
func TestPowerLossDuringRecovery(t *testing.T) {
	root := newRepository(t)
	before := take(t, root)
	set := planned(t, root, everything()...)
	start := still(t, filepath.Dir(root))
	var rec recorder
	if _, err := Apply(root, set, Options{told: rec.add}); err != nil {
		t.Fatal(err)
	}
	swaps := 0
	for n, w := range rec.writes {
		if w.Op != "rename" || !strings.Contains(w.Path, ".refit-") {
			continue
		}
		if swaps++; swaps%4 != 0 {
			continue
		}
		start.crash(t, never, never)
		m := still(t, filepath.Dir(root))
		for _, w := range rec.writes[:n+1] {
			m.do(w)
		}
		m.crash(t, always, always)
		powerLoss(t, filepath.Dir(root), root, 0, func(o Options) error { return Recover(root, o) },
			func(n, _ int, writes []write) { oneOf(t, root, n, writes, before, before) })
	}
	if swaps < 8 {
		t.Errorf("%d swaps only", swaps)
	}
}
