// Package dockerfile reads a Dockerfile: what BuildKit understands of it, and where each part stands in
// the file's own bytes.
//
// Parsing is BuildKit's (github.com/moby/buildkit/frontend/dockerfile). Its positions are whole lines and
// its texts have their continuations folded and inner comments dropped, so this package folds the lines
// itself, keeps the way back to the bytes, and checks that both readings agree: a difference is an error,
// never a guess.
//
//   - File, Stage, Instruction and their parts: what stands where (file.go, instruction.go, stage.go)
//   - Config, State: the image configuration that a stage makes, as far as the file says (config.go)
//   - Script, Copy, Mounts: views of single instructions
//   - Insert, Replace, Delete, ...: edits of the bytes (edits.go)
//   - Lint: BuildKit's build checks; NewGraph: its build graph, without a daemon and without network
//   - IgnoreFor: which ignore file a builder reads
//
// Nothing here touches the disk or the network, and nothing in a Dockerfile is run.
package dockerfile
