package edit

import "slices"

// Undo is the inverse of edits: Patch of the patched text with it gives text again. The offsets of
// the result are those of the patched text. The errors are those of Patch.
func Undo(text []byte, edits []Edit) ([]Edit, error) {
	if _, err := Patch(text, edits); err != nil {
		return nil, err
	}
	sorted := slices.Clone(edits)
	slices.SortStableFunc(sorted, compareRanges)
	inverse := make([]Edit, 0, len(sorted))
	shift := 0
	for _, e := range sorted {
		start := e.Start + shift
		inverse = append(inverse, Edit{Start: start, End: start + len(e.New), New: string(text[e.Start:e.End]), Addr: e.Addr})
		shift += len(e.New) - (e.End - e.Start)
	}
	return inverse, nil
}

// compareRanges orders edits as Patch applies them: by start, an insertion before a replacement.
func compareRanges(a, b Edit) int {
	if a.Start != b.Start {
		return a.Start - b.Start
	}
	return a.End - b.End
}
