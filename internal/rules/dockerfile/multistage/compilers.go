package multistage

import (
	"slices"
	"strings"

	"refit/internal/shell"
)

// MayCompile says whether a command compiles or links, or runs a script of which that isn't known.
func MayCompile(c shell.Command) bool {
	name := c.Name()
	return name == "" || strings.Contains(c.Words[0].Value, "/") || strings.HasSuffix(name, ".sh") || Compiler(name) || slices.Contains(interpreters, name) ||
		slices.ContainsFunc(c.Words, func(w shell.Word) bool { return w.Is("setup.py") || w.Is("build") })
}

// Compiler says whether a program compiles, links or drives what does.
func Compiler(name string) bool { return slices.Contains(compilers, name) }

var compilers = strings.Fields("make cmake gcc g++ cc c++ clang clang++ ld rustc ninja meson configure autoreconf libtool node-gyp maturin cython nvcc " +
	"pear pecl docker-php-ext-install docker-php-ext-configure phpize luarocks R Rscript julia cabal stack mix rebar3 mvn gradle ant dotnet swift nim zig dub opam")

// interpreters run what is not seen here.
var interpreters = strings.Fields("sh bash ash dash source . eval xargs python2 perl")
