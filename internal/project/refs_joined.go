package project

import (
	"path"
	"regexp"
	"strings"

	"refit/internal/source"
)

// Program code names a file with certainty where it starts from the code's own place: Python's __file__,
// Node's __dirname, Ruby's __dir__, PHP's __DIR__, a module's source in Java, the package under test in Go,
// include_str! in Rust.
var ownPlace = []struct {
	exts string
	// re has a group "path" for one string with the path, or "parts" for strings that are joined, and perhaps
	// "up" for steps out of the folder.
	re *regexp.Regexp
	// base is the folder that the path starts from.
	base func(at string) string
}{
	{".js .mjs .cjs .ts .mts .cts .tsx .jsx", regexp.MustCompile(`\b(?:join|resolve)\(\s*(?:__dirname|import\.meta\.dirname)(?P<parts>(?:\s*,\s*(?:'[^'\n]*'|"[^"\n]*"))+)\s*\)`), path.Dir},
	{".py", regexp.MustCompile(`\bPath\(__file__\)(?:\.(?:resolve|absolute)\(\))?(?P<up>(?:\.parent\b)+)(?P<parts>(?:\s*/\s*(?:'[^'\n]*'|"[^"\n]*"))+)`), func(at string) string { return at }},
	{".py", regexp.MustCompile(`\bjoin\(\s*(?:os\.path\.)?dirname\((?:(?:os\.path\.)?(?:abspath|realpath)\()?__file__\)?\)(?P<parts>(?:\s*,\s*(?:'[^'\n]*'|"[^"\n]*"))+)\s*\)`), path.Dir},
	{".rb", regexp.MustCompile(`\b(?:join|expand_path)\(\s*__dir__(?P<parts>(?:\s*,\s*(?:'[^'\n]*'|"[^"\n]*"))+)\s*\)`), path.Dir},
	{".rb", regexp.MustCompile(`\bexpand_path\(\s*(?P<parts>'[^'\n]*'|"[^"\n]*")\s*,\s*__dir__\s*\)`), path.Dir},
	{".php", regexp.MustCompile(`__DIR__\s*\.\s*(?P<parts>'/[^'\n]*'|"/[^"$\n]*")`), path.Dir},
	{".rs", regexp.MustCompile(`\binclude_(?:str|bytes)!\(\s*(?P<parts>"[^"\n]*")\s*\)`), path.Dir},
	{".java .kt .scala .groovy", regexp.MustCompile(`(?:Compose|Dockerfile)\w*\b[^;\n]*\bFile\(\s*(?P<parts>"[^"\n]*")\s*\)`), moduleOf},
}

// moduleOf is the folder of the Maven or Gradle module that holds a source, in which its tests run.
// https://maven.apache.org/surefire/maven-surefire-plugin/test-mojo.html#workingDirectory
func moduleOf(at string) string {
	if strings.HasPrefix(at, "src/") {
		return "."
	}
	if n := strings.Index(at, "/src/"); n > 0 {
		return at[:n]
	}
	return ""
}

var stringLiteral = regexp.MustCompile(`'[^'\n]*'|"[^"\n]*"`)

// joinedPaths notes the paths of program code that start from its own place.
func (x *extraction) joinedPaths() {
	ext := strings.ToLower(path.Ext(x.at))
	for _, j := range ownPlace {
		if ext == "" || !strings.Contains(" "+j.exts+" ", " "+ext+" ") {
			continue
		}
		for _, m := range j.re.FindAllSubmatchIndex(x.text, -1) {
			group := func(name string) source.Span {
				if i := j.re.SubexpIndex(name); i >= 0 && m[2*i] >= 0 {
					return source.Span{Start: m[2*i], End: m[2*i+1]}
				}
				return source.Span{}
			}
			base := j.base(x.at)
			for range strings.Count(string(group("up").Of(x.text)), ".parent") {
				base = path.Dir(base)
			}
			if base != "" {
				x.joinedStrings(group("parts"), base)
			}
		}
	}
}

// joinedStrings notes the last of several strings that are joined to one path; those in front of it are its
// folder.
func (x *extraction) joinedStrings(parts source.Span, base string) {
	text := parts.Of(x.text)
	all := stringLiteral.FindAllIndex(text, -1)
	for i, s := range all {
		at := source.Span{Start: parts.Start + s[0] + 1, End: parts.Start + s[1] - 1}
		if i < len(all)-1 {
			base = path.Join(base, string(at.Of(x.text)))
			continue
		}
		for at.Len() > 0 && x.text[at.Start] == '/' {
			at.Start++
		}
		if !leaves(base) {
			x.path(at, string(at.Of(x.text)), base, false, asOperand, false)
		}
	}
}
