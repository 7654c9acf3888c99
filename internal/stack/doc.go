// Package stack is what refit knows of languages, package managers, distributions, base images,
// servers and health probes: facts as data, and small pure functions over them. It reads a
// source.Snapshot and reaches neither the file system nor the network.
//
// The parts, one idea a file:
//
//   - unit.go: Detect finds the projects of a repository, one Unit a folder and language.
//   - install.go: what installing a unit's dependencies takes in an image. The facts of each
//     package manager stand in a file of its own (python_uv.go, node.go, golang.go, ...).
//   - image.go, baseimage.go: references to images, and what is in well-known ones.
//   - distro.go, user.go, packages.go, libraries.go: distributions, accounts, packages.
//   - healthprobe.go, server.go, startup.go: what a start command serves, and how to ask it.
//
// What is not known is said as unknown and never guessed: a wrong fix is worse than none.
package stack
