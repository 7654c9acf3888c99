package script

import (
	"reflect"
	"testing"

	"refit/internal/dockerfile"
	"refit/internal/shell"
)

// The text of a script is taken as it is, with its places, which must give what joining its parts gives.
func TestTextIsItsParts(t *testing.T) {
	f, err := dockerfile.Parse("Dockerfile", []byte(`FROM a
RUN b
RUN --network=none b && \
    # a comment
    c \

  d \
e
CMD  f  \
  g
HEALTHCHECK --retries=3 CMD h \
  || i
RUN <<E
j
  k
E
RUN <<-E
	l
	  m
E
RUN n <<E && o
p
E
RUN \
  q
RUN r \
`))
	if err != nil {
		t.Fatal(err)
	}
	inPieces := 0
	for _, in := range f.Instructions {
		s, ok := in.Script()
		if !ok {
			continue
		}
		var pieces []shell.Piece
		for part, span := range s.Parts() {
			pieces = append(pieces, shell.Piece{Text: part, Span: span, Use: span})
		}
		if len(pieces) > 1 {
			inPieces++
		}
		if got, want := text(s), shell.NewText(pieces...); !reflect.DeepEqual(got, want) {
			t.Errorf("line %d: %+v, want %+v", in.Line, got, want)
		}
	}
	if inPieces < 4 {
		t.Errorf("only %d scripts are in pieces", inPieces)
	}
}
