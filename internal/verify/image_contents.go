package verify

// contents is what was found in an image.
type contents struct{}
