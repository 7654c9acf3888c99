package buildgraph

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/moby/buildkit/solver/pb"
	digest "github.com/opencontainers/go-digest"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// Op is one operation of a graph.
type Op struct {
	// Kind is "source", "exec", "file", "merge" or "diff".
	Kind string
	// Title is the operation in a few words: the command of an exec, the image of a source.
	Title string
	// Attrs are all of its settings as "name=value", in a fixed order; values of environment variables
	// and contents of files stand as short hashes.
	Attrs []string
	// Inputs are the operations that it works on, as indexes into Graph.Ops.
	Inputs []int
}

// text identifies the operation without its inputs.
func (o Op) text() string { return o.Kind + "\n" + o.Title + "\n" + strings.Join(o.Attrs, "\n") }

// read lists the operations from the last one down, inputs first.
func (g *Graph) read(def [][]byte) error {
	if len(def) == 0 { // FROM scratch and nothing else
		g.Digest = string(digest.FromString(""))
		return nil
	}
	ops := map[string]*pb.Op{}
	var last pb.Op
	for i, dt := range def {
		op := &pb.Op{}
		if err := op.UnmarshalVT(dt); err != nil {
			return err
		}
		if i == len(def)-1 {
			last.Inputs = op.Inputs // the terminal one only points at the result
		}
		ops[string(digest.FromBytes(dt))] = op
	}
	if len(last.Inputs) == 0 {
		return errors.New("the graph has no result")
	}
	g.Digest = last.Inputs[0].Digest
	index := map[string]int{}
	var visit func(string) (int, error)
	visit = func(id string) (int, error) {
		if i, ok := index[id]; ok {
			return i, nil
		}
		op, ok := ops[id]
		if !ok {
			return 0, fmt.Errorf("the graph lacks operation %s", id)
		}
		o := describeOp(op)
		for _, in := range op.Inputs {
			i, err := visit(in.Digest)
			if err != nil {
				return 0, err
			}
			o.Inputs = append(o.Inputs, i)
		}
		g.noteContext(op)
		index[id] = len(g.Ops)
		g.Ops = append(g.Ops, o)
		return index[id], nil
	}
	_, err := visit(g.Digest)
	return err
}

// noteContext collects what the build context is asked for.
func (g *Graph) noteContext(op *pb.Op) {
	src := op.GetSource()
	if src == nil || !strings.HasPrefix(src.Identifier, "local://") {
		return
	}
	var paths []string
	if err := json.Unmarshal([]byte(src.Attrs[pb.AttrFollowPaths]), &paths); err != nil || len(paths) == 0 {
		g.WholeContext = true
		return
	}
	for _, p := range paths {
		g.ContextPaths = append(g.ContextPaths, path.Clean(p))
	}
	slices.Sort(g.ContextPaths)
}

func describeOp(op *pb.Op) Op {
	var o Op
	switch {
	case op.GetExec() != nil:
		o.Kind, o.Title = "exec", strings.Join(op.GetExec().GetMeta().GetArgs(), " ")
	case op.GetSource() != nil:
		o.Kind, o.Title = "source", op.GetSource().Identifier
	case op.GetFile() != nil:
		o.Kind, o.Title = "file", fileTitle(op.GetFile())
	case op.GetMerge() != nil:
		o.Kind = "merge"
	case op.GetDiff() != nil:
		o.Kind = "diff"
	default:
		o.Kind = "other"
	}
	fields(op.ProtoReflect(), "", &o.Attrs)
	return o
}

func fileTitle(f *pb.FileOp) string {
	var parts []string
	for _, a := range f.Actions {
		switch {
		case a.GetCopy() != nil:
			parts = append(parts, "copy "+a.GetCopy().Src+" to "+a.GetCopy().Dest)
		case a.GetMkfile() != nil:
			parts = append(parts, "write "+a.GetMkfile().Path)
		case a.GetMkdir() != nil:
			parts = append(parts, "make folder "+a.GetMkdir().Path)
		case a.GetSymlink() != nil:
			parts = append(parts, "link "+a.GetSymlink().Newpath)
		case a.GetRm() != nil:
			parts = append(parts, "remove "+a.GetRm().Path)
		}
	}
	return strings.Join(parts, ", ")
}

// fields writes what a message says as "path=value" lines in the order of its definition. Digests of
// inputs are left out, since they repeat everything below.
func fields(m protoreflect.Message, prefix string, out *[]string) {
	list := m.Descriptor().Fields()
	for i := range list.Len() {
		fd := list.Get(i)
		name := prefix + string(fd.Name())
		if !m.Has(fd) || prefix == "" && fd.Name() == "inputs" {
			continue
		}
		v := m.Get(fd)
		switch {
		case fd.IsMap():
			var lines []string
			v.Map().Range(func(k protoreflect.MapKey, v protoreflect.Value) bool {
				lines = append(lines, name+"."+k.String()+"="+v.String())
				return true
			})
			slices.Sort(lines)
			*out = append(*out, lines...)
		case fd.IsList():
			for j := range v.List().Len() {
				field(fd, v.List().Get(j), fmt.Sprintf("%s[%d]", name, j), out)
			}
		default:
			field(fd, v, name, out)
		}
	}
}

func field(fd protoreflect.FieldDescriptor, v protoreflect.Value, name string, out *[]string) {
	switch {
	case fd.Message() != nil:
		fields(v.Message(), name+".", out)
	case fd.Kind() == protoreflect.BytesKind:
		*out = append(*out, name+"="+short(string(v.Bytes())))
	case fd.FullName() == "pb.Meta.env":
		key, value, _ := strings.Cut(v.String(), "=")
		*out = append(*out, "env "+key+"="+short(value))
	default:
		*out = append(*out, name+"="+v.String())
	}
}

// short stands for a text that may be a secret or long.
func short(text string) string { return fmt.Sprintf("#%x", sha256.Sum256([]byte(text)))[:13] }
